"""`region`: a second origin on this machine, in the role of another region: it says its name, and what arrived.

    python -m devtools region [--name eu] [--port 8789]

`make dev` starts it beside the example origin, so that visitors from the European Union visibly go elsewhere, and
ending it shows what stands in.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from dataclasses import replace
from typing import Any

from devtools import example
from devtools.application.function_url import FunctionUrlServer, HttpRequest, HttpResponse, Special
from devtools.application.origin import echo, see_origin
from devtools.failure import Failure
from devtools.serving.companion import REGION_PORT


def main(argv: list[str]) -> int:
    """Serve until interrupted. Raises Failure."""
    parser = argparse.ArgumentParser(prog="python -m devtools region", description=__doc__.partition("\n")[0])
    parser.add_argument("--name", default="eu", help="what it says its region is")
    parser.add_argument("--port", type=int, default=REGION_PORT)
    options = parser.parse_args(argv)
    example.require("the region")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        server = region(options.name, options.port, os.environ.get("ORIGIN_SECRET") or "")
    except OSError as error:
        where = f"port {options.port} ({error.strerror})"
        raise Failure(f"the region cannot listen on {where}", "choose another --port") from error
    server.start()
    stopped.wait()
    server.stop()
    return 0


def region(name: str, port: int, secret: str) -> FunctionUrlServer:
    """A server, not yet started, that answers `/echo` and `/healthz`. Raises OSError when the port is taken."""
    see_origin()
    server = FunctionUrlServer(_nothing, port)
    hosts = [f"{host}:{server.server_port}" for host in ("127.0.0.1", "localhost")]
    server.special["echo"] = _named(name, echo([secret], hosts)) if secret else _named(name, _plain)
    server.special["healthz"] = lambda request: HttpResponse(200, {"content-type": "text/plain"}, (), b"well")
    return server


def _named(name: str, answer: Special) -> Special:
    def named(request: HttpRequest) -> HttpResponse:
        answered = answer(request)
        return replace(answered, body=json.dumps({"region": name, **json.loads(answered.body)}, indent=2).encode())

    return named


def _plain(request: HttpRequest) -> HttpResponse:
    seen = {"method": request.method, "target": request.target}
    return HttpResponse(200, {"content-type": "application/json"}, (), json.dumps(seen).encode())


def _nothing(event: dict[str, Any], context: Any) -> Any:
    return {"statusCode": 404}
