"""The same, and the request is read: method, URL, every field and the visitor's place."""

from typing import Any

from answer import response
from workers import WorkerEntrypoint

from edge import worker as edge


class Default(WorkerEntrypoint):
    async def fetch(self, request: Any) -> Any:
        edge.read_request(request.js_object)
        return edge.Answer(response())
