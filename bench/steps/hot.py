"""The steps by themselves, again and again in one isolate whose caches are warm: microseconds each."""

import json
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import js
from answer import response
from log import LINE

from configuration.loading import load_settings
from core.records import replace
from edge import worker as edge
from edge.messages import write_response
from gateway import Gateway

TIMES: Final = 1000
"""In a round: the clock of a Worker has steps of a millisecond."""
ROUNDS: Final = 12


def on_fetch(request: Any) -> Any:
    geo = _geo(request)
    steps: dict[str, Callable[[], object]] = {
        "answer": lambda: write_response(response()),
        "read": lambda: edge.read_request(request),
        "log": lambda: edge.write_log("request", **LINE),
        "gatehouse": geo,
    }
    return js.Response.new(json.dumps({name: _microseconds(step) for name, step in steps.items()}))


def _geo(request: Any) -> Callable[[], None]:
    """The gateway between a request that has been read and an answer that is to be written."""
    message = edge.read_request(request)
    gateway = Gateway(load_settings({}, set()), replace(edge.platform(set()), log=lambda event, **fields: None))

    def answered() -> None:
        work: Coroutine[Any, Any, Any] = gateway.handle(replace(message), lambda later: None)
        try:
            work.send(None)
        except StopIteration:
            return
        raise AssertionError("it waits")

    return answered


def _microseconds(step: Callable[[], object]) -> float:
    """The best of some rounds: the first ones are V8's, which compiles what is hot."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(TIMES):
            step()
        rounds.append((time.perf_counter() - began) / TIMES * 1e6)
    return min(rounds)
