"""Clients of the rooms as they are deployed, with handshakes that the gateway signed."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from devtools.application.local_aws.application import LocalApplication
from devtools.application.local_aws.emulator import REGION
from devtools.application.local_aws.keys import Keys
from forwarding import sigv4
from tests.origin.conftest import KEYS

PATIENCE = 180.0
"""Seconds for anything at all, on a machine that does a lot else."""


class Talker:
    """A client: what it was told is kept, and waited for by type."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.told: list[dict[str, Any]] = []

    def say(self, type_: str, **fields: Any) -> dict[str, Any]:
        """What it is answered with, whatever else arrives before."""
        ref = uuid4().hex
        self.socket.send(json.dumps({"type": type_, "ref": ref, **fields}))
        return self.wait(lambda message: message.get("ref") == ref)

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while True:
            message: dict[str, Any] = json.loads(self.socket.recv(timeout=until - time.monotonic()))
            self.told.append(message)
            if wanted(message):
                return message

    def hears(self, text: str) -> dict[str, Any]:
        return self.wait(lambda message: message.get("text") == text)

    def is_told(self, type_: str) -> dict[str, Any]:
        """The first message of a type, whether it came before what was waited for or is still to come."""
        before = [message for message in self.told if message["type"] == type_]
        return before[0] if before else self.wait(lambda message: message["type"] == type_)

    def is_closed(self) -> bool:
        try:
            while True:
                self.socket.recv(timeout=PATIENCE)
        except ConnectionClosed:
            return True


def opening(
    application: LocalApplication, user: str, role: str, *, keys: Keys = KEYS, query: str = "", expires: float = 0
) -> dict[str, Any]:
    """The address of the WebSocket API, and the fields of a handshake that the gateway signed."""
    told = {"x-user-id": user, "x-user-role": role} if user else {}
    told |= {"x-user-token-expires": str(int(expires or time.time() + 600))} if user else {}
    host = f"127.0.0.1:{application.port}"
    credentials = sigv4.Credentials(keys.access_key_id, keys.secret_access_key)
    scope = sigv4.Scope(REGION, "execute-api")
    signed = sigv4.sign("GET", host, "/sockets", query, told, None, credentials, scope, time.time())
    uri = f"ws://{host}/sockets" + (f"?{query}" if query else "")
    return {"uri": uri, "additional_headers": {**told, **signed}, "open_timeout": PATIENCE, "proxy": None}


@contextmanager
def talking(application: LocalApplication, user: str, role: str = "user", **more: Any) -> Iterator[Talker]:
    with connect(**opening(application, user, role, **more)) as socket:
        yield Talker(socket)
