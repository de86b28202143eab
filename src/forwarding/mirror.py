"""A copy of some requests for another origin, to see how it does: behind the client's back, and of no consequence.

Only requests without content are copied, and only when they go to an origin: what the cache answers is not. The copy's
answer is thrown away, counts for nothing and delays nothing. Who the caller is goes with it only where the route says
so; neither do cookies and tokens.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from core.messages import Request, cancel
from core.ports import Clock, Fetch, FetchFailed
from core.records import record, replace
from fields.handshake import upgrades
from forwarding.forwarded import Target
from forwarding.geography import VisitorPlace
from forwarding.settings import MirrorSettings
from forwarding.signers import Signer

TIMEOUT: Final = 10.0
"""Seconds until a copy that is not answered is given up."""

IDENTITY: Final = "x-user-"
"""What the names of the fields begin with that say who the caller is."""


@record
class Mirror:
    """One route's, compiled."""

    settings: MirrorSettings
    target: Target
    signer: Signer | None
    fetch: Fetch
    clock: Clock

    def wants(self, request: Request, place: VisitorPlace, chance: float) -> bool:
        """Whether a copy of the client's request is sent; `chance` is in [0, 1)."""
        settings = self.settings
        if chance >= settings.share or request.body is not None or upgrades(request):
            return False
        return not settings.names_somebody or settings.names(place) > 0

    async def copy(self, request: Request, path: str) -> None:
        """Send a copy of `request`, as the origin sees it; `path` is the client's. Never raises."""
        fields = dict(request.headers) if self.settings.identity else self._nobodys(request.headers)
        target = self.target
        copied = replace(
            request, scheme=target.scheme, host=target.host, path=target.path(path), headers=fields, client=None
        )
        if self.signer is not None:
            copied.headers |= self.signer(copied, None)(self.clock())
        with suppress(FetchFailed):
            answer = await self.fetch(copied, timeout=TIMEOUT)
            await cancel(answer.body)

    def _nobodys(self, headers: Mapping[str, str]) -> dict[str, str]:
        private = {"cookie", *self.target.token_fields}
        return {name: value for name, value in headers.items() if name not in private and not name.startswith(IDENTITY)}
