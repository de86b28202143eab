"""A path that is remembered leads where it would be found to lead, and is remembered by a digest of few."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configuration.leads import Leads, name_of
from configuration.loading import load_settings
from core.messages import Request, Response
from gateway import Gateway
from tests.unit.in_memory import BytesBody, World, run

SEGMENTS = st.sampled_from(
    ["a", "b", "A", "%61", "a%2Fb", "a%252Fb", "a;b", "geo", "healthz", "a.json", "..", "", "%C3%AB"]
)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map(lambda segments: "/" + "/".join(segments))
NARROW_FIRST = ["/a/b", "/a", "/a/*", "/A/*", "/geo/*", "/b/{one}", "/{one}/a", "/*"]
PATTERNS = st.sampled_from(NARROW_FIRST)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS"])
HOSTS = st.sampled_from([None, "a.example", "*.example"])
ROUTES = st.builds(
    lambda path, methods, host, slashes, auth: {
        "path": path, "methods": sorted(methods), "host": host, "encoded_slashes": slashes, "auth": auth,
    },
    PATTERNS,
    st.sets(st.sampled_from(["GET", "POST"]), min_size=1),
    HOSTS,
    st.sampled_from(["refuse", "keep"]),
    st.sampled_from(["none", "required"]),
)  # fmt: skip
ASKED = st.tuples(METHODS, st.sampled_from(["a.example", "b.example", "other"]), PATHS)


class Nothing(Leads):
    """Every path is found anew."""

    def put(self, name: bytes, lead: Any) -> None: ...


def gateway(world: World, routes: list[dict[str, Any]]) -> Gateway:
    used = {(route["path"], route["host"]): route for route in routes}
    told = [
        {**route, "origin": f"https://origin-{number}.example", "cache": False}
        for number, route in enumerate(sorted(used.values(), key=lambda route: NARROW_FIRST.index(route["path"])))
    ]
    issuer = {"issuer": "https://id.example", "audience": [], "algorithms": ["HS256"], "secret": "KEY"}
    return Gateway(load_settings({"ROUTES": told, "ISSUERS": [issuer], "KEY": "s" * 32}, set()), world.platform())


def outcome(asked: Gateway, world: World, method: str, host: str, path: str) -> tuple[object, ...]:
    """What the client, the origin and the log are told."""
    world.requests.clear()
    world.log.clear()
    request = Request(method, "https", host, path, headers={"x-request-id": "one"})
    response = run(asked.handle(request, world.background))
    run(world.settle())
    sent = [(one.host, one.path) for one in world.requests]
    lines = [(line.get("route"), line.get("code"), line.get("path")) for line in world.log]
    return response.status, response.headers.get("allow"), sent, lines


@settings(max_examples=60)
@given(st.lists(ROUTES, min_size=1, max_size=4), st.lists(ASKED, min_size=1, max_size=4))
def test_a_path_that_is_remembered_leads_where_it_is_found_to_lead(
    routes: list[dict[str, Any]], asked: list[tuple[str, str, str]]
) -> None:
    world = World(lambda request: Response(200, {}, BytesBody(b"ok")))
    remembering, forgetful = gateway(world, routes), gateway(world, routes)
    forgetful._leads = Nothing()
    for question in (*asked, *reversed(asked)):
        assert outcome(remembering, world, *question) == outcome(forgetful, world, *question), question


@pytest.mark.parametrize("path", ["/nowhere", "/a/../b", "/a%2Fb", "/%61", "/geo", "/geo/CH", "/b/%7e"])
def test_what_is_refused_or_spelt_otherwise_is_not_remembered(path: str) -> None:
    world = World(lambda request: Response(200, {}, BytesBody(b"ok")))
    asked = gateway(world, [{"path": "/b/{one}", "methods": ["GET"], "host": None}])
    outcome(asked, world, "GET", "a.example", path)
    outcome(asked, world, "PUT", "a.example", "/b/x")
    assert len(asked._leads) == 0
    outcome(asked, world, "GET", "a.example", "/b/x")
    assert len(asked._leads) == 1


def test_a_name_holds_nothing_of_a_path_and_says_which_it_is_of() -> None:
    names = {
        name_of(host, method, path)
        for host in ("", "a.example")
        for method in ("GET", "HEAD")
        for path in ("/a", "/a/", "/\udce9", "/" + "long" * 4000)
    }
    assert len(names) == 16
    assert {len(name) for name in names} == {32}
