"""The same, and the request is read: method, URL, every field and the visitor's place."""

from typing import Any

from answer import response
from workers import WorkerEntrypoint

from edge import worker as edge
from edge.messages import write_response


class Default(WorkerEntrypoint):
    def fetch(self, request: Any) -> Any:
        edge.read_request(request.js_object)
        return edge.Answer(write_response(response()))
