"""Several entries of ISSUERS with the same issuer: which of them takes a token, and what is told when none does."""

import json
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.messages import Response
from core.problems import Problem
from identity.principals import Principal
from identity.settings import AccessSettings
from tests.signing_keys import SigningKey
from tests.unit.identity.identity_house import CLAIMS, ED, ES, RS, SECRET, Edge, hs
from tests.unit.in_memory import NOW, BytesBody

ISSUER = "https://id.example"
OLD, RAW = "an older secret of thirty-two bytes", bytes(range(64))
NAMED = {**CLAIMS, "iss": ISSUER, "aud": "api"}
KEYS: dict[str, Any] = {
    "JWT_SECRET": SECRET,
    "OLD_SECRET": OLD,
    "BASE64": b64encode(RAW).decode(),
    "BASE64URL": urlsafe_b64encode(RAW).decode().rstrip("="),
    "HEX": RAW.hex(),
}
HS: dict[str, Any] = {"issuer": ISSUER, "audience": "api", "algorithms": ["HS256"], "secret": "JWT_SECRET"}
PUBLIC: dict[str, Any] = {
    "issuer": ISSUER,
    "audience": "api",
    "algorithms": ["RS256"],
    "jwks": {"keys": [RS.public_jwk]},
}


def house(*entries: dict[str, Any]) -> Edge:
    return Edge(list(entries), **KEYS)


def outcome(edge: Edge, token: str, route: AccessSettings | None = None) -> Principal | str:
    """Who the token says it is, or the reason of its refusal."""
    try:
        principal = edge.bear(token, route or AccessSettings(auth="required"))
    except Problem as problem:
        return str(problem.members["reason"])
    assert principal is not None
    return principal


def role_of(edge: Edge, token: str, route: AccessSettings | None = None) -> tuple[str, ...]:
    found = outcome(edge, token, route)
    assert isinstance(found, Principal), found
    return found.roles


# --- keys that move ---------------------------------------------------------------------------------------------------


def test_a_secret_and_public_keys_of_one_issuer_stand_side_by_side() -> None:
    for entries in ([HS, PUBLIC], [PUBLIC, HS]):
        edge = house(*entries)
        assert isinstance(outcome(edge, hs(NAMED)), Principal)
        assert isinstance(outcome(edge, RS.token(NAMED)), Principal)
        assert outcome(edge, hs(NAMED, key=OLD)) == "signature"
        assert outcome(edge, ES.token(NAMED, kid="rs")) == "algorithm"


def test_secrets_are_exchanged_one_after_the_other() -> None:
    edge = house({**HS, "secret": ["JWT_SECRET", "OLD_SECRET"]})
    for key in (SECRET, OLD):
        assert isinstance(outcome(edge, hs(NAMED, key=key)), Principal)
    assert outcome(edge, hs(NAMED, key="z" * 40)) == "signature"


@pytest.mark.parametrize(("encoding", "name"), [("base64", "BASE64"), ("base64url", "BASE64URL"), ("hex", "HEX")])
def test_a_secret_may_be_bytes_written_as_text(encoding: str, name: str) -> None:
    edge = house({**HS, "secret": name, "secret_encoding": encoding})
    assert isinstance(outcome(edge, hs(NAMED, key=RAW)), Principal)  # type: ignore[arg-type]
    assert outcome(edge, hs(NAMED, key=KEYS[name])) == "signature", "the text of it is another key"
    assert outcome(house({**HS, "secret": name}), hs(NAMED, key=RAW)) == "signature"  # type: ignore[arg-type]


def test_ed25519_is_eddsa_by_either_name() -> None:
    for setting in ("EdDSA", "Ed25519"):
        for named in ("EdDSA", "Ed25519"):
            jwks = {"keys": [{**ED.public_jwk, "alg": named}]}
            edge = house({**PUBLIC, "algorithms": [setting], "jwks": jwks})
            for alg in ("EdDSA", "Ed25519"):
                assert isinstance(outcome(edge, ED.token(NAMED, alg=alg)), Principal)
            assert outcome(edge, ED.token(NAMED, alg="Ed448")) == "algorithm"


def test_a_longer_token_is_taken_by_the_entry_that_says_so() -> None:
    groups = [f"group-{number:04}" for number in range(900)]
    long, longer = hs({**NAMED, "groups": groups}), hs({**NAMED, "groups": groups * 3})
    edge = house({**HS, "max_token_bytes": 20_000}, PUBLIC)
    assert isinstance(outcome(edge, long), Principal)
    assert (outcome(edge, longer), outcome(house(HS), long)) == ("too_large", "too_large")
    assert outcome(edge, RS.token({**NAMED, "groups": groups})) == "algorithm", "of the entry that got further"
    with pytest.raises(Problem) as caught:
        edge.bear(longer)
    assert "longer than 20000 characters" in caught.value.headers["www-authenticate"]


# --- who is asked, and what is told -----------------------------------------------------------------------------------

STAFF = {**HS, "name": "staff", "require": {"client_id": ["cli", "console"]}, "role_claim": "staff_role"}
CUSTOMERS = {**HS, "name": "customers"}


def test_the_first_entry_that_takes_a_token_says_who_it_is() -> None:
    staff = hs({**NAMED, "client_id": "cli", "staff_role": "root"})
    edge = house(STAFF, CUSTOMERS)
    assert role_of(edge, staff) == ("root",)
    assert role_of(edge, hs(NAMED)) == ("admin",)
    assert role_of(house(CUSTOMERS, STAFF), staff) == ("admin",)


def test_a_route_that_trusts_fewer_entries_is_answered_by_those_alone() -> None:
    """Whatever other routes made of the same token before."""
    staff = hs({**NAMED, "client_id": "cli", "staff_role": "root"})
    routes = {
        ("root",): AccessSettings(auth="required"),
        ("admin",): AccessSettings(auth="required", issuers=("customers",)),
    }
    edge = house(STAFF, CUSTOMERS)
    for _ in range(2):
        for roles, route in routes.items():
            assert role_of(edge, staff, route) == roles
    assert outcome(edge, hs(NAMED), AccessSettings(auth="required", issuers=("staff",))) == "claim"
    assert role_of(edge, staff, AccessSettings(auth="required", issuers=(ISSUER,))) == ("root",)


def test_a_customers_role_never_opens_the_staffs_route() -> None:
    edge = house({**STAFF, "role_claim": "role"}, CUSTOMERS)
    route = AccessSettings(auth="required", issuers=("staff",), roles=("admin",))
    for _ in range(2):
        assert role_of(edge, hs(NAMED)) == ("admin",)
        assert outcome(edge, hs(NAMED), route) == "claim"


@pytest.mark.parametrize(
    ("entries", "token", "reason"),
    [
        ([HS, PUBLIC], hs(NAMED, key=OLD), "signature"),
        ([PUBLIC, HS], RS.token({**NAMED, "aud": "other"}), "audience"),
        ([HS, {**HS, "audience": "other"}], hs({**NAMED, "aud": "third"}), "audience"),
        ([HS, {**HS, "audience": "third", "require": {"azp": "x"}}], hs({**NAMED, "aud": "third"}), "claim"),
        ([{**HS, "require": {"azp": "x"}}, HS], hs({**NAMED, "sub": ""}), "subject"),
        ([{**HS, "secret": "OLD_SECRET"}, PUBLIC], hs({**NAMED, "exp": NOW - 3600}), "signature"),
        ([PUBLIC, {**HS, "typ": "at+jwt"}], hs(NAMED), "type"),
    ],
)
def test_what_is_told_is_of_the_entry_that_got_furthest(entries: list[Any], token: str, reason: str) -> None:
    """And never describes a forgery: behind `signature` stands only what an entry found that verified it."""
    assert outcome(house(*entries), token) == reason
    assert outcome(house(*entries[::-1]), token) == reason


def test_entries_with_the_same_key_set_share_its_fetches() -> None:
    remote = {**PUBLIC, "jwks": None, "jwks_url": "https://id.example/jwks"}
    edge = house({**remote, "audience": "other"}, remote, {**remote, "algorithms": ["ES256"]})
    edge.world.origin = lambda request: Response(200, {}, BytesBody(b'{"keys": [%s, %s]}' % (jwk(RS), jwk(ES))))
    assert isinstance(outcome(edge, RS.token(NAMED)), Principal)
    assert isinstance(outcome(edge, ES.token(NAMED)), Principal)
    assert len(edge.world.requests) == 1
    assert edge.world.requests[0].headers["user-agent"].startswith("gatehouse/")


def jwk(key: SigningKey) -> bytes:
    return json.dumps(key.public_jwk).encode()


def test_keys_that_cannot_be_had_stand_in_the_way_of_no_other_entry() -> None:
    down = {**PUBLIC, "jwks": None, "jwks_url": "https://id.example/jwks", "audience": "elsewhere"}
    for entries in ([down, PUBLIC], [PUBLIC, down]):
        edge = house(*entries)
        edge.world.origin = lambda request: Response(500, {}, BytesBody(b""))
        assert isinstance(outcome(edge, RS.token(NAMED)), Principal)
        assert outcome(edge, RS.token({**NAMED, "exp": NOW - 3600})) == "expired"
        assert outcome(edge, RS.token({**NAMED, "aud": "elsewhere"})) == "keys_unavailable", "it may be the other's"


def test_what_was_found_while_an_earlier_entry_could_not_say_is_not_remembered() -> None:
    remote = {**PUBLIC, "jwks": None, "jwks_url": "https://id.example/jwks", "role_claim": "staff_role"}
    edge, token = house(remote, PUBLIC), RS.token({**NAMED, "staff_role": "root"})
    edge.world.origin = lambda request: Response(500, {}, BytesBody(b""))
    assert role_of(edge, token) == ("admin",)
    edge.world.origin = lambda request: Response(200, {}, BytesBody(b'{"keys": [%s]}' % jwk(RS)))
    edge.world.clock.now += 31
    assert role_of(edge, token) == ("root",)


# --- conditions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("require", "claims", "holds"),
    [
        ({"token_use": "access"}, {"token_use": "access"}, True),
        ({"token_use": "access"}, {"token_use": "id"}, False),
        ({"token_use": "access"}, {}, False),
        ({"client_id": ["a", "b"]}, {"client_id": "b"}, True),
        ({"azp": "a"}, {"azp": ["x", "a"]}, True),
        ({"azp": "a"}, {"azp": [["a"]]}, False),
        ({"azp": "a"}, {"azp": {"a": True}}, False),
        ({"azp": "a", "token_use": "access"}, {"azp": "a"}, False),
        ({"email_verified": True}, {"email_verified": True}, True),
        ({"email_verified": True}, {"email_verified": 1}, False),
        ({"email_verified": True}, {"email_verified": "true"}, False),
        ({"level": 1}, {"level": True}, False),
        ({"level": [1, 2]}, {"level": 2.0}, True),
        ({"realm_access.roles": "x"}, {"realm_access": {"roles": ["x"]}}, True),
        ({"https://a.example/b.c": "x"}, {"https://a.example/b": {"c": "x"}}, True),
        ({"azp": ""}, {"azp": ""}, True),
    ],
)
def test_a_condition_is_met_by_one_of_its_values(require: Any, claims: Any, holds: bool) -> None:
    found = outcome(house({**HS, "require": require}), hs({**NAMED, **claims}))
    assert (isinstance(found, Principal), found == "claim") == (holds, not holds)


# --- tenants ----------------------------------------------------------------------------------------------------------

ENTRA = {**PUBLIC, "issuer": "https://login.example/{tenantid}/v2.0", "tenants": ["acme", "globex"]}


def of_tenant(name: str, tid: Any = ..., **claims: Any) -> str:
    bound: dict[str, Any] = {"tid": name if tid is ... else tid}
    return RS.token({**NAMED, "iss": f"https://login.example/{name}/v2.0", **bound, **claims})


def test_a_tenant_is_one_segment_and_the_tokens_own() -> None:
    edge = house(ENTRA)
    callers = [outcome(edge, of_tenant(name)) for name in ("acme", "globex")]
    assert [caller.issuer for caller in callers if isinstance(caller, Principal)] == [
        "https://login.example/acme/v2.0",
        "https://login.example/globex/v2.0",
    ], "the same `sub` of two tenants is two callers"
    for name in ("initech", "", "acme/x", "..", "{tenantid}", "ACME", "acme%2F"):
        assert outcome(edge, of_tenant(name)) == "issuer"
    for tid in ("globex", None, ["acme"], 7, {"tid": "acme"}):
        assert outcome(edge, of_tenant("acme", tid)) == "issuer"
    anybody = house({**ENTRA, "tenants": ["*"]})
    assert isinstance(outcome(anybody, of_tenant("initech")), Principal)
    for name in ("", "a/b", "..", ".", "{tenantid}", "*"):
        assert outcome(anybody, of_tenant(name)) == "issuer"


def test_a_key_that_names_an_issuer_verifies_for_that_one_only() -> None:
    theirs = {**RS.public_jwk, "issuer": "https://login.example/acme/v2.0"}
    edge = house({**ENTRA, "jwks": {"keys": [theirs]}})
    assert isinstance(outcome(edge, of_tenant("acme")), Principal)
    assert outcome(edge, of_tenant("globex")) == "unknown_key"
    everyones = {**RS.public_jwk, "issuer": "https://login.example/{tenantid}/v2.0"}
    assert isinstance(outcome(house({**ENTRA, "jwks": {"keys": [everyones]}}), of_tenant("globex")), Principal)


def test_an_entry_for_one_tenant_and_one_for_all_are_asked_in_their_order() -> None:
    acme = {**PUBLIC, "issuer": "https://login.example/acme/v2.0", "role_claim": "staff_role"}
    token = of_tenant("acme", staff_role="root")
    assert role_of(house(acme, ENTRA), token) == ("root",)
    assert role_of(house(ENTRA, acme), token) == ("admin",)


# --- properties -------------------------------------------------------------------------------------------------------

ENTRIES: list[dict[str, Any]] = [
    HS,
    PUBLIC,
    {**HS, "secret": ["OLD_SECRET", "JWT_SECRET"], "audience": "other"},
    {**HS, "require": {"azp": ["a", "b"]}, "role_claim": "staff_role"},
    {**HS, "issuer": None, "audience": []},
    {**HS, "issuer": "https://login.example/{tenantid}/v2.0", "tenants": "*", "audience": []},
    {**HS, "issuer": "https://login.example/acme/v2.0"},
    {**HS, "typ": "at+jwt", "id_claim": "azp"},
    {**PUBLIC, "algorithms": ["EdDSA"], "jwks": {"keys": [ED.public_jwk]}, "max_lifetime": 60},
    {**PUBLIC, "audience": [], "require": {"azp": "a"}},
]
TOKENS = [
    *(
        hs({**NAMED, **claims}, key=key)
        for key in (SECRET, OLD)
        for claims in ({}, {"aud": "other"}, {"azp": "a"}, {"azp": "c"}, {"iss": "https://login.example/acme/v2.0"})
    ),
    hs({**NAMED, "iss": "https://login.example/acme/v2.0", "tid": "acme"}),
    hs(CLAIMS),
    hs({**NAMED, "azp": "b"}, typ="at+jwt"),
    *(key.token({**NAMED, "azp": "a"}) for key in (RS, ED)),
    RS.token({**NAMED, "exp": NOW - 3600}),
    SigningKey("RS256", SigningKey.generate("RS256", "forger").private, "rs").token(NAMED),
    ED.token({**NAMED, "iat": NOW - 10, "exp": NOW + 40}, alg="Ed25519"),
]
ALONE = {(at, token): outcome(house(entry), token) for at, entry in enumerate(ENTRIES) for token in TOKENS}
"""What each entry by itself makes of each token."""


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, len(ENTRIES) - 1), min_size=1, max_size=4))
def test_no_combination_of_entries_lets_in_a_token_that_none_alone_would(chosen: list[int]) -> None:
    edge = house(*(ENTRIES[at] for at in chosen))
    for token in TOKENS:
        alone = [ALONE[at, token] for at in chosen]
        first = next((found for found in alone if isinstance(found, Principal)), None)
        for _ in range(2):
            found = outcome(edge, token)
            assert found == first if first else found in alone


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    st.integers(0, len(ENTRIES) - 1),
    st.dictionaries(
        st.sampled_from(["azp", "aud", "sub", "token_use"]),
        st.lists(st.sampled_from(["a", "b", "api", "u1"]), min_size=1, max_size=3),
        max_size=2,
    ),
)
def test_conditions_never_widen(at: int, require: dict[str, list[str]]) -> None:
    entry = ENTRIES[at]
    edge = house({**entry, "require": {**entry.get("require", {}), **require}})
    for token in TOKENS:
        found = outcome(edge, token)
        assert not isinstance(found, Principal) or found == ALONE[at, token]
