"""What the demo page needs to sign in on a developer's machine: the seeded users, their tokens, and the panel itself.

    GET /dev/users            {"users": [{"id", "name", "role"}, ...]}
    GET /dev/token?user=ada   {"token": "...", "expires_in": 3600}
    GET /dev/sign-in.js       the panel, a module the page imports when it runs on a loopback address

Part of the local origin's server and of nothing that is deployed; a gateway shows it only through the route `/dev/*`
that `make dev` configures. Tokens are the local issuer's: no other gateway takes them.

Whoever visits another site while this runs must not have that site sign in: pages and programs of this machine are
answered, under a name that always means this machine. One that anybody may point to 127.0.0.1 (DNS rebinding) is
refused, wherever it stands: the gateway hands the browser's `Host` on as `X-Forwarded-Host`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from devtools.application.function_url import HttpRequest, HttpResponse
from devtools.failure import Failure

PANEL = Path(__file__).with_name("panel") / "sign-in.js"
OWN_SITES = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` of a page's own requests, and of an address that somebody typed (W3C Fetch Metadata)."""

LIFETIME = 3600
"""Seconds a token holds."""

SCHEMES = ("http", "https")

Mint = Callable[[str, str], str]
"""A token for a subject and a role, valid for LIFETIME. Raises Failure."""


@dataclass(frozen=True)
class User:
    """Somebody who may sign in."""

    id: str
    name: str
    role: str


class SignIn:
    """Answers everything below `/dev/`. `mint` signs with the local issuer's key."""

    def __init__(self, users: Iterable[User], mint: Mint) -> None:
        self._users: Mapping[str, User] = {user.id: user for user in users}
        self._mint = mint

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if why := _foreign(request.headers):
            return _problem(403, "foreign_site", f"{why} Open the page as http://localhost.")
        if request.method not in ("GET", "HEAD"):
            return _problem(405, "method_not_allowed", "Use GET.")
        match request.path:
            case "/dev/users":
                return _json(200, {"users": [vars(user) for user in self._users.values()]})
            case "/dev/token":
                return self._token(parse_qs(request.query).get("user", [""])[0])
            case "/dev/sign-in.js":
                return HttpResponse(200, _headers("text/javascript; charset=utf-8"), (), PANEL.read_bytes())
        return _problem(404, "not_found", "There is nothing here.")

    def _token(self, user_id: str) -> HttpResponse:
        user = self._users.get(user_id)
        if user is None:
            return _problem(404, "unknown_user", "There is no such user; see /dev/users.")
        try:
            return _json(200, {"token": self._mint(user.id, user.role), "expires_in": LIFETIME})
        except Failure as failure:
            return _problem(503, "no_issuer", str(failure))


def _foreign(headers: Mapping[str, str]) -> str | None:
    """Why a request is not one of this machine's own pages or programs, or None."""
    hosts = [headers[name] for name in ("host", "x-forwarded-host") if name in headers]
    if not hosts or not all(map(_is_loopback, hosts)):
        return "This answers under a name of this machine alone."
    if headers.get("sec-fetch-site", "none") not in OWN_SITES:
        return "This answers no other site."
    if "origin" in headers and headers["origin"] not in [f"{scheme}://{host}" for host in hosts for scheme in SCHEMES]:
        return "This answers no other site."
    return None


def _is_loopback(host: str) -> bool:
    """Whether a `Host` is localhost, a name below it (RFC 6761 section 6.3), or a loopback address."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False


def _json(status: int, content: object) -> HttpResponse:
    return HttpResponse(status, _headers("application/json"), (), json.dumps(content).encode())


def _problem(status: int, code: str, detail: str) -> HttpResponse:
    content = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    return HttpResponse(status, _headers("application/problem+json"), (), json.dumps(content).encode())


def _headers(content_type: str) -> dict[str, str]:
    return {
        "content-type": content_type,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
    }
