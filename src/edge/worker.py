"""The front door of the platform: what the entry files need of it."""

from collections.abc import Callable, Coroutine
from typing import Any

from core.messages import Response
from edge.console import write_log
from edge.isolate import environment, platform
from edge.lifetimes import Client, background, carried_out, nothing
from edge.messages import Answer, read_request, sendable

__all__ = ["Answer", "Client", "background", "done", "environment", "platform", "read_request", "sent", "write_log"]


def sent(handling: Coroutine[Any, Any, Response], client: Client, unsendable: Callable[[Response], Response]) -> Any:
    """The JavaScript response that `handling` ends with, or a promise of it; `unsendable` replaces what is refused."""
    return carried_out(handling, lambda response: sendable(response, unsendable), client.context)


def done(work: Coroutine[Any, Any, None]) -> Any:
    """Nothing, or a promise of nothing: that `work` has ended. The platform waits for an event's result by itself."""
    return carried_out(work, nothing, None)
