"""What a route adds to every answer on its way out: fields of its own, a date of its end. After storing, so that none
of it is stored.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from core.messages import Response
from fields.dates import format_http_date
from fields.names import TOKEN, canonical
from forwarding.header_rules import CREDENTIALS, FRAMING, HOP_BY_HOP, READ_HERE, pass_fault, withhold_fault

SECURITY: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "strict-transport-security": "max-age=31536000",
    "x-frame-options": "DENY",
}
"""What `security_headers` gives an answer that does not say otherwise itself."""

NEVER_SET: Final = frozenset({
    *SECURITY, "content-security-policy", "content-security-policy-report-only", "permissions-policy", "set-cookie",
    "content-length", "content-encoding", "content-type", "content-range", "vary", "cache-control", "age", "date",
    "etag", "cdn-cache-control", "cloudflare-cdn-cache-control", "cache-status", "cache-tag", "www-authenticate",
    "location", "x-request-id", "server-timing", "ratelimit-policy", "retry-after", "timing-allow-origin", "alt-svc",
    "clear-site-data",
})  # fmt: skip
"""Fields of answers that say how they are to be trusted, stored or read: nobody's to overwrite from outside."""

NEVER_SET_PREFIXES: Final = ("access-control-", "cross-origin-", "x-gateway-", "sec-", "proxy-")

NEVER_SENT: Final = frozenset({"cookie", "host", "content-type", "content-encoding", "expect", "range", "x-request-id"})
"""Fields of requests that are the client's or the gateway's."""

ACTED_ON: Final = READ_HERE - {"accept-language", "accept-charset"} | {"pragma"}
"""Fields of requests that the gateway or its cache has acted on, or will: a change would reach the origin alone."""

IDENTITY_CODING: Final = ("accept-encoding", "identity")
"""What may be said of them all the same: an origin's answer as it is, for a policy that reads it."""

NEVER_AMENDED: Final = frozenset({
    "content-encoding", "content-range", "date", "age", "cache-status", "x-request-id", "server-timing", "alt-svc",
})  # fmt: skip
"""Fields of answers that say what the gateway knows, and nobody else."""

VALUE: Final = re.compile(r"[\x21-\x7E](?:[\x20-\x7E\t]*[\x21-\x7E])?|")
"""RFC 9110 section 5.5, without what is not ASCII."""


def request_field_fault(name: str, value: str) -> str | None:
    """Why a route cannot set a field of the requests that its origin gets; None where it can."""
    return _spelling_fault(name, value) or (
        "is the client's own, or the gateway's" if canonical(name) in NEVER_SENT else pass_fault(name)
    )


def response_field_fault(name: str, value: str) -> str | None:
    """Why a route cannot set a field of its answers; None where it can."""
    plain = canonical(name)
    if fault := _spelling_fault(name, value):
        return fault
    if plain in HOP_BY_HOP or plain in FRAMING:
        return "is for one connection only (RFC 9110 section 7.6.1)"
    if plain in NEVER_SET or plain.startswith(NEVER_SET_PREFIXES):
        return "says how an answer is trusted, stored or read; security_headers = true sets the usual ones"
    return None


def amendable_request(name: str, value: str) -> str | None:
    """Why a policy cannot set a field of a request; None where it can."""
    if canonical(name) in ACTED_ON and (name.lower(), value) != IDENTITY_CODING:
        return "is read by the gateway and its cache, which have read it"
    return request_field_fault(name, value)


def removable_request(name: str) -> str | None:
    """Why a policy cannot take a field of a client's away; None where it can."""
    if not TOKEN.fullmatch(name):
        return "is not a header field name"
    if canonical(name) in CREDENTIALS:
        return "carries a token, which is the gateway's alone"
    return withhold_fault(name)


def amendable_response(name: str, value: str) -> str | None:
    """Why a policy cannot set a field of an answer, or take it away; None where it can."""
    plain = canonical(name)
    if fault := _spelling_fault(name, value):
        return fault
    if plain in HOP_BY_HOP or plain in FRAMING:
        return "is for one connection only (RFC 9110 section 7.6.1), or says how long its content is"
    if plain == "set-cookie":
        return "can be there more than once: use the answer's `cookies`"
    if plain.startswith("access-control-"):
        return "is said by the gateway: list the sites in CORS_ORIGINS"
    if plain in NEVER_AMENDED or plain.startswith(("x-gateway-", "proxy-")):
        return "is the gateway's own to say"
    return None


def _spelling_fault(name: str, value: str) -> str | None:
    if not TOKEN.fullmatch(name):
        return "is not a header field name"
    return None if VALUE.fullmatch(value) else "has a value that is not visible ASCII on one line"


def end_fields(day: date) -> dict[str, str]:
    """`Deprecation` (RFC 9745 section 2.1) and `Sunset` (RFC 8594 section 3) of a route that ends on a day, UTC."""
    seconds = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    return {"deprecation": f"@{int(seconds)}", "sunset": format_http_date(seconds)}


def dress(response: Response, fields: Mapping[str, str], *, security: bool) -> None:
    """Add a route's `fields` to an answer, and what keeps it safe in a browser where it says nothing itself."""
    if security:
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
    response.headers.update(fields)
