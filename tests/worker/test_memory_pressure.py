"""A crowd of strangers: what an isolate remembers stays bounded, and those who come often are still answered right.

Nobody in the crowd has been seen before, so everything that is remembered of them pushes something else out. They come
in bulk (`fixtures/crowded`); who comes often, comes by the socket.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest

from caching.memory import MEMORY_ENTRY_SIZE, MEMORY_SIZE
from devtools.runtime.runner import Gateway
from identity.remembered import REMEMBERED
from tests.signing_keys import SigningKey
from tests.worker.injection import beside_the_sources
from tests.worker.origins import Connection, Origin, answer_head
from tests.worker.stored_responses import cache_status

SECRET = "a secret of thirty-two bytes or so"
WHOAMI = "/_gatehouse/whoami"
PLAIN = {"accept-encoding": "identity"}
LOWERED = {"changed": 50, "generations": 50, "keys": 10}
"""What the fixture sets."""
KEYS = [SigningKey.generate("EdDSA", f"k{number}") for number in range(3 * LOWERED["keys"])]

Order = tuple[str, str, dict[str, str]]
Answer = tuple[int, dict[str, str], str]


class RepeatingOrigin(Origin):
    """Answers `/pages/7/1000` with the number 7 again and again, 1,000 bytes of it."""

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        content = page(connection.request.target)
        fields = f"cache-control: max-age=600\r\ncache-tag: pages\r\ncontent-length: {len(content)}"
        connection.send(answer_head(200, fields) + content.encode())


def page(path: str) -> str:
    _, _, number, size = path.split("/")
    return (f"{number} " * int(size))[: int(size)]


class House:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def in_bulk(self, orders: list[Order]) -> list[Answer]:
        answers: list[Answer] = self.gateway.post("/in-bulk", json=orders, timeout=120).json()
        assert len(answers) == len(orders)
        return answers

    def remembered(self) -> dict[str, int]:
        found: dict[str, int] = self.gateway.get("/remembered").json()
        return found

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.gateway.get(path, headers={**PLAIN, **headers})


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with RepeatingOrigin() as origin:
        key_set = {"keys": [key.public_jwk for key in KEYS]}
        variables = {
            "ROUTES": [
                {"path": "/pages/*", "origin": origin.url, "auth": "none", "methods": ["GET", "POST"]},
                {"path": "/named/*", "origin": origin.url, "auth": "none", "cache": False},
            ],
            "ISSUERS": [
                {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
                {"issuer": "https://id.example", "audience": [], "algorithms": ["EdDSA"], "jwks": key_set},
            ],
            "JWT_SECRET": SECRET,
        }
        options = beside_the_sources(tmp_path_factory.mktemp("crowd"), "crowded")
        with worker(vars=variables, cf={"country": "PT"}, **options) as gateway:
            yield House(gateway)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def subject(name: str, **claims: Any) -> dict[str, str]:
    return bearer(jwt.encode({"sub": name, "exp": int(time.time()) + 600, **claims}, SECRET, "HS256"))


def test_a_crowd_of_callers(house: House) -> None:
    """Each is told who they are and nobody else, during and after the crowd."""
    anna = subject("anna")
    crowd: list[Order] = [("GET", WHOAMI, subject(f"u{number}")) for number in range(REMEMBERED + 200)]
    for begin in range(0, len(crowd), 600):
        answers = house.in_bulk(crowd[begin : begin + 600])
        ids = [json.loads(content)["id"] for _, _, content in answers]
        assert ids == [f"u{number}" for number in range(begin, begin + len(ids))]
        assert house.get(WHOAMI, **anna).json()["id"] == "anna"
        assert house.remembered()["tokens"] <= REMEMBERED
    assert house.remembered()["tokens"] == REMEMBERED
    assert [json.loads(content)["id"] for _, _, content in house.in_bulk(crowd[:3])] == ["u0", "u1", "u2"]
    spoilt = {"authorization": anna["authorization"][:-6] + "AAAAAA"}
    assert house.get(WHOAMI, **spoilt).status_code == 401


def test_a_crowd_of_token_headers(house: House) -> None:
    """Whoever is refused leaves no more than a bounded number of headers behind."""
    claims = {"sub": "u1", "exp": int(time.time()) + 600}
    crowd: list[Order] = [
        ("GET", WHOAMI, bearer(jwt.encode(claims, SECRET + "!", "HS256", headers={"kid": str(number)})))
        for number in range(200)
    ]
    assert {status for status, _, _ in house.in_bulk(crowd)} == {401}
    assert house.remembered()["token headers"] == 64
    assert house.get(WHOAMI, **subject("anna")).json()["id"] == "anna"


def test_a_crowd_of_keys(house: House) -> None:
    """More keys than stay imported, twice around: each verifies its own tokens and no other's."""
    expires = int(time.time()) + 600
    for turn in range(2):
        claims = [{"iss": "https://id.example", "sub": f"u{turn}-{key.kid}", "exp": expires} for key in KEYS]
        tokens = [key.token(claim) for key, claim in zip(KEYS, claims, strict=True)]
        answers = house.in_bulk([("GET", WHOAMI, bearer(token)) for token in tokens])
        assert [json.loads(content)["id"] for _, _, content in answers] == [claim["sub"] for claim in claims]
        assert house.remembered()["keys"] == LOWERED["keys"]
    forged = KEYS[0].token({"iss": "https://id.example", "sub": "root", "exp": expires}, kid=KEYS[1].kid)
    assert house.get(WHOAMI, **bearer(forged)).status_code == 401


def test_a_crowd_of_visitors(house: House) -> None:
    """Visitors of every language and preference: the one who comes often is answered as before."""
    often = {"accept-language": "fr-CH, fr;q=0.9", "cookie": "gatehouse_locale=currency=CAD"}
    before = house.get("/geo", **often)
    crowd: list[Order] = [
        (
            "GET",
            f"/geo?lang=de-x-{number}" if number % 2 else "/geo",
            {"accept-language": f"en-x-{number}, de-x-{number}", "cookie": f"gatehouse_locale=language=it-x-{number}"},
        )
        for number in range(1200)
    ]
    languages = [json.loads(content)["language"] for _, _, content in house.in_bulk(crowd)]
    assert languages == [f"de-x-{number}" if number % 2 else f"it-x-{number}" for number in range(1200)]
    after = house.get("/geo", **often)
    assert (after.status_code, after.json(), after.headers["etag"]) == (200, before.json(), before.headers["etag"])
    held = house.remembered()
    bounds = {"choices": 1024, "fragments": 1024, "readers": 256, "cookies": 512, "tags": 1024}
    assert {name: held[name] for name in bounds} == bounds


def test_a_crowd_of_long_pages(house: House) -> None:
    """More than memory holds; each is right when it is asked for again, from memory or from KV."""
    size = MEMORY_ENTRY_SIZE
    paths = [f"/pages/{number}/{size}" for number in range(MEMORY_SIZE // size + 20)]
    often = "/pages/often/1000"
    house.get(often)
    for begin in range(0, len(paths), 30):
        for path, (status, _, content) in zip(
            paths[begin:], house.in_bulk(orders(paths[begin : begin + 30])), strict=False
        ):
            assert (status, content) == (200, page(path))
        response = house.get(often)
        assert (response.text, cache_status(response)[:4]) == (page(often), "hit;")
        assert house.remembered()["stored bytes"] <= MEMORY_SIZE
    assert house.remembered()["stored bytes"] > MEMORY_SIZE - 2 * size
    for path in (paths[0], paths[-1]):
        response = house.get(path)
        assert (response.text, cache_status(response)[:4]) == (page(path), "hit;")


def test_a_crowd_of_changes(house: House) -> None:
    """More changes than are remembered: what was just changed is asked for again, whatever else changed."""
    paths = [f"/pages/changed-{number}/10" for number in range(LOWERED["changed"] + 20)]
    house.in_bulk(orders(paths))
    answers = house.in_bulk([("POST", path, PLAIN) for path in paths])
    assert {status for status, _, _ in answers} == {200}
    assert house.remembered()["changed"] == LOWERED["changed"]
    for path in (paths[0], paths[-1]):
        assert cache_status(house.get(path)) == "fwd=uri-miss; stored"


def test_a_crowd_of_purges(house: House) -> None:
    """More generations than are remembered: what was purged stays dead, what was stored since is alive."""
    house.get("/pages/purged/10")
    purger = {**subject("ops", role="gatehouse:purge"), "content-type": "application/json"}

    def purge(*tags: str) -> None:
        answer = house.gateway.post("/_gatehouse/purge", json={"tags": list(tags)}, headers=purger)
        assert answer.status_code == 200

    purge("pages", *(f"t{number}" for number in range(LOWERED["generations"] + 20)))
    assert house.remembered()["generations"] <= LOWERED["generations"]
    assert cache_status(house.get("/pages/purged/10")) == "fwd=uri-miss; stored"
    purge(*(f"t{number}" for number in range(LOWERED["generations"] + 20)))
    assert cache_status(house.get("/pages/purged/10"))[:4] == "hit;"


def test_a_crowd_of_field_names(house: House) -> None:
    """Names nobody else sends, and names too long to be remembered."""
    crowd: list[Order] = [
        ("GET", "/named/x/1", {**PLAIN, **{f"x-{number}": "1" for number in range(begin, begin + 100)}})
        for begin in range(0, 1200, 100)
    ]
    crowd += [("GET", "/named/x/1", {**PLAIN, f"x-{'y' * 1000}-{number}": "1"}) for number in range(20)]
    assert {status for status, _, _ in house.in_bulk(crowd)} == {200}
    assert house.remembered()["field names"] == 1024
    forged = house.get("/pages/named/2", x_user_id="root")
    assert forged.status_code == 200


def orders(paths: list[str]) -> list[Order]:
    return [("GET", path, PLAIN) for path in paths]
