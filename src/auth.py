"""Bearer token or API key -> `Principal`, or a challenge (RFC 6750, RFC 7519, RFC 8725).

    who = authenticator.identify(request, route)          # no I/O: no token, a remembered one, an HMAC
    if isinstance(who, Unverified):
        who = await authenticator.verify(who, background) # a public key: key set and WebCrypto
    authorize = authenticator.authorize(who, route)

Rules that this file keeps, whatever is configured:

- the entries of ISSUERS that a token is shown to are chosen by exact `iss` before anything is verified, and each by
  itself says which algorithms and keys count;
- an entry checks a signature before any claim but `iss`, so a refusal's reason never describes a forgery;
- a token is believed only where its entry says that tokens come (`from`), and only where that entry is trusted;
- a token in a cookie writes nothing for a page of another site;
- one credential a request, token or key: the same one may come in several places, two different ones are nobody's;
- what is remembered of a token is its digest and what it proved, and it is believed no longer than the token itself
  and than the key set that verified it; or why it was refused, where that is for good;
- a token that was taken back is refused, whoever might still take it.

Parsing is `tokens.py`'s, entries `trust.py`'s, claims `principals.py`'s, keys `jwks.py`'s, memory `remembered.py`'s,
keys of machines `api_keys.py`'s, what was taken back `revocations.py`'s, the words of a refusal `challenges.py`'s.
"""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from core.messages import Request
from core.ports import Background, Platform, StoreFailed
from fields.handshake import is_websocket, websocket_tokens
from identity.access import refuses_some
from identity.api_keys import REFERENCES, RETRY_AFTER, ApiKeys
from identity.carriers import Carrier, Taken, carrier, is_from_here
from identity.challenges import Challenges
from identity.doors import Door, came_as_key, compiled_doors
from identity.hearings import Hearing, Unverified, UnverifiedKey, UnverifiedToken
from identity.hmacs import HASHES, Hmac, secret_bytes
from identity.jwks import KeysUnavailable, UnknownKey
from identity.presets import expanded
from identity.principals import LONGEST_MARK, Principal
from identity.publickeys import MAX_TRIED, KeySet, PublicKey
from identity.remembered import Memory, fingerprint, trusts
from identity.resources import WELL_KNOWN, ProtectedResources
from identity.revocations import KIND as REVOKED
from identity.revocations import Issuers, Revocation, Revocations
from identity.settings import KEY_ISSUER, AccessSettings, IdentitySettings
from identity.tenants import CLAIM as TENANT_CLAIM
from identity.tokens import USUAL_LENGTH, InvalidToken, Token, parse_token
from identity.trust import Entry, candidates, connect_keys
from identity.visitors import Visitor, refuse_elsewhere

__all__ = [
    "HASHES",
    "LONGEST_MARK",
    "REVOKED",
    "TENANT_CLAIM",
    "WELL_KNOWN",
    "Authenticator",
    "Carrier",
    "Hmac",
    "Issuers",
    "KeySet",
    "Principal",
    "ProtectedResources",
    "Revocation",
    "Unverified",
    "Visitor",
    "carrier",
    "expanded",
    "refuse_elsewhere",
    "refuses_some",
    "secret_bytes",
]

_BEARER_BESIDE = re.compile(r",[ \t]*bearer(?:[ \t]|\Z)", re.IGNORECASE)
"""A second set of credentials behind others."""

_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
"""RFC 9110 section 11.2: what may stand behind `Bearer`."""

Sites = Callable[[AccessSettings], Container[str]]
"""The origins whose pages a route trusts with what a browser keeps of its visitor."""


class Authenticator:
    """Identity at the edge, compiled once per isolate."""

    def __init__(self, settings: IdentitySettings, platform: Platform, sites: Sites = lambda route: ()) -> None:
        """Settings must have come through `load_settings`: every named secret is there and long enough.

        `sites` are those of a route, beside the gateway's own, whose pages may write with a token in a cookie.
        """
        self._clock = platform.clock
        self._verifier = platform.verify
        self._log = platform.log
        self._challenges = Challenges(settings.realm, settings.key_ways, takes_tokens=bool(settings.issuers))
        self._memory = Memory()
        self._revocations = Revocations()
        entries = [
            Entry(index, entry, entry.references | {path}, settings.secrets, settings.compared_claims)
            for index, (path, entry) in enumerate(settings.entries())
        ]
        self.issuers = Issuers([entry.issuer for entry in entries], {KEY_ISSUER} if settings.api_keys else ())
        self._sources = connect_keys(zip(entries, settings.issuers, strict=True), platform, self._memory.forget)
        doors = compiled_doors(entries, settings)
        self._doors = [door for door in doors if door.kind in ("authorization", "header")]
        self._taking = [door for door in doors if door.kind in ("cookie", "query")]
        keys = settings.api_keys
        self._keys = ApiKeys(keys.prefix, platform, self.is_revoked) if keys else None
        self._taken = Taken([one for entry in settings.issuers for one in entry.carriers])
        self._bearer_door = next((door for door in self._doors if door.kind == "authorization"), None)
        self._has_one_door = self._bearer_door is not None and len(self._doors) == 1
        self._marks = _marks(self._doors)
        self._sites = sites

    def take_out(self, request: Request) -> None:
        """Take tokens out of the cookies and the query of `request`, before anything else looks at those."""
        if self._taking:
            self._taken.take_out(request)

    def take_back(self, flags: Mapping[str, Mapping[str, Any]]) -> None:
        """From now on refuse what these revocations name, and nothing else. What is remembered of it is forgotten."""
        self._revocations = Revocations(flags)
        self._memory.forget_callers(self.is_revoked)

    def is_revoked(self, principal: Principal) -> bool:
        """Whether a caller's credential has been taken back; ask before one is remembered, not at every use."""
        return self._revocations.cover(principal, self._clock())

    def identify(self, request: Request, route: AccessSettings) -> Principal | Unverified | None:
        """Who `request` comes from, as far as can be said without I/O; None for nobody in particular.

        Raises Problem: `token_missing`, `invalid_request`, `invalid_token`, `cross_site`.
        """
        if route.auth == "none":
            return None
        if self._has_one_door and not route.websocket_token and request.taken is None:  # as of most gateways
            value, doors, marks = request.headers.get("authorization"), self._doors, self._marks
            token = None if value is None else self._bearer(value, route)
        else:
            token, doors = self._find_credential(request, route)
            marks = _marks(doors)
        if token is None:
            if route.auth == "optional":
                return None
            raise self._challenges.token_missing(route)
        name = fingerprint(token, marks)
        now = self._clock()
        known = self._memory.recall(name, now)
        if known is not None and known.holds_for(route):
            return known.principal if not known.principal.anonymous else self._counted(known.principal, route)
        if (refused := self._memory.refusal(name, route, now)) is not None:
            raise self._challenges.invalid_token(refused.reason, refused.longest, route)
        try:
            if self._keys is not None and came_as_key(self._keys.is_one(token), doors):
                return self._recall_key(self._keys, token, route)
            if "token" not in route.credentials:
                raise InvalidToken("credential")
            parsed = parse_token(token, max([door.entries.longest for door in doors], default=USUAL_LENGTH))
            entries = candidates([door.entries for door in doors], parsed.claims)
            who = self._hear(Hearing(token, name, parsed, route, entries))
            return who if isinstance(who, Unverified) else self._counted(who, route)
        except InvalidToken as refusal:
            if not _TOKEN68.fullmatch(token):  # asked late, since no token that parses fails it
                raise self._challenges.invalid_request("repeated" if "," in token else "credentials") from None
            self._memory.refuse(name, route, refusal, now)
            raise self._challenges.invalid_token(refusal.reason, refusal.longest, route) from None
        except KeysUnavailable as failure:
            raise self._challenges.keys_unavailable(failure.retry_after) from None

    async def verify(self, unverified: Unverified, background: Background) -> Principal | None:
        """The principal of a credential, once it is found valid; None where a token counts as none.

        Raises Problem: `invalid_token`, `keys_unavailable`, `token_missing`.
        """
        if isinstance(unverified, UnverifiedKey):
            return await self._look_up(unverified)
        assert isinstance(unverified, UnverifiedToken)
        route = unverified.hearing.route
        try:
            principal = await self._decide(unverified, background)
        except InvalidToken as refusal:
            raise self._challenges.invalid_token(refusal.reason, refusal.longest, route) from None
        except KeysUnavailable as failure:
            raise self._challenges.keys_unavailable(failure.retry_after) from None
        return self._counted(principal, route)

    async def authenticate(self, request: Request, route: AccessSettings, background: Background) -> Principal | None:
        """`identify`, and `verify` where it takes that."""
        who = self.identify(request, route)
        return await self.verify(who, background) if isinstance(who, Unverified) else who

    def authorize(self, principal: Principal | None, route: AccessSettings) -> None:
        """Let `principal` into `route`, or raise Problem `insufficient_scope`; `invalid_token` for another audience.

        Any one of the route's roles is enough, and any one of its scopes, and it takes all of its `all_scopes`; a route
        with several asks for each.
        Nobody in particular, on a route where a token is optional, is asked for neither.
        """
        if principal is None:
            return
        if route.audience and principal.audience.isdisjoint(route.audience):
            raise self._challenges.invalid_token("audience")
        if route.roles and not any(role in route.roles for role in principal.roles):
            raise self._challenges.insufficient_scope("role", _scopes(route))
        if route.scopes and principal.scopes.isdisjoint(route.scopes):
            raise self._challenges.insufficient_scope("scope", _scopes(route))
        if route.all_scopes and not principal.scopes.issuperset(route.all_scopes):
            raise self._challenges.insufficient_scope("scope", _scopes(route))

    async def refresh(self) -> None:
        """What the cron trigger does: fetch key sets anew before they are stale."""
        for source in self._sources:
            await source.refresh()

    def _find_credential(self, request: Request, route: AccessSettings) -> tuple[str | None, list[Door]]:
        """The one token that `request` carries, and the fields it counts in. Raises Problem for two, or for no token.

        The same one in several places is one: Cloudflare Access and a client of its own may both send it.
        A WebSocket's subprotocol counts as `Authorization`, which browsers cannot set there.
        """
        token: str | None = None
        doors: list[Door] = []
        for door in self._doors:
            value = request.headers.get(door.name)
            if value is None:
                continue
            found = self._bearer(value, route) if door.kind == "authorization" else _once(value)
            if found is None:
                continue
            if doors and found != token:
                raise self._challenges.invalid_request("repeated")
            token = found
            doors.append(door)
        if route.websocket_token and is_websocket(request):
            for found in websocket_tokens(request):
                if token not in (None, found):
                    raise self._challenges.invalid_request("repeated")
                token = found
                if self._bearer_door is not None and self._bearer_door not in doors:
                    doors.insert(0, self._bearer_door)
        if request.taken is not None:
            token = self._find_taken(request, request.taken, token, doors, self._sites(route))
        return token, doors

    def _find_taken(
        self,
        request: Request,
        taken: Mapping[str, tuple[str | None, ...]],
        token: str | None,
        doors: list[Door],
        sites: Container[str],
    ) -> str | None:
        """The same of cookies and query, whose doors are added to `doors`."""
        for door in self._taking:
            if door.kind == "query" and request.method != "GET":
                continue
            for found in taken.get(door.place, ()):
                if found is None:
                    raise self._challenges.invalid_request("cookies")
                if token not in (None, found):
                    raise self._challenges.invalid_request("repeated")
                token = found
                if door not in doors:
                    doors.append(door)
        if any(door.kind == "cookie" for door in doors) and not is_from_here(request, sites):
            raise self._challenges.cross_site()
        return token

    def _bearer(self, value: str, route: AccessSettings) -> str | None:
        """The credentials behind `Bearer`; the scheme's name knows no case (RFC 9110 section 11.1).

        None for another scheme where nobody need be known and the origin does not get to see it, either.
        """
        scheme, _, credentials = value.strip(" \t").partition(" ")
        if scheme.lower() == "bearer":
            return credentials.lstrip(" ")
        if route.auth == "optional" and not route.forward_authorization:
            if _BEARER_BESIDE.search(value):
                raise self._challenges.invalid_request("repeated")
            return None
        raise self._challenges.invalid_request("scheme")

    def _recall_key(self, keys: ApiKeys, credential: str, route: AccessSettings) -> Principal | UnverifiedKey:
        """Who an API key speaks for, or what is to be looked up of it. Raises InvalidToken."""
        if "key" not in route.credentials or not trusts(route, REFERENCES):
            raise InvalidToken("credential")
        key = keys.read(credential)
        return keys.recall(key) or UnverifiedKey(key, route)

    async def _look_up(self, unverified: UnverifiedKey) -> Principal:
        assert self._keys is not None, "there is a key where keys are configured"
        try:
            return await self._keys.look_up(unverified.key)
        except InvalidToken as refusal:
            raise self._challenges.invalid_token(refusal.reason, route=unverified.route) from None
        except StoreFailed as failure:
            self._log("store_failed", during="api_key", error=str(failure))
            raise self._challenges.keys_unavailable(RETRY_AFTER) from None

    def _hear(self, hearing: Hearing) -> Principal | UnverifiedToken:
        """Show a token to the next entries, until one takes it or needs a public key to say.

        Raises InvalidToken, KeysUnavailable.
        """
        token = hearing.token
        while (entry := hearing.next()) is not None:
            try:
                entry.check_form(hearing.text, token.header)
                if entry.source is not None:
                    return UnverifiedToken(hearing, entry, entry.source)
                entry.check_hmac(token)
                principal = self._read(entry, token)
            except InvalidToken as refusal:
                hearing.refused(refusal)
                continue
            self._remember(hearing, entry, principal)
            return principal
        raise hearing.verdict()

    async def _decide(self, unverified: UnverifiedToken, background: Background) -> Principal:
        """What the first entry says that takes the token. Raises InvalidToken, KeysUnavailable."""
        hearing, who = unverified.hearing, unverified
        while True:
            try:
                return await self._verify(who, background)
            except (InvalidToken, KeysUnavailable) as refusal:
                hearing.refused(refusal)
            heard = self._hear(hearing)
            if isinstance(heard, Principal):
                return heard
            who = heard

    async def _verify(self, unverified: UnverifiedToken, background: Background) -> Principal:
        """What the entry makes of the token. Raises InvalidToken, KeysUnavailable."""
        hearing, entry, source = unverified.hearing, unverified.entry, unverified.source
        token = hearing.token
        try:
            keys = await source.find(token.header.alg, token.header.kid, background)
        except UnknownKey:
            raise InvalidToken("unknown_key") from None
        version = source.version
        await self._check_signature(token, [key for key in keys if key.is_of(token.claims.get("iss"))])
        principal = self._read(entry, token)
        if source.version == version:  # else the key may have been revoked while the platform was computing
            self._remember(hearing, entry, principal)
        return principal

    def _read(self, entry: Entry, token: Token) -> Principal:
        """The principal of a token whose signature is valid. Raises InvalidToken."""
        principal = entry.rules.read(token.claims, self._clock())
        if self.is_revoked(principal):
            raise InvalidToken("revoked")
        return principal

    async def _check_signature(self, token: Token, keys: Sequence[PublicKey]) -> None:
        """Raises InvalidToken, unless one of the first keys verifies the token."""
        reason = "unknown_key"
        for key in keys[:MAX_TRIED]:
            if len(token.signature) == key.signature_length and any(token.signature):
                try:
                    if await self._verifier(token.header.alg, key.jwk, token.signature, token.signing_input):
                        return
                except ValueError as error:
                    self._log("jwks_key_refused", kid=key.kid, error=str(error))
                    continue
            reason = "signature"
        raise InvalidToken("ambiguous_key" if len(keys) > MAX_TRIED else reason)

    def _counted(self, principal: Principal, route: AccessSettings) -> Principal | None:
        """Nobody, for a token that counts as none. Raises Problem `token_missing` where one is needed."""
        if not principal.anonymous:
            return principal
        if route.auth == "optional":
            return None
        raise self._challenges.token_missing(route)

    def _remember(self, hearing: Hearing, entry: Entry, principal: Principal) -> None:
        """Unless an entry before this one could not say: once it can, the token may be that one's."""
        if hearing.unavailable is None:
            self._memory.remember(hearing.fingerprint, hearing.proved(entry, principal))


def _marks(doors: Sequence[Door]) -> bytes:
    """What a fingerprint tells carriers of a token apart by."""
    return b"".join([door.mark for door in doors])


def _scopes(route: AccessSettings) -> list[str]:
    """What a challenge names, those first that are all needed."""
    return list(dict.fromkeys([*route.all_scopes, *route.scopes]))


def _once(value: str) -> str:
    """The token of an issuer's own field, which a proxy may have set beside the client: the same twice is one.

    `Authorization` is one field by its definition (RFC 9110 section 11.6.2), and twice is a mistake.
    """
    if "," not in value:
        return value
    tokens = [item.strip(" \t") for item in value.split(",")]
    return tokens[0] if tokens.count(tokens[0]) == len(tokens) else value
