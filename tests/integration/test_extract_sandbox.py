"""What the child cannot do, tried from inside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from backend.app.services.ingestion import extract

INGESTION = Path(extract.__file__).parent
ROOT = INGESTION.parents[3]
DOCUMENTS = Path(__file__).parents[1] / "fixtures" / "documents"

ENTER = "sandbox.enter(2**28, 5, 2**20, os.getppid(), os.getcwd())"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")


def inside(code: str, *, enter: str = ENTER) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a process that has put the child's limits on."""
    lines = ["import os, socket, sys", f"sys.path.insert(0, {str(INGESTION)!r})", "from reading import sandbox", enter]
    program = "\n".join(lines) + "\n" + textwrap.dedent(code)
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60, check=False, cwd=folder
        )


@pytest.fixture
def server() -> socket.socket:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


CONNECT = """
try:
    socket.create_connection(("127.0.0.1", {port}), timeout=5)
except OSError as error:
    print("refused", type(error).__name__)
else:
    print("connected")
"""


def test_the_probe_itself_connects_where_nothing_forbids_it(server: socket.socket) -> None:
    done = inside(CONNECT.format(port=server.getsockname()[1]), enter="pass")
    assert done.stdout.strip() == "connected", done.stderr


def test_the_child_reaches_no_network(server: socket.socket) -> None:
    done = inside(CONNECT.format(port=server.getsockname()[1]))
    assert done.stdout.startswith("refused"), done.stderr
    with pytest.raises(BlockingIOError):
        server.accept()


@pytest.mark.parametrize("part", ["_leave_network", "_filter_system_calls"])
def test_each_part_that_this_kernel_allows_holds_alone(server: socket.socket, part: str) -> None:
    enter = textwrap.dedent(
        f"""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(38, 1, 0, 0, 0)
        if not sandbox.{part}(libc):
            print("not here")
            raise SystemExit
        """
    )
    done = inside(CONNECT.format(port=server.getsockname()[1]), enter=enter)
    if done.stdout.startswith("not here"):
        pytest.skip("this kernel does not allow it")
    assert done.stdout.startswith("refused"), done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "bytearray(2**29)",
        "open('too-large', 'wb').truncate(2**22)",
    ],
)
def test_the_child_is_refused(code: str) -> None:
    done = inside(
        f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\ntry:\n    {code}\nexcept (OSError, MemoryError) as e:\n    print('refused')"
    )
    assert done.stdout.strip() == "refused", done.stderr


def test_the_child_writes_in_its_own_folder_alone(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("as it was")
    code = f"""
    from pathlib import Path
    Path("own").write_text("x")
    kept = Path({str(kept)!r})
    for change in (lambda: kept.write_text("x"), kept.unlink, lambda: kept.with_name("new").touch()):
        try:
            change()
        except PermissionError:
            print("refused")
    """
    done = inside(code)
    if done.stdout == "" and not done.stderr:
        pytest.skip("this kernel has no Landlock")
    assert done.stdout.split() == ["refused"] * 3, done.stderr
    assert kept.read_text() == "as it was"


def test_the_child_may_still_talk_to_itself() -> None:
    done = inside("a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))")
    assert done.stdout.strip() == "b'x'", done.stderr


def test_cpu_time_ends() -> None:
    done = inside("while True: pass", enter=ENTER.replace("28, 5", "28, 1"))
    assert done.returncode == -signal.SIGXCPU


def test_a_child_whose_parent_is_already_gone_does_not_begin() -> None:
    done = inside("print('began')", enter=ENTER.replace("os.getppid()", "1"))
    assert done.stdout == ""
    assert done.returncode == 1


def run_apart(tmp_path: Path, code: str) -> subprocess.Popen[str]:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + textwrap.dedent(code)
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=tmp_path)


def readers_of(path: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(path).encode() in arguments and b"reading.child" in arguments:
            found.append(int(process.name))
    return found


def wait_for(condition: object, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "endless.html"
    path.write_text("<b>x</b>" * 8_000_000)
    parent = run_apart(
        tmp_path,
        f"""
        from pathlib import Path
        from backend.app.services.ingestion.extract import Extractor
        Extractor(scratch=Path({str(tmp_path)!r})).extract(Path({str(path)!r}), "endless.html")
        """,
    )
    try:
        assert wait_for(lambda: readers_of(path))
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.communicate()
    assert wait_for(lambda: not readers_of(path))


def test_greenlets_go_on_while_a_file_is_read(tmp_path: Path) -> None:
    pytest.importorskip("gevent")
    path = tmp_path / "long.html"
    path.write_text("<p>words " * 200_000)
    done = run_apart(
        tmp_path,
        f"""
        from gevent import monkey; monkey.patch_all()
        import gevent
        from pathlib import Path
        from backend.app.services.ingestion.extract import Extractor
        ticks = 0
        def tick():
            global ticks
            while True:
                gevent.sleep(0.01)
                ticks += 1
        ticker = gevent.spawn(tick)
        document = Extractor().extract(Path({str(path)!r}), "long.html")
        ticker.kill()
        print(len(document.text) > 1_000_000, ticks > 3)
        """,
    )
    assert done.communicate()[0].split() == ["True", "True"]
    assert done.returncode == 0


def test_the_childs_environment_and_folder_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("LIKEOPT_SECRET_KEY", "never passed on")
    seen: list[dict[str, str]] = []
    real = subprocess.Popen

    def spy(*args: object, **options: object) -> object:
        seen.append(dict(options["env"]))  # type: ignore[call-overload]
        return real(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", spy)
    extract.Extractor(scratch=scratch).extract(DOCUMENTS / "english.pdf", "english.pdf")
    assert "LIKEOPT_SECRET_KEY" not in seen[0]
    assert seen[0]["HOME"].startswith(str(scratch))
    assert list(scratch.iterdir()) == []
