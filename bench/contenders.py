"""Who takes part: each in a workerd of its own, of the same build, started through the same Miniflare."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench import cases, peers, processes, tokens
from bench.aims import OF_HONO_SHORT
from bench.load import Origin
from devtools.configuration import wrangler_config
from devtools.runtime.runner import Gateway, Runner

HERE = Path(__file__).parent
FLOORS: Final = HERE / "floors"

CONFIG: Final = {
    "name": "bench",
    "main": "entry_global.py",
    "compatibility_date": "2026-11-01",
    "compatibility_flags": ["python_workers", wrangler_config.FUNCTIONS_FLAG],
    "kv_namespaces": [{"binding": "CACHE", "id": "bench"}],
}

BY_CLASS: Final = wrangler_config.by_class(CONFIG)
"""For a Worker that is a class `Default` in entry.py."""

STEP: Final = {**CONFIG, "main": "entry.py"}

FIRST_RESPONSE: Final = 60.0
"""Seconds until a contender must have answered."""


@dataclass(frozen=True)
class Contender:
    """One of them: how it is called, what it answers, and how it is started."""

    name: str
    title: str
    options: Callable[[Origin], Mapping[str, Any]]
    """Of `Runner.start`."""
    answers: bool = True
    """Whether it does the work; the others answer "ok" to everything, and are measured once, beside the first case."""
    does: frozenset[str] | None = None
    """The cases whose work it does; None for all."""
    through_entry: bool = False
    """Whether its load goes through Miniflare's own entry Worker instead of to the Worker's own socket."""

    def takes(self, case: cases.Case) -> bool:
        """Whether it is measured at `case`."""
        if not self.answers:
            return case is cases.GEO
        return self.does is None or case.name in self.does


@dataclass
class Running:
    """A contender that has been started."""

    contender: Contender
    gateway: Gateway
    pid: int
    """Of its workerd."""
    first_response: float
    """Milliseconds from the order to start until the first answer."""
    memory_at_start: int
    """Bytes resident after the first answer."""

    @property
    def url(self) -> str:
        """Where its load goes."""
        url = self.gateway.url if self.contender.through_entry else self.gateway.direct_url
        assert url is not None, "it is started with `direct`"
        return url


def start(runner: Runner, contender: Contender, origin: Origin) -> Running:
    """Start `contender` and wait for its first answer, which is a 200 of /geo."""
    before = processes.children(runner.pid)
    options = contender.options(origin)
    began = time.monotonic()
    gateway = runner.start(**{"config": CONFIG, "direct": True, **options})
    gateway.client.get("/geo", headers=cases.visitor(), timeout=FIRST_RESPONSE).raise_for_status()
    first_response = (time.monotonic() - began) * 1000
    (pid,) = processes.children(runner.pid) - before
    return Running(contender, gateway, pid, first_response, processes.resident_bytes(pid))


def _variables(origin: Origin) -> dict[str, Any]:
    """The configuration of the work, the same for all who do it."""
    return {
        "ORIGIN": origin.url,
        "JWT_SECRET": tokens.keys().secret,
        "HS_ISSUER": tokens.HS_ISSUER,
        "RS_ISSUER": tokens.RS_ISSUER,
        "AUDIENCE": tokens.AUDIENCE,
    }


def _gatehouse(origin: Origin) -> Mapping[str, Any]:
    issuers = [
        {
            "issuer": tokens.HS_ISSUER,
            "audience": [tokens.AUDIENCE],
            "algorithms": ["HS256"],
            "secret": "JWT_SECRET",
        },
        {
            "issuer": tokens.RS_ISSUER,
            "audience": [tokens.AUDIENCE],
            "algorithms": ["RS256"],
            "jwks_url": f"{origin.url}/jwks.json",
        },
    ]
    variables = {"JWT_SECRET": tokens.keys().secret, "SUPPORTED_LANGUAGES": list(cases.LANGUAGES)}
    return {"vars": {**variables, "ISSUERS": issuers, "ROUTES": cases.routes(origin.url)}}


def _hono(origin: Origin) -> Mapping[str, Any]:
    return {"script": peers.build_hono(), "vars": _variables(origin)}


def _fastapi(origin: Origin) -> Mapping[str, Any]:
    source, packages = peers.build_fastapi()
    return {"source": source, "packages": packages, "vars": _variables(origin), "config": BY_CLASS, "fresh": False}


def _least(origin: Origin) -> Mapping[str, Any]:
    currencies = {code: row["currency"] for code, row in peers.countries().items()}
    return {**_variables(origin), "CURRENCIES": json.dumps(currencies)}


def _least_python(origin: Origin) -> Mapping[str, Any]:
    return {"source": peers.build_least(), "config": STEP, "vars": _least(origin)}


def _step(name: str) -> Callable[[Origin], Mapping[str, Any]]:
    return lambda _: {"source": peers.build_step(name), "config": STEP}


GATEHOUSE: Final = Contender("gatehouse", "Gatehouse", _gatehouse)
AGAIN: Final = Contender("again", "Gatehouse again", _gatehouse)
"""The same source in a process of its own: how far this stands from `GATEHOUSE` is what a run cannot tell apart."""
SHORT: Final = Contender(
    "short", "Gatehouse, short dispatch", lambda origin: {**_gatehouse(origin), "dispatch": "short"}
)
"""Without what production's runtime does around every request, which the others written in Python have as well."""
HONO: Final = Contender("hono", "Hono", _hono)
FASTAPI: Final = Contender("fastapi", "FastAPI", _fastapi)
EMPTY_PYTHON: Final = Contender(
    "empty_python",
    "empty Python Worker",
    lambda _: {"source": HERE / "empty_python", "config": STEP, "fresh": False},
    answers=False,
)
STEPS: Final = (
    Contender("answer", "+ the answer's fields and bytes", _step("answer"), answers=False),
    Contender("read", "+ the request read", _step("read"), answers=False),
    Contender("log", "+ a line logged", _step("log"), answers=False),
)
"""Each does one thing more than the one before, the first than the empty Python Worker."""

EMPTY_JS: Final = Contender(
    "empty_js", "empty JS Worker", lambda _: {"script": HERE / "empty_js" / "worker.mjs"}, answers=False
)
ENTRY: Final = replace(EMPTY_JS, name="entry", title="Miniflare's entry Worker before it", through_entry=True)
"""What none of the others pays: locally, a request otherwise comes through a Worker of Miniflare's own."""

LEAST_JS: Final = Contender(
    "least_js",
    "the least in JavaScript",
    lambda origin: {"script": FLOORS / "minimum.mjs", "vars": _least(origin)},
)
LEAST_PYTHON: Final = Contender("least_python", "the least in Python", _least_python)
LEAST_SHORT: Final = Contender(
    "least_short",
    "the least in Python, short dispatch",
    lambda origin: {**_least_python(origin), "dispatch": "short"},
    does=frozenset(OF_HONO_SHORT),
)
FLOOR: Final = (LEAST_JS, LEAST_PYTHON, LEAST_SHORT)
"""What a gateway cannot do without, by hand, in each language, and in Python by either dispatch. Between the two is the
language with its bridge; between that in Python and Gatehouse is what the gateway decides."""

CONTENDERS: Final = (
    *(GATEHOUSE, AGAIN, SHORT, HONO, FASTAPI),
    *FLOOR,
    *(EMPTY_JS, ENTRY, EMPTY_PYTHON, *STEPS),
)

STARTED_AGAIN: Final = (GATEHOUSE, HONO, FASTAPI, EMPTY_JS, EMPTY_PYTHON)
"""Those whose start is measured."""

COMPARED: Final = (GATEHOUSE, HONO, FASTAPI)
"""Those that are measured at every number of connections; the others at one."""
