"""When an origin is left alone, and when it is asked again."""

from forwarding.breaker import OPEN_SECONDS, THRESHOLD, Breaker

NOW = 1_790_000_000.0


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(THRESHOLD):
        breaker.failed(NOW)
    return breaker


def test_it_opens_after_five_failures_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(NOW)
        assert breaker.admits(NOW)
    breaker.failed(NOW)
    assert not breaker.admits(NOW)
    assert not breaker.admits(NOW + 29.9)


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker()
    for _ in range(20):
        for _ in range(4):
            breaker.failed(NOW)
        breaker.succeeded()
    assert breaker.admits(NOW)


def test_exchanges_that_failed_together_count_once() -> None:
    breaker = Breaker()
    for _ in range(20):
        breaker.failed(NOW + 0.2, began=NOW)
    assert breaker.failures == 1
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


def test_a_probe_that_succeeds_closes_it() -> None:
    breaker = opened()
    assert breaker.admits(NOW + 31)
    breaker.succeeded()
    assert all(breaker.admits(NOW + 31) for _ in range(10))


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
