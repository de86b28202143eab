"""Over HTTP: which route takes a request by host and path, and whose the things are that a path names."""

from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest

from devtools.runtime.runner import Gateway
from tests.worker.origins import EchoOrigin
from tests.worker.test_forwarding import Exchange, House, raw

SECRET = "a secret of thirty-two bytes or so"


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway]) -> Iterator[House]:
    with EchoOrigin() as echo:

        def to(prefix: str, **more: Any) -> dict[str, Any]:
            return {"origin": echo.url + prefix, "cache": False, "auth": "none", **more}

        own = {"auth": "required", "match": {"id": "sub"}, "match_except_roles": ["admin"]}
        routes = [
            {"path": "/who", "host": "api.example.test", **to("/exact")},
            {"path": "/who", "host": "*.tenants.example.test", **to("/wildcard")},
            {"path": "/staff/*", "host": "api.example.test", **to("", auth="required", roles=["admin"])},
            {"path": "/who", **to("/any")},
            {"path": "/users/{id}", **to("", **own)},
            {"path": "/users/{id}/*", **to("", **own)},
            {"path": "/orgs/{org}/users/{id}", **to("", auth="required", match={"org": "orgs.id", "id": "sub"})},
            {"path": "/links/{url}/secret", **to("", auth="required")},
            {"path": "/links/{url}", **to("", encoded_slashes="keep")},
            {"path": "/protected/*", **to("", auth="required")},
            {"path": "/*", **to("")},
        ]
        with worker(vars={"ROUTES": routes, "JWT_SECRET": SECRET}) as gateway:
            yield House(gateway, echo, {})


def ask(house: House, target: str, caller: str = "", role: str = "user", host: str = "", **more: Any) -> Exchange:
    fields = []
    if caller:
        claims = {"sub": caller, "role": role, "exp": 4_000_000_000, **more}
        fields.append(("Authorization", f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"))
    return raw(house, "GET", target, fields, host=host)


@pytest.mark.parametrize(
    ("host", "route"),
    [
        ("api.example.test", "exact"),
        ("API.Example.TEST:8787", "exact"),
        ("acme.tenants.example.test", "wildcard"),
        ("a.b.tenants.example.test", "any"),
        ("localhost", "any"),
    ],
)
def test_a_host_has_its_own_routes_first(house: House, host: str, route: str) -> None:
    assert ask(house, "/who", host=host).seen["target"] == f"/{route}/who"


@pytest.mark.parametrize("target", ["/staff/x", "/Staff/x", "/staff;a/x", "/index.php/staff/x"])
def test_no_spelling_leads_around_a_hosts_own_route(house: House, target: str) -> None:
    assert ask(house, target, host="api.example.test").status in (400, 401)
    assert ask(house, target, "ada", host="API.example.test").status in (400, 403)
    assert ask(house, target, host="www.example.test").status == 200


@pytest.mark.parametrize("target", ["/users/ada", "/users/%61da", "/users/ada/orders?of=bob"])
def test_ones_own_arrives(house: House, target: str) -> None:
    assert ask(house, target, "ada").seen["target"] == target.replace("%61", "a")


@pytest.mark.parametrize(
    "target",
    ["/users/bob", "/users/bob/orders", "/users/ADA", "/users/ada;x/orders", "/users/ada%20/x", "/users/ada%2Fx/y"]
    + ["/users/bob/", "/Users/bob", "/users;x/bob", "/users/%2562ob", "/users/ada/..%2Fbob", "/users/%EF%BD%81da/x"],
)
def test_somebody_elses_never_does(house: House, target: str) -> None:
    before = len(house.echo.received)
    assert ask(house, target, "ada").status in (400, 403)
    assert len(house.echo.received) == before


def test_somebody_elses_is_told_so_and_an_excepted_role_may(house: House) -> None:
    refused = ask(house, "/users/bob", "ada")
    assert (refused.status, '"code":"not_yours"' in refused.content.decode()) == (403, True)
    assert ask(house, "/users/bob", "ada", "admin").status == 200
    assert ask(house, "/users/bob").status == 401


def test_what_another_claim_names_is_the_callers_as_well(house: House) -> None:
    own = "/orgs/o1/users/ada"
    for orgs in ({"id": "o1"}, {"id": ["o2", "o1"]}):
        assert ask(house, own, "ada", orgs=orgs).seen["target"] == own
    for target in ("/orgs/o2/users/ada", "/orgs/o1/users/bob", "/orgs/o1;x/users/ada", "/orgs/%6F2/users/ada"):
        assert ask(house, target, "ada", orgs={"id": "o1"}).status in (400, 403)
    others: list[Any] = [{"id": "o2"}, {"id": {"o1": 1}}, {}, ["o1"]]
    assert [ask(house, own, "ada", orgs=one).status for one in others] == [403] * 4


def test_an_encoded_slash_is_part_of_its_segment_where_the_route_keeps_it(house: House) -> None:
    kept = "/links/https%3A%2F%2Fa.example%2Fb%2520c"
    assert ask(house, kept).seen["target"] == kept
    assert ask(house, "/links/a%2fb").seen["target"] == "/links/a%2Fb"
    for target in ("/other/a%2Fb", "/links/a%2Fb/c", "/links/a%2F..%2Fb", "/links/a%2Fsecret", "/geo/a%2Fb"):
        assert ask(house, target).status == 400


@pytest.mark.parametrize(
    ("target", "status"),
    [("/items/100%25ab", 200), ("/items/a%2520b", 200), ("/%2570rotected/x", 400), ("/x%252Fprotected", 400)],
)
def test_an_encoded_percent_sign_is_data_where_it_hides_nothing(house: House, target: str, status: int) -> None:
    exchange = ask(house, target)
    assert exchange.status == status
    if status == 200:
        assert exchange.seen["target"] == target
