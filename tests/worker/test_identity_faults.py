"""Providers that fail, stall or mean harm, and a store that fails under the key sets: what a caller sees, what is
logged, that the next is healthy.

One gateway with an issuer for every row, so that none knows anything of another's keys. Its clock stands where a test
puts it (`fixtures/timed`), so that nobody waits until a provider is asked again.
"""

import gzip
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from devtools.runtime.runner import Gateway
from tests.signing_keys import SigningKey
from tests.worker.identity_provider import DISCOVERY_PATH, JWKS_PATH, Behaviour, IdentityProvider
from tests.worker.injection import beside_the_sources

WHOAMI = "/_gatehouse/whoami"
START = 1_900_000_000
FRESH, COOLDOWN = 600, 30
KEY = SigningKey.generate("ES256", "first")
PRIVATE = {**KEY.public_jwk, "d": "AAAA"}
SYMMETRIC = {"kty": "oct", "k": "c2VjcmV0", "kid": "first", "alg": "ES256"}
TWINS = [{**SigningKey.generate("ES256", f"twin-{number}").public_jwk, "kid": "first"} for number in range(4)]
METADATA_SERVICE = "http://169.254.169.254/latest/meta-data"


def key_set(*members: Any) -> bytes:
    return json.dumps({"keys": members}).encode()


@dataclass
class Row:
    """A bad provider."""

    says: str
    """What the log says of it."""
    content: bytes | None = None
    behave: Behaviour = Behaviour.ANSWER
    coding: str = ""
    discovery: bytes | None = None
    event: str = "jwks_fetch_failed"
    reason: str = "keys_unavailable"
    """What the refused caller is told."""


def skipped(says: str, *members: Any, event: str = "jwks_key_skipped") -> Row:
    """A key set in which no key is usable."""
    return Row(says, key_set(*members), event=event, reason="unknown_key")


BAD: dict[str, Row] = {
    "an error": Row("status 500", behave=Behaviour.FAIL),
    "half a document": Row("FetchFailed", behave=Behaviour.BREAK),
    "a redirect": Row("status 302", behave=Behaviour.REDIRECT),
    "a web page": Row("Expecting value", b"<!doctype html><title>Maintenance</title>"),
    "nothing": Row("Expecting value", b""),
    "ten megabytes": Row("ContentTooLarge", b'{"keys":[' + b" " * 10_000_000 + b"]}"),
    "ten megabytes in ten kilobytes": Row("ContentTooLarge", gzip.compress(b" " * 10_000_000), coding="gzip"),
    "a coding nobody asked for": Row("content coding", key_set(KEY.public_jwk), coding="br"),
    "a thousand keys": skipped("", *[{"kty": "EC"}] * 900, *[KEY.public_jwk] * 100),
    "five keys that may be the one": Row(
        "", key_set(*TWINS, KEY.public_jwk), event="request", reason="ambiguous_key"
    ),
    "deep JSON": Row("nested too deeply", b'{"keys":' + b"[" * 100_000),
    "keys twice": Row("duplicate member", b'{"keys":[],' + key_set(KEY.public_jwk)[1:]),
    "a list": Row("not a JWK Set", b"[]"),
    "keys that are none": Row("not a JWK Set", b'{"keys":{}}'),
    "an empty set": skipped("", event="jwks_empty"),
    "a private key": skipped("private or symmetric", PRIVATE),
    "a shared secret": skipped("private or symmetric", SYMMETRIC),
    "garbage among keys": skipped("keys[0]: not an object", 1, None, []),
    "another issuer's metadata": Row(
        "another issuer's", discovery=b'{"issuer":"https://id.example","jwks_uri":"https://id.example/keys"}'
    ),
    "metadata without keys": Row("names no jwks_uri", discovery=b'{"issuer":"%s"}'),
    "keys inside the network": Row(
        "over https only", discovery=b'{"issuer":"%%s","jwks_uri":"%s"}' % METADATA_SERVICE.encode()
    ),
}  # fmt: skip
SLOW = {"hangs": Behaviour.HANG, "stalls": Behaviour.STALL}

FAILING = {"fail": "KV failed: 500"}
STORE_FAULTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "reads fail": ({"get": FAILING}, ["jwks_store_read_failed"]),
    "writes fail": ({"put": FAILING}, ["jwks_store_write_failed"]),
    "both fail": ({"get": FAILING, "put": FAILING}, ["jwks_store_read_failed", "jwks_store_write_failed"]),
    "reads hang": ({"get": {"delay": 60_000}}, ["jwks_store_read_failed"]),
}
CORRUPT: dict[str, Callable[[dict[str, Any]], str]] = {
    "no JSON in KV": lambda record: "garbage",
    "deep JSON in KV": lambda record: "[" * 100_000,
    "another type in KV": lambda record: "[]",
    "digits without end in KV": lambda record: json.dumps({**record, "fetched": -(10**400)}),
    "keys of the future in KV": lambda record: json.dumps({**record, "fetched": START + 3600}),
    "fresh for ever in KV": lambda record: json.dumps({**record, "fresh_until": START * 2}),
}
ROWS = [*BAD, *SLOW, *STORE_FAULTS, *CORRUPT]


class House:
    """A gateway and one provider for each row; `FRESH` seconds after the start, all of them are asked again."""

    def __init__(self, gateway: Gateway, providers: dict[str, IdentityProvider]) -> None:
        self.gateway, self.providers = gateway, providers
        self._numbers = itertools.count()

    def ask(self, row: str, at: float = 0) -> httpx.Response:
        """A caller with a good token that nobody has seen before."""
        token = self.providers[row].token(KEY, sub=f"u{next(self._numbers)}", exp=START + 86_400)
        headers = {"authorization": f"Bearer {token}", "x-now": repr(START + at)}
        return self.gateway.get(WHOAMI, headers=headers)

    def logged(self, event: str, **fields: Any) -> dict[str, Any]:
        wanted = {"event": event, **fields}
        return self.gateway.wait_for_log(lambda line: wanted.items() <= line.items())

    def is_healthy(self, row: str, at: float) -> None:
        """Callers of that issuer are let in, without a word in the log."""
        self.gateway.clear_logs()
        for _ in range(2):
            response = self.ask(row, at)
            assert response.status_code == 200
            self.logged("request", id=response.headers["x-request-id"], status=200)
        assert {line["event"] for line in self.gateway.logs()} == {"request"}


def issuer(row: str, provider: IdentityProvider) -> dict[str, Any]:
    discovers = row in BAD and BAD[row].discovery is not None
    source = {"discovery": True} if discovers else {"jwks_url": provider.jwks_url}
    return {"issuer": provider.url, "audience": [], "algorithms": ["ES256"], **source}


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        providers = {row: stack.enter_context(IdentityProvider()) for row in ROWS}
        for provider in providers.values():
            provider.keys.append(KEY)
        issuers = [issuer(row, provider) for row, provider in providers.items()]
        options = beside_the_sources(tmp_path_factory.mktemp("identity"), "timed")
        gateway = stack.enter_context(worker(vars={"ISSUERS": issuers}, faults=True, **options))
        yield House(gateway, providers)


@pytest.fixture(autouse=True)
def _well_again(house: House) -> Iterator[None]:
    house.gateway.clear_logs()
    yield
    house.gateway.kv_faults()


def refused(response: httpx.Response, reason: str) -> None:
    """The caller is told to come back where nobody can judge the token, and that the token is bad where it is."""
    unavailable = reason == "keys_unavailable"
    problem = response.json()
    assert (response.status_code, problem["reason"]) == (503 if unavailable else 401, reason)
    assert problem["code"] == ("keys_unavailable" if unavailable else "invalid_token")
    assert response.headers.get("retry-after") == (str(COOLDOWN) if unavailable else None)
    assert ("www-authenticate" in response.headers) != unavailable


@pytest.mark.parametrize("name", BAD)
def test_a_bad_provider_lets_nobody_in_and_is_asked_once(house: House, name: str) -> None:
    row, provider = BAD[name], house.providers[name]
    provider.behave, provider.coding = row.behave, row.coding
    if row.content is not None:
        provider.contents[JWKS_PATH] = row.content
    if row.discovery is not None:
        provider.contents[DISCOVERY_PATH] = row.discovery.replace(b"%s", provider.url.encode())
    response = house.ask(name)
    refused(response, row.reason)
    house.logged("request", id=response.headers["x-request-id"], status=response.status_code)
    line = house.gateway.wait_for_log(lambda line: line["event"] == row.event)
    assert row.says in line.get("error", "")
    assert not row.says or row.says not in response.text
    refused(house.ask(name), row.reason)
    assert provider.requests == [JWKS_PATH if row.discovery is None else DISCOVERY_PATH]

    provider.behave, provider.coding = Behaviour.ANSWER, ""
    provider.contents.clear()
    house.is_healthy(name, at=FRESH)


def test_a_provider_that_hangs_or_stalls_is_given_five_seconds(house: House) -> None:
    for name, behaviour in SLOW.items():
        house.providers[name].behave = behaviour
    started = time.monotonic()
    with ThreadPoolExecutor(len(SLOW)) as pool:
        responses = list(pool.map(house.ask, SLOW))
    assert time.monotonic() - started > 4.5
    for name, response in zip(SLOW, responses, strict=True):
        refused(response, "keys_unavailable")
        house.logged("jwks_fetch_failed", source=house.providers[name].jwks_url)
    for name in SLOW:
        refused(house.ask(name), "keys_unavailable")
        assert house.providers[name].requests == [JWKS_PATH]
        house.providers[name].behave = Behaviour.ANSWER
        house.is_healthy(name, at=COOLDOWN)


# --- the store --------------------------------------------------------------------------------------------------------


@pytest.mark.stand_in
@pytest.mark.parametrize("row", STORE_FAULTS)
def test_a_store_that_fails_or_hangs_is_as_good_as_none(house: House, row: str) -> None:
    faults, events = STORE_FAULTS[row]
    house.gateway.kv_faults(**faults)
    started = time.monotonic()
    assert [house.ask(row).status_code for _ in range(2)] == [200, 200]
    assert time.monotonic() - started < 30, "a look-up is given a second, once, and not its minute"
    for event in events:
        house.logged(event, source=house.providers[row].jwks_url)
    assert len(house.providers[row].requests) == 1
    house.gateway.kv_faults()
    house.is_healthy(row, at=FRESH)


@pytest.mark.parametrize("row", CORRUPT)
def test_a_corrupt_set_in_the_store_is_not_believed(house: House, row: str) -> None:
    provider = house.providers[row]
    name = f"jwks:{hashlib.sha256(provider.jwks_url.encode()).hexdigest()[:32]}"
    stranger = SigningKey.generate("ES256", "first").public_jwk
    record = {"fetched": START, "fresh_until": START + FRESH, "jwks": {"keys": [stranger]}}
    house.gateway.kv_put(name, CORRUPT[row](record))
    assert house.ask(row).status_code == 200
    house.logged("jwks_store_read_failed", source=provider.jwks_url)
    assert len(provider.requests) == 1
    house.is_healthy(row, at=FRESH)
