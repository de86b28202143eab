"""What an origin sees of a request: what the client may say, and what only the gateway may."""

import itertools
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from gatehouse_verifier import identity_list, identity_text
from hypothesis import given
from hypothesis import strategies as st

from configuration.settings import RouteSettings
from core.messages import Request
from core.problems import Problem
from fields.names import canonical
from fields.tracing import trace
from forwarding.forwarded import Target, Vouched, forwarded_request, vouched_fields, wire_query
from forwarding.header_rules import READ_HERE, passing, reaches_origin, to_origin
from identity.key_format import shaped_like, write_key
from tests.unit.handshakes import HANDSHAKE

VOUCHED_NAMES = {
    "x-user-id", "x-user-role", "x-user-issuer", "x-geo-country", "x-geo-region", "x-geo-currency", "x-geo-language",
    "x-request-id", "traceparent", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-for", "forwarded", "via",
}  # fmt: skip


@dataclass(frozen=True)
class Caller:
    id: str = "u1"
    roles: tuple[str, ...] = ("user", "editor")
    issuer: str | None = "https://id.example"
    told: tuple[tuple[str, tuple[str, ...]], ...] = ()
    expires: float = 1_900_000_000.0


@dataclass(frozen=True)
class Lisbon:
    country: str = "PT"
    region_code: str = "11"
    currency: str = "EUR"
    language: str = "pt-PT"


def sent(
    client: dict[str, str],
    *,
    principal: Caller | None = None,
    locale: Lisbon | None = None,
    request: dict[str, Any] | None = None,
    issuer_fields: frozenset[str] = frozenset(),
    **route: Any,
) -> Request:
    """What the origin gets of a request with the fields `client`."""
    defaults: dict[str, Any] = {"path": "/api/*", "origin": "https://api.example", "auth": "optional"}
    target = Target.of(RouteSettings(**{**defaults, **route}), issuer_fields)
    arrived: dict[str, Any] = {"method": "GET", "scheme": "https", "host": "gw.example", "path": "/api/users"}
    vouched = Vouched("req-1", trace(client, random.Random(3)), principal, locale)
    return forwarded_request(Request(headers=client, **{**arrived, **(request or {})}), target, vouched_fields(vouched))


KEY = write_key("gh", "0123456789AB", bytes(range(32)))
KEY_FIELDS = {"authorization", "x-api-key", "sec-websocket-protocol"}


def setting(name: str, value: list[str]) -> dict[str, Any]:
    """A setting of a route whose name is a word of Python."""
    return {name: value}


def spellings(name: str) -> list[str]:
    """`x-user-id` in every mix of case and separator that some server takes for it."""
    separated = ["".join(mix) for mix in itertools.product(*[("-", "_", ".") if c == "-" else (c,) for c in name])]
    return [*separated, name.upper(), name.title(), name.upper().replace("-", "_"), name.replace("-", "--")]


@pytest.mark.parametrize(
    "name",
    ["x-user-id", "x-user-role", "x-user-anything", "x-geo-country", "x-geo-x", "x-gateway-signature", "x-gateway-z"]
    + ["x-forwarded-for", "x-forwarded-host", "x-forwarded-user", "x-real-ip", "true-client-ip", "forwarded"],
)
def test_no_spelling_of_a_vouched_field_passes_on_a_public_route(name: str) -> None:
    headers = sent(dict.fromkeys(spellings(name), "forged"), auth="none").headers
    assert "forged" not in headers.values()
    assert not {other for other in headers if canonical(other).startswith(("x-user-", "x-geo-", "x-gateway-"))}


@pytest.mark.parametrize("name", ["x-user-id", "x-user-role", "x-geo-country", "x-geo-currency"])
def test_no_spelling_of_a_vouched_field_stands_beside_ours(name: str) -> None:
    client = dict.fromkeys(spellings(name), "forged")
    headers = sent(client, principal=Caller(), locale=Lisbon()).headers
    assert [other for other in headers if canonical(other) == name] == [name]
    assert "forged" not in headers.values()


def test_identity_and_locale_arrive_as_the_gateway_found_them() -> None:
    headers = sent({}, principal=Caller(), locale=Lisbon()).headers
    assert headers["x-user-id"] == "u1"
    assert headers["x-user-role"] == "user,editor"
    assert headers["x-user-issuer"] == "https://id.example"
    assert {name: headers[name] for name in headers if name.startswith("x-geo-")} == {
        "x-geo-country": "PT",
        "x-geo-region": "11",
        "x-geo-currency": "EUR",
        "x-geo-language": "pt-PT",
    }


def test_what_an_entry_forwards_arrives_as_visible_ascii_and_never_from_a_client() -> None:
    told = (("x-user-email", ("zoë@id.example",)), ("x-user-groups", ("a,b", "c")), ("x-user-empty", ()))
    client = dict.fromkeys([*spellings("x-user-email"), *spellings("x-user-org")], "forged")
    fields = sent(client, principal=Caller(told=told)).headers
    assert identity_text(fields["x-user-email"]) == "zoë@id.example"
    assert identity_list(fields["x-user-groups"]) == ["a,b", "c"]
    assert fields["x-user-groups"].isascii()
    assert "forged" not in fields.values()
    assert "x-user-empty" not in fields
    assert "x-user-org" not in fields


def test_nothing_is_said_of_what_is_not_known() -> None:
    headers = sent({}, principal=Caller(roles=(), issuer=None), locale=Lisbon(region_code="")).headers
    assert headers["x-user-id"] == "u1"
    assert not {"x-user-role", "x-user-issuer", "x-geo-region"} & set(headers)


@pytest.mark.parametrize("listed", sorted(VOUCHED_NAMES))
def test_connection_header_cannot_remove_identity(listed: str) -> None:
    client = {"connection": f"close, {listed}", "cf-connecting-ip": "192.0.2.1"}
    assert listed in sent(client, principal=Caller(), locale=Lisbon()).headers


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), min_size=1))
def test_any_claim_arrives_as_visible_ascii_and_decodes_to_itself(claim: str) -> None:
    headers = sent({}, principal=Caller(id=claim, roles=(claim, "b"))).headers
    assert all("!" <= char <= "~" for char in headers["x-user-id"])
    assert unquote(headers["x-user-id"], errors="strict") == claim
    assert [unquote(role) for role in headers["x-user-role"].split(",")] == [claim, "b"]


@pytest.mark.parametrize("claim", ["a\r\nx-user-role: admin", "a\n", "\rb", "a\0b", "\ud800"])
def test_a_claim_that_cannot_be_a_header_refuses_the_request(claim: str) -> None:
    for caller in (Caller(id=claim), Caller(roles=("user", claim)), Caller(issuer=claim)):
        with pytest.raises(Problem) as refusal:
            sent({}, principal=caller)
        assert (refusal.value.status, refusal.value.code) == (400, "unusable_claim")


def test_nobody_is_never_forwarded_as_somebody() -> None:
    with pytest.raises(ValueError, match="without an id"):
        sent({}, principal=Caller(id=""))


@pytest.mark.parametrize(
    "name",
    ["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"]
    + ["transfer-encoding", "upgrade", "http2-settings", "expect"],
)
def test_hop_by_hop_fields_do_not_pass(name: str) -> None:
    headers = sent({name: "chunked", "x-kept": "1"}, request={"body": b"x", "method": "POST"}).headers
    assert name not in headers
    assert headers["x-kept"] == "1"


def test_fields_that_connection_lists_do_not_pass() -> None:
    client = {"connection": "close , X-Hop,x-skip", "x-hop": "1", "x-skip": "2", "x-kept": "3", "accept-language": "pt"}
    headers = sent(client).headers
    assert {"x-hop", "x-skip"}.isdisjoint(headers)
    assert (headers["x-kept"], headers["accept-language"]) == ("3", "pt")


def test_connection_cannot_take_away_the_length_of_the_content() -> None:
    client = {"connection": "content-length", "content-length": "5"}
    assert sent(client, request={"method": "POST", "body": b"12345"}).headers["content-length"] == "5"


@pytest.mark.parametrize(
    "name",
    ["x-original-url", "x-rewrite-url", "x-http-method-override", "x-method-override", "x-original-host", "x-host"]
    + ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amzn-trace-id", "x-envoy-original-path"]
    + [
        "cf-connecting-ip",
        "cf-ipcountry",
        "cf-worker",
        "cf-access-client-secret",
        "cf-access-authenticated-user-email",
    ],
)
def test_a_second_opinion_about_the_request_does_not_pass(name: str) -> None:
    client = dict.fromkeys(spellings(name), "evil")
    assert "evil" not in sent(client, forward_authorization=True).headers.values()


BELIEVED = [
    "remote-user", "x-remote-user", "x-remote-groups", "remote-email", "x-webauth-user", "x-auth-request-user",
    "x-auth-user", "x-authenticated-user", "x-authentik-username", "x-forwarded", "x-forwarded-email",
    "x-goog-authenticated-user-email", "x-ms-client-principal-name", "x-consumer-username", "oidc-claim-sub",
    "sm-user", "iv-user", "x-jwt-claim-sub", "x-user", "x-groups", "ssl-client-verify", "ssl-client-s-dn",
    "x-ssl-client-cn", "x-ssl-cert", "x-client-cert", "x-client-cert-dn", "client-cert", "client-cert-chain",
    "x-client-verify", "x-arr-clientcert", "x-tls-client-dn", "x-mtls-subject", "x-real-ip", "real-ip",
    "x-originating-ip", "x-remote-addr", "x-client-ip", "client-ip", "true-client-ip", "x-cluster-client-ip",
    "fastly-client-ip", "wl-proxy-client-ip", "x-azure-socketip", "x-appengine-user-ip", "x-proxyuser-ip",
    "x-source-ip", "x-forward-for", "http-client-ip", "cloudfront-viewer-country", "x-vercel-ip-country",
    "proxy", "x-url", "x-uri", "x-original-uri", "x-original-method", "x-rewrite-url", "x-override-url",
    "x-request-uri", "request-uri", "x-path-info", "x-http-method", "x-method", "x-http-method-override",
    "x-method-override", "x-host-override", "x-http-host-override", "x-host", "x-scheme", "x-url-scheme",
    "x-proto", "front-end-https", "x-https", "x-port", "x-server-name", "x-script-name", "x-accel-mapping",
    "x-sendfile-type", "x-middleware-subrequest", "x-middleware-rewrite", "x-invoke-path", "x-matched-path",
    "x-envoy-external-address", "oam-remote-user", "osso-user-dn", "x-iisnode-auth-user", "l5d-dtab",
    "l5d-client-id", "x-scope-orgid", "x-forwarder-for", "x-originally-forwarded-for", "x-http-destinationurl",
    "disguised-host", "x-waws-unencoded-url", "was-default-hostname", "x-origin-host", "x-backend-host",
    "x-requested-host", "x-hostname", "x-role", "x-group", "x-principal",
]  # fmt: skip


@pytest.mark.parametrize("name", BELIEVED)
def test_what_other_proxies_say_is_not_a_clients_to_say(name: str) -> None:
    client = dict.fromkeys({name, name.replace("-", "_"), name.replace("-", "."), name.replace("-", "--")}, "forged")
    assert "forged" not in sent(client, forward_authorization=True).headers.values()


def test_what_clients_say_for_themselves_passes() -> None:
    names = [
        "accept", "authority-key", "x-api-key", "x-auth-token", "x-auth-key", "x-jwt", "x-csrf-token",
        "x-requested-with", "x-client-version", "x-client-data", "x-client-id", "x-device-id", "x-tenant-id",
        "x-correlation-id", "x-b3-traceid", "sentry-trace", "baggage", "dnt", "origin", "referer", "priority",
        "idempotency-key", "if-match", "prefer", "x-goog-api-key", "x-ms-date", "x-ms-client-request-id",
        "x-locale", "sec-fetch-site", "sec-ch-ua", "x-hub-signature-256", "stripe-signature", "last-event-id",
        "x-protocol-version", "destination", "depth",
    ]  # fmt: skip
    assert sent(dict.fromkeys(names, "own")).headers.items() >= dict.fromkeys(names, "own").items()


def test_a_route_may_let_a_field_pass_in_one_spelling() -> None:
    client = {"x-real-ip": "own", "x_real_ip": "forged", "remote-user": "forged", "x-webauth-user": "own"}
    headers = sent(client, **setting("pass", ["X-Real-IP", "x-webauth-user"])).headers
    assert {name: headers[name] for name in headers if headers[name] in ("own", "forged")} == {
        "x-real-ip": "own",
        "x-webauth-user": "own",
    }


def test_a_route_may_withhold_further_fields_in_any_spelling() -> None:
    client = {"cookie": "a=1", "x-legacy-id": "1", "X_LEGACY_ROLE".lower(): "2", "x-api-key": "3", "x-legible": "4"}
    headers = sent(client, withhold=["cookie", "x-legacy-*", "X-API-Key"]).headers
    assert {name for name in client if name in headers} == {"x-legible"}


def test_connection_takes_away_what_a_route_lets_pass() -> None:
    client = {"connection": "x-real-ip", "x-real-ip": "1"}
    assert "x-real-ip" not in sent(client, **setting("pass", ["x-real-ip"])).headers


def test_a_token_in_another_proxys_field_is_forwarded_where_the_route_says_so() -> None:
    fields = frozenset({"x-goog-iap-jwt-assertion"})
    client = {"x-goog-iap-jwt-assertion": "token"}
    assert not sent(client, issuer_fields=fields).headers.items() >= client.items()
    assert sent(client, issuer_fields=fields, forward_authorization=True).headers.items() >= client.items()


@pytest.mark.parametrize(
    "name",
    ["x-user-id", "X_User_Role", "x-geo-country", "x-gateway-signature", "x-forwarded-for", "forwarded", "host", "via"]
    + ["x-request-id", "traceparent", "x-amz-date", "cf-connecting-ip", "connection", "te", "upgrade", "content-length"]
    + ["transfer-encoding", "keep-alive", "expect"],
)
def test_what_is_the_gateways_or_of_one_connection_is_nobodys_to_pass_or_withhold(name: str) -> None:
    for which in ("pass", "withhold"):
        with pytest.raises(ValueError, match=r"own|one connection"):
            sent({}, **setting(which, [name]))


@pytest.mark.parametrize(
    "entry", [{"pass": ["x-*"]}, {"pass": ["authorization"]}, {"withhold": ["*"]}, {"pass": ["a b"]}]
)
def test_other_entries_that_cannot_be_meant_are_faults(entry: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"whole names|forward_authorization|not a header field name"):
        sent({}, **entry)


@given(st.dictionaries(st.sampled_from(["user-agent", "via", "cookie", "x-note", "tracestate"]), st.text()))
def test_nothing_but_ascii_is_forwarded(client: dict[str, str]) -> None:
    headers = sent(client).headers
    assert all(value.isascii() for value in headers.values())
    assert headers.get("x-note") == client.get("x-note") or not client["x-note"].isascii()


def test_ordinary_fields_pass_untouched() -> None:
    client = {
        "accept": "*/*",
        "accept-encoding": "br, gzip",
        "cookie": "a=1; b=2",
        "if-none-match": '"x"',
        "range": "bytes=0-1",
        "user-agent": "curl/8",
        "x-username": "not ours",
        "x-geometry": "not ours",
        "cf-ray": "8f0c-LIS",
        "cdn-loop": "cloudflare",
    }
    headers = sent(client).headers
    assert {name: headers[name] for name in client} == client


def test_authorization_is_withheld_unless_the_route_says_otherwise() -> None:
    client = {"authorization": "Bearer t", "cf-access-jwt-assertion": "t", "x-id-token": "t", "cookie": "a=1"}
    issuer_fields = frozenset({"authorization", "x-id-token"})
    withheld = sent(client, issuer_fields=issuer_fields).headers
    assert {"authorization", "cf-access-jwt-assertion", "x-id-token"}.isdisjoint(withheld)
    passed = sent(client, issuer_fields=issuer_fields, forward_authorization=True).headers
    assert {name: passed[name] for name in client} == client


@pytest.mark.parametrize("spelt", ["x_id_token", "x.id-token", "x--id--token"])
def test_a_token_in_another_spelling_of_an_issuers_field_never_passes(spelt: str) -> None:
    """Verified is what stands in the field itself; servers that take both for one would believe the other."""
    for says in ({}, {"forward_authorization": True}, {"forward_authorization": True, "pass": ["x-real-ip"]}):
        assert (
            spelt not in sent({spelt: "t", "x-id-token": "t"}, issuer_fields=frozenset({"x-id-token"}), **says).headers
        )


NAMES = st.sampled_from(["accept", "x-user-id", "x_geo_country", "te", "x-a", "x-b", "x-" + "c" * 100])


@given(st.lists(NAMES, unique=True), st.lists(NAMES | st.just("X-A "), max_size=2))
def test_what_passes_is_a_matter_of_each_name_whatever_came_before(names: list[str], options: list[str]) -> None:
    fields = {name: name.upper() for name in names} | ({"connection": ",".join(options)} if options else {})
    listed = {option.strip().lower() for option in options}
    kept = [name for name in fields if reaches_origin(name) and name not in listed]
    assert passing(fields, to_origin) == {name: fields[name] for name in kept}


@pytest.mark.parametrize("name", sorted(READ_HERE))
def test_what_is_read_here_comes_in_its_own_spelling_alone(name: str) -> None:
    for spelt in {name.replace("-", "_"), name.replace("-", "."), name.replace("-", "--"), name.upper()} - {name}:
        assert reaches_origin(spelt) == (spelt.lower() == name)


@pytest.mark.parametrize(
    ("cookie", "kept"),
    [
        ("CF_Authorization=tok", None),
        ("a=1; CF_Authorization=tok; b=2", "a=1; b=2"),
        ("CF_Authorization=tok; a=1", "a=1"),
        ("a=1; NOT_CF_Authorization=x", "a=1; NOT_CF_Authorization=x"),
        ("a=1;b=2", "a=1;b=2"),
    ],
)
def test_the_access_token_is_withheld_as_a_cookie_too(cookie: str, kept: str | None) -> None:
    assert sent({"cookie": cookie}).headers.get("cookie") == kept
    assert sent({"cookie": cookie}, forward_authorization=True).headers["cookie"] == cookie


@pytest.mark.parametrize(
    "shown",
    [f"Bearer {KEY}", KEY, f"bearer\t{KEY[:-4]}", f"Bearer x, Bearer {KEY}", f"Basic a,{KEY}", f"bearer, {KEY}"],
)
def test_no_key_is_forwarded_though_the_route_forwards_tokens(shown: str) -> None:
    arrived = Request("GET", "https", "gw.example", "/api/users", headers=dict.fromkeys(KEY_FIELDS, shown))
    routes: list[dict[str, Any]] = [
        {"forward_authorization": True}, {"auth": "none", "pass": ["x-api-key"]}, {"websocket_token": True}
    ]  # fmt: skip
    for route in routes:
        settings = RouteSettings(**{"path": "/api/*", "origin": "https://api.example", "auth": "optional", **route})
        target = Target.of(settings, frozenset({"x-api-key", "authorization"}), keys=shaped_like("gh"))
        assert not KEY_FIELDS & forwarded_request(arrived, target, {}).headers.keys()
    other = sent({"authorization": "Bearer ghp_x", "sec-websocket-protocol": "chat"}, forward_authorization=True)
    assert other.headers["authorization"] == "Bearer ghp_x"


def test_forwarding_fields_are_about_this_hop_alone() -> None:
    client = {
        "cf-connecting-ip": "192.0.2.60",
        "x-forwarded-for": "10.0.0.1",
        "forwarded": "for=10.0.0.1",
        "via": "1.0 fred",
    }
    headers = sent(client).headers
    assert headers["x-forwarded-for"] == "192.0.2.60"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-host"] == "gw.example"
    assert headers["forwarded"] == 'for=192.0.2.60;host="gw.example";proto=https'
    assert headers["via"] == "1.0 fred, 1.1 gatehouse"
    assert "x-forwarded-prefix" not in headers


def test_an_ipv6_client_is_quoted_in_forwarded() -> None:
    headers = sent({"cf-connecting-ip": "2001:db8::17"}).headers
    assert headers["x-forwarded-for"] == "2001:db8::17"
    assert headers["forwarded"].startswith('for="[2001:db8::17]";')


@pytest.mark.parametrize("address", ["", 'x";proto=http', "10.0.0.1, 10.0.0.2", "unknown"])
def test_what_is_no_address_is_not_passed_off_as_one(address: str) -> None:
    headers = sent({"cf-connecting-ip": address}).headers
    assert "x-forwarded-for" not in headers
    assert headers["forwarded"] == 'host="gw.example";proto=https'


def test_request_id_and_trace_are_ours() -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = sent({"x-request-id": "evil", "traceparent": parent, "tracestate": "a=1"}).headers
    assert headers["x-request-id"] == "req-1"
    assert headers["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert headers["traceparent"] != parent
    assert headers["tracestate"] == "a=1"
    assert "tracestate" not in sent({"tracestate": "a=1"}).headers


@pytest.mark.parametrize(
    ("origin", "strip", "path", "url"),
    [
        ("https://api.example", "", "/api/users", "https://api.example/api/users"),
        ("https://API.Example:443/v1/", "", "/api/users/", "https://api.example/v1/api/users/"),
        ("https://api.example", "/api", "/api/users", "https://api.example/users"),
        ("https://api.example", "/api", "/api", "https://api.example/"),
        ("https://api.example", "/api", "/api/", "https://api.example/"),
        ("https://api.example/v1", "/api", "/api", "https://api.example/v1"),
        ("https://api.example/v1", "/api", "/api/", "https://api.example/v1/"),
        ("https://api.example/v1", "/api", "/api/a%20b", "https://api.example/v1/a%20b"),
        ("http://127.0.0.1:9000", "", "/api", "http://127.0.0.1:9000/api"),
        ("binding:USERS_API", "/api", "/api/users", "https://users-api.internal/users"),
    ],
)
def test_the_origin_is_fixed_by_the_route(origin: str, strip: str, path: str, url: str) -> None:
    request = {"path": path, "host": "evil.example", "scheme": "http"}
    assert sent({"host": "evil.example"}, origin=origin, strip_prefix=strip, request=request).url == url
    assert "host" not in sent({"host": "evil.example"}, origin=origin, strip_prefix=strip, request=request).headers


def test_a_stripped_prefix_is_told_to_the_origin() -> None:
    headers = sent({"x-forwarded-prefix": "/evil"}, strip_prefix="/api").headers
    assert headers["x-forwarded-prefix"] == "/api"


@pytest.mark.parametrize("query", ["a=1&a=2&&=&b", "%7e%2D%zz%", "a=/../b//c?d", "x[]{}|^`\\;:@!$()*+,", ""])
def test_a_query_is_forwarded_byte_for_byte(query: str) -> None:
    assert sent({}, request={"query": query}).query == query


def test_a_query_has_the_form_that_every_url_parser_sends() -> None:
    assert wire_query("a='b'&c=<\">&d=é e") == "a=%27b%27&c=%3C%22%3E&d=%C3%A9%20e"


@given(st.text())
def test_a_query_once_in_that_form_stays_so(query: str) -> None:
    assert wire_query(wire_query(query)) == wire_query(query)
    assert wire_query(query).isascii()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_content_of_a_get_is_not_forwarded(method: str) -> None:
    client = {"content-length": "3", "content-type": "text/plain", "transfer-encoding": "chunked"}
    request = sent(client, request={"method": method, "body": b"abc"})
    assert request.body is None
    assert {"content-length", "content-type", "transfer-encoding"}.isdisjoint(request.headers)


def test_content_of_no_length_is_none() -> None:
    request = sent({"content-length": "0"}, request={"method": "POST", "body": object()})
    assert request.body is None


def test_content_of_other_methods_is_passed_on_unread() -> None:
    content = object()
    client = {"content-length": "3", "content-type": "text/plain", "content-encoding": "gzip"}
    request = sent(client, request={"method": "REPORT", "body": content})
    assert request.body is content
    assert {name: request.headers[name] for name in client} == client


def test_a_websocket_handshake_upgrades_the_next_hop_too() -> None:
    headers = sent({**HANDSHAKE, "sec-websocket-protocol": "chat, v2"}).headers
    assert headers["upgrade"] == "websocket"
    assert headers["sec-websocket-protocol"] == "chat, v2"
    assert "connection" not in headers


@pytest.mark.parametrize("name", HANDSHAKE)
@pytest.mark.parametrize("value", [None, "", "x", "12", "dGhlIHNhbXBsZSBub25jZQ", "x" * 24])
def test_half_a_handshake_is_an_ordinary_request(name: str, value: str | None) -> None:
    fields = {other: text for other, text in {**HANDSHAKE, name: value}.items() if text is not None}
    assert "upgrade" not in sent(fields).headers


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_only_get_opens_a_websocket(method: str) -> None:
    assert "upgrade" not in sent(HANDSHAKE, request={"method": method}).headers


@pytest.mark.parametrize(
    "fields", [{"connection": "keep-alive, UPGRADE"}, {"upgrade": "WebSocket"}, {"upgrade": "h2c, websocket"}]
)
def test_a_handshake_may_be_spelt_in_any_way_that_the_rfc_allows(fields: dict[str, str]) -> None:
    assert sent({**HANDSHAKE, **fields}).headers["upgrade"] == "websocket"


def test_a_route_may_refuse_to_upgrade() -> None:
    assert "upgrade" not in sent(HANDSHAKE, websocket=False).headers


def test_only_websocket_may_upgrade() -> None:
    assert (
        "upgrade"
        not in sent({"upgrade": "h2c", "connection": "Upgrade, HTTP2-Settings", "http2-settings": "x"}).headers
    )


@pytest.mark.parametrize(("offered", "left"), [("bearer, tok", None), ("bearer,tok, chat", "chat"), ("chat", "chat")])
def test_a_websocket_token_does_not_reach_the_origin(offered: str, left: str | None) -> None:
    headers = sent({**HANDSHAKE, "sec-websocket-protocol": offered}, websocket_token=True).headers
    assert headers.get("sec-websocket-protocol") == left
    assert "tok" not in str(headers.values())


@pytest.mark.parametrize(
    "token",
    ["eyJhbGciOiJI.e.s", "eyIxIjoxfQ.e.s", "ewogICJhbGci.e.s", "ew0KICAiYWxn.e.s", "ewkiYWxnIjoi.e.s"]
    + ["access_token.eyJhbGciOiJI.e.s", "base64url.bearer.authorization.k8s.io.ZXlKaGJHY2lPaUpJ", "ZXdvZ0lDSmhiR2Np"],
)
def test_what_looks_like_a_token_is_taken_out_without_a_mark(token: str) -> None:
    headers = sent({"sec-websocket-protocol": f"chat, {token}"}, websocket_token=True).headers
    assert headers["sec-websocket-protocol"] == "chat"


@pytest.mark.parametrize("name", ["framework.v1", "homework.example.com", "v12.stomp", "graphql-transport-ws"])
def test_names_of_protocols_are_no_tokens(name: str) -> None:
    assert sent({"sec-websocket-protocol": name}, websocket_token=True).headers["sec-websocket-protocol"] == name
