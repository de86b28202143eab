"""Cross-origin sharing: credentials for named origins only, preflights without a challenge."""

import pytest

from browsers.cors import EXPOSED, EXPOSED_BESIDE, Cors, Terms, add_vary, asked_method, is_preflight, settle_cors
from core.messages import Request, Response
from operations.telemetry import Exchange

APP = "https://app.example"


def request(origin: str | None, method: str = "GET", **headers: str) -> Request:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if origin is not None:
        fields["origin"] = origin
    return Request(method, "https", "api.example", "/", headers=fields)


def no_background(work: object) -> None:
    raise AssertionError("nothing is done in the background")


def applied(cors: Cors, origin: str | None) -> dict[str, str]:
    return answered(cors, request(origin), Response(200))


def answered(cors: Cors, asked: Request, response: Response) -> dict[str, str]:
    cors.apply(Exchange(asked, "id", 0, no_background), response)
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
    settle_cors(headers, "gateway")
    assert headers == {EXPOSED_BESIDE: "x-total", "etag": '"1"'}


@pytest.mark.parametrize(("allowed", "kept"), [("*", True), (APP, False), (f"{APP}, https://evil.example", False)])
def test_who_may_read_times_goes_by_the_list_as_well(allowed: str, kept: bool) -> None:
    """An origin that reflects `Origin` there would have one site's copy, or any site, learn how long answers take."""
    owned, passed = {"timing-allow-origin": allowed}, {"timing-allow-origin": allowed}
    settle_cors(owned, "gateway")
    settle_cors(passed, None)
    assert owned == ({"timing-allow-origin": allowed} if kept else {})
    assert passed == {"timing-allow-origin": allowed} | ({} if kept else {"vary": "origin"})


def test_what_an_origin_exposes_is_joined_to_ours_for_those_who_may_read() -> None:
    friend, stranger = Response(200, {EXPOSED_BESIDE: "x-total"}), Response(200, {EXPOSED_BESIDE: "x-total"})
    answered(Cors([APP]), request(APP), friend)
    answered(Cors([APP]), request("https://evil.example"), stranger)
    assert friend.headers["access-control-expose-headers"] == f"{EXPOSED}, x-total"
    assert stranger.headers == {"vary": "origin"}


def test_what_was_stored_before_the_list_was_set_is_taken_off() -> None:
    response = Response(200, {"access-control-allow-origin": "https://evil.example"})
    answered(Cors([APP]), request("https://evil.example"), response)
    assert response.headers == {"vary": "origin"}


@pytest.mark.parametrize(("allowed", "vary"), [("*", None), (APP, "origin")])
def test_without_a_list_an_origins_fields_pass_and_a_copy_is_for_one_site(allowed: str, vary: str | None) -> None:
    headers = {"access-control-allow-origin": allowed, "access-control-expose-headers": "x-total"}
    settle_cors(headers, None)
    assert headers.pop("vary", None) == vary
    response = Response(200, dict(headers))
    answered(Cors([]), request(APP), response)
    assert response.headers == headers


def test_a_preflight_names_the_methods_of_the_route() -> None:
    asked = request(APP, "OPTIONS", access_control_request_method="PUT", access_control_request_headers="authorization")
    assert is_preflight(asked)
    response = Cors([APP]).preflight(asked, ("GET", "PUT"))
    assert response.status == 204
    assert response.headers["access-control-allow-methods"] == "GET, PUT"
    assert response.headers["access-control-allow-headers"] == "authorization"


def test_a_preflight_from_a_stranger_is_answered_without_permission() -> None:
    asked = request("https://evil.example", "OPTIONS", access_control_request_method="PUT")
    assert "access-control-allow-origin" not in Cors([APP]).preflight(asked, ("PUT",)).headers


def test_plain_options_is_no_preflight() -> None:
    assert not is_preflight(request(APP, "OPTIONS"))
    assert not is_preflight(request(None, "OPTIONS", access_control_request_method="PUT"))


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
    assert is_preflight(asked)
    assert (Cors([APP]).owner, Cors([]).owner) == ("gateway", None)


def test_a_preflight_varies_by_all_that_it_asks() -> None:
    asked = request(APP, "OPTIONS", access_control_request_method="PUT")
    assert asked_method(asked) == "PUT"
    vary = "origin, access-control-request-method, access-control-request-headers"
    assert Cors([APP]).preflight(asked, ("PUT",)).headers["vary"] == vary
    network = Cors([APP], Terms(private_network=True)).preflight(asked, ("PUT",)).headers["vary"]
    assert network == f"{vary}, access-control-request-private-network"


def test_a_route_says_which_fields_may_be_sent_and_read_and_for_how_long() -> None:
    cors = Cors([APP], Terms(("authorization", "x-own"), ("x-total",), 600))
    asked = request(APP, "OPTIONS", access_control_request_method="PUT", access_control_request_headers="x-other")
    said = cors.preflight(asked, ("PUT",)).headers
    assert (said["access-control-allow-headers"], said["access-control-max-age"]) == ("authorization, x-own", "600")
    assert applied(cors, APP)["access-control-expose-headers"] == f"{EXPOSED}, x-total"
    assert "access-control-allow-headers" not in Cors([APP], Terms(())).preflight(asked, ("PUT",)).headers


@pytest.mark.parametrize(
    ("site", "wanted", "is_open", "said"),
    [
        (APP, "true", True, "true"),
        (APP, "true", False, None),
        (APP, "TRUE", True, None),
        ("https://evil.example", "true", True, None),
    ],
)
def test_a_private_network_is_open_only_where_it_is_said(site: str, wanted: str, is_open: bool, said: str) -> None:
    fields = {"access_control_request_method": "GET", "access_control_request_private_network": wanted}
    response = Cors([APP], Terms(private_network=is_open)).preflight(request(site, "OPTIONS", **fields), ("GET",))
    assert response.headers.get("access-control-allow-private-network") == said


@pytest.mark.parametrize("allowed", ["*", APP, None])
def test_where_cors_is_the_origins_each_site_has_its_own_answer(allowed: str | None) -> None:
    """Also one that says nothing: a page that comes later must not be given the copy of a request without `Origin`."""
    headers = {} if allowed is None else {"access-control-allow-origin": allowed}
    settle_cors(headers, "origin")
    assert headers.pop("vary") == "origin"
    assert headers == ({} if allowed is None else {"access-control-allow-origin": allowed})
