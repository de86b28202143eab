"""The pipeline: match, identify, limit, locate, cache, forward, answer (pure Python, no platform).

Reads from top to bottom as a request goes. Each step is a room of its own (`routes`, `auth`, `geo`, `cache`, `origin`);
a step refuses by raising `Problem`. Whatever happens, `Gateway.handle` answers, logs one line, and leaks nothing.
"""

import inspect
import json
import traceback
from collections.abc import Awaitable

from cors import Cors
from endpoints import Endpoint, Endpoints
from messages import Request, Response
from paths import normalise_path
from ports import Background, Platform
from problems import Problem, problem_response
from routes import RouteTable, choose
from settings import RouteSettings, Settings
from telemetry import Exchange, log_fields, request_id

OWN_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""On every response the gateway makes itself, unless the endpoint said something else. An origin's are its own affair."""


class Gateway:
    """The gateway of one isolate, compiled once from its settings."""

    def __init__(self, settings: Settings, platform: Platform) -> None:
        self._platform = platform
        self._cors = Cors(settings.cors_origins)
        self._endpoints = Endpoints(settings, platform)
        self._routes = RouteTable(settings.routes)

    @staticmethod
    def misconfigured(faults: list[str], platform: Platform) -> "Gateway":
        """The gateway of a configuration that cannot be used: it answers 503 everywhere but on `/healthz`."""
        for fault in faults:
            platform.log("misconfigured", fault=fault)
        return ClosedGateway(Settings(), platform)

    async def handle(self, request: Request, background: Background) -> Response:
        """The answer to `request`. Never raises."""
        platform = self._platform
        exchange = Exchange(request, request_id(request, platform.random), platform.clock())
        try:
            response = await self._answer(exchange, background)
        except Problem as problem:
            exchange.code = problem.code
            response = _own(problem_response(problem, exchange.id))
        except Exception:
            exchange.code = "internal_error"
            platform.log("exception", id=exchange.id, traceback=traceback.format_exc())
            response = _own(problem_response(INTERNAL_ERROR, exchange.id))
        return self._finish(exchange, response)

    async def scheduled(self, cron: str) -> None:
        """What the cron trigger does."""

    async def _answer(self, exchange: Exchange, background: Background) -> Response:
        request = exchange.request
        request.path = normalise_path(request.path)
        own = self._endpoints.find(request.path)
        if own is not None:
            exchange.route = own.pattern
            if Cors.is_preflight(request):
                return _own(self._cors.preflight(request, own.by_method))
            return _own(await _settled(choose(own.by_method, request.method)(exchange)))
        pattern = self._routes.find(request.path)
        if pattern is None:
            raise Problem(404, "not_found", "No route of this gateway has that path.")
        exchange.route = pattern.path
        if Cors.is_preflight(request):
            return _own(self._cors.preflight(request, pattern.by_method))
        return await self._route(exchange, choose(pattern.by_method, request.method), background)

    async def _route(self, exchange: Exchange, route: RouteSettings, background: Background) -> Response:
        raise NotImplementedError

    def _finish(self, exchange: Exchange, response: Response) -> Response:
        """What every answer gets, wherever it came from."""
        response.headers["x-request-id"] = exchange.id
        self._cors.apply(exchange.request, response)
        if exchange.request.method == "HEAD":
            response.body = None
        self._platform.log("request", **log_fields(exchange, response, self._platform.clock()))
        return response


class ClosedGateway(Gateway):
    """Fails closed: no route is opened by a configuration nobody can read."""

    async def _answer(self, exchange: Exchange, background: Background) -> Response:
        if exchange.request.path == "/healthz":
            return await super()._answer(exchange, background)
        raise Problem(503, "misconfigured", "The gateway's configuration is not usable; its log names every fault.")


INTERNAL_ERROR = Problem(500, "internal_error", "The gateway failed; its log has the details under this request id.")


def _own(response: Response) -> Response:
    for name, value in OWN_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _settled(answer: Response | Awaitable[Response]) -> Response:
    return await answer if inspect.isawaitable(answer) else answer
