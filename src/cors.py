"""Cross-origin resource sharing (Fetch standard, section 3.3): who may read answers from a browser.

Everything that depends on the configuration alone is decided at construction. Credentials are only ever allowed to
origins listed by name.
"""

from collections.abc import Iterable

from lengths import RESPONSE_FIELDS
from messages import Request, Response

EXPOSED = (
    "age, cache-status, etag, ratelimit, ratelimit-policy, retry-after, server-timing, www-authenticate, x-request-id"
)
PREFLIGHT_SECONDS = "7200"
"""Chromium keeps a preflight's answer no longer than two hours."""


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

    def preflight(self, request: Request, methods: Iterable[str]) -> Response:
        """The answer to a preflight; never challenged, because browsers send it without credentials."""
        response = Response(204, {"vary": "origin, access-control-request-headers", "cache-control": "no-store"})
        if self._allow(request, response):
            response.headers["access-control-allow-methods"] = ", ".join(methods)
            response.headers["access-control-max-age"] = PREFLIGHT_SECONDS
            if wanted := request.headers.get("access-control-request-headers"):
                response.headers["access-control-allow-headers"] = wanted
        return response

    def apply(self, request: Request, response: Response) -> None:
        """Let the page at `Origin` read the response, if it may. The gateway's policy replaces the origin's."""
        if not self._origins:
            return
        if not self._any:
            add_vary(response, "origin")
        if self._allow(request, response):
            response.headers["access-control-expose-headers"] = EXPOSED

    def _allow(self, request: Request, response: Response) -> bool:
        origin = request.headers.get("origin")
        if origin is None:
            return False
        if self._any:
            response.headers["access-control-allow-origin"] = "*"
            return True
        if origin in self._origins:
            response.headers["access-control-allow-origin"] = origin
            response.headers["access-control-allow-credentials"] = "true"
            return True
        return False


def add_vary(response: Response, name: str) -> None:
    """Add a field name to `Vary` (RFC 9110 section 12.5.5) unless it is there."""
    present = response.headers.get("vary", "")
    if present != "*" and not _names(present, name):
        response.headers["vary"] = f"{present}, {name}" if present else name


def _names(vary: str, name: str) -> bool:
    """Whether the field is known to name `name`; one that is too long to be read is not, and may name it twice."""
    if len(vary) > RESPONSE_FIELDS["vary"].characters:
        return False
    return name in {item.strip().lower() for item in vary.split(",")}
