"""What an isolate remembers between requests is bounded, in entries and in what one entry may hold."""

import gc
import sys
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from inspect import signature
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest

from configuration.loading import load_settings
from core.found import Found
from core.messages import Request, Response
from devtools.paths import SOURCES
from forwarding import header_rules
from gateway import Gateway
from geo import Locator
from tests.unit.in_memory import BytesBody, World, run

MARK = "strange-"
LONG = MARK * 2000
"""16 KB, which a client may send in almost every place."""

NOT_DATA = (ModuleType, type, FunctionType, CodeType, FrameType)


def caches() -> Iterator[tuple[str, "_lru_cache_wrapper[Any] | Found[Any, Any]"]]:
    """Every `lru_cache` and every `Found` of the gateway's own modules that are imported."""
    for module in list(sys.modules.values()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(SOURCES):
            for name, value in vars(module).items():
                if isinstance(value, _lru_cache_wrapper | Found):
                    yield f"{module.__name__}.{name}", value


def test_every_cache_of_functions_is_bounded() -> None:
    found = {name: cache for name, cache in caches() if isinstance(cache, _lru_cache_wrapper)}
    assert "forwarding.header_rules._reaches_origin" in found
    locator = Locator()
    found |= {name: cache for name, cache in vars(locator).items() if isinstance(cache, _lru_cache_wrapper)}
    assert "_choose" in found
    for name, cache in found.items():
        bounded = cache.cache_parameters()["maxsize"] is not None
        assert bounded or not signature(cache.__wrapped__).parameters, name


def test_the_search_knows_what_is_found_out_once() -> None:
    assert {"forwarding.header_rules._STOPPED", "forwarding.forwarded._HOP"} <= dict(caches()).keys()


@pytest.mark.parametrize(
    ("path", "query", "headers"),
    [
        (f"/api/{LONG}", "", {}),
        ("/api/x", LONG, {}),
        ("/api/x", f"lang=de-x-{LONG}&currency={LONG}", {}),
        ("/api/x", "", {LONG: "1"}),
        ("/api/x", "", {"x-strange": LONG}),
        ("/api/x", "", {"x-request-id": LONG}),
        ("/api/x", "", {"accept-language": f"de-x-{LONG}, {LONG}"}),
        ("/api/x", "", {"cookie": f"gatehouse_locale=currency={LONG}&language={LONG}"}),
        ("/api/x", "", {"authorization": f"Bearer {LONG}"}),
        ("/api/x", "", {"authorization": f"Bearer {LONG}.{LONG}.{LONG}"}),
        ("/api/x", "", {"traceparent": LONG, "tracestate": LONG}),
        ("/api/x", "", {"cache-control": LONG, "range": f"bytes={LONG}", "if-none-match": LONG}),
        ("/api/x", "", {"connection": LONG}),
        ("/api/x", "", {"host": LONG}),
        (f"/geo/{LONG}", "", {}),
        ("/geo", f"lang={LONG}", {}),
    ],
)
def test_nothing_long_that_a_stranger_sent_is_remembered(path: str, query: str, headers: dict[str, str]) -> None:
    world = World(lambda request: Response(200, {"cache-control": "max-age=60", "vary": "cookie"}, BytesBody(b"ok")))
    route = {"path": "/api/*", "origin": "https://api.example", "auth": "optional"}
    issuer = {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"}
    settings = load_settings({"ROUTES": [route], "ISSUERS": [issuer], "JWT_SECRET": "s" * 32}, set())
    gateway = Gateway(settings, world.platform())
    host = headers.get("host", "api.example")
    run(gateway.handle(Request("GET", "https", host, path, query, headers), world.background))
    run(world.settle())
    world.log.clear()
    world.requests.clear()
    assert world.store is not None
    world.store.values.clear()
    assert [text[:40] for text in strings(gateway, *(cache for _, cache in caches())) if MARK * 100 in text] == []


def strings(*roots: object) -> Iterator[str]:
    """Every string that can be reached from `roots`."""
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, NOT_DATA):
            continue
        seen.add(id(found))
        if isinstance(found, str):
            yield found
        waiting.extend(gc.get_referents(found))


def test_the_search_finds_what_is_remembered() -> None:
    header_rules._reaches_origin(LONG)
    try:
        assert LONG in set(strings(*(cache for _, cache in caches())))
    finally:
        header_rules._reaches_origin.cache_clear()
