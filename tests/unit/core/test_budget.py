"""What an isolate holds at one time is counted, and ends with what holds it."""

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.budget import Budget, OverBudget


def test_what_is_announced_counts_at_once_and_once() -> None:
    budget = Budget(100)
    with budget.share() as share:
        share.announce(80)
        assert budget.held == 80
        share.arrived(50)
        share.arrived(30)
        assert budget.held == 80
        share.arrived(5)
        assert budget.held == 85
    assert budget.held == 0


def test_what_is_not_announced_counts_as_it_arrives() -> None:
    budget = Budget(100)
    with budget.share() as share:
        share.arrived(60)
        with pytest.raises(OverBudget):
            share.arrived(41)
        assert budget.held == 60


def test_a_share_that_is_refused_has_taken_nothing() -> None:
    budget = Budget(100)
    with budget.share() as first, budget.share() as second:
        first.announce(100)
        assert not budget.has_room(1)
        with pytest.raises(OverBudget, match="100 of 100 bytes are held, and 1 more are asked for"):
            second.announce(1)
        assert budget.held == 100
    assert budget.has_room(100)
    assert not budget.has_room(101)


def test_a_share_is_given_back_whatever_ends_it() -> None:
    budget = Budget(100)

    def fail() -> None:
        with budget.share() as share:
            share.announce(70)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert budget.held == 0


def test_a_share_that_is_kept_with_a_content_goes_with_it() -> None:
    budget = Budget(100)
    kept = [budget.share()]
    kept[0].announce(70)
    assert budget.held == 70
    kept.clear()
    gc.collect()
    assert budget.held == 0


def test_a_share_is_given_back_once() -> None:
    budget = Budget(100)
    with budget.share() as other, budget.share() as share:
        other.announce(30)
        share.announce(20)
        share.give_back()
        share.give_back()
        assert budget.held == 30


@given(st.lists(st.tuples(st.integers(0, 40), st.lists(st.integers(0, 40), max_size=4)), max_size=12))
def test_never_more_is_held_than_may_be(contents: list[tuple[int, list[int]]]) -> None:
    budget, shares = Budget(100), []
    for announced, pieces in contents:
        share = budget.share()
        shares.append(share)
        try:
            share.announce(announced)
            for piece in pieces:
                share.arrived(piece)
        except OverBudget:
            share.give_back()
        assert 0 <= budget.held <= 100
        assert budget.held == sum(share.size for share in shares)
    for share in shares:
        share.give_back()
    assert budget.held == 0
