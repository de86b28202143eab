"""Counting an hour: in the isolate, through the store, into one line and perhaps one call."""

import json
from typing import Any

from core.messages import Request, Response
from core.records import replace
from identity.principals import Principal
from operations.settings import SummarySettings
from operations.summaries import crossed, due_hour, summarise
from operations.tally import HOUR, CountedStore, Counts, Tally, gathered, tally_key, write_counts
from operations.telemetry import Exchange
from tests.unit.in_memory import NOW, World, run

HIT = Response(200, {"cache-status": "origin-cache; fwd=miss, gatehouse; hit; ttl=5"})
MISS = Response(200, {"cache-status": "gatehouse; fwd=uri-miss; stored"})
THIS_HOUR = int(NOW // HOUR)


def tallied() -> Tally:
    return Tally("i1", NOW, "maintenance")


def exchange(**found: Any) -> Exchange:
    made = Exchange(Request("GET", "https", "gateway.example", "/x"), "id-1", NOW, World().background)
    for name, value in found.items():
        setattr(made, name, value)
    return made


PLAIN = exchange()


def test_answers_are_counted_by_what_matters() -> None:
    tally = tallied()
    for response in (HIT, MISS, MISS, Response(404), Response(502)):
        assert tally.count(PLAIN, response, NOW) == {}
    assert tally.counts == Counts(requests=5, errors=1, lookups=3, hits=1)
    summary = tally.counts.summary()
    assert (summary["error_rate"], summary["hit_ratio"]) == (0.2, 0.3333)


def test_what_is_planned_is_no_failure_and_what_was_taken_back_is_counted_apart() -> None:
    tally = tallied()
    tally.count(exchange(code="maintenance"), Response(503), NOW)
    tally.count(exchange(code="origin_unreachable"), Response(502), NOW)
    tally.count(exchange(code="invalid_token", reason="revoked"), Response(401), NOW)
    tally.count(exchange(principal=Principal("https://id.example", "u1", unfound=("roles",))), Response(200), NOW)
    assert tally.counts == Counts(requests=4, errors=1, revoked=1, claims_unfound=1)


def test_counts_are_due_once_a_minute_under_the_hours_key() -> None:
    tally = tallied()
    assert tally.count(PLAIN, HIT, NOW + 59) == {}
    due = tally.count(PLAIN, HIT, NOW + 60)
    assert list(due) == [tally_key(THIS_HOUR, "i1")]
    assert tally.count(PLAIN, HIT, NOW + 61) == {}


def test_a_new_hour_begins_at_nothing_and_the_old_one_is_written() -> None:
    tally = tallied()
    tally.count(PLAIN, HIT, NOW + 1)
    due = tally.count(PLAIN, MISS, NOW + HOUR)
    assert due[tally_key(THIS_HOUR, "i1")] == Counts(requests=1, lookups=1, hits=1)
    assert tally.counts == Counts(requests=1, lookups=1)


def test_the_counts_of_all_isolates_are_gathered() -> None:
    world = World()
    assert world.store is not None
    for isolate, requests in (("i1", 3), ("i2", 4)):
        due = {tally_key(THIS_HOUR, isolate): Counts(requests=requests)}
        run(write_counts(world.store, due, world.write_log))
    run(write_counts(world.store, {tally_key(THIS_HOUR - 1, "i1"): Counts(requests=100)}, world.write_log))
    assert run(gathered(world.store, THIS_HOUR, 1.0)).requests == 7


def test_what_the_store_is_asked_for_is_counted() -> None:
    world, tally = World(), tallied()
    assert world.store is not None
    store = CountedStore(world.store, tally)
    run(store.put("a", "1"))
    run(store.get_text("a", timeout=1))
    run(store.get("a", timeout=1))
    run(store.delete("a"))
    assert (tally.counts.kv_reads, tally.counts.kv_writes) == (2, 2)


def test_the_price_list_makes_the_estimate() -> None:
    counts = Counts(requests=2_000_000, kv_reads=1_000_000, kv_writes=1_000_000)
    assert round(counts.estimated_usd(), 6) == 6.14  # 2 * (0.30 + 0.02) + 0.50 + 5.00


def test_an_hour_is_summed_up_once_when_its_counts_have_arrived() -> None:
    start = THIS_HOUR * HOUR
    ticks = [start + minutes * 60 for minutes in range(0, 60, 5)]
    assert [due_hour(tick) for tick in ticks] == [None, THIS_HOUR - 1, *[None] * 10]


def test_thresholds_are_named_when_they_are_crossed() -> None:
    counts = Counts(requests=1000, errors=60, lookups=100, hits=10)
    limits = SummarySettings(error_rate=0.05, hit_ratio=0.5, usd=0.0001)
    assert [line.split()[0] for line in crossed(counts, limits)] == ["error_rate", "hit_ratio", "estimated_usd"]
    assert crossed(counts, SummarySettings()) == []
    assert crossed(Counts(requests=3, errors=3), SummarySettings(error_rate=0.05)) == []


def summarised(limits: SummarySettings, *, status: int = 204) -> World:
    world = World(lambda _: Response(status))
    assert world.store is not None
    counts = Counts(requests=1000, errors=100)
    run(write_counts(world.store, {tally_key(THIS_HOUR, "i1"): counts}, world.write_log))
    run(summarise(THIS_HOUR, "staging", limits, world.platform()))
    return world


def test_every_hour_leaves_a_line() -> None:
    (line,) = summarised(SummarySettings()).log
    assert (line["event"], line["environment"]) == ("summary", "staging")
    assert line["hour"] == "2027-01-15T08:00:00+00:00"
    assert (line["requests"], line["errors"], line["crossed"]) == (1000, 100, [])


def test_the_webhook_hears_of_a_crossed_threshold_and_of_nothing_else() -> None:
    hook = "https://hooks.example/x?y=1"
    world = summarised(SummarySettings(webhook=hook, error_rate=0.05))
    (request,) = world.requests
    assert isinstance(request, Request)
    assert (request.method, request.url) == ("POST", hook)
    assert isinstance(request.body, str)
    assert json.loads(request.body)["crossed"] == ["error_rate 0.1 > 0.05"]
    assert summarised(SummarySettings(webhook=hook, error_rate=0.5)).requests == []


def test_a_webhook_or_store_that_fails_is_logged() -> None:
    world = summarised(SummarySettings(webhook="https://hooks.example/", error_rate=0.05), status=500)
    assert world.log[-1] == {"event": "webhook_failed", "status": 500}
    assert world.store is not None
    world.store.failing.add("list")
    run(summarise(THIS_HOUR, "staging", SummarySettings(), world.platform()))
    assert world.log[-1]["event"] == "store_failed"
    run(summarise(THIS_HOUR, "staging", SummarySettings(), replace(world.platform(), store=None)))
