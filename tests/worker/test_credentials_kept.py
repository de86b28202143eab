"""No credential of a client stays in an isolate: it was forwarded, cached for, refused, taken back, looked up.

All that Python holds is searched (`fixtures/searched`) for what stands in tokens, keys, cookies and passwords and
nowhere else. What an isolate may keep is said in docs/security.md: digests, and what a credential has proved.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from devtools.runtime.runner import Gateway
from identity.api_keys import write_record
from identity.key_format import ApiKey, digest, write_key
from tests.signing_keys import SigningKey
from tests.worker.injection import beside_the_sources
from tests.worker.origins import ScriptedOrigin, answer_head, closed_port
from tests.worker.patience import until

SECRET, FORGERS = "the secret of tokens, of thirty-two bytes", "what a forger knows, of thirty-two bytes."
ISSUER, PUBLIC, STAFF = "https://id.example", "https://public.example", "https://staff.example"
ORIGIN_SECRET = "the secret of signatures to the origin"
FOR_COOKIES = (
    answer_head(200, "cache-control: public, max-age=60\r\nvary: cookie, authorization\r\ncontent-length: 2") + b"ok"
)
FOR_ONE = answer_head(200, "cache-control: private, max-age=60\r\ncontent-length: 2") + b"ok"
FOR_ALL = answer_head(200, "cache-control: max-age=1, stale-while-revalidate=60\r\ncontent-length: 2") + b"ok"
WAYS = ["authorization", "cookie:session", "query:access_token"]


def routes(origins: dict[str, str]) -> list[dict[str, Any]]:
    open_ = {"auth": "none", "forward_authorization": True}
    signed = {"sign": "hmac", "cache": False}
    return [
        {"path": "/varied", "origin": origins["cookies"], **open_},
        {"path": "/refreshed", "origin": origins["all"], **open_},
        {"path": "/private", "origin": origins["one"], "cache": {}},
        {"path": "/mine", "origin": origins["all"], "cache": {"partition": "user"}},
        {"path": "/role", "origin": origins["all"], "cache": {"partition": "role"}, "roles": ["reader"]},
        {"path": "/by-link/*", "respond": {"status": 204}, "auth": "none"},
        {"path": "/signed", "origin": origins["all"], **signed},
        {"path": "/down", "origin": origins["down"], "timeout_ms": 1000},
        {"path": "/talk", "origin": origins["all"], "websocket": True, "websocket_token": True, "cache": False},
    ]


@dataclass
class House:
    gateway: Gateway
    key: SigningKey
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))
    words: dict[str, str] = field(default_factory=dict)
    """What stands in credentials alone -> which was told what."""

    def secret(self, title: str) -> str:
        """A word that no other request has."""
        word = f"w{next(self.numbers):05}-kept-by-nobody"
        self.words[word] = title
        return word

    def token(self, title: str, secret: str = SECRET, **claims: Any) -> str:
        """A token; what is searched for of it is its signature, without which it is none."""
        return self._noted(title, jwt.encode(self._claims(claims), secret))

    def public_token(self, title: str, **claims: Any) -> str:
        return self._noted(title, self.key.token(self._claims({"iss": PUBLIC, **claims})))

    def key_of(self, title: str, *, stored: bool) -> str:
        id = f"{next(self.numbers):012}"
        text = write_key("gh", id, id.encode() * 2 + bytes(8))
        if stored:
            told = {"owner": "billing", "roles": ["reader"], "scopes": [], "created": 1, "expires": None}
            self.gateway.kv_put(f"key:{id}", write_record(ApiKey(id, digest(text)), told), namespace="KEYS")
        self.words[text.split("_")[2]] = title
        return text

    def ask(self, path: str, *statuses: int, **fields: str) -> None:
        """Ask three times: what is remembered at the first may be answered from memory, and remembered so."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        for _ in range(3):
            answer = self.gateway.get(path, headers=headers)
            assert answer.status_code in statuses, (path, answer.status_code, answer.text)

    def held(self) -> dict[str, str]:
        """What was told to whom, of all that is found -> the way there. Asked when nothing is under way any more."""
        path = "/searched/" + "/".join(quote(word[::-1], safe="") for word in self.words)
        answer = until(lambda: self.gateway.get(path).json(), lambda found: not found["under_way"])
        assert not answer["under_way"]
        return {self.words[word]: way for word, way in answer["held"].items()}

    def _claims(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {
            "iss": ISSUER,
            "sub": f"u{next(self.numbers)}",
            "role": "reader",
            "exp": int(time.time()) + 600,
            **claims,
        }

    def _noted(self, title: str, token: str) -> str:
        self.words[token.rpartition(".")[2]] = title
        return token


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    key = SigningKey.generate("ES256", "k1")
    shared = {"audience": [], "from": WAYS}
    issuers = [
        {"issuer": ISSUER, "algorithms": ["HS256"], "secret": "KEY", **shared},
        {"issuer": STAFF, "algorithms": ["HS256"], "secret": "KEY", **shared},
        {"issuer": PUBLIC, "algorithms": ["ES256"], "jwks": {"keys": [key.public_jwk]}, **shared},
    ]
    options = beside_the_sources(tmp_path_factory.mktemp("searched"), "searched")
    with ScriptedOrigin(FOR_COOKIES) as cookies, ScriptedOrigin(FOR_ONE) as one, ScriptedOrigin(FOR_ALL) as everybody:
        down = f"http://127.0.0.1:{closed_port()}"
        origins = {"cookies": cookies.url, "one": one.url, "all": everybody.url, "down": down}
        variables = {
            "ISSUERS": issuers, "OPERATOR_ISSUERS": [STAFF], "ROUTES": routes(origins), "KEY": SECRET,
            "ORIGIN_SECRET": ORIGIN_SECRET,
            "API_KEYS": {"from": ["header:x-api-key", "authorization"], "prefix": "gh"},
        }  # fmt: skip
        with worker(**options, vars=variables, faults=True) as gateway:
            yield House(gateway, key)


def bearer(token: str) -> str:
    return f"Bearer {token}"


def ask_of_everything(house: House) -> None:
    """All that can become of a credential."""
    ask, token, secret = house.ask, house.token, house.secret
    ask("/varied", 200, authorization=f"Basic {secret('a password')}", cookie=f"a={secret('a cookie')}")
    ask("/refreshed", 200, authorization=bearer(secret("a token at a hit")), cookie=f"a={secret('a cookie at a hit')}")
    for path in ("/private", "/mine", "/role", "/signed"):
        ask(path, 200, authorization=bearer(token(f"a token at {path}")))
    ask("/mine", 200, authorization=bearer(house.public_token("a token of ES256")))
    ask("/mine", 200, cookie=f"session={token('a token in a cookie')}; b={secret('a cookie beside it')}")
    ask(f"/mine?access_token={token('a token in a query')}", 200)
    ask(f"/refreshed?key={secret('a key in a query')}", 200)
    ask(f"/by-link/{secret('a word in a path')}", 204)
    ask("/down", 502, 503, authorization=bearer(token("a token for who is down")))
    ask("/mine", 401, authorization=bearer(token("a forged token", FORGERS)))
    ask("/mine", 401, authorization=bearer(token("an expired token", exp=1)))
    ask("/role", 403, authorization=bearer(token("a token of no role", role="nobody")))
    ask("/mine", 401, authorization=bearer(secret("what is no token")))
    ask("/mine", 400, authorization=f"{bearer(token('one of two'))}, Bearer x.y.z")
    ask("/mine", 200, x_api_key=house.key_of("a key", stored=True))
    ask("/mine", 401, x_api_key=house.key_of("nobody's key", stored=False))
    opened = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
    opened |= {"sec_websocket_key": "x" * 22 + "==", "sec_websocket_protocol": f"bearer, {token('of a socket')}"}
    ask("/talk", 200, 502, **opened)
    named = f"taken-back-{next(house.numbers)}"
    revoked = token("a token taken back", jti=named)
    ask("/mine", 200, authorization=bearer(revoked))
    operator = bearer(token("an operator's token", iss=STAFF, role="gatehouse:revoke"))
    said = {"issuer": ISSUER, "token_id": named}
    house.gateway.post("/_gatehouse/revocations", json=said, headers={"authorization": operator}).raise_for_status()
    ask("/mine", 401, authorization=bearer(revoked))


def test_no_credential_stays_in_an_isolate(house: House) -> None:
    ask_of_everything(house)
    assert house.held() == {}


@pytest.mark.parametrize(
    ("module", "function", "kept"),
    [
        ("caching.keys", "digest", "a cookie"),
        ("auth", "fingerprint", "a token at /mine"),
        ("identity.api_keys", "read_key", "a key"),
        ("gateway", "name_of", "a word in a path"),
        ("places.preferences", "cookie_value", "a cookie at a hit"),
    ],
)
def test_one_that_stayed_would_be_found(house: House, module: str, function: str, kept: str) -> None:
    house.words.clear()
    house.gateway.get(f"/remembers/{module}/{function}").raise_for_status()
    try:
        ask_of_everything(house)
        assert kept in house.held()
    finally:
        house.gateway.get("/forgets").raise_for_status()
