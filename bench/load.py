"""The load generator and the origin: two Node processes of their own, so that only the contender's CPU is counted."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from devtools import node

HERE = Path(__file__).parent


class LoadFailed(Exception):
    """The load could not be applied: no connection, or an answer that nobody could read."""


@dataclass(frozen=True, slots=True)
class Served:
    """What came of one round of load. Times are in milliseconds."""

    requests: int
    seconds: float
    statuses: Mapping[str, int]
    bytes: int
    p50: float
    p99: float
    first_byte_p50: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


class _NodeProcess:
    def __init__(self, script: str, environment: Mapping[str, str] | None = None) -> None:
        chosen = node.locate()
        self._process = subprocess.Popen(
            [chosen.executable, HERE / script],
            env=chosen.environment() | dict(environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise LoadFailed("a Node process of the benchmark ended")
        return line


class Origin(_NodeProcess):
    """`origin.mjs` on a free port; `jwks` is the key set it serves."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        super().__init__("origin.mjs", {"JWKS": json.dumps(jwks)})
        self.url = f"http://127.0.0.1:{int(self._line())}"


class Load(_NodeProcess):
    """`load.mjs`: one round at a time."""

    def __init__(self) -> None:
        super().__init__("load.mjs")

    def apply(self, url: str, requests: Sequence[str], *, connections: int, seconds: float) -> Served:
        """Send `requests` in turn, whole messages as `message` makes them, for so long. Raises LoadFailed."""
        parts = urlsplit(url)
        command = {"host": parts.hostname, "port": parts.port, "connections": connections, "seconds": seconds}
        assert self._process.stdin is not None
        print(json.dumps({**command, "requests": list(requests)}), file=self._process.stdin, flush=True)
        result = json.loads(self._line())
        if result["failed"] or not result["served"]:
            raise LoadFailed(f"{result['failed']} of {result['served']} requests to {url} failed: {result['fault']}")
        return Served(
            result["served"],
            result["seconds"],
            result["statuses"],
            result["bytes"],
            result["latencies"]["p50"],
            result["latencies"]["p99"],
            result["first_bytes"]["p50"],
        )


def message(path: str, headers: Mapping[str, str]) -> str:
    """A GET as it stands on the wire."""
    lines = [f"GET {path} HTTP/1.1", "host: gateway.example", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""])
