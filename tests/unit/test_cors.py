"""Cross-origin sharing: credentials for named origins only, preflights without a challenge."""

from cors import Cors, add_vary
from messages import Request, Response

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
    add_vary(response, "origin")
    add_vary(response, "cookie")
    assert response.headers["vary"] == "Accept, Origin, cookie"
