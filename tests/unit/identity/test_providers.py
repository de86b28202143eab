"""Everything a provider or a store can do wrong, and where a provider may be."""

import asyncio
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from core.messages import Arrived, Response
from core.ports import FetchFailed, FetchTimeout
from identity.jwks import USABLE, KeysUnavailable, Snapshot
from identity.providers import FRESH, MAX_DOCUMENT
from tests.signing_keys import SigningKey
from tests.unit.identity.key_house import NEW, OLD, URL, House, answer, key_set
from tests.unit.in_memory import NOW, BytesBody, World


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (lambda: Response(302, {"location": URL}, BytesBody(b"")), "status 302"),
        (lambda: Response(204), "status 204"),
        (lambda: Response(203, {}, BytesBody(json.dumps(key_set(OLD)).encode())), "status 203"),
        (lambda: Response(500, {}, BytesBody(b"oops")), "status 500"),
        (lambda: answer(b"<html>"), "JSONDecodeError"),
        (lambda: answer(b""), "JSONDecodeError"),
        (lambda: answer(b'{"keys":' + b"[" * 5000), "nested too deeply"),
        (lambda: answer(b'{"keys":[],"keys":[]}'), "duplicate member"),
        (lambda: answer(b"\xff\xfe"), "UnicodeDecodeError"),
        (lambda: answer([]), "not a JWK Set"),
        (lambda: answer(b" " * (MAX_DOCUMENT + 1)), "ContentTooLarge"),
        (lambda: answer(gzip.compress(b" " * 10_000_000), content_encoding="gzip"), "ContentTooLarge"),
        (lambda: answer(b"not gzip", content_encoding="gzip"), "not gzip"),
        (lambda: answer(b"", content_encoding="br"), "coding"),
    ],
)
def test_garbage_is_a_failure_and_never_a_key_set(reply: Callable[[], Response], says: str) -> None:
    house = House(OLD)
    house.find()
    house.reply = lambda request: reply()
    house.pass_time(FRESH)
    assert house.find().kid == "old"
    assert says in house.logged("jwks_fetch_failed")[0]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0",
        "localhost", "LOCALHOST", "localhost.", "issuer.localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
    ],
)  # fmt: skip
def test_discovery_points_to_loopback_only_from_a_loopback_issuer(scheme: str, host: str) -> None:
    """An issuer on the network must not have this machine ask itself."""
    house = discovered({"issuer": "https://id.example", "jwks_uri": f"{scheme}://{host}/jwks"})
    with pytest.raises(KeysUnavailable):
        house.find()
    assert [request.host for request in house.world.requests] == ["id.example"]


def test_an_issuer_on_loopback_may_point_to_loopback() -> None:
    local = {"issuer": "http://127.0.0.1:9000", "jwks_uri": "http://localhost:9001/jwks"}
    house = House(OLD, discovery=True, issuer="http://127.0.0.1:9000")
    keys = house.reply
    house.reply = lambda request: answer(local) if "well-known" in request.path else keys(request)
    assert house.find().kid == "old"


def test_a_compressed_set_is_read() -> None:
    house = House()
    house.reply = lambda request: answer(gzip.compress(json.dumps(key_set(OLD)).encode()), content_encoding="gzip")
    assert house.find().kid == "old"


@pytest.mark.parametrize("error", [FetchTimeout("no response within 5 s"), FetchFailed("reset")])
def test_a_provider_that_hangs_or_breaks_is_a_failure(error: Exception) -> None:
    house = House()
    house.fail(error)
    with pytest.raises(KeysUnavailable):
        house.find()


def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(BytesBody):
        async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
            await asyncio.sleep(3600)
            return b""

    monkeypatch.setattr("identity.providers.FETCH_TIMEOUT", 0.02)
    house = House()
    house.reply = lambda request: Response(200, {}, Endless(b""))
    with pytest.raises(KeysUnavailable):
        house.find()
    assert house.logged("jwks_fetch_failed")[0].startswith("TimeoutError")


def test_skipped_keys_are_logged_with_their_reason() -> None:
    weak = SigningKey.generate("RS256", "weak", bits=1024)
    house = House(OLD, weak)
    house.find()
    assert house.logged("jwks_key_skipped") == ["keys[1]: RSA key of 1024 bits"]


# --- the store --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", [{"get"}, {"put"}, {"get", "put"}])
def test_a_failing_store_is_as_good_as_none(failing: set[str]) -> None:
    house = House(OLD)
    assert house.world.store is not None
    house.world.store.failing = failing
    assert house.find().kid == "old"
    house.new_isolate()
    assert house.find().kid == "old"
    assert bool(house.logged("jwks_store_read_failed")) == ("get" in failing)
    assert bool(house.logged("jwks_store_write_failed")) == ("put" in failing)


def test_no_store_at_all_is_fine() -> None:
    house = House(OLD, world=World(store=False))
    assert house.find().kid == "old"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: "null",
        lambda text: "{}",
        lambda text: json.dumps({**json.loads(text), "jwks": None}),
        lambda text: json.dumps({**json.loads(text), "fetched": "soon"}),
        lambda text: json.dumps({**json.loads(text), "fetched": NOW + 3600, "fresh_until": NOW + 3601}),
        lambda text: json.dumps({**json.loads(text), "fresh_until": NOW * 2}),
        lambda text: json.dumps({**json.loads(text), "fetched": NOW - USABLE, "fresh_until": NOW - USABLE}),
        lambda text: json.dumps({**json.loads(text), "fetched": -(10**400)}),
        lambda text: json.dumps({**json.loads(text), "fresh_until": 10**400}),
        lambda text: "[" * 100_000,
    ],
)
def test_what_the_store_holds_is_not_believed_blindly(damage: Callable[[str], str]) -> None:
    house = House(OLD)
    house.find()
    assert house.world.store is not None
    (name, (value, metadata, expires)), *_ = house.world.store.values.items()
    house.world.store.values[name] = (damage(value.decode()).encode(), metadata, expires)
    house.new_isolate()
    assert house.find().kid == "old"
    assert house.fetches == 2
    assert house.logged("jwks_store_read_failed")


def test_a_snapshot_is_read_as_it_was_written() -> None:
    house = House(OLD)
    house.find()
    held = house.source._held
    assert held is not None
    assert Snapshot.load(held.dump(), ["RS256"], NOW).keys.same_keys(held.keys)


def test_two_issuers_never_share_a_stored_set() -> None:
    house = House(OLD)
    house.find()
    other = House(NEW, world=house.world, jwks_url="https://other.example/jwks.json")
    assert other.find("new").kid == "new"


# --- where a provider may be ------------------------------------------------------------------------------------------


def discovered(metadata: Any) -> House:
    house = House(OLD, discovery=True)
    keys = house.reply
    house.reply = lambda request: answer(metadata) if "well-known" in request.path else keys(request)
    return house


def test_discovery_finds_the_key_set() -> None:
    house = discovered({"issuer": "https://id.example", "jwks_uri": "https://keys.example/v1?x=1"})
    assert house.find().kid == "old"
    assert [request.url for request in house.world.requests] == [
        "https://id.example/.well-known/openid-configuration",
        "https://keys.example/v1?x=1",
    ]


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        ({"issuer": "https://evil.example", "jwks_uri": URL}, "another issuer"),
        ({"issuer": "https://id.example/", "jwks_uri": URL}, "another issuer"),
        ({"jwks_uri": URL}, "another issuer"),
        ([], "another issuer"),
        ({"issuer": "https://id.example"}, "jwks_uri"),
        ({"issuer": "https://id.example", "jwks_uri": 7}, "jwks_uri"),
        ({"issuer": "https://id.example", "jwks_uri": "http://id.example/jwks"}, "https only"),
        ({"issuer": "https://id.example", "jwks_uri": "file:///etc/passwd"}, "a host"),
        ({"issuer": "https://id.example", "jwks_uri": "https://u@id.example/jwks"}, "a host"),
        ({"issuer": "https://id.example", "jwks_uri": "https://%6cocalhost/jwks"}, "a host"),
        ({"issuer": "https://id.example", "jwks_uri": "https://bücher.example/jwks"}, "ASCII"),
    ],
)
def test_discovery_is_checked(metadata: Any, says: str) -> None:
    house = discovered(metadata)
    with pytest.raises(KeysUnavailable):
        house.find()
    assert says in house.logged("jwks_fetch_failed")[0]
