from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result

from backend.app.cli import checks
from backend.app.config import Settings
from backend.app.services.health import Part
from backend.app.services.inspection import IndexState, Inventory
from backend.app.storage.migration import migrate
from tests.unit.cli.conftest import FakeServices, Run

WHOLE = Inventory(1, 2, IndexState(9, 0), IndexState(9, 0), ())
FINE = {"database": Part("ok"), "vector_index": Part("ok"), "model": Part("ok", "extractive")}


def doctor(run: Run, *arguments: str, parts: dict[str, Part] = FINE, inventory: Inventory = WHOLE) -> Result:
    services = FakeServices(
        health=SimpleNamespace(ready=lambda: (True, parts)),
        models=SimpleNamespace(status=lambda: SimpleNamespace(hint="Start the model.")),
    )
    return run(services, "doctor", *arguments, inspection=SimpleNamespace(inventory=lambda: inventory))


@pytest.fixture
def migrated(tmp_path: Path) -> None:
    migrate(Settings(data_dir=tmp_path / "data"))


def checked(result: Result) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(result.stdout)["checks"]}


def test_nothing_is_made_where_nothing_is_yet(run: Run, tmp_path: Path) -> None:
    result = doctor(run, "--json")
    assert result.exit_code == 0, result.output
    assert {name: check["state"] for name, check in checked(result).items()} == {
        "data folder": "note",
        "tables": "note",
    }
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("migrated")
def test_all_is_well(run: Run) -> None:
    result = doctor(run)
    assert result.exit_code == 0, result.output
    assert "wrong" not in result.stdout
    assert "9 passages" in result.stdout


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize(
    ("parts", "inventory", "name", "detail", "advice"),
    [
        ({"database": Part("down", "away")}, WHOLE, "database", "away", "DATABASE_URL"),
        ({"vector_index": Part("degraded", "silent")}, WHOLE, "vector index", "silent", "CHROMA_URL"),
        ({"model": Part("degraded", "big")}, WHOLE, "model", "big", "Start the model."),
        (FINE, Inventory(1, 2, IndexState(9, 4), IndexState(9, 0), ()), "words indexed", "4 of 9", "likeopt reindex"),
        (FINE, Inventory(1, 2, IndexState(9, 0), IndexState(9, 9), ()), "vectors indexed", "9 of 9", "likeopt reindex"),
        (FINE, Inventory(1, 2, IndexState(9, 9, "No."), IndexState(9, 0), ()), "words indexed", "No.", "reindex"),
        (FINE, Inventory(1, 2, IndexState(9, 0), IndexState(9, 0), ("a.pdf",)), "files", "a.pdf", "Restore"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    run: Run, parts: dict[str, Part], inventory: Inventory, name: str, detail: str, advice: str
) -> None:
    result = doctor(run, "--json", parts=parts, inventory=inventory)
    assert result.exit_code == 1
    found = [c for c in json.loads(result.stdout)["checks"] if c["state"] == "wrong"]
    assert [check["name"] for check in found] == [name]
    assert detail in found[0]["detail"]
    assert advice in found[0]["advice"]


@pytest.mark.usefixtures("migrated")
def test_no_indexer_is_needed_while_no_server_runs(run: Run) -> None:
    result = doctor(run, "--json", parts={"indexer": Part("degraded", "not running")})
    assert result.exit_code == 0
    assert checked(result)["indexer"]["state"] == "note"


def test_a_database_that_is_none_is_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "likeopt.db").write_bytes(b"no database at all, but long enough to be read" * 40)
    result = doctor(run, "--json")
    assert result.exit_code == 1
    assert "not a database" in checked(result)["tables"]["detail"]


def test_tables_of_an_older_version_are_to_be_migrated(run: Run, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    migrate(Settings(data_dir=tmp_path / "data"))
    with closing(sqlite3.connect(tmp_path / "data" / "likeopt.db")) as database:
        database.execute("DELETE FROM alembic_version")
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if name not in ("alembic_version", "sqlite_sequence"):
                database.execute(f"DROP TABLE {name}")
        database.commit()
    result = doctor(run, "--json")
    assert result.exit_code == 1
    assert checked(result)["tables"]["advice"] == "`likeopt migrate` upgrades it."


def test_a_full_disk_is_wrong(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    usage = SimpleNamespace(free=100 * 1024**2)
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda path: usage)
    result = doctor(run, "--json")
    assert result.exit_code == 1
    assert "0.10 GiB" in checked(result)["data folder"]["detail"]


def test_every_setting_is_shown_with_its_source_and_no_secret(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("LIKEOPT_PORT=5001\nLIKEOPT_WORKERS=3\n")
    monkeypatch.setenv("LIKEOPT_WORKERS", "4")
    monkeypatch.setenv("SECRET_KEY", "very-secret")
    monkeypatch.setenv("LIKEOPT_LLM_API_KEY", "also-secret")
    for arguments in ((), ("--json",)):
        result = doctor(run, *arguments)
        assert "very-secret" not in result.output
        assert "also-secret" not in result.output
    shown = {entry["name"]: (entry["value"], entry["source"]) for entry in json.loads(result.stdout)["settings"]}
    assert shown["LIKEOPT_PORT"] == (5001, "LIKEOPT_PORT in .env")
    assert shown["LIKEOPT_WORKERS"] == (4, "LIKEOPT_WORKERS")
    assert shown["LIKEOPT_SECRET_KEY"] == ("(set, not shown)", "SECRET_KEY")
    assert shown["LIKEOPT_HOST"] == ("127.0.0.1", "default")
    assert len(shown) == len(Settings.__dataclass_fields__)


def test_the_option_names_itself_as_source(run: Run, tmp_path: Path) -> None:
    result = doctor(run, "--json", "--data-dir", str(tmp_path / "other"))
    first = json.loads(result.stdout)["settings"][0]
    assert (first["value"], first["source"]) == (str(tmp_path / "other"), "--data-dir")


def test_a_variable_that_is_no_setting_is_noted_with_the_nearest(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKEOPT_PROT", "5001")
    result = doctor(run)
    assert result.exit_code == 0
    assert "LIKEOPT_PROT is no setting." in result.stdout
    assert "Is LIKEOPT_PORT meant?" in result.stdout


def test_settings_that_cannot_be_used_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIKEOPT_PORT", "many")
    result = doctor(run)
    assert result.exit_code == 1
    assert "LIKEOPT_PORT='many': expected a whole number" in result.stderr
