"""Shares of callers: by weight, the same everywhere, and moved only as far as a change of weight demands."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwarding.shares import ranked, score


@dataclass(frozen=True)
class One:
    url: str
    weight: int


def shares(origins: list[One], callers: range) -> dict[str, int]:
    found = dict.fromkeys((origin.url for origin in origins), 0)
    for number in callers:
        found[ranked(origins, f"https://id.example\n{number}")[0].url] += 1
    return found


@pytest.mark.parametrize("weights", [(1, 1), (95, 5), (1, 2, 3, 4)])
def test_shares_are_those_of_the_weights_within_one_percent(weights: tuple[int, ...]) -> None:
    origins = [One(f"https://{number}.example", weight) for number, weight in enumerate(weights)]
    callers = range(100_000 if weights == (95, 5) else 30_000)
    found = shares(origins, callers)
    for origin in origins:
        share = found[origin.url] / len(callers)
        assert share == pytest.approx(origin.weight / sum(weights), abs=0.01)


def test_a_drained_origin_takes_nobody_and_the_others_keep_theirs() -> None:
    before = [One("https://a.example", 1), One("https://b.example", 1), One("https://c.example", 1)]
    after = [before[0], One("https://b.example", 0), before[2]]
    for number in range(2_000):
        (was, now) = (ranked(origins, str(number)) for origins in (before, after))
        assert now == [origin for origin in was if origin.url != "https://b.example"]


weights = st.lists(st.integers(1, 100), min_size=2, max_size=5)


@settings(max_examples=40)
@given(weights, st.integers(0, 4), st.integers(1, 100))
def test_a_change_of_one_weight_moves_callers_to_or_from_that_origin_alone(
    before: list[int], which: int, weight: int
) -> None:
    which %= len(before)
    was = [One(f"https://{number}.example", one) for number, one in enumerate(before)]
    now = [One(origin.url, weight if number == which else origin.weight) for number, origin in enumerate(was)]
    changed = was[which].url
    for number in range(300):
        old, new = ranked(was, str(number))[0], ranked(now, str(number))[0]
        if old.url != new.url:
            assert changed in (old.url, new.url)
            assert (new.url == changed) == (weight > before[which])


def test_a_caller_never_flips_and_the_order_of_the_settings_does_not_matter() -> None:
    origins = [One("https://a.example", 3), One("https://b.example", 5)]
    assert score(origins[0], "ada") == score(One("https://a.example", 3), "ada")
    for number in range(100):
        assert ranked(origins, str(number)) == ranked(origins[::-1], str(number))
