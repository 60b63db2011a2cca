"""The commands on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.command import CommandLine
from tests.services.postgresql import PostgreSQL

DOCUMENTS = Path(__file__).resolve().parents[1] / "fixtures" / "documents"


def test_documents_go_in_and_are_found(tmp_path: Path, postgresql_url: str) -> None:
    likeopt = CommandLine(tmp_path / "data", {"DATABASE_URL": postgresql_url})
    (tmp_path / "data").mkdir()
    behind = {check["name"]: check for check in likeopt.json("doctor", code=1)["checks"]}
    assert behind["tables"]["advice"] == "`likeopt migrate` upgrades it."
    assert likeopt.json("ingest", DOCUMENTS / "english.pdf")["ready"] == 1
    assert likeopt.json("search", "diesel generator", "--mode", "bm25")["data"][0]["title"] == "english"
    assert not (tmp_path / "data" / "likeopt.db").exists()
    shown = likeopt("doctor").stdout
    assert "PostgreSQL, at this version's tables" in shown
    assert postgresql_url not in shown


def test_a_backup_goes_into_another_database_with_all_that_was_found(
    tmp_path: Path, postgresql_url: str, request: pytest.FixtureRequest
) -> None:
    likeopt = CommandLine(tmp_path / "data", {"DATABASE_URL": postgresql_url})
    assert likeopt.json("ingest", DOCUMENTS / "english.pdf")["ready"] == 1
    before = likeopt.json("search", "diesel generator")["data"]
    made = likeopt.json("backup", tmp_path / "backup")
    assert (made["database"], made["documents"], made["lost"]) == ("postgresql", 1, [])
    server = request.getfixturevalue("_postgresql")
    assert isinstance(server, PostgreSQL)
    other = CommandLine(tmp_path / "other", {"DATABASE_URL": server.database()})
    assert "1 document indexed anew" in other("restore", tmp_path / "backup").stdout
    assert other.json("search", "diesel generator")["data"] == before != []
