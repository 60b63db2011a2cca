"""Taking a test set in BEIR's layout in: its documents into a new collection, its questions beside them."""

from __future__ import annotations

import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from backend.app.concurrency import NativePool, each
from backend.app.domain.accounts import User
from backend.app.domain.documents import Collection, Document
from backend.app.domain.evaluation import Judgement, NewQuestion, QuestionSource
from backend.app.security.typed_text import one_line
from backend.app.services.collections import CollectionService
from backend.app.services.documents import AT_ONCE
from backend.app.services.evaluation.beir import Entry, LabelledSet, MalformedTestSet, Question, read_folder
from backend.app.services.evaluation.questions import MAX_QUESTIONS
from backend.app.services.file_names import safe_name
from backend.app.services.search import MAX_QUERY_CHARS
from backend.app.services.text.language import language_of
from backend.app.storage.evaluation_interfaces import LabelledQuestions
from backend.app.storage.interfaces import Documents, Files, IncomingFile, JobQueue, NewDocument

MIB = 1024 * 1024
MAX_BYTES = 64 * MIB  # of all files, unpacked
MAX_DOCUMENTS = 5000  # each is a file and a job
MAX_JUDGEMENTS = 100_000
_NAMES = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
_BLOCK = MIB
_UNREADABLE = (
    zipfile.BadZipFile,
    NotImplementedError,  # a compression that nobody knows
    RuntimeError,  # a password
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
)


@dataclass(frozen=True, slots=True)
class Imported:
    collection: Collection
    documents: int
    questions: int


class ImportService:
    def __init__(
        self,
        *,
        collections: CollectionService,
        documents: Documents,
        questions: LabelledQuestions,
        files: Files,
        queue: JobQueue,
        pool: NativePool,
        new_id: Callable[[], str],
    ) -> None:
        self._collections = collections
        self._documents = documents
        self._questions = questions
        self._files = files
        self._queue = queue
        self._pool = pool
        self._new_id = new_id

    def incoming(self) -> IncomingFile:
        """Begin to receive a file."""
        return self._files.incoming(MAX_BYTES)

    def take_in(self, user: User, name: str, received: Sequence[tuple[str, IncomingFile]]) -> Imported:
        """Take in a test set: one ZIP, or corpus.jsonl, queries.jsonl and qrels.tsv.

        Raises:
            MalformedTestSet, InvalidRequest, NameTaken, StorageFull: nothing is left behind.
        """
        labelled = self._pool.run(self._read, received)
        for asked in labelled.questions:
            _checked(asked)
        collection = self._collections.create(user, name)
        try:
            stored = self._store(user, collection.id, labelled.documents)
            questions = [_question(question, stored) for question in labelled.questions]
            kept = self._questions.add(
                user.id, collection.id, [one for one in questions if one.judgements], most=MAX_QUESTIONS
            )
        except BaseException:
            self._collections.delete(user, collection.id)
            raise
        for document in {document.id: document for document in stored.values()}.values():
            if document.job_id:
                self._queue.put(document.job_id)
        return Imported(collection, len({document.id for document in stored.values()}), len(kept))

    def _read(self, received: Sequence[tuple[str, IncomingFile]]) -> LabelledSet:
        with tempfile.TemporaryDirectory(prefix="likeopt-import-") as name:
            folder = Path(name)
            with self._finished(received) as files:
                _lay_out(folder, files)
            try:
                labelled = read_folder(folder)
            except MalformedTestSet as error:
                raise MalformedTestSet(_without_folder(error.message, folder)) from error
        judgements = sum(len(question.relevance) for question in labelled.questions)
        if judgements > MAX_JUDGEMENTS:
            raise MalformedTestSet(f"This test set has {judgements:,} judgements; at most {MAX_JUDGEMENTS:,} fit.")
        if len(labelled.documents) > MAX_DOCUMENTS or len(labelled.questions) > MAX_QUESTIONS:
            raise MalformedTestSet(
                f"This test set has {len(labelled.documents):,} documents and {len(labelled.questions):,} questions; "
                f"at most {MAX_DOCUMENTS:,} and {MAX_QUESTIONS:,} can be taken in. "
                "Measure a larger one with `likeopt eval`, which keeps nothing."
            )
        return labelled

    @contextmanager
    def _finished(self, received: Sequence[tuple[str, IncomingFile]]) -> Iterator[list[tuple[str, Path]]]:
        """Yield the files by their names; they are gone after."""
        whole = []
        try:
            for filename, incoming in received:
                whole.append((filename, incoming.finish()))
            yield [(safe_name(filename), file.path) for filename, file in whole]
        finally:
            for _, file in whole:
                self._files.discard(file)

    def _store(self, user: User, collection_id: str, entries: Sequence[Entry]) -> dict[str, Document]:
        """Keep each document as a text file in line for the indexer; return them by their ids in the corpus.

        The same text twice in one collection is one document.
        """
        texts: dict[str, Entry] = {}
        for entry in entries:
            texts.setdefault(entry.text, entry)
        standing: dict[str, NewDocument] = {}  # by text: a file that lies where it is to be, and that no row knows yet

        def put(numbered: tuple[str, Entry]) -> None:
            document_id, entry = numbered
            standing[entry.text] = self._pool.run(self._put, collection_id, document_id, entry)

        try:
            each(put, [(self._new_id(), entry) for entry in texts.values()], AT_ONCE)
            rows: dict[str, Document] = {}
            for text in texts:
                rows[text] = self._documents.add(user.id, standing[text])[0]
                del standing[text]
        except BaseException:
            for new in standing.values():
                self._files.remove(new.id)
            raise
        return {entry.id: rows[entry.text] for entry in entries}

    def _put(self, collection_id: str, document_id: str, entry: Entry) -> NewDocument:
        filename = safe_name(f"{entry.id}.txt")
        incoming = self._files.incoming(MAX_BYTES)
        try:
            incoming.write(entry.text.encode())
            received = incoming.finish()
        finally:
            incoming.discard()
        self._files.keep(received, document_id)
        title = one_line(entry.title)[:500] or PurePosixPath(filename).stem
        return NewDocument(document_id, collection_id, title, filename, "text/plain", received.sha256, received.bytes)


def _lay_out(folder: Path, files: Sequence[tuple[str, Path]]) -> None:
    """Put the parts of a test set into a folder under their own names."""
    if len(files) == 1 and zipfile.is_zipfile(files[0][1]):
        _unpack(folder, files[0][1])
        return
    for filename, path in files:
        name = "qrels.tsv" if filename.endswith(".tsv") else filename
        if name not in _NAMES:
            raise MalformedTestSet(
                f"{filename} is no part of a test set. Send one ZIP, or corpus.jsonl, queries.jsonl and qrels.tsv."
            )
        shutil.copyfile(path, folder / name)


def _unpack(folder: Path, archive: Path) -> None:
    """Take the three files out of a ZIP, in whatever folder of it they lie, and nothing else."""
    room = MAX_BYTES
    try:
        with zipfile.ZipFile(archive) as packed:
            for info in packed.infolist():
                path = PurePosixPath(info.filename)
                name = "qrels.tsv" if path.parent.name == "qrels" and path.name == "test.tsv" else path.name
                if name not in _NAMES or (folder / name).exists() or "__MACOSX" in path.parts:
                    continue
                with packed.open(info) as source, (folder / name).open("wb") as target:
                    while block := source.read(_BLOCK):  # what is said of its size may be wrong
                        room -= len(block)
                        if room < 0:
                            raise MalformedTestSet(
                                f"This ZIP holds more than {MAX_BYTES // MIB} MB. Measure it with `likeopt eval`."
                            )
                        target.write(block)
    except _UNREADABLE as error:
        raise MalformedTestSet("This ZIP cannot be read: it is damaged or protected. Pack it anew.") from error


def _checked(question: Question) -> str:
    text = one_line(question.text)
    if not 1 <= len(text) <= MAX_QUERY_CHARS:
        raise MalformedTestSet(
            f"The question {question.id!r} has {len(text):,} characters; 1 to {MAX_QUERY_CHARS:,} fit."
        )
    return text


def _question(question: Question, stored: dict[str, Document]) -> NewQuestion:
    text = _checked(question)
    right: dict[str, Judgement] = {}
    for corpus_id, relevance in question.relevance.items():
        document = stored.get(corpus_id)
        if document is not None and relevance > 0:
            right[document.id] = Judgement(document.id, document.sha256, document.filename, relevance=relevance)
    return NewQuestion(text, language_of(text), QuestionSource.IMPORTED, tuple(right.values()))


def _without_folder(message: str, folder: Path) -> str:
    return message.replace(f"{folder}/", "").replace(str(folder), "The test set")
