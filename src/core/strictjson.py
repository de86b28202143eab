"""JSON from strangers, strictly (RFC 8259, RFC 7493): one meaning for every reader, or none.

The standard library keeps the last of duplicate members, reads `NaN`, turns `1e400` into infinity and passes lone
surrogates on. Each of these has let a token mean one thing to the verifier and another to the next reader, so all are
refused. Nesting is bounded before parsing, because on WebAssembly a deep recursion ends the interpreter, not the call.
"""

import json
import re
from math import isfinite
from typing import Any

MAX_DEPTH = 32

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A string, or the rest of the text where it does not end: no character is looked at twice."""
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(raw: bytes) -> Any:
    """The value of a UTF-8 JSON text. Raises ValueError for anything that two parsers could read differently."""
    text = raw.decode("utf-8")
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    value = _DECODER.decode(text)
    if _ESCAPED_SURROGATE.search(text):
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _check_depth(text: str) -> None:
    depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError("nested too deeply")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError("number out of range")
    return value


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
