"""Exactly once, whatever happens: generated histories of a shop in which processes crash and answers are lost."""

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from application.orders import processing, states
from application.orders.items import Item, message_of
from application.orders.order import Change
from application.orders.ports import Charge, Declined, Outcome, Unknown
from application.orders.states import Stock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.application.orders import shop as shop_module
from tests.unit.application.orders.shop import BAD, GOOD, STOCK, FaultyPayments, Stepped, order, play

orders = st.lists(
    st.tuples(st.sampled_from(sorted(STOCK)), st.integers(1, 2), st.sampled_from([GOOD, GOOD, BAD])),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(orders, st.lists(st.integers(0, 839), max_size=160))
def test_every_history_ends_with_each_order_final_and_charged_once_or_not_at_all(
    wanted: list[tuple[str, int, str]], numbers: list[int]
) -> None:
    shop = play([order(number, *one) for number, one in enumerate(wanted, 1)], numbers)
    assert len(shop.store.orders) == len(wanted)
    shop.judge()


# --- the model can fail --------------------------------------------------------------------------------------------


def never_asks_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(processing, "ASK_FIRST_AFTER", float("inf"))


def forgets_before_it_sends(patch: pytest.MonkeyPatch) -> None:
    def careless(rows: Iterable[Item], wires: Any, outbox: Any, _: object) -> None:
        for message in map(message_of, rows):
            outbox.forget(message.id)
            wires.publish(message)

    patch.setattr(shop_module, "send", careless)


def takes_an_unknown_outcome_for_a_declined_one(patch: pytest.MonkeyPatch) -> None:
    charge = FaultyPayments.charge

    def hasty(self: FaultyPayments, asked: Charge) -> Outcome:
        try:
            return charge(self, asked)
        except Unknown:
            return Declined("timeout")

    patch.setattr(FaultyPayments, "charge", hasty)


def commits_without_looking_at_the_state(patch: pytest.MonkeyPatch) -> None:
    commit = Stepped.commit

    def blind(self: Stepped, change: Change) -> None:
        found = self.orders.get(change.after.id)
        commit(self, replace(change, before=found.state if found else None))

    patch.setattr(Stepped, "commit", blind)


def returns_no_stock(patch: pytest.MonkeyPatch) -> None:
    rows = {
        key: (state, tuple(effect for effect in effects if effect is not Stock.RETURN))
        for key, (state, effects) in states.TRANSITIONS.items()
    }
    patch.setattr(states, "TRANSITIONS", rows)


@pytest.mark.parametrize(
    "fault",
    [
        never_asks_first,
        forgets_before_it_sends,
        takes_an_unknown_outcome_for_a_declined_one,
        commits_without_looking_at_the_state,
        returns_no_stock,
    ],
)
def test_the_model_notices_a_shop_that(fault: Callable[[pytest.MonkeyPatch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        assert any(not _goes_well(seed) for seed in range(300))


def _goes_well(seed: int) -> bool:
    chance = random.Random(seed)
    skus = sorted(STOCK)
    wanted = [(chance.choice(skus), chance.randint(1, 2), chance.choice([GOOD, GOOD, BAD])) for _ in range(3)]
    try:
        play([order(number, *one) for number, one in enumerate(wanted, 1)], chance.choices(range(840), k=160)).judge()
    except AssertionError:
        return False
    return True
