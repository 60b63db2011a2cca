"""Asks both branches at the same time and fuses what they answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from heapq import nlargest

import structlog

from backend.app.concurrency import NativePool, Outcome, Turns, gather
from backend.app.domain.documents import Collection
from backend.app.domain.search import FusedId, Hit, ScoredId, SearchMode, SearchResult
from backend.app.errors import SearchUnavailable
from backend.app.monitoring.interfaces import Metrics
from backend.app.services.embedding.queries import QueryVectors
from backend.app.services.embedding.spaces import VectorSpaces
from backend.app.services.retrieval.analyzer import Analyzer
from backend.app.services.retrieval.fusion import fuse, min_max, strength
from backend.app.services.retrieval.query_terms import QueryTerms
from backend.app.storage.index_interfaces import LexicalIndexes
from backend.app.storage.interfaces import Passages

log = structlog.get_logger(__name__)

_BRANCHES = {
    SearchMode.HYBRID: ("bm25", "vector"),
    SearchMode.BM25: ("bm25",),
    SearchMode.VECTOR: ("vector",),
}

_SPARE = 10  # candidates more than asked for, where some of the best were no longer to be shown


@dataclass(frozen=True, slots=True)
class _Found:
    """What a branch found; ``strength`` is that of words, which the other branch has none of."""

    scored: list[ScoredId]
    strength: float = 0.0


_NOTHING = _Found([])


class HybridRetriever:
    """Finds passages in collections that the caller has already been allowed to see."""

    def __init__(
        self,
        *,
        lexical: LexicalIndexes,
        spaces: VectorSpaces,
        passages: Passages,
        queries: QueryVectors,
        analyzer: Analyzer,
        pool: NativePool,
        metrics: Metrics,
        candidates: int = 100,
        vector_weight: float | None = None,
        branch_timeout: float = 2.0,
        at_once: int = 4,
        patience: float = 30.0,
    ) -> None:
        """``vector_weight`` is used in place of the embedder's own.

        At most ``at_once`` searches of this process run at a time; others wait ``patience`` seconds for their turn.

        More would share the same processors, and all of them run into their branches' time limits together.
        """
        self._lexical = lexical
        self._spaces = spaces
        self._passages = passages
        self._queries = queries
        self._terms = QueryTerms(analyzer)
        self._pool = pool
        self._metrics = metrics
        self._candidates = candidates
        self._weight = vector_weight
        self._branch_timeout = branch_timeout
        self._turns = Turns(at_once)
        self._patience = patience

    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        """Return the ``k`` best passages; a late or broken branch is named in ``degraded``.

        Raises:
            SearchUnavailable: every branch that ``mode`` names is away, or too many ask at once.
        """
        searched = [collection for collection in collections if collection.searchable]
        if not searched or not query.strip():
            return SearchResult((), (), {"total_ms": 0.0})
        watch = _Stopwatch()
        started = time.perf_counter()
        with watch("wait"):
            admitted = self._turns.acquire(self._patience)
        if not admitted:
            raise SearchUnavailable("Too many people are searching at this moment. Try again soon.")
        try:
            return self._search(query, searched, mode, k, watch, started)
        finally:
            self._turns.release()

    def _search(
        self,
        query: str,
        searched: Sequence[Collection],
        mode: SearchMode,
        k: int,
        watch: _Stopwatch,
        started: float,
    ) -> SearchResult:
        with watch("analyse"):
            terms = self._terms(query)
        depth = max(self._candidates, k)
        calls = {
            "bm25": lambda: self._bm25_branch(terms, searched, depth, watch),
            "vector": lambda: self._vector_branch(query, searched, depth, watch),
        }
        wanted = _BRANCHES[mode]
        outcomes = gather({name: calls[name] for name in wanted}, self._branch_timeout)
        degraded = tuple(name for name in wanted if self._is_lost(name, outcomes[name]))
        if len(degraded) == len(wanted):
            raise _unavailable([outcomes[name].error for name in wanted])
        with watch("fuse"):
            found = {name: outcomes[name].value or _NOTHING for name in wanted if name not in degraded}
            words, meaning = (found.get(name, _NOTHING) for name in ("bm25", "vector"))
            fused = fuse(words.scored, meaning.scored, self._weight_of(searched), words.strength)
        with watch("passages"):
            hits = self._hits(fused, searched, k)
        timings = {**watch.timings, "total_ms": _milliseconds(started)}  # a late branch still writes to the watch
        self._metrics.observe_stages(timings)
        return SearchResult(hits, degraded, timings)

    def _bm25_branch(
        self, terms: Sequence[str], collections: Sequence[Collection], depth: int, watch: _Stopwatch
    ) -> _Found:
        def search_all() -> _Found:
            lists = [self._lexical.search(c.id, c.version, terms, depth) for c in collections]
            strengths = [
                strength(found[0].score, len(terms), self._lexical.size(c.id, c.version))
                for c, found in zip(collections, lists, strict=True)
                if found
            ]
            return _Found(_merged(lists, depth), max(strengths, default=0.0))

        with watch("bm25"):
            return self._pool.run(search_all)

    def _vector_branch(self, query: str, collections: Sequence[Collection], depth: int, watch: _Stopwatch) -> _Found:
        spaces = {c.id: self._spaces.of(c.embedding) for c in collections}
        embedders = {space.embedder.name: space.embedder for space in spaces.values()}
        with watch("embed"):
            points = {name: self._queries.of(query, embedder) for name, embedder in embedders.items()}
        with watch("vector"):
            calls = {
                id: partial(space.vectors.search, id, points[space.embedder.name], depth)
                for id, space in spaces.items()
            }
            if len(calls) == 1:
                return _Found(next(iter(calls.values()))())
            outcomes = gather(calls, self._branch_timeout)
            found: dict[str, list[list[ScoredId]]] = {name: [] for name in embedders}
            for id, outcome in outcomes.items():
                found[spaces[id].embedder.name].append(outcome.result())
            merged = [_merged(lists, depth) for lists in found.values()]
            # Cosines of different embedders say nothing about each other.
            return _Found(merged[0] if len(merged) == 1 else _merged([_scaled(lists) for lists in merged], depth))

    def _weight_of(self, collections: Sequence[Collection]) -> float:
        if self._weight is not None:
            return self._weight
        names = {collection.embedding for collection in collections}
        try:
            return min(self._spaces.of(name).embedder.fusion_weight for name in names)
        except SearchUnavailable:  # then the branch is lost too, and there is nothing to weigh
            return 0.0

    def _hits(self, fused: Sequence[FusedId], collections: Sequence[Collection], k: int) -> tuple[Hit, ...]:
        """Return the best passages that SQL still knows and shows.

        Index entries of deleted documents may outlive them for moments; further candidates
        fill their places.
        """
        ids = [collection.id for collection in collections]
        hits: list[Hit] = []
        first, size = 0, k
        while first < len(fused) and len(hits) < k:
            batch = fused[first : first + size]
            first, size = first + size, k + _SPARE
            visible = self._passages.visible([item.passage_id for item in batch], ids)
            for item in batch:
                if item.passage_id in visible and len(hits) < k:
                    passage, title = visible[item.passage_id]
                    hits.append(Hit(passage, title, item.score, item.bm25_rank, item.vector_rank))
        return tuple(hits)

    def _is_lost(self, branch: str, outcome: Outcome[_Found]) -> bool:
        if outcome.error is None:
            return False
        if not isinstance(outcome.error, SearchUnavailable | TimeoutError):
            raise outcome.error
        log.warning("branch_lost", branch=branch, error=str(outcome.error))
        self._metrics.count_degraded(branch)
        return True


def _unavailable(errors: Sequence[BaseException | None]) -> SearchUnavailable:
    """Return what to tell: of a branch that was asked alone, its own reason."""
    only = errors[0]
    if len(errors) == 1 and isinstance(only, SearchUnavailable):
        return only
    error = SearchUnavailable()
    error.__cause__ = only
    return error


class _Stopwatch:
    """Notes how long each stage took, in milliseconds."""

    def __init__(self) -> None:
        self.timings: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings[f"{stage}_ms"] = _milliseconds(started)


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)


def _scaled(found: Sequence[ScoredId]) -> list[ScoredId]:
    return [ScoredId(passage_id, score) for passage_id, score in min_max(found).items()]


def _merged(lists: Sequence[list[ScoredId]], k: int) -> list[ScoredId]:
    """Merge by score, as sharded engines do."""
    if len(lists) == 1:
        return lists[0]
    return nlargest(k, (item for found in lists for item in found), key=lambda item: item.score)
