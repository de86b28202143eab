"""What a policy asks of others while a request waits: `await call.fetch("https://flags.example/v1/beta")`.

It goes out with the fields that the policy writes and no others, to an https URL (http on loopback alone), with no
redirect followed and no compression asked for, within five seconds and what is left of the route's `timeout_ms`. The
answer is read whole, a mebibyte at the most.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from core.addresses import https_url
from core.budget import Budget, OverBudget, read_within
from core.messages import Body, ContentTooLarge, Request, content_length
from core.ports import Fetch, FetchFailed, FetchTimeout
from core.records import field, record
from fields.names import TOKEN
from origin import request_field_fault

TIMEOUT: Final = 5.0
"""Seconds, unless the route has fewer left."""
MOST_CONTENT: Final = 1024 * 1024
"""Bytes of an answer."""
MOST_SENT: Final = 256 * 1024
"""Bytes of content that are sent."""
MOST_FETCHES: Final = 8
"""Of one policy during one request: the platform gives all of a request's together no more than 50."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
OWN_FIELDS: Final = frozenset({"authorization", "content-type", "cookie"})
"""Fields that are the policy's own here, and the client's or the gateway's where a request is forwarded."""


@record(sealed=True)
class Fetched:
    """What somebody else answered: `Fetched(200, {"content-type": "application/json"}, b"{}")`."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    content: bytes = b""

    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Fetching(Protocol):
    """`call.fetch`."""

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: str | bytes = b"",
    ) -> Fetched:
        """Raises FetchFailed when there is no answer, or one that is too long; FetchTimeout when it takes too long;
        ValueError for what is not sent."""
        ...


class PolicyFetch:
    """`Fetching` of one policy during one request. `left` gives the seconds of the route's deadline that are left."""

    def __init__(self, fetch: Fetch, budget: Budget, left: Callable[[], float], client: object | None) -> None:
        self._fetch, self._budget, self._left, self._client = fetch, budget, left, client
        self._made = 0

    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        content: str | bytes = b"",
    ) -> Fetched:
        request = outgoing(url, method, headers or {}, content)
        request.client = self._client
        self._made += 1
        if self._made > MOST_FETCHES:
            raise FetchFailed(f"a policy may ask {MOST_FETCHES} times during a request")
        timeout = min(TIMEOUT, self._left())
        if timeout <= 0:
            raise FetchTimeout("the route's timeout_ms is over")
        response = await self._fetch(request, timeout=timeout)
        body = response.body
        if body is None or isinstance(body, str | bytes):
            return Fetched(response.status, response.headers, body.encode() if isinstance(body, str) else body or b"")
        return Fetched(response.status, response.headers, await self._read(body, content_length(response.headers)))

    async def _read(self, body: Body, length: int | None) -> bytes:
        try:
            with self._budget.share() as share:
                return await read_within(share, body, length if (length or 0) <= MOST_CONTENT else None, MOST_CONTENT)
        except (ContentTooLarge, OverBudget) as error:
            raise FetchFailed(f"the answer is longer than can be held: {error}") from None


def outgoing(url: str, method: str, headers: Mapping[str, str], content: str | bytes) -> Request:
    """The request as it is sent. Raises ValueError."""
    address = urlsplit(https_url(url))
    if method not in METHODS:
        raise ValueError(f"{method!r} is none of {', '.join(sorted(METHODS))}")
    body = content.encode() if isinstance(content, str) else content
    if body and method in ("GET", "HEAD"):
        raise ValueError(f"{method} has no content")
    if len(body) > MOST_SENT:
        raise ValueError(f"at most {MOST_SENT} bytes are sent")
    fields = {"accept": "*/*", "accept-encoding": "identity"}
    for name, value in headers.items():
        own = name.lower() in OWN_FIELDS and TOKEN.fullmatch(name) and value.isascii() and value.isprintable()
        if not own and (fault := request_field_fault(name, value)):
            raise ValueError(f"{name!r} {fault}")
        if name.lower() != "accept-encoding":
            fields[name.lower()] = value
    return Request(
        method, address.scheme, address.netloc, address.path or "/", address.query, fields, body=body or None
    )
