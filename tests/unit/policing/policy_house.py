"""Gateways with policies that a test writes as functions."""

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest

from configuration.loading import load_settings
from core.messages import Content, Request, Response
from gateway import Gateway
from tests.unit.in_memory import World, run

ORIGIN = {"path": "/*", "origin": "https://origin.example", "auth": "none"}


def install(patch: pytest.MonkeyPatch, **modules: Mapping[str, Any]) -> list[str]:
    """Put modules among the policies; gives their names."""
    for name, members in modules.items():
        module = ModuleType(f"policies.{name}")
        vars(module).update(members)
        patch.setitem(sys.modules, f"policies.{name}", module)
    return list(modules)


class House:
    """A gateway whose routes have policies."""

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        world: World,
        *,
        routes: list[dict[str, Any]] | None = None,
        variables: Mapping[str, Any] | None = None,
        **modules: Mapping[str, Any],
    ) -> None:
        names = install(patch, **modules)
        given = [{**ORIGIN, **route} for route in routes or [{"policies": names}]]
        self.world = world
        self.gateway = Gateway(load_settings({"ROUTES": given, **(variables or {})}, set()), world.platform())

    def ask(self, target: str = "/", method: str = "GET", body: Content = None, **headers: str) -> Response:
        path, _, query = target.partition("?")
        fields = {name.replace("__", "-"): value for name, value in headers.items()}
        host = fields.pop("host", "api.example")
        request = Request(method, "https", host, path, query, fields, {"country": "PT"}, body)
        answer = run(self._answered(request))
        assert isinstance(answer, Response)
        return answer

    async def _answered(self, request: Request) -> Response:
        response = await self.gateway.handle(request, self.world.background)
        await self.world.settle()
        return response

    def logged(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.world.log if line["event"] == event]


def plain(status: int = 200, body: Content = "from the origin", **headers: str) -> Callable[[Request], Response]:
    """An origin that always answers so; names are written with `_`."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: Response(status, {"content-type": "text/plain", **fields}, body)
