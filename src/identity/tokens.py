"""JSON Web Tokens in JWS compact form: text in, parts out, nothing verified yet (RFC 7515 section 7.1, RFC 7519).

Strict where parsers are commonly lenient (RFC 8725): one spelling of base64url, no duplicate members, no critical
extension, three segments. This file knows no key, no issuer and no clock.

`InvalidToken` is the one refusal of this and all files that judge a token; its reasons are listed in `challenges.py`.
"""

from functools import lru_cache
from typing import Any

from core import base64url, strictjson
from core.lengths import REQUEST_FIELDS
from core.records import record
from identity.jose import canonical_algorithm, key_id

MAX_LENGTH = REQUEST_FIELDS["authorization"].characters
"""Longest token that an entry of ISSUERS can take, in characters."""
USUAL_LENGTH = 8192
"""Longest that one takes unless it says otherwise."""


class InvalidToken(Exception):
    """The token is refused. `reason` is a key of `challenges.REASONS`, or `condition`; `longest` is for `too_large`."""

    def __init__(self, reason: str, longest: int = USUAL_LENGTH) -> None:
        super().__init__(reason)
        self.reason = reason
        self.longest = longest


@record
class Header:
    """What the gateway reads of a JOSE header. Keys or places of keys that a token names itself are never looked at."""

    alg: str
    """`EdDSA` also where it is spelt `Ed25519` (RFC 9864)."""
    kid: str | None
    typ: str | None
    """Lower-case, without a leading `application/` (RFC 7515 section 4.1.9)."""


@record(frozen=False)
class Token:
    """A token taken apart. For `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln`:

    Token(header=Header("HS256", None, None), claims={"sub": "u1"},
          signing_input=b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9", signature=b"sig")
    """

    header: Header
    claims: dict[str, Any]
    signing_input: bytes
    signature: bytes


def parse_token(text: str, longest: int = USUAL_LENGTH) -> Token:
    """Take `text` apart. Raises InvalidToken: `too_large`, `malformed`, `algorithm`, `critical`."""
    if len(text) > longest:
        raise InvalidToken("too_large", longest)
    segments = text.split(".")
    if len(segments) != 3:
        raise InvalidToken("malformed")
    header = parse_header(segments[0])
    claims = _object(segments[1])
    try:
        signature = base64url.decode(segments[2])
    except ValueError:
        raise InvalidToken("malformed") from None
    return Token(header, claims, text[: -len(segments[2]) - 1].encode("ascii"), signature)


@lru_cache(maxsize=64)
def parse_header(segment: str) -> Header:
    """The JOSE header of `segment`; an issuer writes the same few again and again, so they are remembered."""
    members = _object(segment)
    if "crit" in members or members.get("b64", True) is not True:
        raise InvalidToken("critical")
    alg, typ = members.get("alg"), members.get("typ")
    if not isinstance(alg, str):
        raise InvalidToken("algorithm")
    try:
        kid = key_id(members.get("kid"))
    except ValueError:
        raise InvalidToken("malformed") from None
    if "typ" in members and not isinstance(typ, str):
        raise InvalidToken("malformed")
    return Header(canonical_algorithm(alg), kid, None if typ is None else typ.lower().removeprefix("application/"))


def _object(segment: str) -> dict[str, Any]:
    try:
        value = strictjson.loads(base64url.decode(segment))
    except (ValueError, RecursionError):
        raise InvalidToken("malformed") from None
    if not isinstance(value, dict):
        raise InvalidToken("malformed")
    return value
