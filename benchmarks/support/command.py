"""What all benchmarks' command lines share: ``--json``, ``--full``, ``--data``, and an orderly end."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from benchmarks.support.corpus import VARIABLE
from benchmarks.support.figures import Result


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser to which a benchmark adds what is its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--full", action="store_true", help="measure for as long as it takes, not three minutes")
    add_data(parser)
    return parser


def add_data(parser: argparse.ArgumentParser) -> None:
    text = "a folder in BEIR's layout with real texts and questions; may be repeated; else the project's documentation"
    parser.add_argument("--data", type=Path, action="append", default=[], metavar="FOLDER", help=text)


def begin(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse; hand the folders on to child processes; have servers stopped whatever ends this."""
    options = parser.parse_args()
    _with_one_blas_thread()
    hand_on(options.data)
    end_by_exception()
    return options


def end_by_exception() -> None:
    """Have SIGTERM leave the ``with`` blocks, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _end)


def hand_on(folders: list[Path]) -> None:
    if folders:
        os.environ[VARIABLE] = os.pathsep.join(str(folder.resolve()) for folder in folders)


def finish(result: Result, options: argparse.Namespace) -> None:
    for note in result.notes:
        print(note)
    if options.json:
        result.write(options.json)


def _with_one_blas_thread() -> None:
    """Begin again where BLAS has threads of its own: Like-Opt's processes have none, and they would be measured instead."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read once, when NumPy is imported
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _end(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
