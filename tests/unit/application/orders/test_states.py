"""The states of an order: what the table says, and what happens by it."""

import re
from collections.abc import Iterator

import pytest
from application.orders.order import happen, placed
from application.orders.states import FINAL, TRANSITIONS, Event, NotNow, State, Stock, Tell, diagram, follow, table
from hypothesis import given
from hypothesis import strategies as st

from devtools.paths import ROOT
from tests.unit.application.orders.doubles import an_order

BEGINS, ENDS = "<!-- order-{} -->", "<!-- /order-{} -->"


def paths(state: State | None = None) -> Iterator[list[tuple[State | None, Event]]]:
    """Every life an order can have, as the transitions it goes through."""
    onwards = [(before, event) for before, event in TRANSITIONS if before == state]
    if not onwards:
        yield []
    for before, event in onwards:
        for rest in paths(TRANSITIONS[before, event][0]):
            yield [(before, event), *rest]


def test_no_state_is_entered_twice_and_every_one_can_be_reached() -> None:
    lives = [[TRANSITIONS[step][0] for step in life] for life in paths()]
    assert all(len(set(states)) == len(states) for states in lives)
    assert {state for states in lives for state in states} == set(State)


def test_the_final_states_are_the_four_an_order_may_end_in() -> None:
    assert set(FINAL) == {State.FULFILLED, State.DECLINED, State.OUT_OF_STOCK, State.CANCELLED}
    assert {TRANSITIONS[life[-1]][0] for life in paths()} == FINAL


def test_every_life_takes_stock_at_most_once_and_keeps_it_only_when_it_is_fulfilled() -> None:
    for life in paths():
        effects = [effect for step in life for effect in TRANSITIONS[step][1]]
        kept = effects.count(Stock.TAKE) - effects.count(Stock.RETURN)
        assert kept == (TRANSITIONS[life[-1]][0] is State.FULFILLED)


def test_no_message_is_told_twice_in_a_life() -> None:
    for life in paths():
        told = [effect for step in life for effect in TRANSITIONS[step][1] if isinstance(effect, Tell)]
        assert len(set(told)) == len(told)


@given(st.sampled_from([None, *State]), st.sampled_from(Event))
def test_what_is_not_in_the_table_cannot_happen(state: State | None, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert follow(state, event) == TRANSITIONS[state, event]
    else:
        with pytest.raises(NotNow):
            follow(state, event)


def test_an_event_changes_the_state_the_stock_and_tells_in_one_change() -> None:
    order = placed(an_order(items={"team": 2, "business": 1})).after
    reserved = happen(order, Event.STOCK_TAKEN, "2026-09-21T14:13:21.000Z")
    assert (reserved.before, reserved.after.state) == (State.PENDING, State.RESERVED)
    assert reserved.stock == {"team": -2, "business": -1}
    declined = happen(reserved.after, Event.CHARGE_DECLINED, "2026-09-21T14:13:22.000Z", reason="lost_card")
    assert declined.stock == {"team": 2, "business": 1}
    assert [message.id for message in declined.messages] == [f"{order.id}.order_declined"]
    assert declined.messages[0].body["order"]["reason"] == "lost_card"


def test_messages_carry_the_trace_of_the_request_at_the_edge_and_no_card() -> None:
    [message] = placed(an_order()).messages
    assert (message.trace, message.request_id) == ("00-trace-01", "request-1")
    assert "pm_card" not in str(message.body)


@pytest.mark.parametrize(("name", "drawn"), [("states", table()), ("diagram", f"```mermaid\n{diagram()}\n```")])
def test_the_documentation_shows_the_table_that_the_code_has(name: str, drawn: str) -> None:
    text = (ROOT / "docs" / "origins.md").read_text(encoding="utf-8")
    found = re.search(f"{BEGINS.format(name)}\n(.*?)\n{ENDS.format(name)}", text, re.DOTALL)
    assert found, f"docs/origins.md has no place for the {name}"
    assert found[1] == drawn
