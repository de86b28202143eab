"""What is sent of a stored response, and the field that tells where an answer came from (RFC 9211)."""

from caching.freshness import age_field
from caching.lookups import Content
from caching.policy import PresentedRequest
from caching.status import CacheStatus
from caching.stored_answer import StoredAnswer, answer_from
from caching.stored_response import StoredResponse
from core.messages import Body, Response
from core.problems import Problem


async def reply(
    presented: PresentedRequest, stored: StoredResponse, content: Content, status: CacheStatus, age: float | None
) -> Response:
    """The answer from a stored response. `age` in seconds; None when its origin has just validated it."""
    answer = answer_from(presented, stored)
    if age is not None:
        answer.headers["age"] = age_field(age)
    cookies = [] if answer.status in (304, 416) else list(stored.cookies)
    body = _part(answer, content) if isinstance(content, bytes) else await _streamed(answer, content)
    return finished(Response(answer.status, answer.headers, body, cookies), status)


def _part(answer: StoredAnswer, content: bytes) -> bytes | None:
    """The part of the content that is sent."""
    if not answer.has_content:
        return None
    return content if answer.part is None else content[answer.part.first : answer.part.last + 1]


async def _streamed(answer: StoredAnswer, content: Body) -> Content | None:
    """The same of a content that is not in memory: all or nothing."""
    if answer.has_content and answer.part is None:
        return content
    assert answer.part is None, "held since it was found"
    await content.cancel()
    return None


def finished(response: Response, status: CacheStatus) -> Response:
    response.headers["cache-status"] = status.appended_to(response.headers.get("cache-status"))
    return response


def not_cached(status: CacheStatus) -> Problem:
    detail = "The client wanted a stored response only, and none may be used."
    return Problem(504, "not_cached", detail, headers={"cache-status": str(status)})
