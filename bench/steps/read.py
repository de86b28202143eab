"""The same, and the request is read: method, URL, every field and the visitor's place."""

from typing import Any

from answer import response

from edge import worker as edge
from edge.messages import write_response


def on_fetch(request: Any) -> Any:
    edge.read_request(request)
    return write_response(response())
