"""Cross-origin resource sharing (Fetch standard, section 3.3): who may read answers from a browser.

Where `CORS_ORIGINS` is set, the gateway owns that question: what an origin says about it is taken off before anything
is stored (`settle_cors`), and every answer gets ours. Only the names of fields that the origin exposes are kept, beside
the response in `EXPOSED_BESIDE`, and joined to ours. Where it is not, the gateway stays out: preflights are requests
like any other, and an origin's fields pass. A copy made for one site is then kept from the others by `Vary: Origin`.

Everything that depends on the configuration alone is decided at construction. Credentials are only ever allowed to
origins listed by name.
"""

import re
from collections.abc import Iterable
from typing import Final

from core.lengths import RESPONSE_FIELDS
from core.messages import Request, Response
from fields.lists import split_list

EXPOSED: Final = (
    "age, cache-status, etag, ratelimit, ratelimit-policy, retry-after, server-timing, www-authenticate, x-request-id"
)
PREFLIGHT_SECONDS: Final = "7200"
"""Chromium keeps a preflight's answer no longer than two hours."""

FIELDS: Final = "access-control-"
"""What the names of all response fields of CORS begin with."""

TIMING: Final = "timing-allow-origin"
"""Says which sites may read how long a response took (Resource Timing, section 4.5.1), as CORS does of its content."""

EXPOSED_BESIDE: Final = "x-gateway-exposed"
"""Field of a response inside the gateway: the names that its origin exposes. No origin's field of that name gets in
(`header_rules.reaches_client`), and none leaves."""

MOST_EXPOSED: Final = 64
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}")


class Cors:
    """The policy of `CORS_ORIGINS`."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)
        self._any = "*" in self._origins

    @staticmethod
    def is_preflight(request: Request) -> bool:
        return (
            request.method == "OPTIONS"
            and "origin" in request.headers
            and "access-control-request-method" in request.headers
        )

    def answers(self, request: Request) -> bool:
        """Whether `request` is a preflight, and the gateway's to answer."""
        return bool(self._origins) and self.is_preflight(request)

    def preflight(self, request: Request, methods: Iterable[str]) -> Response:
        """The answer to a preflight; never challenged, because browsers send it without credentials."""
        response = Response(204, {"vary": "origin, access-control-request-headers", "cache-control": "no-store"})
        if self._allow(request, response):
            response.headers["access-control-allow-methods"] = ", ".join(methods)
            response.headers["access-control-max-age"] = PREFLIGHT_SECONDS
            if wanted := _names(request.headers.get("access-control-request-headers", "")):
                response.headers["access-control-allow-headers"] = ", ".join(wanted)
        return response

    def apply(self, request: Request, response: Response) -> None:
        """Let the page at `Origin` read the response, if it may. The gateway's policy replaces the origin's."""
        exposed = response.headers.pop(EXPOSED_BESIDE, "")
        if not self._origins:
            return
        if not self.is_preflight(request):
            _take_off(response.headers)  # of what was stored before the list was set
        if not self._any:
            add_vary(response.headers, "origin")
        if self._allow(request, response):
            response.headers["access-control-expose-headers"] = f"{EXPOSED}, {exposed}" if exposed else EXPOSED

    def _allow(self, request: Request, response: Response) -> bool:
        """`*` is said to everybody: a copy that a browser made without `Origin` must serve one with it."""
        if self._any:
            response.headers["access-control-allow-origin"] = "*"
            return True
        origin = request.headers.get("origin")
        if origin is None or origin not in self._origins:
            return False
        response.headers["access-control-allow-origin"] = origin
        response.headers["access-control-allow-credentials"] = "true"
        return True


def settle_cors(headers: dict[str, str], *, gateway_owns: bool) -> None:
    """Make an origin's response, given by its fields, one that may be stored for every site that asks."""
    if gateway_owns:
        exposed = _exposed(headers.get("access-control-expose-headers", ""))
        _take_off(headers)
        if headers.get(TIMING) != "*":
            headers.pop(TIMING, None)
        if exposed:
            headers[EXPOSED_BESIDE] = ", ".join(exposed)
    elif headers.get("access-control-allow-origin", "*") != "*" or headers.get(TIMING, "*") != "*":
        add_vary(headers, "origin")


def _take_off(headers: dict[str, str]) -> None:
    for name in [name for name in headers if name.startswith(FIELDS)]:
        del headers[name]


def _exposed(value: str) -> list[str]:
    return [] if len(value) > RESPONSE_FIELDS["access-control-expose-headers"].characters else _names(value)


def _names(value: str) -> list[str]:
    """The field names in a list, each once; what is none is dropped."""
    names = (member.lower() for member in split_list(value) if _NAME.fullmatch(member))
    return [*dict.fromkeys(names)][:MOST_EXPOSED]


def add_vary(headers: dict[str, str], name: str) -> None:
    """Add a field name to `Vary` (RFC 9110 section 12.5.5) unless it is there."""
    present = headers.get("vary", "")
    if present != "*" and not _is_named(name, present):
        headers["vary"] = f"{present}, {name}" if present else name


def _is_named(name: str, vary: str) -> bool:
    """Whether the field is known to name `name`; one that is too long to be read is not, and may name it twice."""
    if len(vary) > RESPONSE_FIELDS["vary"].characters:
        return False
    return name in {item.strip().lower() for item in vary.split(",")}
