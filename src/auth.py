"""Bearer token -> `Principal`, or a challenge (RFC 6750, RFC 7519, RFC 8725).

    who = authenticator.identify(request, route)          # no I/O: no token, a remembered one, an HMAC
    if isinstance(who, Unverified):
        who = await authenticator.verify(who, background) # a public key: key set and WebCrypto
    authorize = authenticator.authorize(who, route)

Rules that this file keeps, whatever is configured:

- the issuer is chosen by exact `iss` before anything is verified, and it alone says which algorithms and keys count;
- a signature is checked before any claim but `iss` is looked at, so a refusal's reason never describes a forgery;
- a token is believed only by the field its issuer was configured for, and only where that issuer is trusted;
- one credential a request: the same one may come in several places, two different ones are nobody's;
- what is remembered of a token is its digest and what it proved, and it is believed no longer than the token itself
  and than the key set that verified it.

Parsing is `tokens.py`'s, claims are `principals.py`'s, keys `jwks.py`'s, the words of a refusal `challenges.py`'s.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import digest
from typing import Final

from jwt.algorithms import HMACAlgorithm

from core.messages import Request
from core.ports import Background, Platform
from fields.handshake import is_websocket, websocket_tokens
from identity.access import refuses_some
from identity.challenges import Challenges
from identity.jwks import KeySource, KeysUnavailable, UnknownKey, key_source
from identity.principals import ClaimRules, Principal
from identity.publickeys import AmbiguousKey, KeySet
from identity.settings import AccessSettings, IdentitySettings, IssuerSettings
from identity.tokens import Header, InvalidToken, Token, parse_token

__all__ = ["Authenticator", "KeySet", "Principal", "Unverified", "refuses_some"]

REMEMBERED: Final = 2048
"""Most tokens remembered per isolate and header field, about half a kilobyte each."""

HASHES: Final = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
"""RFC 7518 section 3.2."""

_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
"""RFC 9110 section 11.2: what may stand behind `Bearer`."""


class Hmac(HMACAlgorithm):
    """PyJWT's HMAC, computed in one call: its own `hmac.new` costs three times as much on WebAssembly.

    Refusing asymmetric keys as secrets and comparing in constant time stay PyJWT's.
    """

    def __init__(self, name: str, secret: str | bytes) -> None:
        super().__init__(getattr(self, name.upper()))
        self._name = name
        self._key = self.prepare_key(secret)

    def sign(self, msg: bytes, key: bytes) -> bytes:
        return digest(key, msg, self._name)

    def accepts(self, token: Token) -> bool:
        return self.verify(token.signing_input, self._key, token.signature)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a token proved when it was verified."""

    principal: Principal
    until: float
    """`exp` and the leeway: from then on the token has expired."""
    source: KeySource | None
    """The keys it was verified with; None for a secret."""
    references: frozenset[str] = frozenset()
    """What routes call the entry of ISSUERS that it was verified by."""

    def is_trusted(self, route: AccessSettings) -> bool:
        return _trusts(route, self.references)


class Memory:
    """Verified tokens, the least recently used forgotten first. Keys are digests: no token is kept."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._entries: OrderedDict[bytes, Remembered] = OrderedDict()
        self._size = size

    def recall(self, token: str, now: float) -> Remembered | None:
        """What `token` proved, if it still holds."""
        fingerprint = _fingerprint(token)
        entry = self._entries.get(fingerprint)
        if entry is None:
            return None
        if now >= entry.until or (entry.source is not None and now >= entry.source.recheck_at):
            del self._entries[fingerprint]
            return None
        self._entries.move_to_end(fingerprint)
        return entry

    def remember(self, token: str, entry: Remembered) -> None:
        self._entries[_fingerprint(token)] = entry
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def forget(self, source: KeySource) -> None:
        """Forget every token that was verified with the keys of `source`."""
        for fingerprint in [key for key, entry in self._entries.items() if entry.source is source]:
            del self._entries[fingerprint]

    def __len__(self) -> int:
        return len(self._entries)


class Issuer:
    """One issuer, compiled: which tokens it takes, and what they prove."""

    def __init__(self, settings: IssuerSettings, secrets: dict[str, str], platform: Platform, memory: Memory) -> None:
        self.rules = ClaimRules(settings)
        self.references = settings.references
        self.memory = memory
        self._algorithms = frozenset(settings.algorithms)
        self._types = frozenset(name.lower().removeprefix("application/") for name in settings.typ)
        self.hmacs: dict[str, Hmac] = {}
        self.source: KeySource | None = None
        if settings.secret is not None:
            secret = secrets[settings.secret]
            self.hmacs = {name: Hmac(HASHES[name], secret) for name in settings.algorithms}
        else:
            self.source = key_source(settings, platform, self._forget)

    def check_header(self, header: Header) -> None:
        """Raises InvalidToken."""
        if header.alg not in self._algorithms:
            raise InvalidToken("algorithm")
        if self._types and header.typ not in self._types:
            raise InvalidToken("type")

    def remember(self, text: str, principal: Principal) -> None:
        """Believe `text` from now on without looking at its signature again."""
        entry = Remembered(principal, self.rules.ends(principal.expires), self.source, self.references)
        self.memory.remember(text, entry)

    def _forget(self) -> None:
        if self.source is not None:
            self.memory.forget(self.source)


@dataclass(frozen=True, slots=True)
class Unverified:
    """A token whose signature needs a public key: hand it to `Authenticator.verify`."""

    text: str = field(repr=False)
    token: Token = field(repr=False)
    issuer: Issuer
    source: KeySource


class Door:
    """One header field that tokens come in by, and the issuers that use it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.memory = Memory()
        self.issuers: dict[str | None, Issuer] = {}

    def issuer_of(self, token: Token) -> Issuer | None:
        """The issuer that a token names, by exact `iss`, if this is its field."""
        name = token.claims.get("iss")
        if "iss" in token.claims and not isinstance(name, str):
            return None
        return self.issuers.get(name)


class Authenticator:
    """Identity at the edge, compiled once per isolate."""

    def __init__(self, settings: IdentitySettings, platform: Platform) -> None:
        """Settings must have come through `load_settings`: every named secret is there and long enough."""
        self._clock = platform.clock
        self._verifier = platform.verify
        self._log = platform.log
        self._challenges = Challenges(settings.realm)
        fields = dict.fromkeys(entry.header for entry in settings.issuers) or {"authorization": None}
        self._doors = [Door(name) for name in sorted(fields, key=lambda name: name != "authorization")]
        for entry in settings.issuers:
            door = next(door for door in self._doors if door.name == entry.header)
            door.issuers[entry.issuer] = Issuer(entry, dict(settings.secrets), platform, door.memory)

    def identify(self, request: Request, route: AccessSettings) -> Principal | Unverified | None:
        """Who `request` comes from, as far as can be said without I/O; None for nobody in particular.

        Raises Problem: `token_missing`, `invalid_request`, `invalid_token`.
        """
        if route.auth == "none":
            return None
        token, doors = self._find_credential(request, route)
        if token is None:
            if route.auth == "optional":
                return None
            raise self._challenges.token_missing()
        now = self._clock()
        for door in doors:
            known = door.memory.recall(token, now)
            if known is not None and known.is_trusted(route):
                return known.principal
        try:
            return self._examine(token, doors, route, now)
        except InvalidToken as refusal:
            if not _TOKEN68.fullmatch(token):  # asked late, since no token that parses fails it
                raise self._challenges.invalid_request("repeated" if "," in token else "credentials") from None
            raise self._challenges.invalid_token(refusal.reason) from None

    async def verify(self, unverified: Unverified, background: Background) -> Principal:
        """The principal of a token, once its signature is found valid.

        Raises Problem: `invalid_token`, `keys_unavailable`.
        """
        try:
            return await self._verify(unverified, background)
        except InvalidToken as refusal:
            raise self._challenges.invalid_token(refusal.reason) from None
        except KeysUnavailable as failure:
            raise self._challenges.keys_unavailable(failure.retry_after) from None

    async def authenticate(self, request: Request, route: AccessSettings, background: Background) -> Principal | None:
        """`identify`, and `verify` where it takes that."""
        who = self.identify(request, route)
        return await self.verify(who, background) if isinstance(who, Unverified) else who

    def authorize(self, principal: Principal | None, route: AccessSettings) -> None:
        """Let `principal` into `route`, or raise Problem `insufficient_scope`.

        Any one of the route's roles is enough, and any one of its scopes; a route with both asks for one of each.
        Nobody in particular, on a route where a token is optional, is asked for neither.
        """
        if principal is None:
            return
        if route.roles and not any(role in route.roles for role in principal.roles):
            raise self._challenges.insufficient_scope("role", route.scopes)
        if route.scopes and principal.scopes.isdisjoint(route.scopes):
            raise self._challenges.insufficient_scope("scope", route.scopes)

    async def refresh(self) -> None:
        """What the cron trigger does: fetch key sets anew before they are stale."""
        for door in self._doors:
            for issuer in door.issuers.values():
                if issuer.source is not None:
                    await issuer.source.refresh()

    def _find_credential(self, request: Request, route: AccessSettings) -> tuple[str | None, list[Door]]:
        """The one token that `request` carries, and the fields it counts in. Raises Problem for two, or for no token.

        The same one in several places is one: Cloudflare Access and a client of its own may both send it.
        """
        token: str | None = None
        doors: list[Door] = []
        for door in self._doors:
            value = request.headers.get(door.name)
            if value is None:
                continue
            found = self._bearer(value) if door.name == "authorization" else _once(value)
            if doors and found != token:
                raise self._challenges.invalid_request("repeated")
            token = found
            doors.append(door)
        if route.websocket_token and is_websocket(request):
            for found in websocket_tokens(request):
                if token not in (None, found):
                    raise self._challenges.invalid_request("repeated")
                token = found
                if self._doors[0] not in doors:
                    doors.append(self._doors[0])
        return token, doors

    def _bearer(self, value: str) -> str:
        """The credentials behind `Bearer`; the scheme's name knows no case (RFC 9110 section 11.1)."""
        scheme, _, credentials = value.strip(" \t").partition(" ")
        if scheme.lower() != "bearer":
            raise self._challenges.invalid_request("scheme")
        return credentials.lstrip(" ")

    def _examine(self, text: str, doors: list[Door], route: AccessSettings, now: float) -> Principal | Unverified:
        token = parse_token(text)
        issuer = next((found for door in doors if (found := door.issuer_of(token)) is not None), None)
        if issuer is None or not _trusts(route, issuer.references):
            raise InvalidToken("issuer")
        issuer.check_header(token.header)
        if issuer.source is not None:
            return Unverified(text, token, issuer, issuer.source)
        if not issuer.hmacs[token.header.alg].accepts(token):
            raise InvalidToken("signature")
        principal = issuer.rules.read(token.claims, now)
        issuer.remember(text, principal)
        return principal

    async def _verify(self, unverified: Unverified, background: Background) -> Principal:
        token, issuer, source = unverified.token, unverified.issuer, unverified.source
        algorithm = token.header.alg
        try:
            key = await source.find(algorithm, token.header.kid, background)
        except UnknownKey:
            raise InvalidToken("unknown_key") from None
        except AmbiguousKey:
            raise InvalidToken("ambiguous_key") from None
        version = source.version
        if len(token.signature) != key.signature_length or not any(token.signature):
            raise InvalidToken("signature")
        try:
            valid = await self._verifier(algorithm, key.jwk, token.signature, token.signing_input)
        except ValueError as error:
            self._log("jwks_key_refused", kid=key.kid, error=str(error))
            raise InvalidToken("unknown_key") from None
        if not valid:
            raise InvalidToken("signature")
        principal = issuer.rules.read(token.claims, self._clock())
        if source.version == version:  # else the key may have been revoked while the platform was computing
            issuer.remember(unverified.text, principal)
        return principal


def _once(value: str) -> str:
    """The token of an issuer's own field, which a proxy may have set beside the client: the same twice is one.

    `Authorization` is one field by its definition (RFC 9110 section 11.6.2), and twice is a mistake.
    """
    if "," not in value:
        return value
    tokens = {item.strip(" \t") for item in value.split(",")}
    return tokens.pop() if len(tokens) == 1 else value


def _trusts(route: AccessSettings, references: frozenset[str]) -> bool:
    """Whether `route` believes the entry of ISSUERS that has these `references`; one that names none believes all."""
    return route.issuers is None or not references.isdisjoint(route.issuers)


def _fingerprint(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
