"""What ``likeopt doctor`` says of the database, the indexes and the files, and has mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from backend.app.cli.checks import Check
from backend.app.cli.context import Toolbox
from backend.app.domain.agreement import Agreement, Disagreement, Fault, Repair
from backend.app.errors import Unavailable

if TYPE_CHECKING:
    from backend.app.services.indexing.service import IndexingService

_SPOKEN = {
    Fault.WORDS_UNREADABLE: "The word index of a collection cannot be read.",
    Fault.WORDS_MISSING: "The words of {passages} of {name} are missing.",
    Fault.WORDS_REPEATED: "The words of {passages} of {name} are there more than once.",
    Fault.WORDS_LEFT: "The words of {passages} are left that no document has.",
    Fault.WORDS_STRAY: "The word index {name} belongs to no collection.",
    Fault.VECTORS_UNREADABLE: "The vector index cannot be read.",
    Fault.VECTORS_MISSING: "The vectors of {passages} of {name} are missing.",
    Fault.VECTORS_LEFT: "The vectors of {passages} are left that no document has.",
    Fault.VECTORS_STRAY: "The vector index {name} belongs to no collection.",
    Fault.FILES_LOST: "The file {name} is lost: it {reason}.",
    Fault.FILES_STRAY: "The file {name} belongs to no document.",
    Fault.TEXTS_MISSING: "The text of {name} is missing.",
    Fault.DOCUMENTS_MISCOUNTED: "{name} {reason}.",
    Fault.DOCUMENTS_FORGOTTEN: "{name} waits, and no job will index it.",
}
_NAMES = {"words": "words indexed", "vectors": "vectors indexed", "files": "files", "texts": "files"}
_MEND = "`likeopt doctor --repair` mends it."
_RESTORE = "Restore lost files from a copy, or delete these documents and send them again. They are still found."


def agreement_checks(toolbox: Toolbox, *, owns_vectors: bool, repair: bool, has_server: bool) -> Iterator[Check]:
    """Compare everything, mend what differs if asked to, and say how it is then."""
    service = toolbox.agreement(owns_vectors)
    if repair and not has_server:
        _tidy(toolbox.indexing())
    agreement = service.compare()
    if repair and agreement.disagreements:
        repairs = list(toolbox.repair().mend(agreement.disagreements))
        if not has_server:
            _read_anew(toolbox.indexing(), repairs)
        agreement = service.compare()
        yield _repaired(repairs)
    yield from _checks(agreement, has_server=has_server)


def said(entry: dict[str, Any]) -> str:
    """Put a thing that is wrong, or was mended, into a sentence."""
    fault, count = Fault(entry["fault"]), entry["passages"]
    passages = f"{count:,} passage{'' if count == 1 else 's'}"
    sentence = _SPOKEN[fault].format(passages=passages, name=entry["name"], reason=entry["reason"])
    return f"{sentence} -> {entry['repair']}" if "repair" in entry else sentence


def _tidy(indexing: IndexingService) -> None:
    indexing.free_abandoned()
    try:
        indexing.remove_leftovers()
    except Unavailable:  # they stay on their list, which the comparison counts
        return


def _read_anew(indexing: IndexingService, repairs: Sequence[Repair]) -> None:
    """Do what an indexer would, where none runs."""
    for repair in repairs:
        if repair.job_id:
            indexing.process(repair.job_id)


def _repaired(repairs: Sequence[Repair]) -> Check:
    mended = sum(repair.mended for repair in repairs)
    found = tuple({**_entry(r.disagreement), "repair": r.what, "mended": r.mended} for r in repairs)
    state = "ok" if mended == len(repairs) else "wrong"
    return Check("repair", state, f"{mended:,} of {len(repairs):,} mended", found=found)


def _checks(agreement: Agreement, *, has_server: bool) -> Iterator[Check]:
    fine = {
        "words indexed": f"{agreement.passages:,} passages",
        "vectors indexed": f"{agreement.vectors:,} passages",
        "files": f"of {agreement.documents:,} documents in {agreement.collections:,} collections",
        "documents": f"{agreement.documents:,}, of which {agreement.in_work:,} wait or are in work",
    }
    for name, detail in fine.items():
        wrong = [found for found in agreement.disagreements if _NAMES.get(found.where, found.where) == name]
        if not wrong:
            yield Check(name, "ok", detail)
            continue
        is_lost = any(found.fault is Fault.FILES_LOST for found in wrong)
        more = " A lost one cannot be made again. " + _RESTORE if is_lost else ""
        yield Check(name, "wrong", _counted(wrong), _MEND + more, tuple(map(_entry, wrong)))
    if agreement.removals:
        advice = "" if has_server else "`likeopt serve`, `likeopt ingest` or `likeopt doctor --repair` does that."
        detail = f"The entries of {agreement.removals:,} that were deleted are still to leave the indexes."
        yield Check("deletions", "note", detail, advice)


def _counted(wrong: Sequence[Disagreement]) -> str:
    passages = sum(len(found.passages) for found in wrong)
    things = f"{len(wrong):,} thing{'' if len(wrong) == 1 else 's'} wrong"
    return f"{things}, {passages:,} passages in all" if passages else things


def _entry(found: Disagreement) -> dict[str, Any]:
    return {
        "fault": found.fault.value,
        "collection_id": found.collection_id,
        "document_id": found.document_id,
        "name": found.name,
        "passages": len(found.passages),
        "reason": found.reason,
    }
