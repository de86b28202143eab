"""Awaiting several things at once where nothing may outlast the request."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def together(*work: Awaitable[T]) -> list[T]:
    """The results in order, once all of `work` has ended; raises what the first that failed has raised.

    `asyncio.gather` raises at the first failure and leaves the others behind. They would wait for the platform, which
    forgets what a request waits for once it is answered: for ever.
    """
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]
