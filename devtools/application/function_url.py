"""A Lambda function URL on this machine: HTTP requests become events of payload format 2.0, answers become HTTP.

It keeps to what AWS does where a handler could tell the difference: the path stays percent-encoded, header names are
lower-case and repeated fields joined with ",", cookies are a list of their own, content that is not text is base64,
requests and answers are at most 6 MiB, and a handler that raises is a 502. It never authenticates: there is no
`requestContext.authorizer`, as with `AuthType: NONE`.

Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs".
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

LOOPBACK = "127.0.0.1"
LARGEST_PAYLOAD = 6 * 1024 * 1024
"""Bytes, of an event's or an answer's content as it stands in the JSON."""
IDLE_TIMEOUT = 75
"""Seconds a connection may wait for its next request."""
LINGER = 2
"""Seconds in which a refused sender may finish, so that it reads the refusal."""

DOMAIN = "gatehouse.lambda-url.us-east-1.on.aws"
CONNECTION_FIELDS = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
TEXT_FORM = "application/x-www-form-urlencoded"

Handler = Callable[[dict[str, Any], Any], Any]


@dataclass(frozen=True)
class HttpRequest:
    """A request as it stood on the wire; `target` is the raw path and query, `fields` every header line in order."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    body: bytes
    client: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def headers(self) -> dict[str, str]:
        """Lower-case names; repeated fields joined, as AWS joins them."""
        joined: dict[str, str] = {}
        for name, value in self.fields:
            key = name.lower()
            joined[key] = f"{joined[key]},{value}" if key in joined else value
        return joined


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a handler beside the event, as far as it means anything here."""

    function_name: str = "gatehouse-origin"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:gatehouse-origin"
    aws_request_id: str = field(default_factory=lambda: secrets.token_hex(16))

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


Special = Callable[[HttpRequest], HttpResponse]

Upgrade = Callable[[HttpRequest, socket.socket, Any, Callable[[HttpResponse], None]], None]
"""Takes over a connection after a WebSocket's handshake was read from it, with the stream that may have read further
and what refuses; the connection is closed when it returns."""


# A Lambda execution environment handles one event at a time, and frameworks rely on it: Powertools keeps the event at
# hand in a class attribute. So one lock a process, whatever number of servers there are.
_ONE_EVENT_AT_A_TIME = threading.Lock()


def invoke(handler: Handler, request: HttpRequest) -> HttpResponse:
    """Hand `request` to a Lambda handler as AWS would, and give its answer as HTTP."""
    event = event_of(request)
    if len(event.get("body", "")) > LARGEST_PAYLOAD:
        return message(413, f"Request must be smaller than {LARGEST_PAYLOAD} bytes for the InvokeFunction operation")
    try:
        with _ONE_EVENT_AT_A_TIME:
            answer = handler(event, Context(aws_request_id=event["requestContext"]["requestId"]))
        return response_of(answer)
    except Exception:
        traceback.print_exc(file=sys.stderr)
        return message(502, "Internal Server Error")


def event_of(request: HttpRequest) -> dict[str, Any]:
    """The event of a request, payload format 2.0."""
    now = time.time()
    headers = {name: value for name, value in request.headers.items() if name not in CONNECTION_FIELDS}
    cookies = headers.pop("cookie", "")
    earlier = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{earlier},{request.client}" if earlier else request.client
    headers.setdefault("x-amzn-trace-id", f"Root=1-{int(now):08x}-{secrets.token_hex(12)}")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _request_context(request, headers, now),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = [cookie.strip() for cookie in cookies.split(";") if cookie.strip()]
    if parameters := _parameters(request.query):
        event["queryStringParameters"] = parameters
    if request.body:
        event["body"], event["isBase64Encoded"] = _encoded(request.body, headers)
    return event


def response_of(answer: Any) -> HttpResponse:
    """The HTTP response of what a handler returned. Raises when AWS would answer 502."""
    if not isinstance(answer, Mapping) or "statusCode" not in answer:
        return HttpResponse(200, {"content-type": "application/json"}, (), json.dumps(answer).encode())
    body = answer.get("body") or ""
    if len(body) > LARGEST_PAYLOAD:
        raise ValueError(f"the answer is longer than {LARGEST_PAYLOAD} bytes")
    headers = {"content-type": "application/json"} if body else {}
    for name, value in (answer.get("headers") or {}).items():
        headers[str(name).lower()] = str(value)
    content = base64.b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
    return HttpResponse(int(answer["statusCode"]), headers, tuple(answer.get("cookies") or ()), content)


def message(status: int, text: str) -> HttpResponse:
    """A refusal in AWS's own form, as opposed to the handler's."""
    return HttpResponse(status, {"content-type": "application/json"}, (), json.dumps({"Message": text}).encode())


def _request_context(request: HttpRequest, headers: Mapping[str, str], now: float) -> dict[str, Any]:
    return {
        "accountId": "anonymous",
        "apiId": DOMAIN.partition(".")[0],
        "domainName": DOMAIN,
        "domainPrefix": DOMAIN.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": secrets.token_hex(16),
        "routeKey": "$default",
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _parameters(query: str) -> dict[str, str]:
    """Decoded parameters; values of a repeated one joined with ","."""
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _encoded(body: bytes, headers: Mapping[str, str]) -> tuple[str, bool]:
    """Text as it is, everything else as base64."""
    media_type = headers.get("content-type", "").lower()
    if "content-encoding" not in headers and media_type.startswith((*TEXT_TYPES, TEXT_FORM)):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


class FunctionUrlServer(ThreadingHTTPServer):
    """Serves one handler on loopback; `special` maps the first path segment to something else that answers."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, handler: Handler, port: int, special: Mapping[str, Special] | None = None) -> None:
        """Raises OSError when the port is taken; port 0 takes a free one."""
        super().__init__((LOOPBACK, port), _Connection)
        self.handler = handler
        self.special = dict(special or {})
        self.upgrades: dict[str, Upgrade] = {}
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_port}"

    def answer(self, request: HttpRequest) -> HttpResponse:
        special = self.special.get(request.path.split("/")[1])
        return special(request) if special else invoke(self.handler, request)

    def upgrade(self, request: HttpRequest) -> Upgrade | None:
        """Who takes over the connection of this request, if anybody does."""
        wanted = request.headers.get("upgrade", "").lower() == "websocket"
        return self.upgrades.get(request.path.split("/")[1]) if wanted else None

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Take no more connections, and end those that are open: a client sees the origin as down at once."""
        self.shutdown()
        self.server_close()
        with self._guard:
            for connection in self._open:
                _hang_up(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):  # it may have ended by itself
        connection.shutdown(socket.SHUT_RDWR)


class _Refusal(Exception):
    """The request cannot be taken; the connection ends after the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.response = message(status, text)


class _Connection(BaseHTTPRequestHandler):
    """HTTP/1.1 with persistent connections (RFC 9112)."""

    server: FunctionUrlServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "GatehouseOrigin", ""
    timeout = IDLE_TIMEOUT
    disable_nagle_algorithm = True
    wbufsize = -1

    def __getattr__(self, name: str) -> Any:
        """The base class looks for `do_GET` and so on: every method is taken."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """The client waits for this line (RFC 9110 section 10.1.1); ours are written into a buffer."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """The handler logs; this does not."""

    def _serve(self) -> None:
        try:
            request = self._request()
        except _Refusal as refusal:
            self.close_connection = True
            self._send(refusal.response)
            self._let_the_sender_finish()
            return
        if upgrade := self.server.upgrade(request):
            self.close_connection = True
            upgrade(request, self.connection, self.rfile, self._send)
            return
        self._send(self.server.answer(request))

    def _request(self) -> HttpRequest:
        target = self.requestline.split(" ")[1]
        if not target.startswith("/"):
            raise _Refusal(400, "The request target must be a path")
        fields = tuple((name, value.strip(" \t")) for name, value in self.headers.items())
        return HttpRequest(self.command, target, fields, self._content(), str(self.client_address[0]))

    def _content(self) -> bytes:
        """The request's content (RFC 9112 section 6.3). Raises _Refusal."""
        coding, lengths = self.headers.get("transfer-encoding"), self.headers.get_all("content-length", [])
        if coding is not None:
            if coding.strip().lower() != "chunked" or lengths:
                raise _Refusal(400, "The length of the content is ambiguous")
            return self._chunks()
        if not lengths:
            return b""
        if len(set(lengths)) != 1 or not (lengths[0].isascii() and lengths[0].isdecimal()):
            raise _Refusal(400, "The length of the content is ambiguous")
        return self._exactly(int(lengths[0]))

    def _chunks(self) -> bytes:
        """The content of a chunked message (RFC 9112 section 7.1); trailers are dropped."""
        content = bytearray()
        while size := self._chunk_size():
            content += self._exactly(size, have=len(content))
            self._line()
        while self._line():
            pass
        return bytes(content)

    def _chunk_size(self) -> int:
        digits = self._line().partition(b";")[0].strip()
        if not digits or digits.strip(b"0123456789abcdefABCDEF"):
            raise _Refusal(400, "A chunk has no size")
        return int(digits, 16)

    def _exactly(self, size: int, have: int = 0) -> bytes:
        if have + size > LARGEST_PAYLOAD:
            raise _Refusal(413, f"Request must be smaller than {LARGEST_PAYLOAD} bytes")
        content = self.rfile.read(size)
        if len(content) < size:
            raise ConnectionResetError("the content ended early")
        return content

    def _line(self) -> bytes:
        line = self.rfile.readline(4096)
        if not line.endswith(b"\n"):
            raise _Refusal(400, "A line of the chunked content is too long or cut short")
        return line.rstrip(b"\r\n")

    def _send(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            if name not in CONNECTION_FIELDS and name != "content-length":
                self.send_header(name, value)
        for cookie in response.cookies:
            self.send_header("set-cookie", cookie)
        bodiless = response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if not bodiless:
            self.send_header("content-length", str(len(response.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _let_the_sender_finish(self) -> None:
        """Closing at once would reset the connection, and the sender might never read why."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER)
        until = time.monotonic() + LINGER
        with suppress(OSError):  # it may have gone already
            while time.monotonic() < until and self.rfile.read1(65536):
                pass
