"""What a policy asks of others, keeps, and is tested with: in plain Python, without a gateway."""

import asyncio
from typing import Any

import pytest

from core import messages
from core.ports import FetchFailed, FetchTimeout, StoreFailed
from policy import Call, MemoryStore, Request, Response
from tests.unit.in_memory import BytesBody, World, run
from tests.unit.policing.policy_house import House, plain


def asked(patch: pytest.MonkeyPatch, world: World, work: Any, timeout_ms: int = 10_000) -> House:
    """A policy does its work once."""
    house = House(
        patch,
        world,
        routes=[{"path": "/*", "policies": ["worker"], "timeout_ms": timeout_ms}],
        worker={"on_request": work},
    )
    house.ask(authorization="Bearer abc", cookie="a=1")
    assert house.logged("policy_failed") == []
    return house


def test_others_are_asked_with_the_fields_that_the_policy_writes_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(call: Call) -> Response:
        found = await call.fetch(
            "https://flags.example/v1?a=b", method="POST", headers={"Authorization": "Key k"}, content="{}"
        )
        return Response.json([found.status, found.json()])

    world = World(
        lambda request: messages.Response(200, {"content-type": "application/json"}, BytesBody(b'{"on":true}'))
    )
    asked(monkeypatch, world, work)
    (request,) = world.requests
    assert (request.method, request.url, request.body) == ("POST", "https://flags.example/v1?a=b", b"{}")
    assert request.headers == {"accept": "*/*", "accept-encoding": "identity", "authorization": "Key k"}


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("http://flags.example/", {}),
        ("file:///etc/passwd", {}),
        ("https://user:word@flags.example/", {}),
        ("https://flags.example/#f", {}),
        ("https://flags.example/ö", {}),
        ("https://flags.example/", {"method": "CONNECT"}),
        ("https://flags.example/", {"content": "x"}),
        ("https://flags.example/", {"headers": {"host": "other.example"}}),
        ("https://flags.example/", {"headers": {"x-user-id": "ada"}}),
        ("https://flags.example/", {"headers": {"content-length": "1"}}),
        ("https://flags.example/", {"headers": {"authorization": "a\r\nb: c"}}),
        ("https://flags.example/", {"method": "PUT", "content": "x" * 300_000}),
    ],
)
def test_what_is_not_sent_to_others_is_told(monkeypatch: pytest.MonkeyPatch, url: str, given: dict[str, Any]) -> None:
    async def work(call: Call) -> Response:
        with pytest.raises(ValueError, match=r"."):
            await call.fetch(url, **given)
        return Response()

    assert asked(monkeypatch, World(), work).world.requests == []


def test_others_are_asked_within_the_routes_time_and_read_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(call: Call) -> Response:
        with pytest.raises(FetchFailed, match="longer"):
            await call.fetch("https://flags.example/long")
        for _ in range(7):
            assert (await call.fetch("https://flags.example/")).text() == "ok"
        with pytest.raises(FetchFailed, match="8 times"):
            await call.fetch("https://flags.example/")
        return Response()

    async def late(call: Call) -> Response:
        world.clock.now += 11
        with pytest.raises(FetchTimeout):
            await call.fetch("https://flags.example/")
        return Response()

    long = BytesBody(b"x" * (1024 * 1024 + 1))
    world = World(lambda request: messages.Response(200, body=long if request.path == "/long" else BytesBody(b"ok")))
    assert len(asked(monkeypatch, world, work).world.requests) == 8
    asked(monkeypatch, world, late)


def test_each_policy_keeps_texts_under_a_prefix_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(call: Call) -> Response:
        await call.store.put("seen/1", "yes", expires_in=60)
        assert (await call.store.get("seen/1"), await call.store.get("cache2:x")) == ("yes", None)
        await call.store.delete("gone")
        for key, value, expires_in in (("", "", None), ("a b", "", None), ("k", "x" * 70_000, None), ("k", "", 59)):
            with pytest.raises(ValueError, match=r"key|kept|expires_in"):
                await call.store.put(key, value, expires_in=expires_in)
        return Response()

    house = asked(monkeypatch, World(), work)
    assert house.world.store is not None
    assert "policy/worker/seen/1" in house.world.store.values


def test_a_store_that_fails_or_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(call: Call) -> Response:
        with pytest.raises(StoreFailed):
            await call.store.get("a")
        return Response()

    asked(monkeypatch, World(store=False), work)


def test_a_policy_is_tested_without_a_gateway() -> None:
    async def on_request(call: Call) -> Response | None:
        call.log(path=call.request.path)
        await call.store.put("a", (await call.request.content()).decode())
        call.request.query = "b=c"
        return None

    call = Call(Request("POST", "/a", content=b"x"))
    assert run(on_request(call)) is None
    assert isinstance(call.store, MemoryStore)
    assert (call.request.query, call.store.values) == ("b=c", {"a": "x"})
    assert call.log.written == [{"path": "/a"}]  # type: ignore[attr-defined]
    with pytest.raises(AssertionError):
        run(call.fetch("https://a.example/"))
    with pytest.raises(ValueError, match="x-user-id"):
        call.request.headers["x-user-id"] = "ada"


@pytest.mark.parametrize(
    ("name", "value"),
    [("method", "PUT"), ("host", "evil.example"), ("scheme", "http"), ("headers", {})],
)
def test_what_a_request_is_cannot_be_written_over(name: str, value: object) -> None:
    with pytest.raises(AttributeError):
        setattr(Request(), name, value)
    with pytest.raises(AttributeError):
        Call().principal = None  # type: ignore[misc]


def test_a_call_in_a_test_may_have_fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(monkeypatch, World(plain()), slow={"on_request": lambda call: asyncio.sleep(0)})
    assert house.ask().status == 200
