"""Run the benchmarks one after the other, keep their figures, and write docs/performance.md.

    python -m benchmarks.support.run [NAME ...] [--full] [--data FOLDER] [--into FOLDER]

Each has three minutes (an hour with ``--full``); one that takes longer is stopped and said to be so, and the others
go on. Folders with prepared passages are made before, so that no benchmark spends its time on it.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import psutil

from backend.app.processes.parent_death import die_with_parent
from benchmarks.support import corpus, machine, report, results
from benchmarks.support.command import add_data, end_by_exception, hand_on
from benchmarks.support.figures import Series, read_result
from benchmarks.support.results import Run
from benchmarks.support.servers import keep_folder

SECONDS, FULL_SECONDS = 180.0, 3600.0
STOP_SECONDS = 75.0  # for a server that is stopped in an orderly way
PREPARED = (1_000, 10_000)  # passages
FOLDER = corpus.ROOT / "benchmarks"


def main() -> None:
    from benchmarks.support.plots import draw  # its packages are there for `make bench` only

    options = _options()
    hand_on(options.data)
    end_by_exception()
    described = machine.describe()
    for label, value in described.items():
        print(f"{label}: {value}")
    texts = corpus.load()
    for passages in PREPARED:
        keep_folder(passages, texts)
    runs = [run(FOLDER / f"{name}.py", options.full) for name in options.names or names()]
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M")
    over = ", ".join(folder.resolve().name for folder in corpus.folders_from_environment())
    publish(runs, date, described, options.full, options.into, draw, over)
    failed = [f"{one.name}: {one.outcome}" for one in runs if one.outcome != "ok"]
    if failed:
        sys.exit("\n".join(failed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all, if none is given")
    parser.add_argument("--full", action="store_true", help="the long form of each")
    parser.add_argument("--into", type=Path, default=corpus.ROOT, help="write the report into a copy of the docs")
    add_data(parser)
    options = parser.parse_args()
    if unknown := set(options.names) - set(names()):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    return options


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("[!_]*.py"))


def run(script: Path, full: bool = False, seconds: float = 0.0) -> Run:
    """Run one benchmark within its time; whatever it started is gone afterwards."""
    bound = seconds or (FULL_SECONDS if full else SECONDS)
    print(f"\n== {script.stem}", flush=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="likeopt-bench-") as folder:
        path = Path(folder) / "result.json"
        popen = subprocess.Popen(
            [sys.executable, str(script), "--json", str(path), *(("--full",) if full else ())],
            cwd=corpus.ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches it once, from here
            preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGTERM),
        )
        try:
            popen.wait(bound)
        except subprocess.TimeoutExpired:
            return _told(Run(script.stem, bound, f"stopped after {bound:.0f} s, unfinished"))
        finally:
            stop(popen)
        took = time.monotonic() - begun
        if popen.returncode:
            return _told(Run(script.stem, took, f"failed with exit code {popen.returncode}"))
        try:
            return Run(script.stem, took, "ok", read_result(path))
        except (OSError, ValueError, KeyError, TypeError) as error:
            return _told(Run(script.stem, took, f"wrote no figures that can be read ({type(error).__name__})"))


def stop(popen: subprocess.Popen[bytes]) -> None:
    """End a benchmark and everything that it started, orderly if it can be."""
    if popen.poll() is not None:
        return
    started = psutil.Process(popen.pid).children(recursive=True)
    popen.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        popen.wait(STOP_SECONDS)
    for process in [*started, popen]:
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            process.kill()
    popen.wait()


def publish(
    runs: Sequence[Run],
    date: str,
    described: dict[str, str],
    full: bool,
    root: Path,
    draw: Callable[[Series, Path], None],
    data: str = "",
) -> None:
    """Keep the figures, draw the pictures and write the report, below ``root``; ``data`` names the texts."""
    kept = report.results_path(root)
    found = results.merged(results.read(kept), runs, date, described, full, data)
    document, images = report.document_path(root), report.images_path(root)
    for folder in (document.parent, images):
        folder.mkdir(parents=True, exist_ok=True)
    before = document.read_text("utf-8") if document.exists() else "# Performance\n"
    pictures = report.pictures(found)
    for picture in pictures:
        draw(picture.series, images / picture.file)
    for path in images.glob(report.PICTURES):
        if path.name not in {picture.file for picture in pictures}:
            path.unlink()
    results.write(found, kept)
    document.write_text(report.written(before, found), "utf-8")
    print(f"\n{document} is written")


def _told(run: Run) -> Run:
    print(f"{run.name}: {run.outcome}", file=sys.stderr)
    return run


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
