from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from backend.app.cli.output import aligned, clipped, orderly_end, place, progress_bar, wrapped


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")


def width(text: str) -> int:
    return sum(2 if "가" <= character <= "힣" else 1 for character in text)


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("a little too long", 10, "a little…"),
        ("가나다라마", 10, "가나다라마"),
        ("가나다라마바", 10, "가나다라…"),
    ],
)
def test_a_line_is_cut_by_columns_not_characters(text: str, columns: int, shown: str) -> None:
    assert clipped(text, columns) == shown
    assert width(shown) <= columns


@pytest.mark.parametrize("text", ["word " * 40, "한국어 문장을 " * 20, "가" * 200, "x" * 200])
def test_text_is_broken_to_the_terminal(text: str) -> None:
    lines = wrapped(text, "    ").split("\n")
    assert len(lines) > 2
    assert all(line.startswith("    ") and width(line) <= 40 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_what_is_beyond_the_lines_is_left_out_and_said_so() -> None:
    lines = wrapped("한국어 문장을 " * 20, "  ", lines=2).split("\n")
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert width(lines[1]) <= 40
    assert wrapped("short", "  ", lines=2) == "  short"


def test_text_cannot_move_the_cursor_or_turn_its_direction() -> None:
    assert wrapped("a\x1b[2Jb\u202ec\r\x9bd", "") == "a[2Jbc d"


def test_columns_stand_below_each_other() -> None:
    assert aligned([("이름", "1", "x"), ("name", "22", ""), ("n", "3", "y")]) == "이름  1   x\nname  22\nn     3   y"


def test_a_place_is_page_and_heading() -> None:
    assert place(3, "One\n › Two") == "page 3 · One › Two"
    assert place(None, "One") == "One"
    assert place(None, None) == ""


def command(signal_number: int) -> click.Command:
    @click.command()
    def interrupted() -> None:
        with orderly_end("It stays queued."):
            try:
                os.kill(os.getpid(), signal_number)
                signal.pause()
            finally:
                click.echo("taken down")

    return interrupted


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, "It stays queued."), (signal.SIGTERM, 143, ""), (signal.SIGHUP, 129, "")],
)
def test_signals_unwind_what_is_open(number: int, code: int, said: str) -> None:
    before = signal.getsignal(signal.SIGTERM)
    result = CliRunner().invoke(command(number))
    assert (result.exit_code, result.stdout) == (code, "taken down\n")
    assert result.stderr.strip() == said
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_command_that_nohup_started_outlives_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with orderly_end():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(("quiet", "stdout"), [(False, "ready\n"), (True, "")])
def test_without_a_terminal_lines_are_plain_and_data_stay_alone(quiet: bool, stdout: str) -> None:
    @click.command()
    def work() -> None:
        with progress_bar(quiet_output=quiet) as bar:
            bar.show(1, 2, "half")
            bar.say("ready")
            bar.say("failed", err=True)

    result = CliRunner().invoke(work)
    assert result.stdout == stdout
    assert result.stderr == ("ready\n" if quiet else "") + "failed\n"


def on_a_terminal(program: str) -> str:
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen([sys.executable, "-c", program], stdout=theirs, stderr=theirs, env=environ) as process:
        os.close(theirs)
        seen = b""
        with (
            contextlib.suppress(OSError),
            os.fdopen(ours, "rb", buffering=0) as terminal,
        ):  # EIO: the other end is closed
            while block := terminal.read(4096):
                seen += block
    assert process.returncode == 0, seen
    return seen.decode()


def test_on_a_terminal_lines_stay_above_a_bar_that_goes() -> None:
    program = (
        "import threading; from backend.app.cli.output import *\n"
        "with progress_bar(quiet_output=False) as bar:\n"
        "  bar.say('Waiting [bold] :smile:', err=True); assert threading.active_count() == 1\n"
        "  bar.show(1, 2, '한국어.txt'); bar.say('ready  ' + 'long ' * 30)"
    )
    seen = on_a_terminal(program)
    assert "Waiting [bold] :smile:\r\n" in seen
    assert "50%" in seen
    assert "한국어.txt" in seen
    assert "ready  " + "long " * 30 in seen, "a line is not broken by us"
    assert seen.rindex("\x1b[?25h") > seen.rindex("\x1b[?25l"), "the cursor is shown again"


def in_a_process(program: str, encoding: str = "utf-8") -> str:
    environ = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding=encoding, env=environ).stdout


def test_output_that_cannot_be_encoded_does_not_stop_a_command() -> None:
    program = (
        "import click; from backend.app.cli.output import *\nwith orderly_end(): click.echo('한국어 \U0001f642 ok')"
    )
    assert in_a_process(program, "cp949") == "한국어 ? ok\n"


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    modules = in_a_process("import sys, backend.app.__main__; print(*sys.modules)").split()
    heavy = ("numpy", "sqlalchemy", "rich", "flask", "structlog", "dotenv", "urllib3", "tantivy", "psutil")
    assert [name for name in heavy if name in modules] == []
