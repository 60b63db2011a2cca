"""What the benchmarks measure: a whole ``likeopt serve``, on a folder that is full already, with a scripted model.

with prepared_folder(10_000) as data, scripted_model(tokens=60, pause=0.001) as model:
    with measured_server(data, LLM_BASE_URL=model) as server, signed_in(server) as client:
        client.ask("...")
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from backend.app.config import Settings
from backend.app.domain.documents import ExtractedDocument
from backend.app.processes.parent_death import die_with_parent
from backend.app.services.ingestion.chunking import chunk
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.storage.indexes.chroma import HNSW
from benchmarks.support import corpus
from tests.services.client import EMAIL, PASSWORD, Client
from tests.services.likeopt import Server, likeopt_server

KEPT = corpus.ROOT / "build" / "bench"
_ENDED = ("ready", "failed", "cancelled")
_PASSAGES_A_DOCUMENT = 100
_WAIT_SECONDS = 3 * 3600.0  # a hundred thousand passages on a busy machine
_CLOSE = 0.98  # reading a file folds spaces, and moves where passages are cut
_KEPT_SECONDS = 2 * 24 * 3600.0
_NOT_KEPT = ("run", "logs", "stderr.txt", "incoming")


@contextlib.contextmanager
def measured_server(data: Path, *arguments: str, **environ: str) -> Iterator[Server]:
    """Run a server as people do: with the default number of workers, unless ``arguments`` say otherwise."""
    environ.setdefault("LIKEOPT_WORKERS", "0")
    with likeopt_server(data, *arguments, command=(), cwd=None, ready=True, **environ) as server:
        yield server


@contextlib.contextmanager
def signed_in(server: Server) -> Iterator[Client]:
    """Sign in as the owner of a prepared folder's collection."""
    with contextlib.closing(Client(server.url)) as client:
        client.sign_in()
        yield client


def session_cookie(server: Server) -> str:
    """Sign in as the same person; return the Cookie header, for what sends its requests by itself."""
    body = json.dumps({"email": EMAIL, "password": PASSWORD}).encode()
    request = urllib.request.Request(
        f"{server.url}/api/v1/auth/login", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(answer.headers["Set-Cookie"]).partition(";")[0]


@contextlib.contextmanager
def scripted_model(tokens: int = 60, pause: float = 0.001, delay: float = 0.0) -> Iterator[str]:
    """Run ``benchmarks.support.model`` in a process of its own; yield what LLM_BASE_URL is to be."""
    command = [sys.executable, "-m", "benchmarks.support.model"]
    options = ["--tokens", str(tokens), "--pause", str(pause), "--delay", str(delay)]
    popen = subprocess.Popen(
        [*command, *options],
        cwd=corpus.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGKILL),
    )
    assert popen.stdout is not None
    try:
        readable, _, _ = select.select([popen.stdout], [], [], 20)
        line = popen.stdout.readline() if readable else ""
        if not line.startswith("ready "):
            raise RuntimeError("the scripted model did not start")
        yield line.removeprefix("ready ").strip()
    finally:
        popen.kill()
        popen.wait()
        popen.stdout.close()


def model_state(url: str) -> dict[str, Any]:
    """Return what the scripted model tells of itself: streams open, the most at once, times of its answers."""
    with urllib.request.urlopen(f"{url}/times", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@contextlib.contextmanager
def prepared_folder(passages: int, texts: corpus.Texts | None = None) -> Iterator[Path]:
    """Yield a data folder of one's own, with a user and one collection of at least so many passages, all ready.

    It is made once, by the product itself, and kept; this is a copy, which goes when the block is left.
    """
    kept = keep_folder(passages, texts or corpus.load())
    with tempfile.TemporaryDirectory(prefix="likeopt-bench-") as folder:
        yield Path(shutil.copytree(kept, Path(folder) / "data"))


def keep_folder(passages: int, texts: corpus.Texts) -> Path:
    """Return the kept folder, made now where it is missing. Two who want it at once make it once."""
    folder = KEPT / f"{passages}-{_identity(texts)}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _remove_outdated(f"{passages}-*")
            with tempfile.TemporaryDirectory(dir=KEPT, prefix="making-") as making:
                data = Path(making) / "data"
                data.mkdir()
                _fill(data, passages, texts)
                for name in _NOT_KEPT:
                    _remove(data / name)
                data.rename(folder)
    return folder


def _remove_outdated(pattern: str) -> None:
    """The documentation changes with every version; what was made of an older one is of no more use."""
    for folder in KEPT.glob(pattern):
        if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder)


def _identity(texts: corpus.Texts) -> str:
    """Name everything that decides what the folder holds."""
    settings = Settings()
    cut = f"{settings.passage_chars}.{settings.passage_overlap_chars}"
    graph = "-".join(str(HNSW[key]) for key in ("ef_construction", "max_neighbors"))
    indexes = f"chroma{version('chromadb')}-{graph}-tantivy{version('tantivy')}"
    return f"{texts.digest}-{settings.embedding}-analyzer{Analyzer.version}-{cut}-{indexes}"


def _fill(data: Path, passages: int, texts: corpus.Texts) -> None:
    """Upload documents until there are enough passages, and wait until all of them are ready."""
    print(f"preparing {passages:,} passages, once", file=sys.stderr, flush=True)
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(dir=data.parent) as folder,
        measured_server(data, "--workers", "2") as server,
        contextlib.closing(Client(server.url)) as client,
    ):
        client.register()
        files = [Path(folder) / f"{number:05d}.txt" for number in range(passages)]
        for path, text in zip(files, _enough(passages, texts), strict=False):
            path.write_text(text, "utf-8")
            client.upload(path)
        while True:
            found = list(_documents(client))
            if all(document["status"] in _ENDED for document in found):
                break
            if time.monotonic() - begun > _WAIT_SECONDS:
                raise RuntimeError("the documents did not become ready")
            time.sleep(1)
        made = sum(document["passages"] for document in found)
        if made < passages * _CLOSE or any(document["status"] != "ready" for document in found):
            raise RuntimeError(f"{made} passages are ready, {passages} were wanted")
    print(f"{made:,} passages ready after {time.monotonic() - begun:.0f} s", file=sys.stderr)


def _enough(passages: int, texts: corpus.Texts) -> Iterator[str]:
    """Yield documents that hold at least so many passages together, and hardly more."""
    settings = Settings()
    made = 0
    for text in corpus.documents(texts, min(passages, _PASSAGES_A_DOCUMENT) * settings.passage_chars):
        yield text
        extracted = ExtractedDocument(text, None, "text/plain", pages=(), headings=())
        made += len(chunk(extracted, target=settings.passage_chars, overlap=settings.passage_overlap_chars))
        if made >= passages:
            return


def _documents(client: Client) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        _, envelope = client.call("GET", f"/documents?limit=200&cursor={cursor}")
        yield from envelope["data"]
        cursor = envelope["next_cursor"]
        if not cursor:
            return


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
