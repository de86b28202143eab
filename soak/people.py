"""Who asks: people of two issuers, their tokens, and tokens that must be refused.

Both issuers name their people alike, for an id means something only with its issuer. Keys are made anew for each run.
"""

import base64
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from soak.schedule import Schedule, key_id

HS: Final = "https://hs.example"
RS: Final = "https://rs.example"
AUDIENCE: Final = "https://api.example"
HOUR: Final = 3600

ROLES: Final = (("user",), ("user",), ("user", "editor"), ("admin", "user"), ())
NAMES: Final = ("user-{}", "auth0|{}", "zoë-{}", "a,b%{}", "Straße {}", "u{}@example.com")
PEOPLE: Final = 150


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a token."""

    issuer: str
    id: str
    roles: tuple[str, ...] = ("user",)

    @property
    def key(self) -> str:
        """One text per caller."""
        return f"{self.issuer}|{self.id}"


def person(issuer: str, number: int) -> Person:
    """The person of that number; a number of one issuer has the same id and other roles at the other."""
    shift = 0 if issuer == HS else 1
    return Person(issuer, NAMES[number % len(NAMES)].format(number), ROLES[(number + shift) % len(ROLES)])


KEYS: Final = 6
"""Keys of the provider: more than it publishes at a time."""

PURGER: Final = Person(HS, "purger", ("gatehouse:purge",))


@dataclass(frozen=True)
class Keys:
    """The secret of one issuer; the keys of the other, used in turn under new ids; and one that nobody publishes."""

    secret: str
    private: Sequence[rsa.RSAPrivateKey]
    unpublished: rsa.RSAPrivateKey

    @classmethod
    def generate(cls) -> Self:
        secret = base64.b64encode(random.SystemRandom().randbytes(36)).decode()
        first, *others = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(KEYS + 1))
        return cls(secret, others, first)

    def by_number(self, number: int) -> rsa.RSAPrivateKey:
        return self.private[number % len(self.private)]

    def published(self) -> list[dict[str, str]]:
        """What a provider publishes of them, but for the ids."""
        return [_public(key) for key in self.private]


def _public(key: rsa.RSAPrivateKey) -> dict[str, str]:
    jwk = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "alg": "RS256", "use": "sig"}


class Tokens:
    """Tokens of anybody, made with the keys of this run."""

    def __init__(self, keys: Keys, schedule: Schedule) -> None:
        self._keys = keys
        self._schedule = schedule
        self._signed = lru_cache(maxsize=4096)(self._sign)

    def good(self, person: Person, now: float, *, new: bool = False) -> str:
        """A token that must be accepted; `new` is one that was never seen before, else one made once."""
        if new:
            return self._sign(person, self._key_of(person, now), random.getrandbits(64))
        return self._signed(person, self._key_of(person, now), 0)

    def by_key(self, person: Person, number: int) -> str:
        """A token under a key of that number, published or not."""
        return self._signed(person, number, 0)

    def _key_of(self, person: Person, now: float) -> int:
        return self._schedule.turn(now) if person.issuer == RS else 0

    def _sign(self, person: Person, key: int, number: int) -> str:
        claims = _claims(person) | ({"jti": f"{number:x}"} if number else {})
        if person.issuer == HS:
            return jwt.encode(claims, self._keys.secret, "HS256")
        return jwt.encode(claims, self._keys.by_number(key), "RS256", headers={"kid": key_id(key)})

    def forged(self, person: Person, now: float) -> str:
        """The key id of the minute, and the signature of a key that was never published."""
        headers = {"kid": key_id(self._key_of(person, now))}
        return jwt.encode(_claims(person), self._keys.unpublished, "RS256", headers=headers)

    def bad(self, name: str, person: Person) -> str:
        """The value of `Authorization` that `REFUSED[name]` describes."""
        return REFUSED[name].make(person, self._keys)


def _claims(person: Person, **others: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": person.issuer, "sub": person.id, "aud": AUDIENCE, "role": list(person.roles)}
    return claims | {"iat": now, "exp": now + 12 * HOUR, **others}


@dataclass(frozen=True, slots=True)
class Refused:
    """A way in which credentials are wrong, and what a caller is told who comes with them."""

    make: Callable[[Person, Keys], str]
    status: int
    code: str
    reason: str


def _bearer(key: str = "", algorithm: str = "HS256", **others: Any) -> Callable[[Person, Keys], str]:
    """A token of the HMAC issuer with other claims, another algorithm, or another key."""

    def make(person: Person, keys: Keys) -> str:
        claims = {name: value for name, value in _claims(person, **others).items() if value is not None}
        return "Bearer " + jwt.encode(claims, key or keys.secret, algorithm)

    return make


def _unsigned(person: Person, keys: Keys) -> str:
    return "Bearer " + jwt.encode(_claims(person), "", "none")


def _tampered(person: Person, keys: Keys) -> str:
    """Somebody's token with another's name in it."""
    header, _, signature = jwt.encode(_claims(person), keys.secret, "HS256").split(".")
    claims = json.dumps(_claims(person, sub="somebody-else")).encode()
    return f"Bearer {header}.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.{signature}"


def _by_public_key(person: Person, keys: Keys) -> str:
    """The RSA issuer's token, with its public key for an HMAC secret."""
    secret = sha256(_public(keys.by_number(0))["n"].encode()).hexdigest()
    return "Bearer " + jwt.encode(_claims(person, iss=RS), secret, "HS256", headers={"kid": key_id(0)})


REFUSED: Final[Mapping[str, Refused]] = {
    "expired": Refused(_bearer(exp=1_700_000_000, iat=1_600_000_000), 401, "invalid_token", "expired"),
    "early": Refused(_bearer(nbf=4_000_000_000), 401, "invalid_token", "not_yet_valid"),
    "endless": Refused(_bearer(exp=None), 401, "invalid_token", "no_expiry"),
    "nobody": Refused(_bearer(sub=""), 401, "invalid_token", "subject"),
    "other audience": Refused(_bearer(aud="https://other.example"), 401, "invalid_token", "audience"),
    "other issuer": Refused(_bearer(iss="https://evil.example"), 401, "invalid_token", "issuer"),
    "other secret": Refused(_bearer(key="another secret of more than 32 bytes"), 401, "invalid_token", "signature"),
    "other algorithm": Refused(_bearer(key="x" * 64, algorithm="HS512"), 401, "invalid_token", "algorithm"),
    "unsigned": Refused(_unsigned, 401, "invalid_token", "algorithm"),
    "tampered": Refused(_tampered, 401, "invalid_token", "signature"),
    "public key as secret": Refused(_by_public_key, 401, "invalid_token", "algorithm"),
    "no token": Refused(lambda person, keys: "Bearer not.a.token", 401, "invalid_token", "malformed"),
    "other scheme": Refused(lambda person, keys: "Basic dTpw", 400, "invalid_request", "scheme"),
    "empty": Refused(lambda person, keys: "Bearer", 400, "invalid_request", "credentials"),
}
