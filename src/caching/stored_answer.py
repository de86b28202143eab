"""The answer to one request from a stored response: whole, 304, 206, 416, or a HEAD's (RFC 9111 section 4.3.2).

The client's preconditions and range are judged here, after the policy has decided that the stored response may be
used. Content is only named, never touched.
"""

from collections.abc import Mapping
from typing import Final

from caching.policy import PresentedRequest
from caching.stored_response import LEFT_OUT_OF_304, StoredResponse
from core.messages import Response
from core.records import record
from fields.entity_tags import is_not_modified, range_applies
from fields.ranges import ByteRange, single_range

KEPT_ON_416: Final = ("date", "cache-control", "vary", "etag")


@record
class StoredAnswer:
    """Status and fields to send, and which bytes of the stored content: all, none, or `part`."""

    status: int
    headers: dict[str, str]
    has_content: bool
    part: ByteRange | None = None


def answer_from(request: PresentedRequest, stored: StoredResponse) -> StoredAnswer:
    """The answer to a GET or HEAD, without the fields that say how the cache came by it."""
    received = stored.response_time
    if 200 <= stored.status < 300 and is_not_modified(request.headers, stored.headers, received):
        headers = {name: value for name, value in stored.headers.items() if name not in LEFT_OUT_OF_304}
        return StoredAnswer(304, headers, has_content=False)
    if request.method == "HEAD":
        return StoredAnswer(stored.status, dict(stored.headers), has_content=False)
    part = _requested_part(request.headers, stored)
    if part is None:
        return StoredAnswer(stored.status, dict(stored.headers), has_content=True)
    if not part.satisfiable:
        kept = {name: stored.headers[name] for name in KEPT_ON_416 if name in stored.headers}
        return StoredAnswer(416, {**kept, "content-range": part.content_range}, has_content=False)
    described = {"content-range": part.content_range, "content-length": str(part.size)}
    return StoredAnswer(206, {**stored.headers, **described}, has_content=True, part=part)


def not_modified(response: Response) -> Response:
    """What a client gets whose own precondition a 200 of the origin fulfils."""
    headers = {name: value for name, value in response.headers.items() if name not in LEFT_OUT_OF_304}
    return Response(304, headers, None, response.cookies)


def _requested_part(request: Mapping[str, str], stored: StoredResponse) -> ByteRange | None:
    """The one range to serve of a stored 200, or None to serve the whole (RFC 9110 section 14.2)."""
    if stored.status != 200 or stored.length is None or "range" not in request:
        return None
    if not range_applies(request, stored.headers, stored.response_time):
        return None
    return single_range(request["range"], stored.length)
