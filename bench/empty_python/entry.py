"""The least that a Python Worker can do: what every Python gateway pays before its own first line."""

from typing import Any

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request: Any) -> Response:
        return Response("ok")
