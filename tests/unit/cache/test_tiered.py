from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from backend.app.cache.entry import pack
from backend.app.cache.interfaces import DISK, MEMORY, REDIS
from backend.app.cache.keys import Policy, Region, cache_key
from backend.app.cache.layers import LARGE_BYTES, Layer
from backend.app.cache.tiered import Found, TieredCache, Uncached
from tests.fakes.caches import CountedEvents, FakeBackground, FakeClock, FakeLeases, RecordedCache


@dataclass(frozen=True)
class Answer:
    text: str
    scores: list[float]


ANSWER = Answer("빵", [0.5, 1.0])
PLAIN = Policy(ttl=100, jitter=0)


def region(policy: Policy = PLAIN, *, schema: int = 1) -> Region[Answer]:
    return Region("answer", schema, Answer, policy, scoped=False)


class Computation:
    """Counts how often it was made, and how long that takes."""

    def __init__(self, clock: FakeClock, result: object = ANSWER, seconds: float = 0.0) -> None:
        self.clock, self.result, self.seconds, self.times = clock, result, seconds, 0

    def __call__(self) -> object:
        self.times += 1
        self.clock.pass_by(self.seconds)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Cached:
    """A worker's tiered cache. Workers of one machine share ``redis``, ``disk``, leases and clock."""

    def __init__(self, beside: Cached | None = None) -> None:
        self.clock = beside.clock if beside else FakeClock()
        self.memory = RecordedCache(self.clock)
        self.redis = beside.redis if beside else RecordedCache(self.clock)
        self.disk = beside.disk if beside else RecordedCache(self.clock)
        self.leases = beside.leases if beside else FakeLeases(self.redis, self.clock)
        self.events = CountedEvents()
        self.background = FakeBackground(self.clock)
        self.chance = 0.0
        self.cache = TieredCache(
            [
                Layer(MEMORY, self.memory, trusted=True),
                Layer(REDIS, self.redis),
                Layer(DISK, self.disk, largest=50_000_000, deferred=True),
            ],
            leases=self.leases,
            events=self.events,
            background=self.background,
            clock=self.clock,
            sleep=self.clock.pass_by,
            chance=lambda: self.chance,
        )

    def ask(self, compute: Callable[[], object], policy: Policy = PLAIN, parts: object = "q", **how: bool) -> Found:
        return self.cache.get_or_compute(region(policy), None, parts, compute, **how)  # type: ignore[call-overload]


@pytest.fixture
def here() -> Cached:
    return Cached()


@pytest.fixture
def computation(here: Cached) -> Computation:
    return Computation(here.clock)


def test_what_was_computed_is_found_from_then_on(here: Cached, computation: Computation) -> None:
    assert here.ask(computation) == Found(ANSWER, None, False)
    assert here.ask(computation) == Found(ANSWER, MEMORY, False)
    assert computation.times == 1
    assert here.events.counts == {"miss answer": 1, "computed answer": 1, "hit memory answer": 1}


def test_everybody_gets_a_value_of_their_own(here: Cached, computation: Computation) -> None:
    here.ask(computation)
    here.ask(computation).value.scores.append(9.0)
    assert here.ask(computation).value == ANSWER


@pytest.mark.parametrize("layer", [REDIS, DISK])
def test_a_hit_below_is_handed_up(here: Cached, computation: Computation, layer: str) -> None:
    here.ask(computation)
    here.background.run()
    here.memory.clear()
    if layer == DISK:
        here.redis.clear()
    assert here.ask(computation) == Found(ANSWER, layer, False)
    assert here.redis.get(cache_key(region(), None, "q")) is not None
    assert here.ask(computation) == Found(ANSWER, MEMORY, False)
    assert computation.times == 1


def test_what_the_disk_has_kept_ends_the_lease_that_it_was_looked_for_under(
    here: Cached, computation: Computation
) -> None:
    here.ask(computation)
    here.background.run()
    here.memory.clear()
    here.redis.clear()
    here.leases.calls.clear()
    assert here.ask(computation).layer == DISK
    assert here.leases.calls == ["claim", "give_up"]


def test_a_look_at_the_disk_that_is_broken_off_ends_the_lease(
    here: Cached, computation: Computation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(key: str) -> bytes | None:
        raise KeyboardInterrupt

    monkeypatch.setattr(here.disk, "get", broken_off)
    with pytest.raises(KeyboardInterrupt):
        here.ask(computation)
    assert here.leases.calls == ["claim", "give_up"]


def test_what_is_handed_up_keeps_only_the_time_that_it_has_left(here: Cached, computation: Computation) -> None:
    here.ask(computation)
    here.clock.pass_by(70)
    other = Cached(beside=here)
    assert other.ask(computation).layer == REDIS
    assert other.memory.ttls == [pytest.approx(30)]
    here.clock.pass_by(30)
    assert other.ask(computation).layer is None


def test_an_uncached_question_costs_redis_a_lease_and_a_publication(here: Cached, computation: Computation) -> None:
    here.ask(computation)
    assert (here.redis.calls, here.leases.calls) == ([], ["claim", "publish"])


def test_what_is_found_in_memory_costs_nothing_below(here: Cached, computation: Computation) -> None:
    here.ask(computation)
    here.redis.calls.clear()
    here.leases.calls.clear()
    here.ask(computation)
    assert (here.redis.calls, here.leases.calls) == ([], [])


def test_the_disk_is_written_in_the_background(here: Cached, computation: Computation) -> None:
    here.ask(computation)
    assert "set" not in here.disk.calls
    here.background.run()
    assert here.disk.get(cache_key(region(), None, "q")) == here.redis.get(cache_key(region(), None, "q"))


def test_a_disk_that_falls_behind_is_left_out(here: Cached, computation: Computation) -> None:
    for number in range(100):
        here.ask(computation, parts=number)
    assert len(here.background.waiting) == 64
    assert here.events.counts["error disk"] == 36
    here.background.run()
    here.ask(computation, parts="another")
    assert len(here.background.waiting) == 1


def test_what_was_deleted_before_the_disk_was_written_does_not_come_back(here: Cached) -> None:
    here.cache.put(region(), None, "q", ANSWER)
    here.cache.delete(region(), None, "q")
    here.background.run()
    assert here.cache.get(region(), None, "q") is None


def test_the_disk_gets_the_last_of_values_that_follow_each_other(here: Cached) -> None:
    large = Answer("x" * LARGE_BYTES, [])
    for last in (Answer("second", []), large):
        here.cache.put(region(), None, "q", ANSWER)
        here.cache.put(region(), None, "q", last)
        here.background.run()
        here.memory.clear()
        here.redis.clear()
        assert here.cache.get(region(), None, "q") == Found(last, DISK, False)


def test_a_large_value_is_on_disk_only(here: Cached) -> None:
    large = Answer("x" * LARGE_BYTES, [])
    computation = Computation(here.clock, large)
    assert here.ask(computation).value == large
    key = cache_key(region(), None, "q")
    assert (here.memory.get(key), here.redis.get(key)) == (None, None)
    assert here.ask(computation) == Found(large, DISK, False)
    assert computation.times == 1


def test_what_the_disk_alone_keeps_is_there_at_once(here: Cached, computation: Computation) -> None:
    alone = Policy(ttl=100, jitter=0, layers=frozenset({DISK}))
    assert here.ask(computation, alone) == Found(ANSWER, None, False)
    assert here.ask(computation, alone) == Found(ANSWER, DISK, False)
    assert computation.times == 1


def test_who_waits_for_a_large_value_finds_it_on_disk(here: Cached) -> None:
    other, large = Cached(beside=here), Answer("x" * LARGE_BYTES, [])
    here.leases.on_look = lambda: here.cache.put(region(), None, "q", large)
    key = cache_key(region(), None, "q")
    token = here.leases.claim(key, 10).token
    here.leases.on_look = lambda: (here.cache.put(region(), None, "q", large), here.leases.give_up(key, token))[1]
    computation = Computation(here.clock)
    assert other.ask(computation) == Found(large, DISK, False)
    assert computation.times == 0


def test_a_large_value_takes_the_place_of_a_small_one(here: Cached, computation: Computation) -> None:
    here.ask(computation)
    here.background.run()
    large = Answer("x" * LARGE_BYTES, [])
    here.cache.put(region(), None, "q", large)
    assert here.ask(computation).value == large


def test_a_policy_chooses_the_layers(here: Cached, computation: Computation) -> None:
    policy = Policy(ttl=100, layers=frozenset({MEMORY, REDIS}))
    here.ask(computation, policy)
    assert here.background.waiting == []
    assert here.disk.calls == []
    only_memory = Policy(ttl=100, layers=frozenset({MEMORY}))
    here.redis.calls.clear()
    here.leases.calls.clear()
    here.ask(computation, only_memory, parts="other")
    assert (here.redis.calls, here.leases.calls, here.disk.calls) == ([], [], [])
    assert here.ask(computation, only_memory, parts="other").layer == MEMORY


def test_parts_scopes_and_schemas_are_apart(here: Cached) -> None:
    def of(schema: int, scope: str, parts: object) -> str:
        where = Region("word", schema, str, PLAIN)
        return here.cache.get_or_compute(where, scope, parts, lambda: f"{schema} {scope} {parts}").value

    asked = [(1, "a", "q"), (1, "b", "q"), (1, "a", 1), (1, "a", "1"), (2, "a", "q")]
    for _ in range(2):
        assert [of(*each) for each in asked] == [f"{schema} {scope} {parts}" for schema, scope, parts in asked]


# --- times ----------------------------------------------------------------------------------


def test_a_value_ends_with_its_time(here: Cached, computation: Computation) -> None:
    here.ask(computation)
    here.clock.pass_by(99.9)
    assert here.ask(computation).layer == MEMORY
    here.clock.pass_by(0.1)
    assert here.ask(computation) == Found(ANSWER, None, False)


def test_jitter_takes_a_share_of_the_time_away_and_adds_none(here: Cached, computation: Computation) -> None:
    policy = Policy(ttl=100, jitter=0.1)
    for here.chance in (0.0, 0.5, 1.0):
        here.ask(computation, policy, parts=here.chance)
    assert here.memory.ttls == pytest.approx([100, 95, 90])


def test_not_found_is_kept_for_a_time_of_its_own(here: Cached) -> None:
    nothing, policy = Computation(here.clock, None), Policy(ttl=100, jitter=0, negative_ttl=5)
    assert here.ask(nothing, policy) == Found(None, None, False)
    assert here.ask(nothing, policy) == Found(None, MEMORY, False)
    assert here.cache.get(region(policy), None, "q") == Found(None, MEMORY, False)
    here.clock.pass_by(5)
    assert here.ask(nothing, policy).layer is None
    assert nothing.times == 2


def test_not_found_is_not_kept_without_a_time(here: Cached) -> None:
    nothing = Computation(here.clock, None)
    here.ask(nothing)
    assert here.cache.get(region(), None, "q") is None
    here.ask(nothing)
    assert nothing.times == 2


STALE = Policy(ttl=100, jitter=0, stale=50)


def test_a_stale_value_is_served_while_one_is_made_in_the_background(here: Cached, computation: Computation) -> None:
    here.ask(computation, STALE)
    here.background.run()
    here.clock.pass_by(120)
    computation.result = Answer("new", [])
    assert here.ask(computation, STALE) == Found(ANSWER, MEMORY, True)
    assert here.ask(computation, STALE) == Found(ANSWER, MEMORY, True)
    assert computation.times == 1
    assert here.background.run() == 1
    assert computation.times == 2
    assert here.ask(computation, STALE) == Found(Answer("new", []), MEMORY, False)
    assert here.events.counts["stale answer"] == 2


def test_staleness_has_an_end(here: Cached, computation: Computation) -> None:
    here.ask(computation, STALE)
    here.clock.pass_by(150)
    assert here.ask(computation, STALE) == Found(ANSWER, None, False)


def test_who_wants_nothing_stale_has_it_computed(here: Cached, computation: Computation) -> None:
    here.ask(computation, STALE)
    here.clock.pass_by(120)
    assert here.cache.get(region(STALE), None, "q", allow_stale=False) is None
    assert here.ask(computation, STALE, allow_stale=False) == Found(ANSWER, None, False)
    assert computation.times == 2
    assert here.ask(computation, STALE, allow_stale=False).layer == MEMORY


def test_another_workers_new_value_is_taken_over_instead_of_computing(here: Cached, computation: Computation) -> None:
    other = Cached(beside=here)
    here.ask(computation, STALE)
    other.ask(computation, STALE)
    here.clock.pass_by(120)
    for worker in (here, other):
        assert worker.ask(computation, STALE).stale
        worker.background.run()
    assert computation.times == 2
    assert other.ask(computation, STALE) == Found(ANSWER, MEMORY, False)


def test_a_worker_leaves_a_stale_value_to_the_one_that_computes_already(here: Cached, computation: Computation) -> None:
    here.ask(computation, STALE)
    here.background.run()
    here.clock.pass_by(120)
    here.leases.claim(cache_key(region(STALE), None, "q"), 10, seen=b"L1")
    assert here.ask(computation, STALE).stale
    here.background.run()
    assert here.ask(computation, STALE).stale
    assert here.background.run() == 0, "not again at once"
    here.clock.pass_by(10)
    assert here.ask(computation, STALE).stale
    here.background.run()
    assert computation.times == 2, "its holder died"


def test_failing_in_the_background_serves_on_and_is_not_tried_at_every_hit(
    here: Cached, computation: Computation
) -> None:
    here.ask(computation, STALE)
    here.background.run()
    here.clock.pass_by(120)
    computation.result = LookupError()
    for _ in range(5):
        assert here.ask(computation, STALE) == Found(ANSWER, MEMORY, True)
        here.background.run()
    assert computation.times == 2
    assert here.events.counts["error revalidation"] == 1
    here.clock.pass_by(1)
    computation.result = ANSWER
    here.ask(computation, STALE)
    here.background.run()
    assert not here.ask(computation, STALE).stale


def test_a_value_that_is_gone_when_made_anew_is_served_no_more(here: Cached, computation: Computation) -> None:
    here.ask(computation, STALE)
    here.background.run()
    here.clock.pass_by(120)
    computation.result = None
    assert here.ask(computation, STALE).stale
    here.background.run()
    assert here.cache.get(region(STALE), None, "q") is None


@pytest.mark.parametrize(
    ("chance", "left", "early"),
    [(0.0, 1.0, False), (0.5, 2.0, False), (0.5, 1.0, True), (0.99, 9.0, True), (0.99, 10.0, False)],
)
def test_the_costlier_the_computation_the_earlier_it_begins_anew(
    here: Cached, chance: float, left: float, early: bool
) -> None:
    computation = Computation(here.clock, seconds=2.0)  # minus 2 ln(1 - chance): 0, 1.39 and 9.2 seconds ahead
    here.ask(computation)
    here.background.run()
    here.clock.pass_by(100 - left)
    here.chance = chance
    assert here.ask(computation) == Found(ANSWER, MEMORY, False)
    here.background.run()
    assert computation.times == (2 if early else 1)


def test_a_hot_key_is_never_cold(here: Cached) -> None:
    computation, draw = Computation(here.clock, seconds=2.0), random.Random(1)
    layers = []
    for _ in range(10_000):
        here.chance = draw.random()
        layers.append(here.ask(computation).layer)
        here.background.run()
        here.clock.pass_by(0.1)
    assert layers.count(None) == 1, "the first time"
    assert 10 <= computation.times <= 14, (
        "and hardly more often than without: 1,000 seconds of which each value has 100"
    )


def test_beta_of_nothing_expires_nothing_early(here: Cached) -> None:
    computation, policy = Computation(here.clock, seconds=50.0), Policy(ttl=100, jitter=0, beta=0)
    here.ask(computation, policy)
    here.background.run()
    here.clock.pass_by(99)
    here.chance = 0.999999
    here.ask(computation, policy)
    assert here.background.run() == 0


# --- what is not kept -----------------------------------------------------------------------


def test_what_is_raised_is_raised_and_not_kept(here: Cached, computation: Computation) -> None:
    computation.result = LookupError("away")
    for _ in range(2):
        with pytest.raises(LookupError, match="away"):
            here.ask(computation)
    assert computation.times == 2
    assert here.leases.calls == ["claim", "give_up"] * 2


def test_who_is_killed_while_computing_ends_the_lease(here: Cached) -> None:
    class Killed(BaseException):
        pass

    def compute() -> object:
        raise Killed

    with pytest.raises(Killed):
        here.ask(compute)
    assert here.leases.calls == ["claim", "give_up"]


def test_what_must_not_be_kept_is_returned_and_not_kept(here: Cached, computation: Computation) -> None:
    computation.result = Uncached(ANSWER)
    for _ in range(2):
        assert here.ask(computation) == Found(ANSWER, None, False)
    assert computation.times == 2
    assert here.leases.calls == ["claim", "give_up"] * 2


def test_what_cannot_be_encoded_is_an_error_and_ends_the_lease(here: Cached, computation: Computation) -> None:
    computation.result = object()
    with pytest.raises(TypeError):
        here.ask(computation)
    assert here.leases.calls == ["claim", "give_up"]


def test_refreshing_computes_whatever_is_there(here: Cached, computation: Computation) -> None:
    here.ask(computation)
    computation.result = Answer("new", [])
    assert here.ask(computation, refresh=True) == Found(Answer("new", []), None, False)
    assert here.ask(computation) == Found(Answer("new", []), MEMORY, False)


def test_refreshing_keeps_the_older_value_beside_one_that_must_not_be_kept(
    here: Cached, computation: Computation
) -> None:
    here.ask(computation)
    computation.result = Uncached(Answer("worse", []))
    assert here.ask(computation, refresh=True).value == Answer("worse", [])
    assert here.ask(computation) == Found(ANSWER, MEMORY, False)


def test_putting_and_deleting(here: Cached) -> None:
    assert here.cache.get(region(), None, "q") is None
    here.cache.put(region(), None, "q", ANSWER)
    assert here.cache.get(region(), None, "q") == Found(ANSWER, MEMORY, False)
    here.background.run()
    here.cache.delete(region(), None, "q")
    assert here.cache.get(region(), None, "q") is None
    here.cache.put(region(), None, "q", ANSWER)
    here.cache.put(region(), None, "q", None)
    assert here.cache.get(region(), None, "q") is None


# --- rubbish --------------------------------------------------------------------------------


def rubbish() -> list[bytes]:
    times = {"created": 0.0, "fresh_until": 9e9, "expires_at": 9e9, "cost": 0.0}
    good = pack(b"\x82\xa4text\xa1x\xa6scores\x90", **times)  # type: ignore[arg-type]
    return [
        b"",
        b"L1",
        b"\x80\x04\x95 a pickle",
        good[:-1],
        good + b"x",
        good[:-1] + b"\x91",
        pack(b"", **times),  # type: ignore[arg-type]
        pack(b"\xc1", **times),  # type: ignore[arg-type]
        pack(b"\x81\xa5other\x01", **times),  # type: ignore[arg-type]
        pack(b"\x91" * 10_000, **times),  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize("raw", rubbish(), ids=range(10))
@pytest.mark.parametrize("layer", [REDIS, DISK])
def test_rubbish_in_a_layer_is_nothing_and_is_written_over(
    here: Cached, computation: Computation, raw: bytes, layer: str
) -> None:
    key = cache_key(region(), None, "q")
    (here.redis if layer == REDIS else here.disk).set(key, raw, 60)
    assert here.ask(computation) == Found(ANSWER, None, False)
    empty_in_redis = layer == REDIS and not raw  # no value at all to whoever claims the key
    assert here.events.counts[f"error {layer}"] >= (0 if empty_in_redis else 1)
    here.background.run()
    assert here.redis.get(key) == here.disk.get(key) == here.memory.get(key)


# --- flights --------------------------------------------------------------------------------


def test_a_worker_takes_what_another_is_computing(here: Cached, computation: Computation) -> None:
    other = Cached(beside=here)
    token = here.leases.claim(cache_key(region(), None, "q"), 10).token
    looks: list[str] = []

    def landing() -> None:
        looks.append("look")
        if len(looks) == 3:
            here.cache.put(region(), None, "q", ANSWER)
            here.leases.give_up(cache_key(region(), None, "q"), token)

    here.leases.on_look = landing
    begun = here.clock.now
    assert other.ask(computation) == Found(ANSWER, REDIS, False)
    assert computation.times == 0
    assert here.clock.now - begun == pytest.approx(0.005 + 0.010 + 0.020, abs=1e-4)


def test_a_dead_holder_blocks_nobody_beyond_its_lease(here: Cached, computation: Computation) -> None:
    here.leases.claim(cache_key(region(), None, "q"), 1)
    begun = here.clock.now
    assert here.ask(computation) == Found(ANSWER, None, False)
    assert 1 <= here.clock.now - begun <= 1.1
    assert here.leases.calls[-1] == "publish", "and it leases the key itself"


@pytest.mark.parametrize("noticed", ["at once", "while waiting"])
def test_a_dead_holder_that_is_known_to_be_dead_blocks_nobody(
    here: Cached, computation: Computation, noticed: str
) -> None:
    here.leases.beside("killed").claim(cache_key(region(), None, "q"), 90)
    if noticed == "at once":
        here.leases.ended.add("killed")
    else:
        here.leases.on_look = lambda: here.leases.ended.add("killed")
    begun = here.clock.now
    assert here.ask(computation, Policy(ttl=100, lease=90, max_wait=90)) == Found(ANSWER, None, False)
    assert here.clock.now - begun == pytest.approx(0.0 if noticed == "at once" else 0.005, abs=1e-4)
    assert here.leases.calls[-2:] == ["claim", "publish"], "and it leases the key itself"


def test_a_stale_value_is_made_anew_at_once_where_the_one_who_did_has_died(
    here: Cached, computation: Computation
) -> None:
    here.ask(computation, STALE)
    here.background.run()
    here.clock.pass_by(120)
    here.leases.beside("killed").claim(cache_key(region(STALE), None, "q"), 90, seen=b"L1")
    here.leases.ended.add("killed")
    assert here.ask(computation, STALE).stale
    here.background.run()
    assert not here.ask(computation, STALE).stale


def test_nobody_waits_longer_than_the_policy_says(here: Cached, computation: Computation) -> None:
    here.leases.claim(cache_key(region(), None, "q"), 60)
    begun = here.clock.now
    assert here.ask(computation, Policy(ttl=100, max_wait=2)).layer is None
    assert 2 <= here.clock.now - begun <= 2.1


def test_what_a_full_redis_does_not_take_is_on_the_disk_before_the_lease_ends(
    here: Cached, computation: Computation
) -> None:
    here.leases.full = True
    assert here.ask(computation) == Found(ANSWER, None, False)
    assert (here.redis.calls, here.leases.calls) == ([], ["claim", "publish", "give_up"]), "it is offered once"
    assert here.background.waiting == []
    assert Cached(beside=here).ask(computation) == Found(ANSWER, DISK, False)
    assert computation.times == 1


def test_who_waits_for_what_cannot_be_kept_computes_at_once(here: Cached, computation: Computation) -> None:
    key = cache_key(region(), None, "q")
    token = here.leases.claim(key, 10).token
    here.leases.on_look = lambda: here.leases.give_up(key, token)
    begun = here.clock.now
    assert here.ask(computation).layer is None
    assert here.clock.now - begun < 0.1


def test_a_value_published_between_look_and_lease_is_taken(here: Cached, computation: Computation) -> None:
    class Late(RecordedCache):
        def get(self, key: str) -> bytes | None:
            return None

    here.cache.put(region(), None, "q", ANSWER)
    here.memory.clear()
    late = Late(here.clock)
    here.leases._values, late._entries = here.redis, here.redis._entries
    here.cache._layers._layers = (
        here.cache._layers._layers[0],
        Layer(REDIS, late),
    )
    assert here.ask(computation) == Found(ANSWER, REDIS, False)
    assert computation.times == 0


def test_without_redis_every_worker_computes_and_goes_on(here: Cached, computation: Computation) -> None:
    here.leases.away = True
    assert here.ask(computation) == Found(ANSWER, None, False)
    assert here.ask(computation).layer == MEMORY


def test_flights_are_shared_only_where_the_policy_says_so(here: Cached, computation: Computation) -> None:
    here.ask(computation, Policy(ttl=100, shared_flights=False))
    assert here.leases.calls == []
    assert here.redis.calls == ["get", "set"]
