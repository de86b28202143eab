"""Where the application tells of what its writes have outdated: in place of a gateway, or in front of one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


class Purges(ThreadingHTTPServer):
    """Takes purges that carry `token`, and remembers their tags. With `gateway`, it is asked as well."""

    def __init__(self, token: str) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.token = token
        self.tags: list[str] = []
        self.refusing = False
        self.gateway: str | None = None
        self.told = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, authorization: str, content: bytes) -> int:
        if self.refusing or authorization != f"Bearer {self.token}":
            return 503 if self.refusing else 401
        if self.gateway:
            headers = {"authorization": authorization, "content-type": "application/json"}
            status = httpx.post(self.gateway + path, headers=headers, content=content).status_code
            if status != 200:
                return status
        self.tags += json.loads(content)["tags"]
        self.told.set()
        return 200


class Answering(BaseHTTPRequestHandler):
    server: Purges

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.answer(self.path, self.headers["authorization"], content)
        with suppress(ConnectionError):  # who asked waits for two seconds, and asks again
            self.send_response(status)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at what was asked."""


@contextmanager
def purges(token: str) -> Iterator[Purges]:
    server = Purges(token)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
