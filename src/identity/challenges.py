"""What a refused caller is told: status, problem body and `WWW-Authenticate`, byte for byte (RFC 6750 section 3).

The tables below are the whole of it. Nothing of a token, a key, a secret's name or a claim's value may appear in one:
a description says what is wrong with the token, never what would have been right.

    no credential at all            401 token_missing       Bearer realm="gatehouse"
    a request that is malformed     400 invalid_request     Bearer realm="gatehouse", error="invalid_request"
    a token that is not accepted    401 invalid_token       ..., error="invalid_token", error_description="..."
    a cookie's token, cross-site    403 cross_site          none
    a role or scope is missing      403 insufficient_scope  ..., error="insufficient_scope", scope="..."
    keys cannot be had              503 keys_unavailable    none; Retry-After

A 401 names what the route takes. An API key behind `Bearer` is a token to RFC 6750; for one in a field of its own there
is no registered scheme, and a challenge of its own says the field: `ApiKey realm="gatehouse", header="x-api-key"`.

RFC 6750 section 3.1 calls a malformed *request* `invalid_request` and a malformed *token* `invalid_token`. So
`Bearer a, Bearer b` is 400, and `Bearer abc`, whose syntax is right, is 401.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final

from core.problems import Problem
from core.records import record
from identity.carriers import AUTHORIZATION, Carrier
from identity.settings import AccessSettings
from identity.tokens import USUAL_LENGTH

TOKEN_REQUIRED = "Authorization token required"
TOKEN_INVALID = "Invalid or expired token"
KEY_INVALID = "Invalid or expired API key"
ACCESS_DENIED = "Insufficient permissions"
KEYS_UNAVAILABLE = "Token verification unavailable"
"""The `error` member. The first two are the words of the edge function that Gatehouse replaces."""

REASONS = {
    "too_large": f"The token is longer than {USUAL_LENGTH} characters",
    "malformed": "The token is not a signed JWT in compact form",
    "critical": "The token needs an extension that is not supported",
    "algorithm": "The algorithm of the token is not accepted",
    "type": "The type of the token is not accepted",
    "issuer": "The issuer of the token is not accepted",
    "audience": "The token is meant for another audience",
    "unknown_key": "The key that signed the token is not known",
    "ambiguous_key": "More than one key fits the token",
    "signature": "The signature of the token is not valid",
    "expired": "The token has expired",
    "not_yet_valid": "The token is not valid yet",
    "no_expiry": "The token does not say when it expires",
    "lifetime": "The token is valid for longer than is accepted",
    "subject": "The token does not name its subject",
    "claim": "A claim of the token has the wrong type",
    "revoked": "The token has been revoked",
    "credential": "Credentials of this kind are not accepted here",
    "key_malformed": "The API key is mistyped or cut off",
    "key_unknown": "The API key is not known",
    "key_expired": "The API key has expired",
}
"""`reason` of an `invalid_token` -> its `error_description`, in the characters that RFC 6750 section 3 allows."""

CONDITION = "A claim of the token has another value than is accepted"
"""The description of a `claim` that is not what an entry asks for by `require`; within the gateway, `condition`."""

REQUEST_FAULTS = {
    "scheme": "The request carries credentials that are not a Bearer token.",
    "credentials": "The Bearer credentials are empty or hold a character that no token has.",
    "repeated": "The request carries more than one set of credentials.",
    "cookies": "The request's cookies can be read in two ways, of which one has another token.",
}
"""`reason` of an `invalid_request` -> its detail."""


MOST_SENTENCES: Final = 256
"""Refusals of tokens that are remembered as they are told."""

OF_KEYS: Final = frozenset({"key_malformed", "key_unknown", "key_expired"})
"""Reasons of a refused API key."""

TOKENS_ALONE: Final = AccessSettings.model_construct(auth="required", credentials=("token",))
KINDS_OF_CREDENTIALS: Final = (frozenset({"token"}), frozenset({"key"}), frozenset({"token", "key"}))
"""What `credentials` of a route may hold."""


@record
class Wanted:
    """What a route takes, in the words of a refusal."""

    challenges: tuple[str, ...]
    """One for each scheme (RFC 9110 section 11.6.1)."""
    sentence: str

    def challenge(self, error: str = "") -> str:
        """All challenges; the first says what was wrong."""
        first, *others = self.challenges
        return ", ".join([first, *([error] if error else []), *others])


class Challenges:
    """The refusals of one realm.

    `Challenges("gatehouse").invalid_token("expired")` is a Problem whose header `www-authenticate` reads
    `Bearer realm="gatehouse", error="invalid_token", error_description="The token has expired"`.
    """

    def __init__(self, realm: str, key_ways: Sequence[Carrier] = (), *, takes_tokens: bool = True) -> None:
        """`key_ways` are those by which API keys come."""
        self._bearer = f'Bearer realm="{realm}"'
        offered = {"token"} if takes_tokens or not key_ways else set()
        self._wanted = {
            kinds: _wanted(realm, offered & kinds, key_ways if "key" in kinds else ()) for kinds in KINDS_OF_CREDENTIALS
        }
        self._of_token = lru_cache(MOST_SENTENCES)(self._of_token_anew)

    def token_missing(self, route: AccessSettings = TOKENS_ALONE) -> Problem:
        wanted = self._wanted[frozenset(route.credentials)]
        return Problem(
            401,
            "token_missing",
            f"This resource needs {wanted.sentence}.",
            headers={"www-authenticate": wanted.challenge()},
            error=TOKEN_REQUIRED,
            reason="token_missing",
        )

    def invalid_request(self, reason: str) -> Problem:
        """`reason` is a key of REQUEST_FAULTS."""
        return Problem(
            400,
            "invalid_request",
            f"{REQUEST_FAULTS[reason]} Send exactly one 'Authorization: Bearer <token>'.",
            headers={"www-authenticate": f'{self._bearer}, error="invalid_request"'},
            error=TOKEN_REQUIRED,
            reason=reason,
        )

    def invalid_token(self, reason: str, longest: int = USUAL_LENGTH, route: AccessSettings = TOKENS_ALONE) -> Problem:
        """`reason` is a key of REASONS or `condition`; `longest` is told where it is `too_large`."""
        detail, challenge, error, told = self._of_token(reason, longest, route.credentials)
        return Problem(401, "invalid_token", detail, headers={"www-authenticate": challenge}, error=error, reason=told)

    def _of_token_anew(self, reason: str, longest: int, kinds: tuple[str, ...]) -> tuple[str, str, str, str]:
        """Detail, challenge, `error` and `reason` of a refused token: of each, the settings know but a few."""
        if reason == "condition":
            reason, description = "claim", CONDITION
        else:
            description = REASONS[reason].replace(str(USUAL_LENGTH), str(longest))
        said = f'error="invalid_token", error_description="{description}"'
        error = KEY_INVALID if reason in OF_KEYS else TOKEN_INVALID
        return f"{description}.", self._wanted[frozenset(kinds)].challenge(said), error, reason

    def cross_site(self) -> Problem:
        """No challenge: another token would not help, and a browser must not be asked for one."""
        return Problem(
            403,
            "cross_site",
            "A token in a cookie counts in a request that changes something, or in a WebSocket's handshake, only if a "
            "page of this site makes it: it needs Sec-Fetch-Site: same-origin, or an Origin that is allowed.",
            error=ACCESS_DENIED,
            reason="cross_site",
        )

    def insufficient_scope(self, reason: str, scopes: Sequence[str]) -> Problem:
        """`reason` is `role` or `scope`. Without scopes to name, the attribute is left out: it cannot be empty."""
        needed = f', scope="{" ".join(scopes)}"' if scopes else ""
        return Problem(
            403,
            "insufficient_scope",
            f"The token is valid and lacks a {reason} that this resource needs.",
            headers={"www-authenticate": f'{self._bearer}, error="insufficient_scope"{needed}'},
            error=ACCESS_DENIED,
            reason=reason,
        )

    def keys_unavailable(self, retry_after: int) -> Problem:
        """`retry_after` in seconds. No challenge: nothing is wrong with the caller's token, as far as is known."""
        return Problem(
            503,
            "keys_unavailable",
            "The keys that tokens are verified with cannot be had at the moment. Try again later.",
            headers={"retry-after": str(retry_after)},
            error=KEYS_UNAVAILABLE,
            reason="keys_unavailable",
        )


def _wanted(realm: str, tokens: Collection[str], key_ways: Sequence[Carrier]) -> Wanted:
    """What is taken where tokens are, or are not, and keys by these ways."""
    fields = [way.name for way in key_ways if way.kind != AUTHORIZATION]
    bearers = ["<token>"] if tokens or not key_ways else []
    bearers += ["<key>"] if len(fields) < len(key_ways) else []
    names = (["an access token"] if "<token>" in bearers else []) + (["an API key"] if key_ways else [])
    ways = [*(f"'Authorization: Bearer {one}'" for one in bearers), *(f"'{name}: <key>'" for name in fields)]
    challenges = [f'ApiKey realm="{realm}", header="{name}"' for name in fields]
    if bearers:
        challenges.insert(0, f'Bearer realm="{realm}"')
    return Wanted(tuple(challenges), f"{' or '.join(names)}: send {' or '.join(ways)}")
