"""A request's content as bytes, where something must read all of it before the origin does: a signature, a policy."""

from typing import Final

from core.budget import OverBudget, Share, read_within
from core.messages import ContentTooLarge, Request, content_length
from core.problems import Problem

BUSY_SECONDS: Final = 5
"""`Retry-After` while too much content is held: most uploads are over by then, and a stalled one soon after."""


async def held(request: Request, share: Share, most: int) -> bytes:
    """The content, of at most `most` bytes, counted as `share`; it can also be sent again. Raises Problem 413, 503."""
    content = request.body
    if isinstance(content, str):
        content = content.encode()
    if content is None or isinstance(content, bytes):
        return content or b""
    length = content_length(request.headers)
    try:
        if length is not None and length > most:
            await content.cancel()
            raise ContentTooLarge(f"more than {most} bytes")
        return await read_within(share, content, length, most)
    except ContentTooLarge:
        raise too_large(most) from None
    except OverBudget:
        raise busy() from None


def busy() -> Problem:
    detail = "The gateway holds as much content as it can at the moment; send it again later."
    return Problem(503, "busy", detail, headers={"retry-after": str(BUSY_SECONDS)})


def too_large(most: int) -> Problem:
    return Problem(413, "content_too_large", f"The content is longer than the {most} bytes this route takes.")
