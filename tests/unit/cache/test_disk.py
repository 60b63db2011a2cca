from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from backend.app.cache.disk import DiskCache
from backend.app.cache.sweeping import occupied
from backend.app.concurrency import NativePool
from tests.fakes.caches import CountedEvents, FakeClock
from tests.fakes.child import output_of

ALL = 1_000_000


class OnDisk:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.events = folder, FakeClock(), CountedEvents()
        self.cache = self.opened()

    def opened(self, max_bytes: int = ALL) -> DiskCache:
        return DiskCache(self.folder, max_bytes, NativePool(), self.clock, self.events)

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and path.name != ".lock")


@pytest.fixture
def disk(tmp_path: Path) -> OnDisk:
    return OnDisk(tmp_path / "cache")


def test_nothing_is_written_before_there_is_something_to_keep(disk: OnDisk) -> None:
    assert disk.cache.get("key") is None
    disk.cache.delete("key")
    disk.cache.clear()
    assert not disk.folder.exists()
    assert disk.events.counts == {}


def test_it_survives_a_restart(disk: OnDisk) -> None:
    disk.cache.set("key", b"value", 60)
    assert disk.opened().get("key") == b"value"
    disk.clock.pass_by(60)
    assert disk.opened().get("key") is None


def test_it_holds_large_values(disk: OnDisk) -> None:
    large = os.urandom(800_000)
    disk.cache.set("key", large, 60)
    assert disk.cache.get("key") == large


def test_it_does_not_keep_the_older_of_a_value_that_is_too_large(disk: OnDisk) -> None:
    disk.cache.set("key", b"small", 60)
    disk.cache.set("key", b"x" * 880_000, 60)
    assert disk.cache.get("key") is None
    assert disk.files() == []


def test_files_are_for_their_owner_alone_and_in_two_levels_of_folders(disk: OnDisk) -> None:
    disk.cache.set("key", b"value", 60)
    (file,) = disk.files()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.relative_to(disk.folder).parts) == 3
    assert b"pickle" not in file.read_bytes()


def test_another_key_with_the_same_digest_is_nothing(disk: OnDisk) -> None:
    disk.cache.set("key", b"value", 60)
    (file,) = disk.files()
    other = disk.cache._path("other")
    other.parent.mkdir(parents=True, exist_ok=True)
    file.rename(other)
    assert disk.cache.get("other") is None
    assert disk.events.counts == {}


@pytest.mark.parametrize("place", [0, 5, 14, 17, 22, -1])
def test_a_file_that_was_changed_is_nothing_counted_and_removed(disk: OnDisk, place: int) -> None:
    disk.cache.set("key", b"value", 60)
    (file,) = disk.files()
    raw = bytearray(file.read_bytes())
    raw[place] ^= 1
    file.write_bytes(raw)
    assert disk.cache.get("key") is None
    if place != 14:  # the key's length: taken for another key's file, and written over
        assert disk.events.counts == {"error disk": 1}
        assert disk.files() == []
    disk.cache.set("key", b"new", 60)
    assert disk.cache.get("key") == b"new"


@pytest.mark.parametrize("length", [0, 1, 19, 24])
def test_half_a_file_is_nothing(disk: OnDisk, length: int) -> None:
    disk.cache.set("key", b"value", 60)
    (file,) = disk.files()
    file.write_bytes(file.read_bytes()[:length])
    assert disk.cache.get("key") is None
    assert disk.events.counts == {"error disk": 1}


def test_what_has_expired_leaves_when_it_is_asked_for_or_swept(disk: OnDisk) -> None:
    disk.cache.set("a", b"1", 60)
    disk.cache.set("b", b"1", 60)
    disk.cache.set("c", b"1", 600)
    disk.clock.pass_by(60)
    assert disk.cache.get("a") is None
    assert len(disk.files()) == 2
    disk.opened().set("d", b"1", 60)
    assert len(disk.files()) == 2
    assert disk.cache.get("c") == disk.cache.get("d") == b"1"


def test_a_file_systems_own_time_of_access_removes_nothing_that_is_good(disk: OnDisk) -> None:
    disk.cache.set("key", b"value", 60)
    (file,) = disk.files()
    os.utime(file, (disk.clock.now - 10, disk.clock.now - 10))
    disk.opened().set("other", b"1", 60)
    assert disk.cache.get("key") == b"value"


def test_the_longest_unused_leave_first_and_use_is_noted_at_most_once_a_minute(disk: OnDisk) -> None:
    cache = disk.opened(16 * 4096)
    for number in range(14):
        cache.set(str(number), b"x", 10_000)
        disk.clock.pass_by(1)
    modified = [file.stat().st_mtime for file in disk.files()]
    cache.get("0")
    assert [file.stat().st_mtime for file in disk.files()] == modified
    disk.clock.pass_by(60)
    assert cache.get("0") == b"x"
    cache.set("14", b"x", 10_000)
    assert [number for number in range(15) if cache.get(str(number)) is None] == [1]


def test_what_another_process_left_half_written_leaves_after_a_while(disk: OnDisk) -> None:
    disk.cache.set("key", b"value", 60_000)
    (file,) = disk.files()
    left = file.with_name(file.name + ".99.0.new")
    left.write_bytes(b"half")
    os.utime(left, (disk.clock.now, disk.clock.now))
    disk.clock.pass_by(599)
    disk.opened().set("other", b"1", 60_000)
    assert left.exists()
    disk.clock.pass_by(2)
    disk.opened().set("other", b"1", 60_000)
    assert not left.exists()
    assert disk.cache.get("key") == b"value"


def test_while_another_process_sweeps_one_goes_on_for_a_64th_of_the_bound(disk: OnDisk) -> None:
    program = f"""
        import fcntl, sys
        from pathlib import Path
        from backend.app.cache.disk import DiskCache
        from backend.app.concurrency import NativePool
        cache = DiskCache(Path(sys.argv[2]), {4 * 64 * 4096}, NativePool())
        cache.set("first", b"x", 60)
        kept = lambda: sum(cache.get(str(number)) is not None for number in range(10))
        with open(sys.argv[1], "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for number in range(10):
                cache.set(str(number), b"x", 60)
            print(kept())
        for number in range(10):
            cache.set(str(number), b"x", 60)
        print(kept())
    """
    disk.folder.mkdir()
    assert output_of(program, str(disk.folder / ".lock"), str(disk.folder)) == "4\n10"


def test_what_is_written_first_is_kept_while_another_sweeps(disk: OnDisk) -> None:
    program = f"""
        import fcntl, sys
        from pathlib import Path
        from backend.app.cache.disk import DiskCache
        from backend.app.concurrency import NativePool
        cache = DiskCache(Path(sys.argv[2]), {4 * 64 * 4096}, NativePool())
        with open(sys.argv[1], "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for number in range(3):
                cache.set(str(number), b"x", 60)
        print([cache.get(str(number)) for number in range(3)])
    """
    disk.folder.mkdir()
    assert output_of(program, str(disk.folder / ".lock"), str(disk.folder)) == "[b'x', b'x', b'x']"


def test_eight_processes_together_keep_the_bound(disk: OnDisk) -> None:
    bound = 64 * 4096
    program = f"""
        import os, sys
        from pathlib import Path
        from backend.app.cache.disk import DiskCache
        from backend.app.concurrency import NativePool

        children = [os.fork() for _ in range(3)]
        cache = DiskCache(Path(sys.argv[1]), {bound}, NativePool())
        for number in range(150):
            cache.set(f"{{os.getpid()}} {{number}}", b"x" * 3000, 60)
        if 0 in children:
            os._exit(0)
        assert all(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 for child in children)
        print("done")
    """
    assert output_of(program, str(disk.folder)) == "done"
    assert 0 < sum(occupied(file.stat().st_size) for file in disk.files()) <= bound


def test_a_disk_that_takes_nothing_is_an_empty_cache_and_is_counted(tmp_path: Path) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file where the folder should be")
    disk = OnDisk(in_the_way)
    disk.cache.set("key", b"value", 60)
    assert disk.cache.get("key") is None
    disk.cache.delete("key")
    disk.cache.clear()
    assert disk.events.counts["error disk"] >= 1


def test_a_full_disk_is_an_empty_cache_and_leaves_nothing_half_written(disk: OnDisk) -> None:
    program = """
        import resource, signal, sys
        from pathlib import Path
        from backend.app.cache.disk import DiskCache
        from backend.app.concurrency import NativePool
        from tests.fakes.caches import CountedEvents

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))  # a write beyond that fails like one to a full disk
        import structlog
        structlog.configure(processors=[], logger_factory=structlog.ReturnLoggerFactory())
        events = CountedEvents()
        cache = DiskCache(Path(sys.argv[1]), 1_000_000, NativePool(), events=events)
        cache.set("key", b"small", 60)
        cache.set("key", b"x" * 50_000, 60)
        print(cache.get("key"), dict(events.counts))
    """
    assert output_of(program, str(disk.folder)) == "None {'error disk': 1}"
    assert disk.files() == []


def test_under_gevent_files_do_not_stop_the_hub(disk: OnDisk) -> None:
    program = """
        import sys, threading
        from pathlib import Path
        from backend.app.cache.disk import DiskCache
        from backend.app.concurrency import NativePool

        threads = set()

        class Noted(DiskCache):
            def _read(self, key):
                threads.add(threading.get_native_id())
                return super()._read(key)

        cache = Noted(Path(sys.argv[1]), 1_000_000, NativePool(1))
        cache.set("key", b"value", 60)
        print(cache.get("key"), threading.get_native_id() in threads)
    """
    assert output_of(program, str(disk.folder), gevent=True) == "b'value' False"


def test_a_bound_below_one_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="4096"):
        DiskCache(tmp_path, 4095, NativePool())
