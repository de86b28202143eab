"""The same, and one line is logged: what is left to the gateway is deciding what to say."""

from typing import Any

from answer import response

from edge import worker as edge
from edge.messages import write_response

LINE = {
    "time": 1700000000.123,
    "id": "0123456789abcdef0123456789abcdef",
    "method": "GET",
    "route": "/geo",
    "path": "/geo",
    "status": 200,
    "ms": 0.0,
    "bytes": 365,
    "country": "DE",
}


def on_fetch(request: Any) -> Any:
    edge.read_request(request)
    edge.write_log("request", **LINE)
    return write_response(response())
