"""A token that was refused is refused again for the same reason, and for as long as that holds."""

from typing import Any

import pytest

from core.problems import Problem
from identity.hearings import Hearing
from identity.remembered import FOR_GOOD, REFUSED
from identity.settings import AccessSettings
from identity.trust import FURTHEST
from tests.unit.identity.identity_house import (
    ASYMMETRIC_CLAIMS,
    CLAIMS,
    OTHER_SECRET,
    REQUIRED,
    RS,
    Edge,
    hs,
)
from tests.unit.in_memory import NOW

FOR_EVER = {
    "malformed": "abc",
    "signature": hs(key=OTHER_SECRET),
    "algorithm": hs(algorithm="HS384"),
    "issuer": hs({**CLAIMS, "iss": "https://unknown.example"}),
    "expired": hs({**CLAIMS, "exp": NOW - 600}),
    "too_large": "a" * 9000,
    "critical": hs(crit=["b64"]),
    "no_expiry": hs({"sub": "u1"}),
}


def told(edge: Edge, token: str, route: AccessSettings = REQUIRED) -> dict[str, Any]:
    with pytest.raises(Problem) as caught:
        edge.bear(token, route)
    return vars(caught.value)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every token that entries have been asked about."""
    found: list[object] = []
    ask = Hearing.next

    def noting(self: Hearing) -> object:
        found.append(self)
        return ask(self)

    monkeypatch.setattr(Hearing, "next", noting)
    return found


@pytest.mark.parametrize("reason", FOR_EVER)
def test_what_no_moment_mends_is_told_again_in_the_same_words(reason: str, heard: list[object]) -> None:
    edge = Edge()
    first = told(edge, FOR_EVER[reason])
    asked = len(heard)
    assert first["members"]["reason"] == reason
    for _ in range(2):
        assert told(edge, FOR_EVER[reason]) == first
    assert len(heard) == asked


def test_a_refusal_that_was_changed_for_one_answer_is_not_changed_for_the_next() -> None:
    edge = Edge()
    told(edge, FOR_EVER["signature"])["headers"]["www-authenticate"] = "changed"
    assert told(edge, FOR_EVER["signature"])["headers"]["www-authenticate"] != "changed"


def test_a_token_counts_once_it_is_valid() -> None:
    edge = Edge()
    token = hs({**CLAIMS, "nbf": NOW + 120, "exp": NOW + 900})
    assert edge.refusal(token) == edge.refusal(token) == "not_yet_valid"
    edge.world.clock.now += 200
    assert edge.bear(token) is not None


def test_a_clock_that_is_set_back_finds_no_refusal_of_later() -> None:
    edge = Edge()
    token = hs({**CLAIMS, "exp": NOW + 10})
    edge.world.clock.now += 600
    assert edge.refusal(token) == edge.refusal(token) == "expired"
    edge.world.clock.now -= 600
    assert edge.bear(token) is not None


def test_what_one_route_refuses_another_may_take() -> None:
    entry = {"audience": [], "algorithms": ["HS256"], "issuer": "https://a.example"}
    edge = Edge(
        [{**entry, "secret": "OTHERS", "name": "others"}, {**entry, "secret": "JWT_SECRET", "name": "own"}],
        OTHERS=OTHER_SECRET,
    )
    token = hs({**CLAIMS, "iss": "https://a.example"})
    of_others = AccessSettings(auth="required", issuers=("others",))
    of_own = AccessSettings(auth="required", issuers=("own",))
    for _ in range(2):
        assert told(edge, token, of_others)["members"]["reason"] == "signature"
        assert edge.bear(token, of_own) is not None


def test_a_public_keys_verdict_is_asked_for_again() -> None:
    """Its key set may have another key by then."""
    edge = Edge()
    forged = RS.token(ASYMMETRIC_CLAIMS)[:-8] + "AAAAAAAA"
    assert edge.refusal(forged) == edge.refusal(forged) == "signature"
    assert edge.verified == 2


def test_no_reason_that_may_change_is_told_in_place_of_one_that_is_for_good() -> None:
    """Of several entries' refusals the furthest is told: all that are nearer must be for good, or of key sets."""
    last = max(FURTHEST.index(reason) for reason in FOR_GOOD if reason in FURTHEST)
    assert {*FURTHEST[: last + 1]} - FOR_GOOD == {"unknown_key", "ambiguous_key"}
    assert {"revoked", "not_yet_valid"}.isdisjoint(FOR_GOOD)


def test_a_crowd_of_forged_tokens_is_not_remembered_and_keeps_no_genuine_one_out() -> None:
    edge = Edge()
    genuine = hs()
    assert edge.bear(genuine) is not None
    for number in range(4 * REFUSED):
        with pytest.raises(Problem):
            edge.bear(f"{FOR_EVER['signature'][:-4]}{number:04}")
    assert len(edge.authenticator._memory._refused) <= 2 * REFUSED
    assert edge.bear(genuine) is not None
    assert edge.refusal(FOR_EVER["signature"]) == "signature"
