"""How tokens come: what is taken out of cookies and queries, and which requests a cookie speaks for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.messages import Request
from core.problems import Problem
from identity.carriers import taken_cookies, taken_parameters
from identity.principals import Principal
from identity.settings import AccessSettings
from tests.unit.handshakes import HANDSHAKE
from tests.unit.identity.identity_house import CLAIMS, ISSUERS, Edge, hs
from tests.unit.in_memory import run

COOKIE = "__Host-session"
ENTRY: dict[str, Any] = {**ISSUERS[0], "from": ["authorization", f"cookie:{COOKIE}", "query:access_token"]}
SITES = ("https://app.example",)


def edge() -> Edge:
    return Edge([ENTRY], CORS_ORIGINS=list(SITES))


def ask(house: Edge, method: str = "GET", query: str = "", auth: str = "required", **fields: str) -> Any:
    """The principal, or code and reason of the refusal; and the request as it goes on."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    request = Request(method, "https", "gw.example", "/", query, headers)
    house.authenticator.take_out(request)
    route = AccessSettings.model_validate({"auth": auth})
    try:
        return run(house.authenticator.authenticate(request, route, house.world.background)), request
    except Problem as problem:
        return (problem.status, problem.members["reason"]), request


@pytest.mark.parametrize(
    ("cookie", "rest", "values"),
    [
        ("a=1", "a=1", {}),
        ("a=1;  b=2", "a=1;  b=2", {}),
        ("t=x", "", {"t": ("x",)}),
        ("a=1; t=x; b=2", "a=1; b=2", {"t": ("x",)}),
        ("t =x", "", {"t": ("x",)}),
        ("t=x; t=x", "", {"t": ("x", "x")}),
        ("t=x; t=y", "", {"t": ("x", "y")}),
        ("t=; a=1", "a=1", {}),
        ("a=1, b=2; t=x", "a=1; b=2", {"t": ("x",)}),
        ("a=1, t=x", "a=1", {"t": (None,)}),
        ("t=x, a=1", "a=1", {"t": (None,)}),
        ("t=x; a=1, t=x", "a=1", {"t": (None,)}),
        ("T=x; tt=y", "T=x; tt=y", {}),
    ],
)
def test_a_tokens_cookie_is_taken_out_and_the_others_stay(cookie: str, rest: str, values: dict[str, Any]) -> None:
    """Where the two readings of `, ` differ for it, a None says so."""
    assert taken_cookies(cookie, {"t"}) == (rest, values)


@pytest.mark.parametrize(
    ("query", "rest", "values"),
    [
        ("a=1&&b", "a=1&&b", {}),
        ("t=x", "", {"t": ["x"]}),
        ("a=1&t=x&b=%20", "a=1&b=%20", {"t": ["x"]}),
        ("%74=x&t=x", "", {"t": ["x", "x"]}),
        ("tt=x&T=y", "tt=x&T=y", {}),
        ("t", "", {"t": [""]}),
    ],
)
def test_a_tokens_parameter_is_taken_out_in_any_spelling(query: str, rest: str, values: dict[str, Any]) -> None:
    assert taken_parameters(query, {"t"}) == (rest, values)


def test_the_same_token_in_several_places_is_one_and_two_are_nobodys() -> None:
    house, token, other = edge(), hs(), hs({**CLAIMS, "sub": "u2"})
    everywhere = {"authorization": f"Bearer {token}", "cookie": f"{COOKIE}={token}"}
    found, request = ask(house, query=f"access_token={token}", **everywhere)
    assert isinstance(found, Principal)
    assert (request.query, "cookie" in request.headers) == ("", False)
    for query, fields in (
        ("", {"authorization": f"Bearer {token}", "cookie": f"{COOKIE}={other}"}),
        (f"access_token={other}", {"cookie": f"{COOKIE}={token}"}),
        ("", {"cookie": f"{COOKIE}={token}; {COOKIE}={other}"}),
        (f"access_token={token}&access_token={other}", {}),
    ):
        assert ask(house, query=query, **fields)[0] == (400, "repeated")
    assert ask(house, cookie=f"a=1, {COOKIE}={token}")[0] == (400, "cookies")


def test_a_query_counts_on_get_alone_and_goes_no_further() -> None:
    house, token = edge(), hs()
    assert isinstance(ask(house, query=f"a=1&access_token={token}")[0], Principal)
    for method in ("POST", "HEAD", "DELETE"):
        found, request = ask(house, method, query=f"a=1&access_token={token}")
        assert (found, request.query) == ((401, "token_missing"), "a=1")


def test_a_token_is_believed_only_where_its_entry_says() -> None:
    house = Edge([{**ENTRY, "from": [f"cookie:{COOKIE}"]}, {**ISSUERS[1], "from": ["header:x-token"]}])
    token = hs()
    assert isinstance(ask(house, cookie=f"{COOKIE}={token}")[0], Principal)
    assert ask(house, authorization=f"Bearer {token}")[0] == (401, "token_missing")
    assert ask(house, x_token=token)[0] == (401, "issuer")


ORIGINS = ["", "null", "https://evil.example", "https://gw.example", "http://gw.example", "https://gw.example.evil",
           "https://app.example", "https://app.example:444", "https://sub.app.example", "*"]  # fmt: skip
FETCH_SITES = ["", "cross-site", "same-site", "same-origin", "none", "same-origin, cross-site", "Same-Origin"]


@hypothesis_settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get"]),
    st.sampled_from(ORIGINS),
    st.sampled_from(FETCH_SITES),
    st.booleans(),
    st.sampled_from(["required", "optional"]),
)
def test_a_cookie_never_authenticates_a_cross_site_write(
    method: str, origin: str, fetch_site: str, handshake: bool, auth: str
) -> None:
    fields = {"cookie": f"{COOKIE}={hs()}", **(HANDSHAKE if handshake else {})}
    fields |= ({"origin": origin} if origin else {}) | ({"sec-fetch-site": fetch_site} if fetch_site else {})
    found, _ = ask(edge(), method, auth=auth, **fields)
    reads = method in ("GET", "HEAD") and not (handshake and method == "GET")
    from_here = fetch_site in ("same-origin", "none") or origin in ("https://gw.example", "https://app.example")
    if reads or from_here:
        assert isinstance(found, Principal)
    else:
        assert found == (403, "cross_site")


def test_everyone_may_read_is_no_site_that_may_write() -> None:
    house = Edge([ENTRY], CORS_ORIGINS=["*"])
    assert ask(house, "POST", cookie=f"{COOKIE}={hs()}", origin="*")[0] == (403, "cross_site")
