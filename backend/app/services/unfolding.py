"""An archive's members as documents of their own, and the archive as a list of what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from backend.app.domain.documents import ExtractedDocument
from backend.app.errors import DocumentRefused, FileTooLarge, NothingInArchive, QuotaExceeded
from backend.app.services.file_names import safe_name
from backend.app.services.ingestion.archives import Archives, Member
from backend.app.services.ingestion.child_process import ExtractionCancelled
from backend.app.storage.indexing_interfaces import Members
from backend.app.storage.interfaces import Files, IndexingTask, JobQueue, NewDocument, ReceivedFile

_BLOCK = 1024 * 1024
_NAMED = 3  # members that a refusal names
_REASONS = {
    "outside": "its name leads out of the archive",
    "link": "it is a link to another file",
    "archive": "it is an archive itself; unpack it and add its files",
    "unsupported": "this kind of file is not supported",
    "password": "it is protected by a password",
    "too_large": "it is larger than one file may be",
    "bomb": "it unpacks to far more than it should",
    "too_many": "the archive holds more files than are taken out of one",
    "too_much": "the archive unpacks to more than is taken out of one",
    "empty": "it is empty",
    "broken": "it is damaged",
}


class Unfolder:
    """Takes members into the archive's own collection; each is then read as if it had been sent alone."""

    def __init__(
        self,
        *,
        members: Members,
        files: Files,
        queue: JobQueue,
        archives: Archives,
        sniff: Callable[[Path, str], str],
        new_id: Callable[[], str],
        max_bytes: int,
    ) -> None:
        self._members = members
        self._files = files
        self._queue = queue
        self._archives = archives
        self._sniff = sniff
        self._new_id = new_id
        self._max_bytes = max_bytes

    def unfold(self, task: IndexingTask, cancelled: Callable[[], bool]) -> ExtractedDocument:
        """Take the members in, and return the list of them as the archive's text.

        Taken up again after a crash, it takes in what is missing: the same bytes are one document.

        Raises:
            NothingInArchive: not one member could be taken in.
            ExtractionCancelled: soon after ``cancelled()`` first said so.
        """
        added, known, refused = [], [], []
        with self._archives.unfolded(self._files.path(task.document.id), cancelled) as members:
            for member, filename in zip(members, _filenames(members), strict=True):
                if cancelled():
                    raise ExtractionCancelled
                reason = member.reason or self._taken_in(task, member, filename)
                if reason == "known":
                    known.append(member.name)
                elif reason:
                    refused.append(f"{member.name}: {_REASONS.get(reason, reason)}")
                else:
                    added.append(member.name)
        if not added and not known:
            raise _nothing(refused)
        parts = [
            task.document.filename,
            _list("Taken out of this archive as documents of their own", added),
            _list("Among the documents of the collection already", known),
            _list("Not taken", refused),
        ]
        text = "\n\n".join(filter(None, parts))
        return ExtractedDocument(text, None, task.document.media_type, (), ())

    def _taken_in(self, task: IndexingTask, member: Member, filename: str) -> str:
        """Return nothing when a document has been made, ``known`` when there is one, else the reason."""
        assert member.path is not None  # noqa: S101  it has no reason against it
        document_id = self._new_id()
        try:
            media_type = self._sniff(member.path, filename)
            received = self._received(member.path)
        except (DocumentRefused, FileTooLarge) as error:
            return error.message.rstrip(".")
        new = NewDocument(
            id=document_id,
            collection_id=task.document.collection_id,
            title=PurePosixPath(filename).stem or filename,
            filename=filename,
            media_type=media_type,
            sha256=received.sha256,
            bytes=received.bytes,
        )
        try:
            self._files.keep(received, document_id)
            job_id = self._members.add_member(task, new)
        except QuotaExceeded as error:
            self._files.remove(document_id)
            return error.message.rstrip(".")
        except BaseException:
            self._files.discard(received)
            self._files.remove(document_id)
            raise
        if job_id is None:
            self._files.remove(document_id)
            return "known"
        self._queue.put(job_id)
        return ""

    def _received(self, path: Path) -> ReceivedFile:
        """Copy a member to where files are kept, hashed and safely on disk."""
        incoming = self._files.incoming(self._max_bytes)
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    incoming.write(block)
            return incoming.finish()
        finally:
            incoming.discard()


def _filenames(members: Sequence[Member]) -> list[str]:
    """Return names without folders; where two would be the same, each has its folder before it."""
    names = [safe_name(member.name) for member in members]
    counts = Counter(names)
    return [
        safe_name("-".join(member.name.replace("\\", "/").split("/")[-2:])) if counts[name] > 1 else name
        for member, name in zip(members, names, strict=True)
    ]


def _list(heading: str, names: Sequence[str]) -> str:
    return f"{heading} ({len(names)}):\n" + "\n".join(f"- {name}" for name in names) if names else ""


def _nothing(refused: Sequence[str]) -> NothingInArchive:
    if not refused:
        return NothingInArchive("The archive is empty.")
    more = f", and {len(refused) - _NAMED} more" if len(refused) > _NAMED else ""
    return NothingInArchive(f"No file in the archive can be taken. {'; '.join(refused[:_NAMED])}{more}.")
