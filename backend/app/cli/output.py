"""How commands speak: text that fits the terminal, progress, JSON, and an orderly end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

import click

from backend.app.security.typed_text import one_line

if TYPE_CHECKING:
    from rich.progress import Progress

_WIDEST = 100  # longer lines are hard to read
INTERRUPTED = 130  # 128 + SIGINT, as shells count


def columns() -> int:
    """Return the width to write to: the terminal's, within reason."""
    import shutil

    return max(40, min(_WIDEST, shutil.get_terminal_size((80, 24)).columns))


def clipped(text: str, width: int) -> str:
    """Shorten one line to ``width`` columns; Hangul takes two each."""
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def wrapped(text: str, indent: str, *, lines: int | None = None) -> str:
    """Break a text at spaces to the terminal's width; what is beyond ``lines`` is cut."""
    from rich.console import Console
    from rich.text import Text

    width = columns() - len(indent)
    console = Console(width=width, file=None, force_terminal=False)
    found = [line.plain.rstrip() for line in Text(one_line(text)).wrap(console, width)]
    if lines is not None and len(found) > lines:
        found = [*found[: lines - 1], clipped(f"{found[lines - 1]} …", width)]
    return "\n".join(indent + line for line in found)


def place(page: int | None, heading: str | None) -> str:
    """Return where in its document something stands, in one line."""
    return " · ".join(part for part in (f"page {page}" if page else "", one_line(heading or "")) if part)


def aligned(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """Return rows of cells with their columns below each other; the last one is left as it is."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*(row[:-1] for row in rows), strict=True)]
    return "\n".join(
        indent
        + "  ".join(
            [*(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        for row in rows
    )


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def end(message: str, code: int) -> NoReturn:
    """End the command with a sentence on standard error."""
    click.echo(message, err=True)
    raise SystemExit(code)


@contextlib.contextmanager
def orderly_end(interrupted: str = "Interrupted.") -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal unwind what is inside, then say ``interrupted``.

    To be entered before anything that must be taken down again. Output that the terminal's
    encoding cannot show becomes question marks instead of an error.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as nohup asks for
            signal.signal(number, _stop)
    try:
        yield
    except KeyboardInterrupt:
        click.echo(err=True)  # past the ^C
        end(interrupted, INTERRUPTED)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


class Bar(Protocol):
    def show(self, done: float, total: float, text: str) -> None: ...
    def say(self, line: str, *, err: bool = False) -> None:
        """Print a line that stays."""


@contextlib.contextmanager
def progress_bar(*, quiet_output: bool) -> Iterator[Bar]:
    """Yield a bar on the terminal, or one that shows nothing where there is none.

    Args:
        quiet_output: standard output is for data alone: lines go to standard error.
    """
    has_terminal = sys.stderr.isatty() and (quiet_output or sys.stdout.isatty()) and os.environ.get("TERM") != "dumb"
    if not has_terminal:
        yield _PlainBar(quiet_output)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    progress = Progress(
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True, highlight=False, markup=False, emoji=False),
        transient=True,
    )
    try:
        yield _RichBar(progress)
    finally:
        progress.stop()


class _PlainBar:
    def __init__(self, quiet_output: bool) -> None:
        self._quiet_output = quiet_output

    def show(self, done: float, total: float, text: str) -> None:
        return None

    def say(self, line: str, *, err: bool = False) -> None:
        click.echo(line, err=err or self._quiet_output)


class _RichBar:
    """Appears when there is something to show: its thread must not run yet while services are started."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def show(self, done: float, total: float, text: str) -> None:
        self._progress.start()
        self._progress.update(self._task, completed=done, total=total, description=clipped(one_line(text), 40))

    def say(self, line: str, *, err: bool = False) -> None:
        self._progress.console.print(line, soft_wrap=True)
