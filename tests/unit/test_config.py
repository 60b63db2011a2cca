from __future__ import annotations

import contextlib
import json
import stat
import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.app.config import PREFIX, Secret, Settings, secret_key, unknown_variables
from backend.app.errors import ConfigError

HUSH = "correct-horse-battery"


# --- loading ----------------------------------------------------------------------------------


def test_without_anything_set_every_default_holds() -> None:
    assert Settings.load({}) == Settings(data_dir=Path("data").absolute())


def test_each_type_is_read_from_its_variable() -> None:
    settings = Settings.load(
        {
            "LIKEOPT_DATA_DIR": "/srv/like opt",
            "LIKEOPT_PORT": " 8000 ",
            "LIKEOPT_VECTOR_WEIGHT": "0.25",
            "LIKEOPT_PRELOAD_APP": "No",
            "LIKEOPT_HOST": "::1",
            "LIKEOPT_LLM_API_KEY": HUSH,
            "LIKEOPT_LOG_LEVEL": "INFO",
        }
    )
    assert settings.data_dir == Path("/srv/like opt")
    assert (settings.port, settings.vector_weight, settings.preload_app) == (8000, 0.25, False)
    assert (settings.host, settings.llm_api_key.reveal(), settings.log_level) == ("::1", HUSH, "info")


@pytest.mark.parametrize("word", ["1", "true", "Yes", "ON"])
def test_words_that_mean_yes(word: str) -> None:
    assert Settings.load({"LIKEOPT_COOKIE_SECURE": word}).cookie_secure


@pytest.mark.parametrize("name", ["LIKEOPT_PORT", "LIKEOPT_DATA_DIR", "LIKEOPT_PRELOAD_APP", "LIKEOPT_LOG_LEVEL"])
def test_an_empty_variable_leaves_the_default(name: str) -> None:
    assert Settings.load({name: ""}) == Settings.load({})


def test_an_empty_text_is_a_value_of_its_own() -> None:
    assert Settings.load({"LIKEOPT_OLLAMA_URL": ""}).ollama_url == ""


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("DATABASE_URL", "database_url"),
        ("REDIS_URL", "redis_url"),
        ("CHROMA_URL", "chroma_url"),
        ("SECRET_KEY", "secret_key"),
        ("LLM_BASE_URL", "llm_base_url"),
        ("LLM_API_KEY", "llm_api_key"),
        ("LLM_MODEL", "llm_model"),
    ],
)
def test_well_known_names_are_read_and_our_own_wins(name: str, field: str) -> None:
    def read(environ: dict[str, str]) -> object:
        value = getattr(Settings.load(environ), field)
        return value.reveal() if isinstance(value, Secret) else value

    assert read({name: "known"}) == "known"
    assert read({name: "known", PREFIX + name: "ours"}) == "ours"
    assert read({name: "known", PREFIX + name: ""}) == ""


def test_what_the_caller_gives_wins_and_none_gives_nothing() -> None:
    environ = {"LIKEOPT_PORT": "8000", "LIKEOPT_HOST": "0.0.0.0"}
    settings = Settings.load(environ, port=9000, host=None, secret_key=HUSH, data_dir="/srv")
    assert (settings.port, settings.host) == (9000, "0.0.0.0")
    assert (settings.secret_key, settings.data_dir) == (Secret(HUSH), Path("/srv"))


def test_a_wrong_variable_does_not_matter_where_the_caller_gives_a_value() -> None:
    assert Settings.load({"LIKEOPT_PORT": "many"}, port=1).port == 1


def test_the_env_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LIKEOPT_PORT=8001\nLIKEOPT_HOST='::1'\nLIKEOPT_REDIS_URL=redis://file\nBARE\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIKEOPT_PORT", "8002")
    monkeypatch.setenv("REDIS_URL", "redis://environment")
    settings = Settings.load()
    assert (settings.port, settings.host) == (8002, "::1")
    assert settings.redis_url.reveal() == "redis://environment"


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_bytes(b"LIKEOPT_HOST=\xff\xfe\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"\.env"):
        Settings.load()


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert Settings.load({"LIKEOPT_DATA_DIR": "~/likeopt"}).data_dir == Path("/home/somebody/likeopt")


def test_the_home_folder_of_nobody_is_refused() -> None:
    with pytest.raises(ConfigError, match="LIKEOPT_DATA_DIR=~nobody-at-all"):
        Settings.load({"LIKEOPT_DATA_DIR": "~nobody-at-all/data"})


# --- what cannot be used ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("LIKEOPT_PORT", "many", "expected a whole number"),
        ("LIKEOPT_PORT", "1.5", "expected a whole number"),
        ("LIKEOPT_PORT", "70000", "expected 0 to 65535"),
        ("LIKEOPT_PORT", "-1", "must be zero or more"),
        ("LIKEOPT_LLM_TEMPERATURE", "nan", "expected a number"),
        ("LIKEOPT_LLM_IDLE_SECONDS", "inf", "expected a number"),
        ("LIKEOPT_LLM_IDLE_SECONDS", "0", "must be at least 0.1"),
        ("LIKEOPT_CHAT_SOURCES", "0", "must be at least 1"),
        ("LIKEOPT_CANDIDATES", "0", "must be at least 1"),
        ("LIKEOPT_COOKIE_SECURE", "perhaps", "expected true or false"),
        ("LIKEOPT_LEXICAL_ENGINE", "lucene", "expected one of tantivy, rank_bm25"),
        ("LIKEOPT_VECTOR_WEIGHT", "1.5", "expected 0 to 1, or -1"),
        ("LIKEOPT_VECTOR_WEIGHT", "-0.5", "expected 0 to 1, or -1"),
        ("LIKEOPT_RERANK_WEIGHT", "0", "expected more than 0, at most 1"),
        ("LIKEOPT_RERANK_WEIGHT", "1.1", "expected more than 0, at most 1"),
        ("LIKEOPT_PASSAGE_CHARS", "10", "expected 200 to 20000"),
        ("LIKEOPT_PASSAGE_OVERLAP_CHARS", "900", "at most half of a passage"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_is_expected(name: str, raw: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load({name: raw})
    assert name in caught.value.message
    assert said in caught.value.message


def test_all_of_them_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load(
            {"LIKEOPT_PORT": "x", "LIKEOPT_WORKERS": "-2", "LIKEOPT_LOG_FORMAT": "xml", "LIKEOPT_PASSAGE_CHARS": "1"},
            colour="blue",
        )
    lines = caught.value.message.splitlines()
    assert len(lines) == 6
    for name in ("LIKEOPT_PORT", "LIKEOPT_WORKERS", "LIKEOPT_LOG_FORMAT", "LIKEOPT_PASSAGE_CHARS", "colour"):
        assert any(name in line for line in lines), name


@given(st.dictionaries(st.sampled_from([PREFIX + f.name.upper() for f in fields(Settings)]), st.text(max_size=12)))
def test_any_environment_is_read_or_refused_in_words(environ: dict[str, str]) -> None:
    with contextlib.suppress(ConfigError):
        Settings.load(environ)


def test_every_setting_has_a_help_and_a_group() -> None:
    for entry in fields(Settings):
        assert entry.metadata["help"].endswith("."), entry.name
        assert entry.metadata["group"], entry.name


# --- secrets ----------------------------------------------------------------------------------


def test_a_secret_is_never_printed() -> None:
    secret = Secret(HUSH)
    settings = Settings(secret_key=secret, llm_api_key=secret, database_url=secret)
    for shown in (str(secret), repr(secret), f"{secret}", repr(settings)):
        assert HUSH not in shown
    assert str(secret) == "Secret('**********')"
    assert secret.reveal() == HUSH


def test_a_secret_cannot_slip_out_as_text() -> None:
    for encode in (json.dumps, msgspec.json.encode):
        with pytest.raises(TypeError):
            encode({"key": Secret(HUSH)})
    with pytest.raises(TypeError):
        "".join([Secret(HUSH)])  # type: ignore[list-item]


def test_wrong_settings_do_not_print_the_right_secrets() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load({"SECRET_KEY": HUSH, "LIKEOPT_LLM_API_KEY": HUSH, "LIKEOPT_PORT": "x"})
    assert HUSH not in caught.value.message


def test_secrets_compare_by_what_they_hide() -> None:
    assert Secret(HUSH) == Secret(HUSH)
    assert len({Secret(HUSH), Secret(HUSH), Secret("other")}) == 2
    assert Secret(HUSH) != HUSH
    assert not Secret("")


# --- unknown variables ------------------------------------------------------------------------


def test_unknown_variables_are_named_with_the_nearest_setting() -> None:
    found = unknown_variables(
        {"LIKEOPT_PROT": "1", "LIKEOPT_PORT": "1", "LIKEOPT_QQQQQQQQQQQQQ": "1", "PATH": "/bin", "REDIS_URL": "r"}
    )
    assert found == {"LIKEOPT_PROT": "LIKEOPT_PORT", "LIKEOPT_QQQQQQQQQQQQQ": ""}


# --- derived ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "sqlite:////srv/data/likeopt.db"),
        ("postgresql://u:p@db/likeopt", "postgresql+psycopg://u:p@db/likeopt"),
        ("postgres://db/likeopt", "postgresql+psycopg://db/likeopt"),
        ("postgresql+psycopg://db/likeopt", "postgresql+psycopg://db/likeopt"),
    ],
)
def test_the_database_is_sqlite_unless_told_otherwise(url: str, expected: str) -> None:
    assert Settings(data_dir=Path("/srv/data"), database_url=Secret(url)).sqlalchemy_url == expected


@pytest.mark.parametrize(("url", "has"), [("", False), ("none", False), ("redis://h", True)])
def test_none_means_no_redis(url: str, has: bool) -> None:
    assert Settings(redis_url=Secret(url)).has_redis is has


# --- the secret key ---------------------------------------------------------------------------


def test_a_given_key_is_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert secret_key(Settings(data_dir=tmp_path, secret_key=Secret(HUSH))) == HUSH
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    key = secret_key(settings)
    assert len(key) >= 48
    assert secret_key(settings) == key
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret_key"], "no temporary file stays"
    assert stat.S_IMODE((settings.data_dir / "secret_key").stat().st_mode) == 0o600


def test_an_empty_key_is_refused_rather_than_used(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        secret_key(Settings(data_dir=tmp_path))


def test_a_folder_that_cannot_keep_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="LIKEOPT_SECRET_KEY"):
        secret_key(Settings(data_dir=tmp_path / "file"))


def test_threads_that_ask_at_the_same_moment_get_one_key(tmp_path: Path) -> None:
    for number in range(30):
        settings, keys = Settings(data_dir=tmp_path / str(number)), []
        together = threading.Barrier(4, timeout=20)

        def ask(settings: Settings = settings, keys: list[str] = keys, together: threading.Barrier = together) -> None:
            together.wait()
            keys.append(secret_key(settings))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(keys) == 4
        assert len(set(keys)) == 1


def test_processes_that_ask_at_the_same_moment_get_one_key(tmp_path: Path) -> None:
    program = """
import sys, time
from pathlib import Path
from backend.app.config import Settings, secret_key

folder = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(200):
    print(secret_key(Settings(data_dir=folder / str(number))))
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = [process.communicate(timeout=60)[0].split() for process in processes]
    assert len(keys[0]) == 200
    assert keys[0] == keys[1] == keys[2]


# --- single sign-on ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"OIDC_ISSUER": "http://login.example.org", "OIDC_CLIENT_ID": "x"}, "expected an https address"),
        ({"OIDC_ISSUER": "login.example.org", "OIDC_CLIENT_ID": "x"}, "expected an https address"),
        ({"OIDC_ISSUER": "https://", "OIDC_CLIENT_ID": "x"}, "expected an https address"),
        ({"OIDC_ISSUER": "https://login.example.org"}, "LIKEOPT_OIDC_CLIENT_ID is needed"),
        ({"OIDC_ISSUER": "https://a.org", "OIDC_CLIENT_ID": "x", "OIDC_SCOPES": "email"}, "`openid` must be among"),
        ({"PASSWORD_SIGN_IN": "false"}, "nobody could sign in"),
    ],
)
def test_a_provider_that_cannot_be_used_is_told_at_the_start(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        Settings.load({PREFIX + name: value for name, value in settings.items()})


def test_a_provider_on_this_machine_needs_no_tls_and_passwords_may_go() -> None:
    environ = {"LIKEOPT_OIDC_ISSUER": "http://127.0.0.1:8080", "LIKEOPT_OIDC_CLIENT_ID": "x"}
    settings = Settings.load({**environ, "LIKEOPT_PASSWORD_SIGN_IN": "false"})
    assert (settings.oidc_issuer, settings.password_sign_in) == ("http://127.0.0.1:8080", False)


# --- others that ask --------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["*", "null", "tools.example.org", "https://a.org/", "https://a.org/x", "https://"])
def test_what_is_no_origin_is_told_at_the_start(origin: str) -> None:
    with pytest.raises(ConfigError, match="is no origin"):
        Settings.load({"LIKEOPT_CORS_ORIGINS": f"https://fine.example.org {origin}"})


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"LIKEOPT_PROXY_ADDRESSES": "10.0.0.0/33", "LIKEOPT_TRUSTED_PROXIES": "1"}, "is no address and no network"),
        ({"LIKEOPT_PROXY_ADDRESSES": "10.0.0.1"}, "needs LIKEOPT_TRUSTED_PROXIES"),
    ],
)
def test_proxies_that_cannot_be_believed_are_told_at_the_start(settings: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        Settings.load(settings)
