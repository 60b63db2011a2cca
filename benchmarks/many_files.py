"""Files that are sent all at once, ten thousand with ``--full``: how fast they are taken in, what lists cost meanwhile, and how soon
a small file is found that is sent while a large one is being learnt.

    python benchmarks/many_files.py [--files 200]
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.support.command import arguments, begin, finish
from benchmarks.support.figures import Result
from tests.services.client import Client
from tests.services.likeopt import Server, eventually, likeopt_server

A_REQUEST = 50
LISTS = ("newest", "oldest", "name", "largest")
LARGE_PARAGRAPHS = 1_500


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, default=200)
    options = begin(parser)
    files = 10_000 if options.full else options.files
    result = Result("many_files", notes=[f"{files:,} texts of about 100 bytes in requests of {A_REQUEST}."])
    with tempfile.TemporaryDirectory() as folder, likeopt_server(Path(folder) / "data") as server:
        client = Client(server.url)
        client.register()
        eventually(lambda: "indexer" in server.services()["pids"], "the indexer runs")
        measure(result, server, client, files)
        client.close()
    finish(result, options)


def measure(result: Result, server: Server, client: Client, files: int) -> None:
    indexer = psutil.Process(server.services()["pids"]["indexer"])
    indexer.suspend()
    began = time.perf_counter()
    for first in range(0, files, A_REQUEST):
        send(client, range(first, min(files, first + A_REQUEST)))
    result.add("taken_in", "files taken in a second", files / (time.perf_counter() - began), "/s", better="higher")
    for sort in LISTS:
        result.add(f"list_{sort}", f"a page of {files:,}, {sort}", listed(client, sort), "ms")
    indexer.resume()
    began = time.perf_counter()
    memory = 0
    while waiting(client):
        memory = max(memory, indexer.memory_info().rss)
        time.sleep(1)
    result.add("indexed", "files indexed a second", files / (time.perf_counter() - began), "/s", better="higher")
    result.add("memory", "most memory of the indexer", memory / 1e6, "MB")
    large = "\n\n".join(
        f"Paragraph {n}. " + "the harbour keeps a lamp and a heavy book " * 20 for n in range(LARGE_PARAGRAPHS)
    )
    upload(client, {"large.txt": large})
    eventually(lambda: client.documents().get("large.txt", {}).get("status") == "searchable", "it is learnt", 600)
    began = time.perf_counter()
    upload(client, {"small.txt": "A gull sits on the pier."})
    eventually(lambda: client.documents()["small.txt"]["status"] in ("searchable", "ready"), "it is found", 600)
    result.add("small", "a small file found beside a large one", time.perf_counter() - began, "s")


def send(client: Client, numbers: range) -> None:
    upload(
        client,
        {f"{n}.txt": f"Number {n}: the harbour keeps a lamp that burns all night, and a heavy book." for n in numbers},
    )


def upload(client: Client, texts: dict[str, str]) -> None:
    client.data("POST", "/documents", fields=[("files", (name, text.encode())) for name, text in texts.items()])


def listed(client: Client, sort: str) -> float:
    """Return the median time of a first page, in milliseconds."""
    times = []
    for _ in range(20):
        began = time.perf_counter()
        client.data("GET", f"/documents?limit=50&sort={sort}")
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def waiting(client: Client) -> int:
    counts = client.data("GET", "/indexing/status")
    return int(counts["queued"] + counts["extracting"] + counts["searchable"])


if __name__ == "__main__":
    main()
