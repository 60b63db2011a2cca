"""What deploy/ holds fits the application and itself, as far as that can be told without containers."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml
from openai import DEFAULT_TIMEOUT

from backend.app.config import PREFIX, Secret, Settings
from tests.services.nginx import AROUND, CONF, nginx

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNITS = sorted((DEPLOY / "systemd").glob("likeopt*.service"))


def known_variables() -> set[str]:
    also = {entry.metadata["also"] for entry in fields(Settings) if entry.metadata["also"]}
    return also | {PREFIX + entry.name.upper() for entry in fields(Settings)}


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, **options)


def instructions(name: str) -> list[str]:
    """Return what follows an instruction of the Dockerfile, continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(None, 1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def installed(program: str) -> Path:
    """Return a program that came with a package."""
    found = Path(sys.executable).with_name(program)
    assert found.exists(), f"{program} is not installed: `make setup-dev` does it"
    return found


# --- compose ---


def test_docker_compose_takes_the_file_as_it_is() -> None:
    compose = DEPLOY / "docker" / "compose.yml"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LIKEOPT_", "LLM_"))}
    done = run(installed("docker-compose"), "--file", compose, "config", "--format", "json", env=clean)
    assert (done.returncode, done.stderr) == (0, ""), "a variable without a value would be a warning"
    model = json.loads(done.stdout)
    assert model["services"].keys() == SERVICES.keys()
    assert model["volumes"].keys() == COMPOSE["volumes"].keys()
    (published,) = model["services"]["nginx"]["ports"]
    assert (published["host_ip"], published["published"], published["target"]) == ("127.0.0.1", "8080", 80)
    for name, service in model["services"].items():
        assert service["restart"] == "unless-stopped", name
        for mount in service.get("volumes", []):
            assert mount["type"] == "volume" or Path(mount["source"]).exists(), mount
    used = {mount["source"] for service in model["services"].values() for mount in service.get("volumes", [])}
    assert model["volumes"].keys() <= used, "a volume that nobody has"


@pytest.mark.parametrize(
    ("ours", "wrong", "said"),
    [
        ("restart: unless-stopped", "restart: unless-stopped\n  restarts: 3", "restarts"),
        ('volumes: ["data:/data"]', 'volumes: ["datas:/data"]', 'undefined volume "?datas'),
        ("networks: [outer]", "networks: [outside]", "undefined network outside"),
        ("interval: 15s", "interval: often", "often"),
        ("valkey: { condition: service_healthy }", "valkeys: { condition: service_healthy }", "valkeys"),
    ],
)
def test_docker_compose_would_say_what_is_wrong(tmp_path: Path, ours: str, wrong: str, said: str) -> None:
    text = (DEPLOY / "docker" / "compose.yml").read_text("utf-8")
    assert ours in text
    (tmp_path / "compose.yml").write_text(text.replace(ours, wrong, 1), "utf-8")
    done = run(installed("docker-compose"), "--file", tmp_path / "compose.yml", "config", "--quiet")
    assert done.returncode != 0
    assert re.search(said, done.stderr), done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_gives_up_what_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "pid", "network_mode"}
    assert name in ("postgres", "chroma") or service["read_only"] is True


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_pinned_and_tells_its_health(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        assert instructions("HEALTHCHECK") != []
        context = (DEPLOY / "docker" / service["build"]["context"]).resolve()
        assert (context / service["build"]["dockerfile"]).is_file()
    else:
        assert re.search(r":v?\d+(\.\d+)*(-\w+)?$", service["image"]), service["image"]
        assert service["healthcheck"]["test"][0] == "CMD"
    for other in service.get("depends_on", {}).values():
        assert other == {"condition": "service_healthy"}


def test_only_nginx_is_published_and_stores_are_out_of_reach() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert SERVICES["nginx"]["ports"] == ["${LIKEOPT_PUBLISH:-127.0.0.1:8080}:80"]
    assert COMPOSE["networks"]["inner"] == {"internal": True}
    for store in ("postgres", "valkey", "chroma"):
        assert SERVICES[store]["networks"] == ["inner"]


def test_everything_named_is_declared_and_there() -> None:
    for service in SERVICES.values():
        assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
        assert set(service["networks"]) <= COMPOSE["networks"].keys()
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / "docker" / source).exists(), volume


def test_no_password_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN|DATABASE_URL", name):
                assert name.endswith("_FILE"), name
                assert value.startswith("/run/secrets/"), value
    assert {secret["file"].split("/")[0] for secret in COMPOSE["secrets"].values()} == {"secrets"}
    assert "deploy/docker/secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_the_app_is_given_settings_that_there_are() -> None:
    given = {name.removesuffix("_FILE") for name in SERVICES["app"]["environment"]}
    assert given - known_variables() == set()
    entrypoint = (DEPLOY / "docker" / "entrypoint.sh").read_text("utf-8")
    (listed,) = re.findall(r"for name in ([^;]+);", entrypoint)
    readable = set(listed.replace("\\", " ").split())
    secrets = {
        entry.metadata["also"] or PREFIX + entry.name.upper()
        for entry in fields(Settings)
        if isinstance(entry.default, Secret)
    }
    assert readable == secrets
    assert {name.removesuffix("_FILE") for name in SERVICES["app"]["environment"] if name.endswith("_FILE")} <= readable


def test_chroma_and_postgresql_are_of_the_versions_that_the_app_brings() -> None:
    pinned = re.search(r"^chromadb==(\S+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert pinned is not None
    assert SERVICES["chroma"]["image"] == f"chromadb/chroma:{pinned[1]}"
    (client,) = re.findall(r"postgresql-client-(\d+)", DOCKERFILE)
    assert SERVICES["postgres"]["image"].startswith(f"postgres:{client}-")


def test_secrets_are_made_once_and_fit_each_other(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    for _ in range(2):
        assert run(DEPLOY / "docker" / "make_secrets.sh", folder).returncode == 0
        found = {path.name: path.read_text() for path in folder.iterdir()}
    assert found.keys() == COMPOSE["secrets"].keys()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert found["database_url"] == f"postgresql://likeopt:{found['postgres_password']}@postgres/likeopt"
    assert {len(found[name]) for name in found if name != "database_url"} == {64}
    assert len(set(found.values())) == len(found)


def test_the_entrypoint_takes_secrets_out_of_files_and_says_what_is_missing(tmp_path: Path) -> None:
    entrypoint = DEPLOY / "docker" / "entrypoint.sh"
    odd = "postgresql://a:p'a\"$HOME `id`@b/c"
    (tmp_path / "url").write_text(odd + "\n")
    environ = {"PATH": os.environ["PATH"], "DATABASE_URL_FILE": str(tmp_path / "url"), "SECRET_KEY": "as it is"}
    done = run(
        entrypoint, "sh", "-c", 'printf "%s|%s|%s" "$DATABASE_URL" "$SECRET_KEY" "${DATABASE_URL_FILE-}"', env=environ
    )
    assert done.stdout == f"{odd}|as it is|", done.stderr
    refused = run(entrypoint, "true", env=environ | {"REDIS_URL_FILE": str(tmp_path / "none")})
    assert (refused.returncode, refused.stderr) == (1, f"REDIS_URL_FILE: {tmp_path / 'none'} cannot be read.\n")


# --- the image ---


def test_hadolint_finds_nothing_in_the_dockerfile(tmp_path: Path) -> None:
    done = run(installed("hadolint"), DEPLOY / "docker" / "Dockerfile", cwd=tmp_path)  # by no rules but its own
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.replace("USER 10001:10001", "USER root"), "utf-8")
    assert "DL3002" in run(installed("hadolint"), tmp_path / "Dockerfile", cwd=tmp_path).stdout


def test_the_image_is_built_in_stages_of_which_the_last_holds_no_tools() -> None:
    assert instructions("ADD") == [], "COPY copies; ADD unpacks and fetches"
    stages = [stage.split(" AS ")[1] for stage in instructions("FROM") if " AS " in stage]
    assert len(instructions("FROM")) == len(stages) + 1, "all but the last have names"
    taken = re.findall(r"--from=(\S+)", DOCKERFILE)
    assert set(taken) == set(stages)
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.search(r"\b(pip|npm|gcc|curl) ", final) is None
    after = final.split("USER 10001:10001")[1]
    assert re.search("^(RUN|COPY|USER)", after, re.MULTILINE) is None, "nothing more is done as root"
    assert re.search("^HEALTHCHECK ", after, re.MULTILINE)


def test_the_image_is_run_by_an_account_of_its_own() -> None:
    assert instructions("USER") == ["10001:10001"]
    assert all(re.search(r":\d", image.split()[0]) for image in instructions("FROM")), "pinned"


def test_what_the_image_is_built_from_is_let_in_and_nothing_private_is() -> None:
    first, *rules = [
        line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"
    ]
    assert first == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    sources = {source for line in instructions("COPY") if "--from" not in line for source in line.split()[:-1]}
    for source in sources:
        assert (ROOT / source).exists()
        assert any(source == rule or source.startswith(f"{rule}/") for rule in allowed), source
    assert allowed - sources - {"LICENSE", "NOTICE"} == set(), "nothing is let in that no stage takes"


def test_the_application_runs_from_what_the_image_holds(tmp_path: Path) -> None:
    final = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    for line in re.findall(r"^COPY (?!--from)(.+)$", final, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            place = tmp_path / ("" if target.startswith("/") else target)
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "page")
                shutil.copytree(ROOT / source, place, ignore=ignored, dirs_exist_ok=True)
            else:
                place = place / Path(source).name if target == "./" else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
    (tmp_path / "frontend" / "dist").mkdir(parents=True)
    look = (
        "import backend.app.factory as f, backend.app.wiring as w, backend.app.processes.environment as e;"
        "from backend.app.cli import cli; from backend.app.storage.migration import SCRIPTS;"
        "found = [w.page_folder(), e.gunicorn_config(), SCRIPTS / 'versions'];"
        "assert all(path.exists() for path in found), found;"
        "print(f.__file__, *found, sep='\\n')"
    )
    done = run(sys.executable, "-c", look, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    assert all(line.startswith(str(tmp_path)) for line in done.stdout.split()), done.stdout


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_is_the_servers_own_word(status: int, code: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/api/v1/health/ready" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        (check,) = instructions("HEALTHCHECK")
        program = yaml.safe_load(check.split("CMD", 1)[1])[2].replace(":5000", f":{server.server_port}")
        assert run(sys.executable, "-c", program).returncode == code
    finally:
        server.shutdown()
        server.server_close()


# --- nginx, Prometheus, systemd ---


def test_nginx_takes_the_configuration_that_compose_makes(tmp_path: Path) -> None:
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed: scripts/system_packages.sh does it"
    script = SERVICES["nginx"]["command"][2].split("exec nginx")[0]
    for place, here in (
        ("/etc/nginx/like-opt.conf", DEPLOY / "nginx.conf"),
        ("/etc/nginx/conf.d/default.conf", tmp_path / "made.conf"),
    ):
        assert place in script
        script = script.replace(place, str(here))
    assert run("sh", "-ec", script).returncode == 0
    made = (tmp_path / "made.conf").read_text("utf-8")
    assert re.findall(r"^ *server (\S+) ", made, re.MULTILINE) == ["app:5000"]
    # Here nobody is called «app».
    made = (
        made.replace("app:5000", "127.0.0.1:5000")
        .replace("/var/cache/nginx", str(tmp_path))
        .replace("listen 80;", "listen 127.0.0.1:8080;")
    )
    (tmp_path / "likeopt.conf").write_text(made, "utf-8")
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path), "utf-8")
    done = run(program, "-t", "-q", "-p", tmp_path, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1/chat/completions", 200), ("/mcp", 200), ("/api/v1/chat", 503)],
    ids=["OpenAI", "MCP", "chat"],
)
def test_nginx_waits_for_a_whole_answer_longer_than_for_a_ping(path: str, status: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            time.sleep(1.5)  # two minutes and a half to a nginx in such haste
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with nginx([server.server_port] * 2, haste=100) as front:
            assert urllib3.request("POST", front.url + path, retries=False).status == status
    finally:
        server.shutdown()
        server.server_close()


def test_nginx_waits_for_a_whole_answer_as_long_as_clients_do() -> None:
    (seconds,) = re.findall(r"completions\)\$ \{[^}]+proxy_read_timeout (\d+)s;", CONF.read_text("utf-8"))
    assert int(seconds) >= DEFAULT_TIMEOUT.read
    assert int(seconds) > Settings().llm_first_token_seconds + Settings().llm_idle_seconds


@pytest.mark.parametrize("name", ["prometheus.yml", "compose.yml"])
def test_prometheus_takes_its_configuration(name: str, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token")
    shutil.copy(DEPLOY / "prometheus" / "rules.yml", tmp_path)
    text = (DEPLOY / "prometheus" / name).read_text("utf-8")
    (tmp_path / name).write_text(text.replace("/run/secrets/metrics_token", str(tmp_path / "token")), "utf-8")
    done = run("promtool", "check", "config", tmp_path / name)
    assert done.returncode == 0, done.stderr


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    units = [*UNITS, *(DEPLOY / "systemd").glob("*.timer")]
    assert len(units) == 3
    for unit in units:
        text = unit.read_text("utf-8").replace(
            "/opt/like-opt/.venv/bin/likeopt", "/bin/true"
        )  # it looks for the program
        (tmp_path / unit.name).write_text(text, "utf-8")
    done = run("systemd-analyze", "verify", "--man=no", *(tmp_path / unit.name for unit in units))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=[unit.stem for unit in UNITS])
def test_units_set_what_is_a_setting_and_start_what_is_a_command(unit: Path) -> None:
    text = unit.read_text("utf-8")
    for line in re.findall("^Environment=(.+)$", text, re.MULTILINE):
        for assignment in line.split():
            assert assignment.split("=")[0] in known_variables() | {"OPENBLAS_NUM_THREADS"}, assignment
    (command,) = re.findall(r"^ExecStart=/opt/like-opt/\.venv/bin/likeopt (.+)$", text, re.MULTILINE)
    from click.testing import CliRunner

    from backend.app.cli import cli

    shown = CliRunner().invoke(cli, [command.split()[0], "--help"]).output
    assert all(option in shown for option in command.split() if option.startswith("--")), shown
