"""A local identity provider: a real socket, real keys, and every way of failing that providers have.

    with IdentityProvider() as provider:
        key = provider.add_key("RS256", "k1")
        issuers = [{"issuer": provider.url, "audience": [], "algorithms": ["RS256"], "jwks_url": provider.jwks_url}]
        provider.behave = Behaviour.HANG

`requests` lists the paths that were asked for. `down()` closes the port, `up()` opens the same one again.
"""

import contextlib
import json
import threading
import time
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.signing_keys import SigningKey

JWKS_PATH = "/jwks.json"
DISCOVERY_PATH = "/.well-known/openid-configuration"


class Behaviour(Enum):
    """What the provider does with a request for its keys."""

    ANSWER = auto()
    FAIL = auto()
    """500."""
    HANG = auto()
    """Accepts the request and says nothing."""
    STALL = auto()
    """Sends the header section and the first byte, and then nothing."""
    BREAK = auto()
    """Closes the connection in the middle of the content."""
    REDIRECT = auto()


class IdentityProvider:
    """The provider, its keys and its mood."""

    def __init__(self) -> None:
        self.keys: list[SigningKey] = []
        self.behave = Behaviour.ANSWER
        self.delay = 0.0
        """Seconds before an answer."""
        self.cache_control = ""
        self.coding = ""
        """Content coding of every answer."""
        self.contents: dict[str, bytes] = {}
        """What it answers, by path, in place of the truth."""
        self.requests: list[str] = []
        self.agents: set[str] = set()
        """Every `User-Agent` that asked."""
        self.released = threading.Event()
        """Set to let those go that hang."""
        self._server = self._listen(0)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.jwks_url = self.url + JWKS_PATH

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def add_key(self, algorithm: str, kid: str) -> SigningKey:
        key = SigningKey.generate(algorithm, kid)
        self.keys.append(key)
        return key

    def down(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def up(self) -> None:
        self.released.clear()
        self._server = self._listen(self.port)

    def token(self, key: SigningKey, **claims: Any) -> str:
        """A token of this provider, good for ten minutes."""
        return key.token({"iss": self.url, "sub": "u1", "exp": int(time.time()) + 600, **claims})

    def document(self, path: str) -> dict[str, Any]:
        if path == DISCOVERY_PATH:
            return {"issuer": self.url, "jwks_uri": self.jwks_url}
        return {"keys": [key.public_jwk for key in self.keys]}

    def _listen(self, port: int) -> ThreadingHTTPServer:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # the standard library's name
                with contextlib.suppress(OSError):
                    provider._answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the test's own output is read by people."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        server = Server(("127.0.0.1", port), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(handler.path)
        self.agents.add(handler.headers.get("user-agent", ""))
        time.sleep(self.delay)
        match self.behave:
            case Behaviour.ANSWER:
                content = self.contents.get(handler.path)
                self._send(handler, json.dumps(self.document(handler.path)).encode() if content is None else content)
            case Behaviour.FAIL:
                self._send(handler, b"internal error", status=500)
            case Behaviour.HANG:
                self.released.wait(60)
                handler.close_connection = True
            case Behaviour.STALL | Behaviour.BREAK:
                self._send(handler, b"{", length=1000)
                if self.behave is Behaviour.STALL:
                    self.released.wait(60)
                handler.close_connection = True
            case Behaviour.REDIRECT:
                self._send(handler, b"", status=302, location=self.jwks_url + "?again")

    def _send(
        self, handler: BaseHTTPRequestHandler, content: bytes, *, status: int = 200, length: int = 0, location: str = ""
    ) -> None:
        handler.send_response(status)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(length or len(content)))
        handler.send_header("connection", "close")  # or a kept connection would outlive `down()`
        if self.cache_control:
            handler.send_header("cache-control", self.cache_control)
        if self.coding:
            handler.send_header("content-encoding", self.coding)
        if location:
            handler.send_header("location", location)
        handler.end_headers()
        handler.wfile.write(content)
        handler.wfile.flush()
