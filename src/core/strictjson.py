"""JSON from strangers, strictly (RFC 8259, RFC 7493): one meaning for every reader, or none.

The standard library keeps the last of duplicate members, reads `NaN`, turns `1e400` into infinity and passes lone
surrogates on. Each of these has let a token mean one thing to the verifier and another to the next reader, so all are
refused. Nesting is bounded before parsing, because on WebAssembly a deep recursion ends the interpreter, not the call;
so are names, because those that hash alike are compared one by one (`core/lengths.py`).
"""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from math import isfinite
from typing import Any, Final

from core.lengths import NAMES

MAX_DEPTH = 32

FEW: Final = 256
"""Names that are not looked at: so many times as many different ones are far below `NAMES`."""

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A string, or the rest of the text where it does not end: no character is looked at twice."""
_NAMED = re.compile(r'("(?:[^"\\]++|\\.)*+"?)(\s*+:)?', re.DOTALL)
"""A string, and the colon behind one that is a name."""
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def loads(raw: bytes, names: int | None = NAMES) -> Any:
    """The value of a UTF-8 JSON text. Raises ValueError for anything that two parsers could read differently, and for
    more than `names` (`NAMES` of `core/lengths.py`; None is for what the gateway's owner wrote)."""
    text = raw.decode("utf-8")
    if names is not None and text.count(":") > FEW:
        _check_names(text, names)
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    value = _value(text)
    if _ESCAPED_SURROGATE.search(text):
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _value(text: str) -> Any:
    """What `_DECODER.decode` says; of a text with no white space around it, as programs write it, in one call."""
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        end = -1
    return value if end == len(text) else _DECODER.decode(text)


def _check_depth(text: str) -> None:
    depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError("nested too deeply")
        elif character in "]}":
            depth -= 1


def _check_names(text: str, most: int) -> None:
    """Finds the different names by their order: no hash is asked."""
    names = sorted([string for string, colon in _NAMED.findall(text) if colon])
    different = 1 + sum(one != next_one for one, next_one in pairwise(names))
    if len(names) * different > most:
        raise ValueError("too many names")


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
_scan: Final[Callable[[str, int], tuple[Any, int]]] = vars(_DECODER)["scan_once"]
"""The value that begins there, and where it ends. Raises ValueError, and StopIteration where none begins."""
