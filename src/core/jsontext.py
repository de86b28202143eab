"""Flat JSON objects as text, written the short way: header sections and log lines.

`json.dumps` sets up an encoder for every call and walks what it is given; a flat object of known types is one
expression. On the path of every request that is worth a file; everything else uses `json`.
"""

import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring_ascii
from math import isfinite
from typing import Any, Final


def _number(value: float) -> str:
    """JSON has no NaN and no infinity (RFC 8259 section 6)."""
    return float.__repr__(value) if isfinite(value) else "null"


quoted: Final = encode_basestring_ascii
"""`text` as a JSON string, in ASCII."""

_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {str: quoted, int: int.__repr__, float: _number}
"""By exact type: `True` is an `int` that JSON spells `true`."""


def text_object(fields: Mapping[str, str]) -> str:
    """`{"accept": "*/*"}` as `{"accept":"*/*"}`. Names are tokens (RFC 9110 section 5.6.2): none needs escapes."""
    return "{" + ",".join([f'"{name}":{quoted(value)}' for name, value in fields.items()]) + "}"


def flat_object(fields: Mapping[str, Any]) -> str:
    """An object of strings, numbers and now and then something else. Names hold nothing that JSON would escape."""
    write = _WRITERS.get
    return "{" + ",".join([f'"{name}":{write(type(value), json.dumps)(value)}' for name, value in fields.items()]) + "}"
