from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result

from backend.app.cli import checks
from backend.app.config import Settings
from backend.app.domain.agreement import Agreement, Disagreement, Fault, Repair
from backend.app.domain.audit import AuditEvent, Target
from backend.app.domain.search import MoveProgress
from backend.app.services.health import Part
from backend.app.storage.migration import migrate
from tests.unit.cli.conftest import FakeServices, Run

WHOLE = Agreement(collections=1, documents=2, passages=9, vectors=9, in_work=0, removals=0, disagreements=())
FINE = {"database": Part("ok"), "vector_index": Part("ok"), "model": Part("ok", "extractive")}


class Looks:
    """Compares, and gives one answer after the other."""

    def __init__(self, *answers: Agreement) -> None:
        self.answers = list(answers)

    def compare(self) -> Agreement:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def wrong(fault: Fault, *passages: int, **said: str) -> Agreement:
    return replace(WHOLE, disagreements=(Disagreement(fault, "c1", "d1", passages=frozenset(passages), **said),))


def doctor(
    run: Run,
    *arguments: str,
    parts: dict[str, Part] = FINE,
    looks: Looks | None = None,
    backups: list[AuditEvent] | None = None,
    **tools: Any,
) -> Result:
    services = FakeServices(
        audit=SimpleNamespace(page=lambda which, page: (backups or [], None)),
        health=SimpleNamespace(ready=lambda: (True, parts)),
        models=SimpleNamespace(status=lambda: SimpleNamespace(hint="Start the model.")),
    )
    return run(services, "doctor", *arguments, agreement=looks or Looks(WHOLE), **tools)


@pytest.fixture
def migrated(tmp_path: Path) -> None:
    migrate(Settings(data_dir=tmp_path / "data"))


def checked(result: Result) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(result.stdout)["checks"]}


def test_nothing_is_made_where_nothing_is_yet(run: Run, tmp_path: Path) -> None:
    result = doctor(run, "--json")
    assert result.exit_code == 0, result.output
    assert {name: check["state"] for name, check in checked(result).items()} == {
        "scanned pages": "ok",
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
    ("days", "state", "said"), [(0, "ok", ""), (6, "ok", ""), (30, "note", "That is 30 days ago."), (None, "note", "")]
)
def test_the_last_backup_is_told_and_an_old_one_noted(run: Run, days: int | None, state: str, said: str) -> None:
    backups = []
    if days is not None:
        at = datetime.now(UTC) - timedelta(days=days, minutes=5)
        place = Target("backup", "", "/srv/backups/b.tar.gz")
        backups.append(AuditEvent("e", at, "backup.made", None, "command line", place, "", {}))
    check = checked(doctor(run, "--json", backups=backups))["last backup"]
    assert (check["state"], said in check["advice"]) == (state, True), check
    assert ("made: /srv/backups/b.tar.gz" in check["detail"]) == (days is not None)


@pytest.mark.usefixtures("migrated")
def test_a_move_to_another_embedder_is_told_and_is_nothing_wrong(run: Run) -> None:
    result = doctor(run, reembedding=MoveProgress(("use",), "e5", 1200, 300))
    assert result.exit_code == 0, result.output
    assert "300 of 1,200 passages have vectors by e5" in result.stdout
    assert "goes on by use" in result.stdout


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize(
    ("parts", "found", "name", "detail", "advice"),
    [
        ({"database": Part("down", "away")}, WHOLE, "database", "away", "DATABASE_URL"),
        ({"vector_index": Part("degraded", "silent")}, WHOLE, "vector index", "silent", "CHROMA_URL"),
        ({"model": Part("degraded", "big")}, WHOLE, "model", "big", "Start the model."),
        (FINE, wrong(Fault.WORDS_MISSING, 1, 2), "words indexed", "1 thing wrong, 2 passages in all", "--repair"),
        (FINE, wrong(Fault.VECTORS_LEFT, 1), "vectors indexed", "1 thing wrong, 1 passages", "--repair"),
        (FINE, wrong(Fault.FILES_LOST), "files", "1 thing wrong", "Restore lost files"),
        (FINE, wrong(Fault.TEXTS_MISSING), "files", "1 thing wrong", "--repair"),
        (FINE, wrong(Fault.DOCUMENTS_FORGOTTEN), "documents", "1 thing wrong", "--repair"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    run: Run, parts: dict[str, Part], found: Agreement, name: str, detail: str, advice: str
) -> None:
    result = doctor(run, "--json", parts=parts, looks=Looks(found))
    assert result.exit_code == 1
    bad = [c for c in json.loads(result.stdout)["checks"] if c["state"] == "wrong"]
    assert [check["name"] for check in bad] == [name]
    assert detail in bad[0]["detail"]
    assert advice in bad[0]["advice"]
    assert [entry["fault"] for entry in bad[0]["found"]] == [d.fault.value for d in found.disagreements]


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("fault", list(Fault))
def test_every_fault_is_put_into_words(run: Run, fault: Fault) -> None:
    said = doctor(run, looks=Looks(wrong(fault, 1, name="a.pdf", reason="is not there"))).stdout
    line = next(line for line in said.splitlines() if line.strip().startswith(("The ", "a.pdf ")))
    assert line.endswith(".")
    assert "{" not in line


@pytest.mark.usefixtures("migrated")
def test_what_is_mended_is_said_and_what_is_not_ends_with_1(run: Run) -> None:
    before = wrong(Fault.VECTORS_MISSING, 1, name="a.pdf")
    mended = SimpleNamespace(mend=lambda found: iter([Repair(*found, True, "embedded 1 passages")]))
    tidy = SimpleNamespace(free_abandoned=lambda: None, remove_leftovers=lambda: 0)
    result = doctor(run, "--repair", "--json", looks=Looks(before, WHOLE), repair=mended, indexing=tidy)
    assert result.exit_code == 0, result.output
    assert checked(result)["repair"]["detail"] == "1 of 1 mended"
    assert checked(result)["repair"]["found"][0]["repair"] == "embedded 1 passages"
    hopeless = SimpleNamespace(mend=lambda found: iter([Repair(*found, False, "Restore it.")]))
    result = doctor(run, "--repair", looks=Looks(before, before), repair=hopeless, indexing=tidy)
    assert result.exit_code == 1
    assert "The vectors of 1 passage of a.pdf are missing. -> Restore it." in result.stdout


@pytest.mark.usefixtures("migrated")
def test_deletions_that_wait_are_noted(run: Run) -> None:
    result = doctor(run, "--json", looks=Looks(replace(WHOLE, removals=3)))
    assert result.exit_code == 0
    assert checked(result)["deletions"]["state"] == "note"


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


def test_scanned_pages_that_cannot_be_recognised_are_a_note_with_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKEOPT_OCR_LANGUAGES", "xyz")
    check = checked(doctor(run, "--json"))["scanned pages"]
    assert (check["state"], "apt-get install tesseract-ocr-kor" in check["advice"]) == ("note", True)
