"""A key that the readers of two workers ask for all the time: after the first time nobody computes it, or waits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from backend.app.cache.interfaces import MEMORY, REDIS
from backend.app.cache.keys import Policy
from backend.app.domain.documents import Collection
from backend.app.domain.search import Hit, RenderedSearch, SearchMode, SearchResult
from backend.app.services.retrieval.cached import CachedRetriever
from tests.fakes.things import collection, passage
from tests.unit.cache.test_tiered import PLAIN, STALE, Answer, Cached

TTL, COST, STEP = 100.0, 4.0, 0.4
TIMES = 5  # that the value's time passes
READERS = 2  # of each worker, at each step


@dataclass
class Crowd:
    """Readers of two workers that share a Redis. They go on asking while one of the two computes."""

    policy: Policy
    computed: int = 0
    cold: int = 0  # readers who computed, or were given what somebody computed in front of them
    waited: int = 0  # readers for whom time has passed
    layers: set[str | None] = field(default_factory=set)
    _steps: int = 0
    _computing: bool = False

    def __post_init__(self) -> None:
        self.here = Cached()
        self.workers = (self.here, Cached(beside=self.here))
        self.clock = self.here.clock
        self._draw = random.Random(1)

    def go_on(self, seconds: float) -> None:
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.step()

    def step(self) -> None:
        self.clock.pass_by(STEP)
        self._steps += 1
        for worker in self.workers:
            for _ in range(READERS):
                worker.chance = self._draw.random()
                begun = self.clock.now
                found = worker.ask(self.compute, self.policy)
                self.waited += self.clock.now > begun
                self.cold += found.layer is None
                self.layers.add(found.layer)
                assert found.value.text == "answer"
        # Each begins first now and then.
        for worker in self.workers if self._steps % 2 else reversed(self.workers):
            worker.background.run()

    def compute(self) -> Answer:
        self.computed += 1
        if not self._computing:  # somebody who computes beside it is counted; that is enough
            self._computing = True
            self.go_on(COST)
            self._computing = False
        return Answer("answer", [])


def warmed(policy: Policy) -> Crowd:
    crowd = Crowd(policy)
    crowd.here.ask(lambda: Answer("answer", []), policy)
    crowd.here.background.run()
    return crowd


@pytest.mark.parametrize("policy", [PLAIN, STALE, replace(STALE, beta=0.0)], ids=["early", "early, stale", "stale"])
def test_readers_of_two_workers_are_given_a_hot_value_at_once_while_one_worker_makes_it_anew(policy: Policy) -> None:
    crowd = warmed(policy)
    crowd.here.ask(crowd.compute, policy, refresh=True)  # from now on it is known what it costs
    crowd.cold = crowd.waited = crowd.computed = 0
    crowd.go_on(TIMES * TTL)
    assert (crowd.cold, crowd.waited) == (0, 0)
    assert TIMES - 1 <= crowd.computed <= TIMES + 1, "once for both workers each time"
    assert crowd.layers == {MEMORY, REDIS}, "one worker takes what the other has made"


def test_without_early_expiry_and_stale_values_somebody_computes_and_the_others_wait_each_time() -> None:
    """What the test before would find, were it not so."""
    crowd = warmed(replace(PLAIN, beta=0.0, max_wait=0.01))
    crowd.go_on(TIMES * TTL)
    assert crowd.cold >= TIMES - 1
    assert crowd.waited >= TIMES - 1


class SlowFinder:
    """Searches as long as a crowd's computation, and tells whether somebody has to wait for it."""

    def __init__(self, cached: Cached) -> None:
        self.cached, self.asked = cached, 0

    def search(
        self, query: str, collections: Sequence[Collection], mode: SearchMode = SearchMode.HYBRID, k: int = 10
    ) -> SearchResult:
        self.asked += 1
        self.cached.clock.pass_by(COST)
        return SearchResult((Hit(passage(1, "text"), "Title", 1.0, 1, None),), (), {"total_ms": 2.0})


def test_a_hot_search_is_never_made_in_front_of_a_reader_though_its_rendered_form_has_no_early_expiry() -> None:
    here = Cached()
    workers = (here, Cached(beside=here))
    finders = [SlowFinder(worker) for worker in workers]
    retrievers = [
        CachedRetriever(finder, worker.cache, settings=[], seconds=TTL)
        for finder, worker in zip(finders, workers, strict=True)
    ]
    draw, hers = random.Random(1), collection("hers")

    def ask(retriever: CachedRetriever) -> None:
        retriever.rendered("q", [hers], SearchMode.HYBRID, 10, lambda result: RenderedSearch(b"", b"", ""))

    ask(retrievers[0])
    while here.clock.now < 1_800_000_000.0 + TIMES * TTL:
        for worker, retriever in zip(workers, retrievers, strict=True):
            worker.chance = draw.random()
            before, begun = sum(finder.asked for finder in finders), here.clock.now
            ask(retriever)
            assert sum(finder.asked for finder in finders) == before
            assert here.clock.now == begun, "nobody has waited"
        for worker in workers:
            worker.background.run()
        here.clock.pass_by(STEP)
    assert 2 <= sum(finder.asked for finder in finders) <= TIMES + 1
