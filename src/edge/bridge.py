"""The bridge between Python and JavaScript: functions looked up once, messages read in one call.

Every call across costs about 2 microseconds, and every JavaScript object held by Python costs more to let go. So a
request is read with one `JSON.stringify` and a response is built from one `JSON.parse`. JavaScript functions are looked
up once per isolate, inside the first request: production takes its snapshot after import, and a snapshot cannot hold
them.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import js
from pyodide.ffi import to_js

CF_FIELDS: Final = ("country", "region", "regionCode", "city", "timezone", "continent", "isEUCountry", "asn")
"""What is read of `request.cf`; the platform's object has some forty fields."""

read_json: Final = json.JSONDecoder().raw_decode
"""`json.loads` without its care for whitespace and byte order marks: `JSON.stringify` writes neither."""


class Bridge:
    """JavaScript functions, looked up once per isolate.

    Given a list of property names, `JSON.stringify` reads those and no others, at every depth, getters included. The
    fields of `Headers` are no properties, so two getters make them such: `Headers.prototype.fields` is what `entries`
    returns, an iterator, and an iterator's `list` is what `toArray` returns. Both getters are functions that
    JavaScript has: none can be compiled at run time. With them, one call reads a whole message:

        {"method": "GET", "url": "…", "headers": {"fields": {"list": [["accept", "*/*"], …]}}, "cf": {"country": "PT"}}
    """

    def __init__(self) -> None:
        self.stringify: Callable[..., str] = js.JSON.stringify
        self.parse = js.JSON.parse
        self.response = js.Response.new
        self.console_log = js.console.log
        self.abort_controller = js.AbortController.new
        self.set_timeout = js.setTimeout
        self.clear_timeout = js.clearTimeout
        self.with_resolvers = js.Promise.withResolvers.bind(js.Promise)
        self.microtask = js.queueMicrotask
        self.error = js.Error.new
        self.array_of = js.Array.of.bind(js.Array)
        self.array_from = js.Array.from_.bind(js.Array)
        self.bind_cancel = js.Function.prototype.bind.bind(js.ReadableStreamDefaultReader.prototype.cancel)
        """`bind_cancel(reader)()` is `reader.cancel()`."""
        self.bind_apply = js.Function.prototype.bind.bind(js.Function.prototype.apply)
        """`bind_apply(method, owner)([argument])` is `owner.method(argument)`."""
        _add_getter(js.Headers.prototype, "fields", js.Headers.prototype.entries)
        _add_getter(js.Iterator.prototype, "list", js.Iterator.prototype.toArray)
        self.request_properties = to_js(["method", "url", "headers", "fields", "list", "cf", *CF_FIELDS])
        self.response_properties = to_js(["status", "headers", "fields", "list"])

    def to_object(self, value: Any) -> Any:
        """A plain JavaScript value of JSON-like `value`."""
        return self.parse(json.dumps(value))

    def to_python(self, value: Any) -> Any:
        """The JSON-like value of a plain JavaScript one."""
        return json.loads(self.stringify(value))


def _add_getter(owner: Any, name: str, getter: Any) -> None:
    js.Object.defineProperty(owner, name, get=getter, configurable=True)


_bridge: Bridge | None = None


def bridge() -> Bridge:
    """The isolate's bridge, built by the first request."""
    global _bridge
    if _bridge is None:
        _bridge = Bridge()
    return _bridge
