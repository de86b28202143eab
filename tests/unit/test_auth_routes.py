"""Which field a token counts in, what a route asks for, and what is remembered of a verified token."""

import json
from typing import Any

import pytest

from auth import Unverified
from configuration.settings import RouteSettings
from core.messages import Request, Response
from core.problems import Problem
from identity.principals import Principal
from identity.remembered import Memory, Remembered
from identity.settings import AccessSettings
from tests.unit.handshakes import KEYWORDS
from tests.unit.identity.identity_house import (
    ASYMMETRIC_CLAIMS,
    CLAIMS,
    ES,
    ISSUERS,
    OTHER_SECRET,
    REQUIRED,
    RS,
    Edge,
    hs,
)
from tests.unit.in_memory import NOW, BytesBody, run


@pytest.fixture
def edge() -> Edge:
    return Edge()


# --- other fields -----------------------------------------------------------------------------------------------------

ACCESS = {"preset": "cloudflare-access", "team": "acme", "audience": ["aud-tag"]}


def access_edge(*more: dict[str, Any]) -> tuple[Edge, str]:
    edge = Edge([ACCESS, *more])
    edge.world.origin = lambda request: Response(200, {}, BytesBody(json.dumps({"keys": [RS.public_jwk]}).encode()))
    claims = {**CLAIMS, "iss": "https://acme.cloudflareaccess.com", "aud": ["aud-tag"]}
    return edge, RS.token(claims)


def test_cloudflare_access_is_a_preset() -> None:
    edge, token = access_edge()
    principal = edge.ask(cf_access_jwt_assertion=token)
    assert principal is not None
    assert principal.issuer == "https://acme.cloudflareaccess.com"
    assert [request.url for request in edge.world.requests] == [
        "https://acme.cloudflareaccess.com/cdn-cgi/access/certs"
    ]


def test_an_issuers_token_counts_only_in_its_own_field() -> None:
    edge, token = access_edge(ISSUERS[0])
    assert edge.ask(cf_access_jwt_assertion=token) is not None
    assert edge.refusal(token) == "issuer"
    assert edge.problem(cf_access_jwt_assertion=hs()) == (401, "invalid_token", "issuer")


def test_a_token_remembered_in_one_field_is_not_believed_in_another() -> None:
    edge, token = access_edge(ISSUERS[0])
    for _ in range(2):
        assert edge.ask(cf_access_jwt_assertion=token) is not None
        assert edge.refusal(token) == "issuer"


def test_authorization_is_not_looked_at_where_no_issuer_uses_it() -> None:
    edge, token = access_edge()
    assert edge.ask(authorization="Basic dXNlcjpwYXNz", cf_access_jwt_assertion=token) is not None


def test_a_bare_field_takes_no_scheme() -> None:
    edge, token = access_edge()
    assert edge.problem(cf_access_jwt_assertion=f"Bearer {token}") == (400, "invalid_request", "credentials")


def socket_route(takes_token: bool = True) -> RouteSettings:
    return RouteSettings(path="/socket", origin="https://origin.example", websocket_token=takes_token)


def test_a_websocket_handshake_may_carry_its_token_as_a_subprotocol(edge: Edge) -> None:
    fields = {**KEYWORDS, "sec_websocket_protocol": f"bearer, {hs()}, chat"}
    assert edge.ask(socket_route(), **fields) is not None
    with pytest.raises(Problem, match="token_missing"):
        edge.ask(socket_route(False), **fields)
    with pytest.raises(Problem, match="token_missing"):
        edge.ask(socket_route(), sec_websocket_protocol=fields["sec_websocket_protocol"])


OTHER = hs({**CLAIMS, "sub": "u2"})


@pytest.mark.parametrize(
    "fields",
    [
        {"authorization": f"Bearer {hs()}", "sec_websocket_protocol": f"bearer, {OTHER}"},
        {"authorization": f"Bearer {hs()}", "sec_websocket_protocol": f"chat, bearer,{OTHER}"},
        {"authorization": f"Bearer {hs()}", "sec_websocket_protocol": f"bearer, {hs()}, bearer, {OTHER}"},
        {"sec_websocket_protocol": f"bearer, {hs()}, bearer, {OTHER}"},
        {"sec_websocket_protocol": f"bearer, {hs()}, chat, BEARER, x"},
        {"authorization": f"Bearer {hs()}", "sec_websocket_protocol": "bearer, x"},
    ],
)
def test_two_different_credentials_of_a_handshake_are_a_bad_request(edge: Edge, fields: dict[str, str]) -> None:
    """RFC 6750 section 2: not more than one method per request."""
    with pytest.raises(Problem, match="invalid_request"):
        edge.ask(socket_route(), **KEYWORDS, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"authorization": f"Bearer {hs()}", "sec_websocket_protocol": f"bearer, {hs()}"},
        {"sec_websocket_protocol": f"bearer, {hs()}, chat, Bearer,, {hs()}"},
        {"sec_websocket_protocol": f"chat, v2, bearer, {hs()}"},
    ],
)
def test_the_same_credential_twice_is_one(edge: Edge, fields: dict[str, str]) -> None:
    assert edge.ask(socket_route(), **KEYWORDS, **fields) is not None


def test_two_different_credentials_in_two_fields_are_a_bad_request() -> None:
    edge, token = access_edge(ISSUERS[0])
    for _ in range(2):
        fields = {"authorization": f"Bearer {hs()}", "cf_access_jwt_assertion": token}
        assert edge.problem(**fields) == (400, "invalid_request", "repeated")
        assert edge.ask(authorization=f"Bearer {hs()}") is not None
        assert edge.ask(cf_access_jwt_assertion=token) is not None


def test_an_issuers_own_field_may_come_twice_with_the_same_token() -> None:
    edge, token = access_edge()
    assert edge.ask(cf_access_jwt_assertion=f"{token}, {token}") is not None
    assert edge.problem(cf_access_jwt_assertion=f"{token}, {hs()}") == (400, "invalid_request", "repeated")
    assert edge.problem(cf_access_jwt_assertion=f"{token},") == (400, "invalid_request", "repeated")


def test_a_token_that_comes_in_the_wrong_field_as_well_counts_in_the_right_one() -> None:
    edge, _ = access_edge(ISSUERS[0])
    fields = {**KEYWORDS, "sec_websocket_protocol": f"bearer, {hs()}", "cf_access_jwt_assertion": hs()}
    assert edge.ask(socket_route(), **fields) is not None


def test_the_same_credential_in_two_fields_counts_in_the_one_that_is_its_issuers() -> None:
    edge, token = access_edge(ISSUERS[0])
    for _ in range(2):
        principal = edge.ask(authorization=f"Bearer {token}", cf_access_jwt_assertion=token)
        assert principal is not None
        assert principal.issuer == "https://acme.cloudflareaccess.com"
        assert edge.refusal(token) == "issuer", "in Authorization alone it is nobody's"


# --- roles and scopes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "scopes", "reason"),
    [
        ((), (), None),
        (("admin",), (), None),
        (("editor", "admin"), (), None),
        (("editor",), (), "role"),
        ((), ("read",), None),
        ((), ("write", "read"), None),
        ((), ("write",), "scope"),
        (("admin",), ("read",), None),
        (("admin",), ("write",), "scope"),
        (("editor",), ("read",), "role"),
    ],
)
def test_any_one_role_and_any_one_scope_are_enough(
    edge: Edge, roles: tuple[str, ...], scopes: tuple[str, ...], reason: str | None
) -> None:
    route = AccessSettings(auth="required", roles=roles, scopes=scopes)
    principal = edge.bear(hs(), route)
    if reason is None:
        edge.authenticator.authorize(principal, route)
        return
    with pytest.raises(Problem) as caught:
        edge.authenticator.authorize(principal, route)
    assert (caught.value.status, caught.value.members["reason"]) == (403, reason)


def test_nobody_in_particular_is_asked_for_no_role(edge: Edge) -> None:
    edge.authenticator.authorize(None, AccessSettings(auth="optional", roles=("admin",)))


# --- memory -----------------------------------------------------------------------------------------------------------


def test_a_verified_token_is_not_verified_again(edge: Edge) -> None:
    token = RS.token(ASYMMETRIC_CLAIMS)
    assert edge.bear(token) is edge.bear(token)
    assert edge.verified == 1


def test_a_remembered_token_needs_no_coroutine(edge: Edge) -> None:
    token = RS.token(ASYMMETRIC_CLAIMS)
    request = Request("GET", "https", "api.example", "/", headers={"authorization": f"Bearer {token}"})
    assert isinstance(edge.authenticator.identify(request, REQUIRED), Unverified)
    edge.bear(token)
    assert isinstance(edge.authenticator.identify(request, REQUIRED), Principal)


@pytest.mark.parametrize("token", [hs(), RS.token(ASYMMETRIC_CLAIMS)], ids=["HS256", "RS256"])
def test_a_remembered_token_expires_all_the_same(edge: Edge, token: str) -> None:
    edge.bear(token)
    edge.world.clock.now = NOW + 600 + 60 - 0.1
    assert edge.bear(token) is not None
    edge.world.clock.now = NOW + 600 + 60
    assert edge.refusal(token) == "expired"


def test_a_refused_token_is_not_remembered(edge: Edge) -> None:
    token = hs({**CLAIMS, "nbf": NOW + 100})
    assert edge.refusal(token) == "not_yet_valid"
    edge.world.clock.now += 100
    assert edge.bear(token) is not None


def test_memory_is_bounded_and_forgets_the_least_recently_used() -> None:
    memory = Memory(2)
    entry = Remembered(Principal(None, "u1"), NOW + 1, None)
    for name in (b"a", b"b"):
        memory.remember(name, entry)
    memory.recall(b"a", NOW)
    memory.remember(b"c", entry)
    assert [memory.recall(name, NOW) is not None for name in (b"a", b"b", b"c")] == [True, False, True]
    assert len(memory) == 2


def test_memory_holds_no_token(edge: Edge) -> None:
    token = hs()
    edge.bear(token)
    refused = hs(key=OTHER_SECRET)
    edge.refusal(refused)
    kept = edge.authenticator._memory._entries
    assert token not in repr(kept)
    assert refused not in repr(vars(edge.authenticator._memory._refused))
    assert [len(key) for key in kept] == [33], "a digest, and what the token came by"


class Provider:
    """A remote provider whose keys a test changes."""

    def __init__(self) -> None:
        self.keys = [RS]
        self.edge = Edge([{**ISSUERS[1], "jwks": None, "jwks_url": "https://id.example/jwks"}, ISSUERS[0]])
        self.edge.world.origin = lambda request: Response(
            200, {}, BytesBody(json.dumps({"keys": [key.public_jwk for key in self.keys]}).encode())
        )


def test_a_revoked_key_stops_being_honoured_for_remembered_tokens_too() -> None:
    provider = Provider()
    edge, token = provider.edge, RS.token({**ASYMMETRIC_CLAIMS, "exp": NOW + 86_400})
    edge.bear(token)
    provider.keys = [ES]
    edge.world.clock.now += 599
    assert edge.bear(token) is not None
    edge.world.clock.now += 1
    assert edge.refusal(token) == "unknown_key"


def test_a_change_of_keys_forgets_that_issuers_tokens_and_no_others() -> None:
    provider = Provider()
    edge, old, own = provider.edge, RS.token(ASYMMETRIC_CLAIMS), hs()
    edge.bear(old)
    edge.bear(own)
    provider.keys = [ES]
    edge.world.clock.now += 1
    edge.bear(ES.token(ASYMMETRIC_CLAIMS))
    assert edge.refusal(old) == "unknown_key"
    assert any(entry.source is None for entry in edge.authenticator._memory._entries.values())


def test_a_key_revoked_during_a_verification_leaves_nothing_behind() -> None:
    provider = Provider()
    edge = provider.edge
    token = RS.token(ASYMMETRIC_CLAIMS)
    plain = edge._verify

    async def revoke_meanwhile(*args: Any) -> bool:
        provider.keys = [ES]
        edge.world.clock.now += 601
        await edge.authenticator.refresh()
        return await plain(*args)

    edge.authenticator._verifier = revoke_meanwhile  # type: ignore[assignment]
    edge.world.clock.now = NOW
    edge.bear(RS.token({**ASYMMETRIC_CLAIMS, "exp": NOW + 86_400}))
    edge.authenticator._verifier = plain
    assert len(edge.authenticator._memory) == 0
    assert edge.refusal(token) == "unknown_key"


def test_keys_that_cannot_be_had_are_503_with_retry_after() -> None:
    provider = Provider()
    provider.edge.world.origin = lambda request: Response(500, {}, BytesBody(b""))
    with pytest.raises(Problem) as caught:
        provider.edge.bear(RS.token(ASYMMETRIC_CLAIMS))
    assert (caught.value.status, caught.value.code) == (503, "keys_unavailable")
    assert caught.value.headers == {"retry-after": "30"}


def test_the_cron_trigger_refreshes_every_remote_issuer() -> None:
    provider = Provider()
    run(provider.edge.authenticator.refresh())
    assert len(provider.edge.world.requests) == 1
