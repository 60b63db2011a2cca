"""Files of no document go, and nobody else's."""

from __future__ import annotations

from backend.app.services.stray_files import StrayFiles
from backend.app.storage.contents import StoredFiles
from tests.fakes.caches import FakeClock

LOST, KEPT, COMING = "lost", "kept", "coming"


class World:
    """Files and rows; ``rows`` may come later than the files."""

    def __init__(self) -> None:
        self.files = {LOST: 3, KEPT: 3, COMING: 3}
        self.texts = frozenset({LOST, KEPT})
        self.rows = {KEPT}
        self.clock = FakeClock()
        self.strays = StrayFiles(self, self, self.clock)  # type: ignore[arg-type]  # all that it asks of either

    def stored(self) -> StoredFiles:
        return StoredFiles(dict(self.files), self.texts, frozenset())

    def document_ids(self) -> frozenset[str]:
        return frozenset(self.rows)

    def remove(self, document_id: str) -> None:
        del self.files[document_id]
        self.texts -= {document_id}


def test_what_has_no_row_for_a_minute_is_removed_and_what_gets_one_stays() -> None:
    world = World()
    world.strays.begin()
    assert world.strays.go_on() == 0
    world.rows.add(COMING)
    world.clock.pass_by(61)
    assert world.strays.go_on() == 1
    assert set(world.files) == {KEPT, COMING}


def test_what_came_between_the_looks_is_left_to_the_next() -> None:
    world = World()
    world.rows.add(COMING)
    world.strays.begin()
    world.files["new"] = 3
    world.clock.pass_by(61)
    assert world.strays.go_on() == 1
    assert "new" in world.files
    world.strays.begin()
    world.strays.begin()
    world.clock.pass_by(30)
    assert world.strays.go_on() == 0
    world.clock.pass_by(31)
    assert world.strays.go_on() == 1


def test_where_nothing_is_wrong_nothing_is_looked_for_again() -> None:
    world = World()
    world.rows |= {LOST, COMING}
    world.strays.begin()
    world.rows.clear()
    world.clock.pass_by(3600)
    assert world.strays.go_on() == 0
