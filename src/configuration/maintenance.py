"""Routes that are closed for a while, by a flag that an operator puts up: no deployment, and off again likewise.

    /api/*                        closes every route whose path is within it: /api/users, /api/users/{id}, of any host
    api.example.com/v1/*          those of one host

What is closed is 503 `maintenance` with `Retry-After`, to everybody but operators who look whether it works again. The
gateway's own endpoints (`/geo`, `/healthz` and so on) are no routes and stay open.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from math import ceil
from typing import Any, Final

from auth import Authenticator
from configuration.route_patterns import covers
from configuration.route_spelling import host_fault, path_fault
from configuration.settings import RouteSettings, Settings
from core.flags import Flags, ends_at
from core.messages import Request
from core.ports import Background
from core.problems import Problem
from core.records import record
from identity.settings import AccessSettings

MAINTENANCE: Final = "maintenance"
"""The kind of flag (`core/flags.py`), and the code of the problem."""

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods by which nothing changes that cannot be read again."""

ID_LENGTH: Final = 32


@record
class Part:
    """What a flag closes: the routes within a pattern."""

    host: str
    """As routes write it; empty for whatever host."""
    path: str

    @classmethod
    def read(cls, text: str) -> "Part":
        """Raises ValueError for what no `path` of a route could be."""
        host, slash, path = text.partition("/")
        part = cls(host, slash + path)
        fault = path_fault(part.path) or (host_fault(host) if host else None)
        if fault:
            raise ValueError(fault)
        return part

    def takes(self, route: RouteSettings) -> bool:
        return self.host in ("", route.host) and covers(self.path, route.path)


def flag_id(part: str) -> str:
    """The flag's own for each pattern: put up again, it is the same with another end."""
    return sha256(part.encode()).hexdigest()[:ID_LENGTH]


class Maintenance:
    """What is closed, as this isolate knows it."""

    def __init__(self, settings: Settings, authenticator: Authenticator, flags: Flags) -> None:
        self.closed: dict[str, float] = {}
        """Label of a route's pattern -> until when. Empty, it costs a request one look."""
        self._routes = settings.routes
        self._authenticator = authenticator
        self._roles = settings.maintenance_roles
        self._issuers = settings.operators
        self._flags = flags
        flags.tell(MAINTENANCE, self.close)

    async def heed(self, label: str, route: RouteSettings, request: Request, background: Background) -> None:
        """See what operators have said, first of all where it matters who asks or something may change, and heed it.

        Call it when the flags are due, or something is closed. Raises Problem 503 `maintenance`, unless an operator
        asks.
        """
        await self._flags.look(background, waits=route.auth != "none" or request.method not in READING)
        rest = self.closed.get(label, 0.0) - self._flags.now()
        if rest > 0 and not await self._is_operators(request, route, background):
            detail = "This part of the service is closed for maintenance; try again later."
            raise Problem(503, MAINTENANCE, detail, headers={"retry-after": str(ceil(rest))})

    def close(self, flags: Mapping[str, Mapping[str, Any]]) -> None:
        """From now on these routes are closed, and no others."""
        self.closed = {}
        for said in flags.values():
            for route in matching(said.get("route"), self._routes):
                label = label_of(route)
                self.closed[label] = max(ends_at(said), self.closed.get(label, 0.0))

    async def _is_operators(self, request: Request, route: RouteSettings, background: Background) -> bool:
        """Whether the caller has a role that is let through, of an issuer whose roles count for operators."""
        if not self._roles:
            return False
        access = AccessSettings.model_construct(
            auth="optional", roles=self._roles, issuers=self._issuers, websocket_token=route.websocket_token
        )
        try:
            principal = await self._authenticator.authenticate(request, access, background)
            self._authenticator.authorize(principal, access)
        except Problem:
            return False
        return principal is not None


def matching(part: object, routes: Iterable[RouteSettings]) -> list[RouteSettings]:
    """The routes that a flag for `part` closes; none for what is no pattern."""
    try:
        read = Part.read(part) if isinstance(part, str) else None
    except ValueError:
        return []
    return [route for route in routes if read is not None and read.takes(route)]


def label_of(route: RouteSettings) -> str:
    """As `Pattern.label`, by which routes of one pattern go together."""
    return (route.host or "") + route.path
