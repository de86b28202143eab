"""The Worker's entry point. Wiring only: the platform on one side, the gateway on the other."""

from typing import Any

from workers import WorkerEntrypoint

from configuration.loading import load_settings
from core.faults import Misconfigured
from edge import worker as edge
from gateway import Gateway

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


class Default(WorkerEntrypoint):
    """Answers requests and cron triggers."""

    async def fetch(self, request: Any) -> edge.Answer:
        serving = gateway()
        client = edge.Client(request.js_object, self.ctx)
        handling = serving.handle(edge.read_request(request.js_object, client), edge.background(self.ctx))
        response = await edge.ToItsEnd(handling, client)
        try:
            return edge.Answer(response)
        except Exception:  # the platform's own exceptions: a status or a field that cannot be sent
            return edge.Answer(serving.unsendable(response))

    async def scheduled(self, controller: Any, env: Any = None, ctx: Any = None) -> None:
        await gateway().scheduled(controller.scheduledTime / 1000)
