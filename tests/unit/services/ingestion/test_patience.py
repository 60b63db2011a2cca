"""How long a file is read: what any has, what a large one has, and what one earns that gets on."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from backend.app.config import Settings
from backend.app.errors import DocumentTooComplex
from backend.app.services.ingestion import child_process
from backend.app.services.ingestion.child_process import Bounds, ChildDied, run_child
from backend.app.services.ingestion.extract import Extractor
from backend.app.services.ingestion.reading import ocr
from backend.app.services.ingestion.reading.draft import Draft, Refusal
from backend.app.services.ingestion.reading.patience import Patience, Progress

SHIPPED = Settings.__dataclass_fields__["extract_seconds"].default
MEGABYTE = 1_000_000
OCR = {"data": "", "languages": "eng", "pages": 100, "seconds": 300}


class Clock:
    """Goes on by ``step`` seconds whenever it is looked at, and by hand."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def patience(clock: Clock, *, size: int = 1000, most: int = 400) -> Patience:
    return Patience(0.0, 30, size, most, clock)


def test_any_file_has_thirty_seconds_and_a_large_one_no_more_than_twice_as_many() -> None:
    assert SHIPPED == 30
    lefts = [patience(Clock(), size=size).left() for size in (1000, MEGABYTE, 3 * MEGABYTE, 900 * MEGABYTE)]
    assert lefts == [30, 40, 60, 60]


def test_what_is_earned_is_added_but_silence_is_not_waited_out() -> None:
    clock = Clock()
    waited = patience(clock)
    waited.earned(100)
    assert waited.left() == 30  # though it might go on for 130 s
    clock.now = 25
    waited.earned(101)
    assert waited.left() == 30
    clock.now = 50
    waited.earned(101)  # nothing new
    assert waited.left() == 5


def test_whoever_earns_for_ever_comes_to_an_end_all_the_same() -> None:
    clock = Clock()
    waited = patience(clock, most=100)
    for earned in range(1, 1000):
        clock.now += 1
        waited.earned(15 * earned)
        if waited.left() < 0:
            break
    assert clock.now == 101


def child(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Have this program run instead of the reading child; ``request`` is what it was handed."""
    start = f"import json, os, sys, time; request = json.loads(sys.argv[2])\n{program}"
    monkeypatch.setattr(child_process, "_START", start)


def run(folder: Path, clock: Clock, *, earned: int = 0) -> dict[str, object]:
    file, scratch = folder / "file", folder / "scratch"
    file.touch()
    scratch.mkdir()
    bounds = Bounds(Settings().extract_memory_bytes, SHIPPED, 2**20, earned)
    return run_child({"path": str(file)}, bounds, scratch, clock=clock)


def test_a_file_that_hangs_is_ended_after_the_seconds_that_are_shipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child(monkeypatch, "time.sleep(600)")
    clock = Clock(1)
    with pytest.raises(ChildDied) as died:
        run(tmp_path, clock, earned=340)
    assert died.value.timed_out
    assert SHIPPED < clock.now < SHIPPED + 5


def test_one_that_stalls_after_it_got_on_is_ended_as_soon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    child(monkeypatch, "open(request['told'], 'ab').write(b'.' * 300)\ntime.sleep(600)")
    clock = Clock(0.5)
    with pytest.raises(ChildDied) as died:
        run(tmp_path, clock, earned=340)
    assert died.value.timed_out
    assert SHIPPED < clock.now < 3 * SHIPPED  # the file may be seen late on a slow machine


def test_one_that_always_gets_on_is_read_to_its_end_beyond_those_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = Clock()
    program = """
told = open(request['told'], 'ab', buffering=0)
for page in range(1, 9):
    told.write(b'.' * 15)
    while not os.path.exists(f"{os.path.dirname(request['told'])}/seen{page}"): time.sleep(0.005)
open(request['answer'], 'w').write('{"read": "all"}')
"""
    child(monkeypatch, program)
    told = tmp_path / "scratch" / "progress"

    def look() -> bool:
        page = told.stat().st_size // 15
        if page and not (seen := told.with_name(f"seen{page}")).exists():
            clock.now += 14  # what the page before it took
            seen.touch()
        return False

    file = tmp_path / "file"
    file.touch()
    (tmp_path / "scratch").mkdir()
    bounds = Bounds(2**30, SHIPPED, 2**20, earned_seconds=300)
    assert run_child({"path": str(file)}, bounds, tmp_path / "scratch", look, clock) == {"read": "all"}
    assert clock.now > 3 * SHIPPED


def test_text_earns_seconds_once(tmp_path: Path) -> None:
    told = tmp_path / "told"
    draft = Draft(10_000_000, Progress(told, patience(Clock())))
    for _ in range(3):
        mark = draft.mark()
        draft.block("x" * 1_100_000)
        draft.back(mark)
    assert told.stat().st_size == 2


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Scanned pages that take two seconds each to recognise; odd ones show nothing but a photograph."""
    clock = Clock()

    def recognise(path: Path, number: int, resolution: int, asked: object) -> str:
        clock.now += 2
        return "" if number % 2 else f"page {number}"

    monkeypatch.setattr(ocr, "_resolution", lambda path, number: 300)
    monkeypatch.setattr(ocr, "_recognised", recognise)
    return clock


def test_a_scan_of_many_pages_is_read_to_its_end(pages: Clock, tmp_path: Path) -> None:
    scan = [(2 * number, "") for number in range(1, 91)]
    progress = Progress(tmp_path / "told", patience(pages, most=400))
    found = ocr.recognised(Path("scan.pdf"), scan, OCR, progress)
    assert [text for _, text in found] == [f"page {2 * number}" for number in range(1, 91)]
    assert pages.now == 180


def test_photographs_use_up_their_thirty_seconds_and_what_has_been_read_stays(pages: Clock, tmp_path: Path) -> None:
    book = [(1, "A page of text."), *((number, "") for number in range(3, 201, 2))]
    progress = Progress(tmp_path / "told", patience(pages))
    assert ocr.recognised(Path("book.pdf"), book, OCR, progress) == book
    assert 20 < pages.now <= 30


def test_a_scan_of_which_the_time_leaves_pages_out_is_refused_rather_than_cut(pages: Clock, tmp_path: Path) -> None:
    scan = [(2, ""), *((number, "") for number in range(3, 201, 2))]
    with pytest.raises(Refusal, match="too_many_scans"):
        ocr.recognised(Path("scan.pdf"), scan, OCR, Progress(tmp_path / "told", patience(pages)))
    assert pages.now <= 45


def test_an_endless_file_ends_by_the_extractors_own_defaults(tmp_path: Path) -> None:
    endless = tmp_path / "endless.html"
    endless.write_text("<b>x</b>" * 2_000_000)  # so large that it has twice the time
    began = time.monotonic()

    def hurried() -> float:  # a second of ours is a minute of the clock
        return began + 60 * (time.monotonic() - began)

    with pytest.raises(DocumentTooComplex) as refusal:
        Extractor(clock=hurried).extract(endless, endless.name)
    assert refusal.value.details["timed_out"]


def test_the_child_may_take_a_gibibyte_and_not_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert Settings().extract_memory_bytes == 2**30
    program = """
sys.path.insert(0, sys.argv[1])
from reading import sandbox
sandbox.limit_resources(request['memory_bytes'], request['most_seconds'], request['file_bytes'])
try: bytearray(2**30); kept = True
except MemoryError: kept = False
open(request['answer'], 'w').write(json.dumps({'kept': kept, 'half': len(bytearray(2**29)) == 2**29}))
"""
    child(monkeypatch, program)
    assert run(tmp_path, Clock()) == {"kept": False, "half": True}
