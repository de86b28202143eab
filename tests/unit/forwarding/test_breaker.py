"""When an origin is left alone, and when it is asked again."""

import random
from collections.abc import Callable

import pytest

from forwarding.breaker import MOST_WAITING, OPEN_SECONDS, PROBE_SECONDS, THRESHOLD, Breaker

NOW = 1_790_000_000.0


def opened(path: str = "/") -> Breaker:
    breaker = Breaker()
    for _ in range(THRESHOLD):
        breaker.failed(NOW, path=path)
    return breaker


def test_it_opens_after_five_failures_where_nothing_succeeds() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(NOW)
        assert breaker.admits(NOW)
    breaker.failed(NOW)
    assert not breaker.admits(NOW)
    assert not breaker.admits(NOW + 29.9)


def test_an_origin_that_hangs_until_every_timeout_is_found_out() -> None:
    breaker = Breaker()
    for count in range(THRESHOLD):
        breaker.failed(NOW + 60 * count, began=NOW + 60 * count - 10)
    assert breaker.is_open


def test_a_quarter_of_successes_keeps_it_closed() -> None:
    breaker = Breaker()
    for second in range(60):
        for _ in range(2):
            breaker.failed(NOW + second / 4)
        breaker.succeeded(NOW + second / 4)
    assert breaker.admits(NOW + 60)


def test_an_origin_that_dies_under_load_is_found_out_within_seconds() -> None:
    breaker, at = Breaker(), NOW
    for request in range(200):
        at = NOW + request / 5
        breaker.succeeded(at, f"/items/{request % 7}")
    died = at
    while breaker.admits(at, "/items/1"):
        at += 1 / 5
        breaker.failed(at, at - 0.01, f"/items/{round(at * 5) % 7}")
    assert at - died < 10


@pytest.mark.parametrize("rate", [3, 4, 5])
@pytest.mark.parametrize(
    "bad", [lambda _: "/api/report", lambda n: f"/api/reports/{n}"], ids=["one path", "its like under many ids"]
)
@pytest.mark.parametrize("others", [["/api/users"], ["/api/users", "/api/prices", "/api/users/7"]])
def test_a_poller_of_a_broken_path_refuses_nobody_else(rate: int, bad: Callable[[int], str], others: list[str]) -> None:
    """Three of four requests are the poller's, 3 to 5 in a second, for five minutes."""
    breaker, chance, refused = Breaker(), random.Random(rate), 0
    for number in range(300 * rate):
        at = NOW + number / rate
        good = chance.random() < 0.25
        path = chance.choice(others) if good else bad(number)
        if not breaker.admits(at, path):
            refused += good
        elif good:
            breaker.succeeded(at, path)
        else:
            breaker.failed(at, at - 0.05, path)
    assert refused == 0


def test_where_the_poller_is_alone_the_first_who_asks_for_something_else_is_let_through() -> None:
    breaker = opened("/api/report")
    for second in range(1, 20):
        assert not breaker.admits(NOW + second, "/api/report")
    assert breaker.admits(NOW + 20, "/api/users")
    breaker.succeeded(NOW + 20, "/api/users")
    assert breaker.admits(NOW + 20, "/api/report")


def test_of_paths_side_by_side_one_probes_at_a_time() -> None:
    breaker = opened("/users/0")
    sent = [breaker.admits(NOW + 0.1 * number, f"/users/{number}") for number in range(1, 100)]
    assert 1 <= sum(sent) <= 10 / PROBE_SECONDS


def test_made_up_paths_neither_fill_the_memory_nor_reach_a_dead_origin_without_end() -> None:
    breaker = opened()
    sent = [breaker.admits(NOW, f"/{number}/x{'y' * 10_000}") for number in range(10_000)]
    assert sum(sent) <= MOST_WAITING
    assert len(breaker._waiting) <= MOST_WAITING + 1
    assert max(map(len, breaker._waiting)) < 1000


def test_exchanges_that_failed_together_count_once() -> None:
    breaker = Breaker()
    for _ in range(20):
        breaker.failed(NOW + 0.2, began=NOW)
    assert not breaker.is_open
    for second in range(1, THRESHOLD):
        breaker.failed(NOW + second + 0.2, began=NOW + second)
    assert not breaker.admits(NOW + THRESHOLD)


def test_it_says_when_to_come_back() -> None:
    assert opened().retry_after(NOW) == 30
    assert opened().retry_after(NOW + 12.5) == 18
    assert opened().retry_after(NOW + 30) == 1


def test_after_thirty_seconds_one_probe_goes_and_no_second_one() -> None:
    breaker = opened()
    assert breaker.admits(NOW + OPEN_SECONDS)
    assert not breaker.admits(NOW + OPEN_SECONDS)
    assert not breaker.admits(NOW + OPEN_SECONDS + 10)


@pytest.mark.parametrize("path", ["/", "/elsewhere"])
def test_a_success_anywhere_closes_it(path: str) -> None:
    breaker = opened()
    breaker.succeeded(NOW + 3, path)  # an exchange that was under way, or a probe
    assert all(breaker.admits(NOW + 3) for _ in range(10))


def test_a_probe_that_fails_keeps_it_open_for_thirty_seconds_more() -> None:
    breaker = opened()
    assert breaker.admits(NOW + 31)
    breaker.failed(NOW + 35)
    assert not breaker.admits(NOW + 64)
    assert breaker.admits(NOW + 65)


def test_a_probe_that_never_reports_does_not_close_it_for_ever() -> None:
    breaker = opened()
    assert breaker.admits(NOW + 31)
    assert breaker.admits(NOW + 61)
