"""The Worker's entry point by a class. Wiring only: the platform on one side, the gateway on the other.

`entry_global.py` is the same by functions, without an object for every request.
"""

import gc
import traceback
from typing import Any

from workers import WorkerEntrypoint

gc.disable()  # what is imported stays: there is no garbage to look for yet

from configuration.loading import load_settings
from core.faults import Misconfigured
from edge import worker as edge
from gateway import Gateway

gc.freeze()  # nor in it later, in any isolate
gc.enable()

_gateway: Gateway | None = None


def gateway() -> Gateway:
    """The isolate's gateway, compiled from the configuration by the first request."""
    global _gateway
    if _gateway is None:
        variables, bindings = edge.environment()
        platform = edge.platform(bindings)
        try:
            _gateway = Gateway(load_settings(variables, bindings), platform)
        except Misconfigured as error:
            _gateway = Gateway.misconfigured(error.faults, platform)
    return _gateway


def respond(request: Any, context: Any) -> Any:
    """The JavaScript response to a JavaScript request, or a promise of it."""
    try:
        serving = gateway()
        client = edge.Client(request, context)
        message = edge.read_request(request, client)
    except Exception:  # the platform says nothing of what a Worker raises, so it is said here
        edge.write_log("exception", traceback=traceback.format_exc())
        raise
    return edge.sent(serving.handle(message, edge.background(context)), client, serving.unsendable)


def tick(controller: Any) -> Any:
    """What the cron trigger has done: nothing, or a promise of nothing."""
    return edge.done(gateway().scheduled(controller.scheduledTime / 1000))


class Default(WorkerEntrypoint):
    """Answers requests and cron triggers."""

    def fetch(self, request: Any) -> edge.Answer:
        return edge.Answer(respond(request.js_object, self.ctx))

    def scheduled(self, controller: Any, env: Any = None, ctx: Any = None) -> edge.Answer:
        return edge.Answer(tick(controller))
