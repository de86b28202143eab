"""Protected resource metadata: what they say of whom a path lets in, and what they never say."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from configuration.loading import load_settings
from core.messages import Request
from identity.resources import LONGEST_PATH, WELL_KNOWN, ProtectedResources
from identity.settings import AccessSettings

ID, OTHER = "https://id.example", "https://other.example/tenant"
HS: dict[str, Any] = {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"}
ISSUERS: list[dict[str, Any]] = [
    {**HS, "issuer": ID, "name": "staff"},
    {**HS, "issuer": ID, "require": {"azp": "x"}, "from": ["cookie:s", "query:access_token"]},
    {**HS, "issuer": OTHER, "from": "header:x-token"},
    {**HS, "issuer": "internal-billing-service"},
    {**HS, "issuer": "http://intranet.example/"},
    {**HS, "issuer": "https://login.example/{tenantid}/v2.0", "tenants": ["secret-customer"]},
    HS,
]
KNOWN = AccessSettings(auth="required")
BEARER = 'Bearer realm="gatehouse"'


def resources(**variables: Any) -> ProtectedResources:
    given = {"ISSUERS": ISSUERS, "JWT_SECRET": "s" * 32, **variables}
    return ProtectedResources(load_settings(given, {"KEYS"}))


def asked(path: str = "/", host: str = "api.example", query: str = "") -> Request:
    return Request("GET", "https", host, path, query)


def described(path: str, *accesses: AccessSettings, host: str = "api.example", **variables: Any) -> Any:
    return resources(**variables).describe(asked(host=host), path, accesses)


def test_a_path_says_whose_tokens_it_takes_and_how_they_come() -> None:
    access = AccessSettings(auth="required", scopes=("a", "b"), all_scopes=("c",))
    assert described("/api/users", access) == {
        "resource": "https://api.example/api/users",
        "authorization_servers": [ID, OTHER],
        "scopes_supported": ["c", "a", "b"],
        "bearer_methods_supported": ["header", "query"],
    }


def test_what_a_route_does_not_trust_is_not_named() -> None:
    assert described("/a", AccessSettings(issuers=("staff",)))["bearer_methods_supported"] == ["header"]
    assert described("/a", AccessSettings(issuers=(OTHER,))) == {
        "resource": "https://api.example/a",
        "authorization_servers": [OTHER],
        "bearer_methods_supported": [],
    }
    keys: dict[str, Any] = {"API_KEYS": {"from": ["authorization"]}}
    assert described("/a", AccessSettings(credentials=("key",), issuers=("api-key",)), **keys) == {
        "resource": "https://api.example/a",
        "bearer_methods_supported": ["header"],
    }


def test_several_methods_of_a_path_are_one_resource() -> None:
    told = described(
        "/a", AccessSettings(scopes=("r",)), AccessSettings(scopes=("w", "r")), AccessSettings(auth="none")
    )
    assert told["scopes_supported"] == ["r", "w"]


def test_nothing_within_is_told() -> None:
    text = str(described("", KNOWN))
    for word in ("billing", "intranet", "customer", "tenantid", "JWT_SECRET", "azp", "staff", "cookie"):
        assert word not in text


def test_what_asks_nobody_is_no_protected_resource() -> None:
    assert described("/a") is described("/a", AccessSettings(auth="none")) is None
    assert described("/a", AccessSettings(auth="optional")) is not None


@pytest.mark.parametrize(
    ("path", "named"),
    [("/", ""), ("/api/users", "/api/users"), ("/api/users/", "/api/users/"), ("/a%20b/~x", "/a%20b/~x")],
)
def test_a_challenge_names_the_metadata_of_what_was_asked_for(path: str, named: str) -> None:
    """RFC 9728 sections 3.1 and 3.3: inserted between host and path; the resource there is what was asked for."""
    error = ', error="invalid_token", ApiKey realm="gatehouse", header="x-api-key"'
    challenge = resources().named_in(BEARER + error, asked(path, query="a=1"))
    assert challenge == f'{BEARER}, resource_metadata="https://api.example{WELL_KNOWN}{named}"{error}'
    url = re.search(r'resource_metadata="([^"]*)"', challenge)
    assert url is not None
    assert described(url[1].partition(WELL_KNOWN)[2], KNOWN)["resource"] == f"https://api.example{named}"


def test_another_scheme_gets_no_address_and_neither_does_what_has_no_plain_one() -> None:
    of = resources()
    key = 'ApiKey realm="gatehouse", header="x-api-key"'
    assert of.named_in(key, asked()) == key
    for request in (asked("/a%2Fb"), asked("/" + "a" * LONGEST_PATH), asked(host='a".example'), asked(host="a b")):
        assert of.named_in(BEARER, request) == BEARER
    assert described("/a", KNOWN, host="a\r\nb") is None


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.text(max_size=12))
def test_no_host_ends_the_text_it_stands_in(host: str) -> None:
    challenge = resources().named_in(BEARER, asked(host=host))
    assert re.fullmatch(r'Bearer realm="gatehouse"(, resource_metadata="https://[A-Za-z0-9._:\[\]-]+/\S+")?', challenge)
    assert challenge.count('"') in (2, 4)
