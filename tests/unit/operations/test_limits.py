"""Whose requests count together, and what a refused caller is told."""

import pytest

from configuration.settings import RouteSettings
from core.messages import Request
from core.ports import Platform, RateLimiter, StoreFailed
from core.problems import Problem
from core.records import replace
from identity.principals import Principal
from operations.limits import enforce, limit_key
from tests.unit.in_memory import World, run


def request(address: str = "192.0.2.1") -> Request:
    return Request("GET", "https", "api.example", "/", headers={"cf-connecting-ip": address})


def route(**changes: object) -> RouteSettings:
    fields = {"path": "/x", "origin": "https://o.example", "auth": "none", "rate_limit": "LIMITER", **changes}
    return RouteSettings.model_validate(fields)


def platform(world: World, verdict: bool | Exception) -> Platform:
    async def count(key: str) -> bool:
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    def limiter(name: str) -> RateLimiter:
        if name != "LIMITER":
            raise KeyError(name)
        return count

    return replace(world.platform(), limiter=limiter)


def test_a_known_caller_is_counted_by_issuer_and_subject_wherever_it_calls_from() -> None:
    caller = Principal("https://id.example", "u1")
    assert limit_key(request("192.0.2.1"), caller) == limit_key(request("198.51.100.7"), caller)
    assert limit_key(request(), caller) != limit_key(request(), Principal("https://other.example", "u1"))


def test_an_ipv6_subscriber_is_counted_by_its_64() -> None:
    assert limit_key(request("2001:db8:1:2:3::4"), None) == limit_key(request("2001:db8:1:2:ffff::1"), None)
    assert limit_key(request("2001:db8:1:2::1"), None) != limit_key(request("2001:db8:1:3::1"), None)


def test_an_ipv4_client_is_counted_by_its_address() -> None:
    assert limit_key(request("192.0.2.1"), None) != limit_key(request("192.0.2.2"), None)


def test_clients_without_an_address_are_counted_together() -> None:
    assert limit_key(request("not-an-address"), None) == limit_key(request(""), None)


def test_within_the_limit_nothing_happens() -> None:
    run(enforce(request(), route(), None, platform(World(), True)))
    run(enforce(request(), route(rate_limit=None), None, platform(World(), False)))


def test_beyond_the_limit_the_caller_is_told_when_to_come_back() -> None:
    limited = route(rate_limit={"binding": "LIMITER", "limit": 100, "period": 10})
    with pytest.raises(Problem) as refused:
        run(enforce(request(), limited, None, platform(World(), False)))
    assert (refused.value.status, refused.value.code) == (429, "rate_limited")
    assert refused.value.headers == {"retry-after": "10", "ratelimit-policy": '"LIMITER";q=100;w=10'}


@pytest.mark.parametrize("binding", ["LIMITER", "MISSING"])
def test_a_failing_or_missing_binding_means_what_the_route_says(binding: str) -> None:
    world = World()
    broken = platform(world, StoreFailed("down"))
    run(enforce(request(), route(rate_limit=binding, on_failure="open"), None, broken))
    with pytest.raises(Problem) as refused:
        run(enforce(request(), route(rate_limit=binding, on_failure="closed"), None, broken))
    assert (refused.value.status, refused.value.code) == (503, "limiter_unavailable")
    assert [line["on_failure"] for line in world.log] == ["open", "closed"]
