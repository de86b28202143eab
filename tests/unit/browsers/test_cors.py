"""Cross-origin sharing: credentials for named origins only, preflights without a challenge."""

import pytest

from browsers.cors import EXPOSED, EXPOSED_BESIDE, Cors, add_vary, settle_cors
from configuration.loading import load_settings
from core.faults import Misconfigured
from core.messages import Request, Response

APP = "https://app.example"


def request(origin: str | None, method: str = "GET", **headers: str) -> Request:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin is not None:
        fields["origin"] = origin
    return Request(method, "https", "api.example", "/", headers=fields)


def applied(cors: Cors, origin: str | None) -> dict[str, str]:
    response = Response(200)
    cors.apply(request(origin), response)
    return response.headers


def test_without_a_configuration_nothing_is_shared() -> None:
    assert applied(Cors([]), APP) == {}


def test_a_named_origin_may_read_with_credentials() -> None:
    headers = applied(Cors([APP]), APP)
    assert headers["access-control-allow-origin"] == APP
    assert headers["access-control-allow-credentials"] == "true"
    assert "www-authenticate" in headers["access-control-expose-headers"]


def test_another_origin_may_not_and_caches_are_told_that_it_matters() -> None:
    assert applied(Cors([APP]), "https://evil.example") == {"vary": "origin"}
    assert applied(Cors([APP]), None) == {"vary": "origin"}


def test_any_origin_means_no_credentials() -> None:
    headers = applied(Cors(["*"]), "https://anyone.example")
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers
    assert "vary" not in headers


def test_any_origin_is_told_to_everybody() -> None:
    """A copy that a browser keeps from a request without `Origin` also serves one with it."""
    assert applied(Cors(["*"]), None)["access-control-allow-origin"] == "*"


def test_what_an_origin_says_is_taken_off_but_for_the_names_it_exposes() -> None:
    headers = {
        "access-control-allow-origin": "https://evil.example",
        "access-control-allow-credentials": "true",
        "access-control-allow-private-network": "true",
        "access-control-expose-headers": "X-Total, x-total, bad name, ,é",
        "etag": '"1"',
    }
    settle_cors(headers, gateway_owns=True)
    assert headers == {EXPOSED_BESIDE: "x-total", "etag": '"1"'}


@pytest.mark.parametrize(("allowed", "kept"), [("*", True), (APP, False), (f"{APP}, https://evil.example", False)])
def test_who_may_read_times_goes_by_the_list_as_well(allowed: str, kept: bool) -> None:
    """An origin that reflects `Origin` there would have one site's copy, or any site, learn how long answers take."""
    owned, passed = {"timing-allow-origin": allowed}, {"timing-allow-origin": allowed}
    settle_cors(owned, gateway_owns=True)
    settle_cors(passed, gateway_owns=False)
    assert owned == ({"timing-allow-origin": allowed} if kept else {})
    assert passed == {"timing-allow-origin": allowed} | ({} if kept else {"vary": "origin"})


def test_what_an_origin_exposes_is_joined_to_ours_for_those_who_may_read() -> None:
    friend, stranger = Response(200, {EXPOSED_BESIDE: "x-total"}), Response(200, {EXPOSED_BESIDE: "x-total"})
    Cors([APP]).apply(request(APP), friend)
    Cors([APP]).apply(request("https://evil.example"), stranger)
    assert friend.headers["access-control-expose-headers"] == f"{EXPOSED}, x-total"
    assert stranger.headers == {"vary": "origin"}


def test_what_was_stored_before_the_list_was_set_is_taken_off() -> None:
    response = Response(200, {"access-control-allow-origin": "https://evil.example"})
    Cors([APP]).apply(request("https://evil.example"), response)
    assert response.headers == {"vary": "origin"}


@pytest.mark.parametrize(("allowed", "vary"), [("*", None), (APP, "origin")])
def test_without_a_list_an_origins_fields_pass_and_a_copy_is_for_one_site(allowed: str, vary: str | None) -> None:
    headers = {"access-control-allow-origin": allowed, "access-control-expose-headers": "x-total"}
    settle_cors(headers, gateway_owns=False)
    assert headers.pop("vary", None) == vary
    response = Response(200, dict(headers))
    Cors([]).apply(request(APP), response)
    assert response.headers == headers


def test_a_preflight_names_the_methods_of_the_route() -> None:
    asked = request(APP, "OPTIONS", access_control_request_method="PUT", access_control_request_headers="authorization")
    assert Cors.is_preflight(asked)
    response = Cors([APP]).preflight(asked, ("GET", "PUT"))
    assert response.status == 204
    assert response.headers["access-control-allow-methods"] == "GET, PUT"
    assert response.headers["access-control-allow-headers"] == "authorization"


def test_a_preflight_from_a_stranger_is_answered_without_permission() -> None:
    asked = request("https://evil.example", "OPTIONS", access_control_request_method="PUT")
    assert "access-control-allow-origin" not in Cors([APP]).preflight(asked, ("PUT",)).headers


def test_plain_options_is_no_preflight() -> None:
    assert not Cors.is_preflight(request(APP, "OPTIONS"))
    assert not Cors.is_preflight(request(None, "OPTIONS", access_control_request_method="PUT"))


def test_vary_grows_without_repeating_itself() -> None:
    response = Response(200, {"vary": "Accept, Origin"})
    add_vary(response.headers, "origin")
    add_vary(response.headers, "cookie")
    assert response.headers["vary"] == "Accept, Origin, cookie"


def test_a_preflight_repeats_nothing_but_names() -> None:
    wanted = "authorization, x y, <b>, caf\u00e9, X-Own"
    asked = request(APP, "OPTIONS", access_control_request_method="PUT", access_control_request_headers=wanted)
    assert Cors([APP]).preflight(asked, ("PUT",)).headers["access-control-allow-headers"] == "authorization, x-own"


def test_without_a_list_no_preflight_is_the_gateways() -> None:
    asked = request(APP, "OPTIONS", access_control_request_method="PUT")
    assert Cors([APP]).answers(asked)
    assert not Cors([]).answers(asked)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("https://*.example", "one exact origin"),
        ("https://*", "one exact origin"),
        ("*.example", "begin with https://"),
        ("app.example", "begin with https://"),
        ("https://App.Example", "write 'https://app.example'"),
        ("HTTPS://app.example", "write 'https://app.example'"),
        ("https://app.example:443", "write 'https://app.example'"),
        ("http://app.example:80", "write 'http://app.example'"),
        ("https://app.example:", "write 'https://app.example'"),
        ("https://app.example:0443", "port"),
        ("https://app.example:99999", "port"),
        ("https://app.example:a", "port"),
        ("https://app.example/", "write 'https://app.example'"),
        ("https://app.example/path", "write 'https://app.example'"),
        ("https://app.example?x", "write 'https://app.example'"),
        ("https://app.example#x", "write 'https://app.example'"),
        ("https://user@app.example", "user information"),
        ("https://b\u00fccher.example", "xn--"),
        ("https://b%C3%BCcher.example", "write"),
        ("https://a b.example", "host"),
        ("https://app.example ", "host"),
        ("https://app..example", "host"),
        ("https://", "host"),
        ("https://127.1", "address"),
        ("https://0x7f.0.0.1", "address"),
        ("https://[::0001]", "::1"),
        ("https://[::1", "host"),
        ("null", "nobody"),
        ("ws://app.example", "begin with https://"),
        ("capacitor://localhost", "begin with https://"),
        ("", "begin with https://"),
    ],
)
def test_an_entry_that_never_matches_is_told_why(entry: str, why: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load_settings({"CORS_ORIGINS": [entry]}, set())
    (fault,) = refused.value.faults
    assert fault.startswith("CORS_ORIGINS: ")
    assert why in fault


@pytest.mark.parametrize(
    "entry",
    ["https://app.example", "http://localhost:5173", "https://xn--bcher-kva.example", "https://a_b.example:8443"]
    + ["http://127.0.0.1:8787", "https://[::1]:8443", "https://app.example.", "*"],
)
def test_what_a_browser_sends_is_taken(entry: str) -> None:
    assert load_settings({"CORS_ORIGINS": [entry]}, set()).cors_origins == (entry,)
