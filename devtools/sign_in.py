"""What the demo page needs to sign in on a developer's machine: the seeded users, their tokens, and the panel itself.

    GET /dev/users            {"users": [{"id", "name", "role"}, ...]}
    GET /dev/token?user=ada   {"token": "...", "expires_in": 3600}
    GET /dev/sign-in.js       the panel, a module the page imports when it runs on a loopback address

Part of the local origin's server and of nothing that is deployed; a gateway shows it only through the route `/dev/*`
that `make dev` configures. Tokens are the local issuer's: no other gateway takes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from devtools.failure import Failure
from devtools.function_url import HttpRequest, HttpResponse

PANEL = Path(__file__).with_name("panel") / "sign-in.js"
LIFETIME = 3600
"""Seconds a token holds."""

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


def _json(status: int, content: object) -> HttpResponse:
    return HttpResponse(status, _headers("application/json"), (), json.dumps(content).encode())


def _problem(status: int, code: str, detail: str) -> HttpResponse:
    content = {"type": "about:blank", "status": status, "code": code, "detail": detail}
    return HttpResponse(status, _headers("application/problem+json"), (), json.dumps(content).encode())


def _headers(content_type: str) -> dict[str, str]:
    return {"content-type": content_type, "cache-control": "no-store", "x-content-type-options": "nosniff"}
