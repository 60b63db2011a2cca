from __future__ import annotations

import time
import uuid

from backend.app.storage.ids import new_id


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_an_id_holds_the_moment_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = int(new_id()[:12], 16)
    assert before <= milliseconds <= time.time_ns() // 1_000_000


def test_ids_made_one_after_the_other_sort_so_even_in_one_millisecond() -> None:
    ids = [new_id() for _ in range(2000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 2000
    assert len({id[:12] for id in ids}) < 1000  # many share their millisecond


def test_an_id_fits_its_column() -> None:
    assert {len(new_id()) for _ in range(100)} == {32}


def test_an_id_is_later_than_the_one_it_is_to_follow_though_the_clock_was_set_back() -> None:
    tomorrow = f"{time.time_ns() // 1_000_000 + 86_400_000:012x}7fffbfffffffffffffff"
    ids = [tomorrow]
    for _ in range(100):
        ids.append(new_id(ids[-1]))
    assert ids == sorted(ids)
    assert len(set(ids)) == 101
    assert {uuid.UUID(id).version for id in ids} == {7}


def test_an_id_follows_an_earlier_one_at_its_own_moment() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= int(new_id(new_id())[:12], 16) <= time.time_ns() // 1_000_000 + 1
