"""`python -m bench.hot [--against COMMIT]`: the pipeline alone, in CPython: bytecodes and microseconds a request.

No Worker, no bridge, no origin: what the gateway itself does between a request that has been read and an answer that
is to be written. Bytecodes do not depend on how busy the machine is; microseconds are the best of many rounds.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

from bench import cases, tokens
from devtools.paths import SOURCES

ORIGIN: Final = "https://origin.example"
PATHS: Final[dict[str, tuple[str, Callable[[tokens.Keys], str] | None]]] = {
    "plain, to the origin": ("/stream/1k", None),
    "HS256, to the origin": ("/hs/users/me", tokens.Keys.hs256),
    "GET /geo": ("/geo", None),
    "cached, 1 KB": ("/public/1k", None),
    "cached for one user": ("/mine", tokens.Keys.hs256),
    "401, forged token": ("/hs/users/me", tokens.Keys.forged),
    "404": ("/nowhere", None),
}
"""What is asked for, and with which token."""

Handle = Callable[[Any, Callable[[Coroutine[Any, Any, None]], None]], Coroutine[Any, Any, Any]]

ROUNDS: Final = 400
REQUESTS: Final = 5
"""A round, which is short: some of them are not disturbed, however busy the machine is."""


TURNS: Final = 3
WARM_UP: Final = 50
"""Processes of each of the sources, by turns."""

Counts = dict[str, tuple[int, float]]
"""Bytecodes and microseconds of each of `PATHS`."""


def by_turns(*sources: Path) -> list[Counts]:
    """The counts of each of some folders with sources: the best of each."""
    found: list[list[Counts]] = [[] for _ in sources]
    for _ in range(TURNS):
        for source, counts in zip(sources, found, strict=True):
            counts.append(measured(source))
    return [{name: (counts[0][name][0], min(one[name][1] for one in counts)) for name in counts[0]} for counts in found]


def measured(source: Path) -> Counts:
    """By the sources in a folder; asked of a process of its own."""
    command = [sys.executable, "-m", "bench.hot", "--source", str(source)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: (count, best) for name, (count, best) in json.loads(said).items()}


def _measure() -> Counts:
    handle = _gateway()
    found = {}
    for name, (path, token) in PATHS.items():
        make = _requests(path, token)
        asyncio.run(_first(handle, make()))
        ask = partial(_ask, handle, make)
        for _ in range(WARM_UP):
            ask()
        found[name] = (_bytecodes(ask), _best(ask))
    return found


def _gateway() -> Handle:
    from configuration.loading import load_settings
    from core.messages import Response
    from core.ports import Platform
    from gateway import Gateway

    class Store:
        """Holds nothing: what is cached is in the isolate."""

        async def get_text(self, key: str, *, timeout: float) -> None: ...
        async def get(self, key: str, *, timeout: float) -> None: ...
        async def put(self, key: str, value: Any, **options: Any) -> None:
            if not isinstance(value, bytes | str):
                await value.read(10**6)

    async def fetch(request: Any, **options: Any) -> Any:
        headers = {"content-type": "application/json", "cache-control": "max-age=3600", "date": _DATE}
        return Response(200, headers, b"x" * 1024)

    used: dict[str, Any] = {
        "fetch": fetch,
        "store": Store(),
        "clock": lambda: _NOW,
        "random": random.Random(7),
        "log": _no_log,
    }
    ports: dict[str, Any] = {name: used.get(name) for name in Platform.__match_args__}
    platform = Platform(**ports)
    issuer = {"issuer": tokens.HS_ISSUER, "audience": [tokens.AUDIENCE], "algorithms": ["HS256"]}
    variables = {
        "JWT_SECRET": tokens.keys().secret,
        "SUPPORTED_LANGUAGES": list(cases.LANGUAGES),
        "ISSUERS": [issuer | {"secret": "JWT_SECRET"}],
        "ROUTES": cases.routes(ORIGIN),
    }
    return Gateway(load_settings(variables, {"CACHE"}), platform).handle


_NOW: Final = time.time()
"""Stands still: what is kept for a while is kept for good."""
_DATE: Final = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(_NOW))


def _no_log(event: str, **fields: Any) -> None:
    if event != "request":
        raise AssertionError(fields)


def _requests(path: str, token: Callable[[tokens.Keys], str] | None) -> Callable[[], Any]:
    from core.messages import Request

    fields = cases.visitor(token=token(tokens.keys()) if token else None)
    place = json.loads(fields.pop(cases.CF_HEADER))
    return lambda: Request("GET", "https", "gateway.example", path, "", {**fields}, place)


async def _first(handle: Handle, request: Any) -> None:
    """Until what is stored is stored."""
    later: list[Coroutine[Any, Any, None]] = []
    await handle(request, later.append)
    for work in later:
        await work


def _ask(handle: Handle, make: Callable[[], Any]) -> None:
    """From then on nothing here waits."""
    _run(handle(make(), _run))


def _run(work: Coroutine[Any, Any, Any]) -> None:
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def _bytecodes(ask: Callable[[], None]) -> int:
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        ask()
    finally:
        sys.settrace(None)
    return count


def _best(ask: Callable[[], None]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(REQUESTS):
            ask()
        best = min(best, time.perf_counter() - began)
    return round(best / REQUESTS * 1e6, 1)


def report(now: Counts, before: Counts | None = None) -> str:
    from bench.documents import table

    head = ("in CPython, per request", "bytecodes", "µs")
    if before is None:
        return table([head, *((name, f"{count:,}", f"{best:.1f}") for name, (count, best) in now.items())])
    rows = [
        (name, f"{before[name][0]:,}", f"{count:,}", f"{before[name][1]:.1f}", f"{best:.1f}")
        for name, (count, best) in now.items()
    ]
    return table([(head[0], "bytecodes before", "now", "µs before", "now"), *rows])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.hot", description=__doc__)
    parser.add_argument("--against", metavar="COMMIT", help="the sources of a commit beside those of now")
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.source:
        sys.path.insert(0, str(options.source))
        print(json.dumps(_measure()))
        return
    from bench import against

    print(report(*by_turns(SOURCES, *([against.sources(options.against)] if options.against else []))))


if __name__ == "__main__":
    main()
