"""Issuers are not interchangeable: a token opens what its issuer is trusted for, and nothing else."""

from typing import Any

import pytest

from configuration.loading import load_settings
from configuration.settings import RouteSettings
from core.problems import Problem
from identity.settings import AccessSettings
from tests.signing_keys import SigningKey
from tests.unit.identity.identity_house import ASYMMETRIC_CLAIMS, CLAIMS, ISSUERS, RS, SECRET, Edge, hs

STAFF, CUSTOMERS = "https://id.example", "https://customers.example"
KEY = SigningKey.generate("ES256", "customers")
ENTRIES: list[dict[str, Any]] = [
    {**ISSUERS[1], "name": "staff"},
    {"issuer": CUSTOMERS, "audience": [], "algorithms": ["ES256"], "jwks": {"keys": [KEY.public_jwk]}},
    ISSUERS[0],
]
TOKENS = {
    "staff": RS.token(ASYMMETRIC_CLAIMS),
    "customers": KEY.token({**CLAIMS, "iss": CUSTOMERS}),
    "nameless": hs(),
}


@pytest.fixture
def edge() -> Edge:
    return Edge(ENTRIES)


@pytest.mark.parametrize(
    ("issuers", "trusted"),
    [
        (None, {"staff", "customers", "nameless"}),
        (("staff",), {"staff"}),
        ((STAFF,), {"staff"}),
        ((CUSTOMERS,), {"customers"}),
        (("staff", CUSTOMERS), {"staff", "customers"}),
        (("",), {"nameless"}),
        (("Staff",), set()),
        ((STAFF + "/",), set()),
    ],
)
def test_a_route_takes_tokens_of_the_issuers_it_names_alone(
    edge: Edge, issuers: tuple[str, ...] | None, trusted: set[str]
) -> None:
    """Also when the token was remembered by a route that trusts its issuer."""
    route = AccessSettings(auth="required", issuers=issuers)
    for token in TOKENS.values():
        assert edge.bear(token) is not None
    for name, token in TOKENS.items():
        if name in trusted:
            assert edge.bear(token, route) is not None
            continue
        with pytest.raises(Problem) as caught:
            edge.bear(token, route)
        assert (caught.value.status, caught.value.members["reason"]) == (401, "issuer")


def test_no_key_is_asked_for_where_an_issuer_is_not_trusted() -> None:
    remote = {**ENTRIES[1], "jwks": None, "jwks_url": "https://customers.example/jwks"}
    edge = Edge([ENTRIES[0], remote])
    with pytest.raises(Problem, match="invalid_token"):
        edge.bear(TOKENS["customers"], AccessSettings(auth="required", issuers=("staff",)))
    assert edge.world.requests == []


def settings(**variables: Any) -> Any:
    return load_settings({"JWT_SECRET": SECRET, "ISSUERS": ENTRIES, **variables}, set())


def test_the_roles_of_the_first_entrys_issuer_open_what_changes_something() -> None:
    """The first entry's alone: another with the same issuer is somebody else."""
    shared = [{**ENTRIES[1], "issuer": STAFF}, {**ENTRIES[0], "name": "staff"}]
    edge = Edge(shared)
    assert settings(ISSUERS=shared).operators == ("ISSUERS[0]",)
    operators = AccessSettings(auth="required", issuers=settings(ISSUERS=shared).operators)
    assert edge.bear(KEY.token({**CLAIMS, "iss": STAFF}), operators) is not None
    with pytest.raises(Problem, match="invalid_token"):
        edge.bear(TOKENS["staff"], operators)
    assert settings(OPERATOR_ISSUERS=[CUSTOMERS, "staff"]).operators == (CUSTOMERS, "staff")
    with pytest.raises(Problem, match="invalid_token"):
        Edge([], JWT_SECRET=None).bear(TOKENS["staff"], operators)


def test_every_route_knows_its_issuers_by_what_their_entry_says() -> None:
    entries = settings().issuers
    assert [entry.references for entry in entries] == [{"staff", STAFF}, {CUSTOMERS}, {""}]
    assert RouteSettings(path="/x", origin="https://o.example").issuers is None
