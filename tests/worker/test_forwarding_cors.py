"""CORS over HTTP: with a list the gateway decides alone, hits included; without one it stays out. A route may say
otherwise: a list of its own, or that it is the origin's."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from browsers.cors import EXPOSED, EXPOSED_BESIDE
from devtools.runtime.runner import Gateway
from tests.worker.origins import Connection, Origin, answer_head
from tests.worker.patience import until
from tests.worker.stored_responses import cache_status

SECRET = "the-secret-of-cors-thirty-two-bytes-and-more"
APP, OTHER, EVIL = "https://app.example", "https://other.example", "https://evil.example"


class ReflectingOrigin(Origin):
    """Lets every site in, as many frameworks do that are told to take all of them with credentials."""

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        request = connection.request
        site = (request.values("origin") or ["null"])[0]
        fields = (
            f"access-control-allow-origin: {site}\r\naccess-control-allow-credentials: true\r\n"
            "access-control-expose-headers: X-Total, <b>\r\naccess-control-allow-methods: DELETE\r\n"
            f"timing-allow-origin: {site}\r\n"
            f"x-asked: {request.method}\r\nx-total: 3\r\ncache-control: public, max-age=60\r\ncontent-length: 0"
        )
        connection.send(answer_head(200, fields))


@pytest.fixture(scope="module")
def origin() -> Iterator[ReflectingOrigin]:
    with ReflectingOrigin() as origin:
        yield origin


def routes(origin: ReflectingOrigin) -> list[dict[str, object]]:
    def route(path: str, **more: object) -> dict[str, object]:
        return {"path": path, "auth": "none", "origin": origin.url, **more}

    sites = ["https://*.preview.example", "capacitor://localhost"]
    return [
        route("/api/*"),
        route("/preview/*", cors_origins=sites, cors_private_network=True, cors_max_age=60, cors_headers=["X-Own"]),
        route("/own/*", auth="required", cors="origin", methods=["GET", "PUT"]),
        route("/theirs/*", cors="origin"),
    ]


@pytest.fixture(scope="module")
def listed(worker: Callable[..., Gateway], origin: ReflectingOrigin) -> Iterator[Gateway]:
    with worker(vars={"ROUTES": routes(origin), "CORS_ORIGINS": [APP, OTHER], "JWT_SECRET": SECRET}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def unlisted(worker: Callable[..., Gateway], origin: ReflectingOrigin) -> Iterator[Gateway]:
    with worker(vars={"ROUTES": routes(origin), "JWT_SECRET": SECRET}) as gateway:
        yield gateway


def asked(gateway: Gateway, path: str, site: str | None, method: str = "GET") -> httpx.Response:
    return gateway.request(method, path, headers={} if site is None else {"origin": site})


def hit(gateway: Gateway, path: str, site: str | None) -> httpx.Response:
    """The answer from the cache, once it is there."""
    return until(lambda: asked(gateway, path, site), lambda answer: cache_status(answer).startswith("hit"))


def said(response: httpx.Response) -> dict[str, str]:
    """All that a response says about CORS, and whether it depends on who asks."""
    fields = {
        name: value for name, value in response.headers.items() if name.startswith(("access-control-", "timing-"))
    }
    assert EXPOSED_BESIDE not in response.headers
    return fields | ({"vary": response.headers["vary"].lower()} if "vary" in response.headers else {})


FOR_A_STRANGER = {"vary": "origin"}


def for_a_friend(site: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": site,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": f"{EXPOSED}, x-total",
        "vary": "origin",
    }


@pytest.mark.parametrize("site", [EVIL, "null", None, "https://APP.example", "https://app.example.evil.example"])
def test_an_origin_that_reflects_every_site_opens_nothing(listed: Gateway, site: str | None) -> None:
    path = f"/api/reflected?{site}"
    assert said(asked(listed, path, site)) == FOR_A_STRANGER
    assert said(hit(listed, path, site)) == FOR_A_STRANGER
    assert said(asked(listed, "/api/posted", site, "POST")) == FOR_A_STRANGER


def test_no_site_gets_the_copy_of_another(listed: Gateway) -> None:
    assert said(asked(listed, "/api/copy", APP)) == for_a_friend(APP)
    assert said(hit(listed, "/api/copy", OTHER)) == for_a_friend(OTHER)
    assert said(hit(listed, "/api/copy", EVIL)) == FOR_A_STRANGER
    assert said(hit(listed, "/api/copy", APP)) == for_a_friend(APP)


def test_a_preflight_is_answered_by_the_gateway(listed: Gateway) -> None:
    headers = {"origin": APP, "access-control-request-method": "DELETE"}
    friend = listed.request("OPTIONS", "/api/x", headers=headers)
    assert friend.headers["access-control-allow-origin"] == APP
    response = listed.request("OPTIONS", "/api/x", headers={**headers, "origin": EVIL})
    assert (response.status_code, "x-asked" in response.headers) == (204, False)
    assert "access-control-allow-origin" not in response.headers


def test_without_a_list_a_preflight_is_the_origins(unlisted: Gateway) -> None:
    headers = {"origin": EVIL, "access-control-request-method": "DELETE"}
    response = unlisted.request("OPTIONS", "/api/x", headers=headers)
    assert (response.status_code, response.headers["x-asked"]) == (200, "OPTIONS")
    assert response.headers["access-control-allow-methods"] == "DELETE"


def test_without_a_list_the_origins_word_passes_and_each_site_has_its_own_copy(unlisted: Gateway) -> None:
    assert said(asked(unlisted, "/api/own", APP))["timing-allow-origin"] == APP
    assert said(hit(unlisted, "/api/own", APP))["access-control-expose-headers"] == "X-Total, <b>"
    assert said(asked(unlisted, "/api/own", OTHER))["access-control-allow-origin"] == OTHER
    assert said(hit(unlisted, "/api/own", APP))["access-control-allow-origin"] == APP


def preflight(gateway: Gateway, path: str, site: str, method: str = "PUT", **headers: str) -> httpx.Response:
    asked = {"origin": site, "access-control-request-method": method, **headers}
    return gateway.request("OPTIONS", path, headers={name.replace("_", "-"): value for name, value in asked.items()})


@pytest.mark.parametrize("site", ["https://pr-7.preview.example", "capacitor://localhost"])
def test_a_routes_own_list_and_terms(listed: Gateway, site: str) -> None:
    """Patterns and apps; and nobody of the gateway's list."""
    said_before = preflight(listed, "/preview/x", site, access_control_request_private_network="true").headers
    assert said_before["access-control-allow-origin"] == site
    assert said_before["access-control-allow-private-network"] == "true"
    assert said_before["access-control-max-age"] == "60"
    assert said(asked(listed, f"/preview/{site[-4:]}", site)) == for_a_friend(site)
    assert said(hit(listed, f"/preview/{site[-4:]}", APP)) == FOR_A_STRANGER
    assert "access-control-allow-origin" not in preflight(listed, "/preview/x", APP).headers
    assert "access-control-allow-private-network" not in preflight(listed, "/api/x", APP).headers


@pytest.mark.parametrize(
    "site", ["https://preview.example", "https://a.b.preview.example", "https://x@a.preview.example"]
)
def test_a_pattern_is_one_label(listed: Gateway, site: str) -> None:
    assert said(asked(listed, "/preview/stranger", site)) == FOR_A_STRANGER


def test_where_cors_is_the_origins_a_preflight_reaches_it_and_nothing_else_does(
    listed: Gateway, origin: ReflectingOrigin
) -> None:
    before = len(origin.received)
    response = preflight(listed, "/own/x", EVIL, authorization="Bearer a.b.c", x_http_method_override="PUT")
    assert (response.status_code, response.headers["x-asked"]) == (200, "OPTIONS")
    assert response.headers["access-control-allow-methods"] == "DELETE"
    assert response.headers["access-control-expose-headers"] == "X-Total, <b>"
    (seen,) = origin.received[before:]
    assert seen.values("origin") == [EVIL]
    assert not seen.values("authorization") + seen.values("x-http-method-override") + seen.values("x-user-id")
    refused = asked(listed, "/own/x", APP)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, APP)
    assert "access-control-allow-origin" not in asked(listed, "/own/x", EVIL).headers
    assert preflight(listed, "/own/x", EVIL, "DELETE").status_code == 405
    assert len(origin.received) == before + 1


def test_where_cors_is_the_origins_each_site_has_its_own_copy(listed: Gateway) -> None:
    for site in (EVIL, APP):
        assert said(asked(listed, "/theirs/own", site))["access-control-allow-origin"] == site
    for site in (EVIL, APP):
        assert said(hit(listed, "/theirs/own", site))["access-control-allow-origin"] == site
