"""Pages of a person's conversations: the first, one in the middle and the last, as the list grows.

The pages are asked of the repository, on SQLite. What OFFSET would cost in its place stands beside it. All are
asked in turn, round after round, so that what else the machine does falls on all alike.

    python benchmarks/pagination.py [--rounds 200]
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text

from backend.app.config import Settings
from backend.app.storage import cursors
from backend.app.storage.database import Database
from backend.app.storage.interfaces import Page
from backend.app.storage.migration import migrate
from backend.app.storage.models import ConversationRow
from backend.app.storage.repositories import rows
from backend.app.storage.repositories.conversations import SqlConversations
from backend.app.storage.repositories.users import SqlUsers
from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.figures import Result, Series

SIZES = (1_000, 10_000, 100_000)
LIMIT = 50
PLACES = ("first", "middle", "last")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
FILL = """
    INSERT INTO conversations (id, user_id, title, pinned, collection_ids, created_at, updated_at)
    WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :count)
    SELECT printf('%032x', n), :user, 'Conversation ' || n, n % 1000 = 0, '[]', :at, moment
    FROM (SELECT n, strftime('%Y-%m-%d %H:%M:%f000', strftime('%s', '2026-01-01') + n, 'unixepoch') AS moment FROM counted)
"""


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    options = begin(parser)
    rounds = options.rounds * (10 if options.full else 1)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), rounds)

    result = Result("pagination", notes=[f"{LIMIT} conversations a page; medians of {rounds} rounds on SQLite."])
    for size in SIZES:
        for place in PLACES:
            result.add(
                f"page_{size}_{place}",
                f"{place} page of {size:,} conversations",
                found[size, place],
                "ms",
                better="lower",
            )
    most = SIZES[-1]
    aim = "at most 2"
    result.add(
        "page_last_to_first", f"last page to first, {most:,}", found[most, "last"] / found[most, "first"], "x", aim
    )
    result.add(
        "page_middle_to_first",
        f"middle page to first, {most:,}",
        found[most, "middle"] / found[most, "first"],
        "x",
        aim,
    )
    growth = max(found[most, place] / found[SIZES[0], place] for place in PLACES)
    result.add("page_growth", f"the same page, {most:,} to {SIZES[0]:,}, the worst", growth, "x", aim)
    offset = found[most, "by offset"] / found[most, "last"]
    result.add("page_offset", f"last page of {most:,} by OFFSET, to ours", offset, "x", better="higher")
    lines = {f"{name} page": [found[size, name] for size in SIZES] for name in PLACES}
    lines["last page by OFFSET"] = [found[size, "by offset"] for size in SIZES]
    result.series = [Series("Pages of a long list", "conversations", "ms", SIZES, lines, log=True)]
    finish(result, options)


def measure(folder: Path, rounds: int) -> dict[tuple[int, str], float]:
    """Return the median milliseconds by size and page."""
    databases = {size: grown(folder / str(size), size) for size in SIZES}
    calls: dict[tuple[int, str], Callable[[], object]] = {}
    for size, (database, user) in databases.items():
        listed = SqlConversations(database)
        for place in PLACES:
            page = Page(LIMIT, cursor_of(place, size))
            calls[size, place] = lambda listed=listed, user=user, page=page: listed.page(user, None, page)
        calls[size, "by offset"] = lambda database=database, user=user, size=size: by_offset(
            database, user, size - LIMIT
        )
    times = defaultdict(list)
    for number in range(rounds + 5):
        for key, call in calls.items():
            begun = time.perf_counter()
            call()
            if number >= 5:  # the first rounds warm statements and pages up
                times[key].append((time.perf_counter() - begun) * 1000)
    for database, _ in databases.values():
        database.close()
    return {key: statistics.median(values) for key, values in times.items()}


def grown(folder: Path, size: int) -> tuple[Database, str]:
    """Return a database in which one person has ``size`` conversations, and that person's id."""
    settings = Settings(data_dir=folder)
    migrate(settings)
    database = Database(settings.sqlalchemy_url)
    user = SqlUsers(database).register(email="a@example.org", name="a", password_hash="-", open_to_all=False).id
    values = {"count": size, "user": user, "at": "2026-01-01 00:00:00.000000"}
    database.write(lambda session: session.execute(text(FILL), values))
    return database, user


def cursor_of(place: str, size: int) -> str | None:
    """Return what stands before a page; a thousandth is pinned and comes first."""
    if place == "first":
        return None
    n = size // 2 if place == "middle" else LIMIT + 1
    return cursors.encode(False, BEGINNING + timedelta(seconds=n), f"{n:032x}")


def by_offset(database: Database, user: str, offset: int) -> object:
    order = (ConversationRow.pinned.desc(), ConversationRow.updated_at.desc(), ConversationRow.id.desc())
    query = select(ConversationRow).where(ConversationRow.user_id == user).order_by(*order).limit(LIMIT).offset(offset)
    return database.read(lambda session: [rows.conversation(row) for row in session.scalars(query)])


if __name__ == "__main__":
    main()
