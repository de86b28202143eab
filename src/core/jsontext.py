"""Flat JSON objects as text, written the short way: header sections and log lines.

`json.dumps` sets up an encoder for every call; this one is set up once. On the path of every request that is worth a
file; everything else uses `json`.
"""

import json
from collections.abc import Callable, Mapping
from json import encoder
from json.encoder import encode_basestring, encode_basestring_ascii
from math import isfinite
from typing import Any, Final

quoted: Final = encode_basestring_ascii
"""`text` as a JSON string, in ASCII."""

Encode = Callable[[Mapping[str, Any], int], tuple[str, ...]]
"""`(value, 0)` -> its JSON in parts. Raises ValueError for NaN and infinity."""


def _encoder(quote: Callable[[str], str]) -> Encode:
    make: Callable[..., Encode] = vars(encoder)["c_make_encoder"]
    return make(None, json.JSONEncoder().default, quote, None, ":", ",", False, False, False)


_encode: Final = _encoder(quoted)
_encode_unescaped: Final = _encoder(encode_basestring)


def unescaped_object(members: Mapping[str, Any]) -> str:
    """A dict as JSON whose text stands as it is, for people who read it. Raises ValueError for NaN and infinity."""
    return "".join(_encode_unescaped(members, 0))


def flat_object(fields: Mapping[str, Any]) -> str:
    """A dict of text, numbers and now and then something else, as JSON."""
    try:
        return "".join(_encode(fields, 0))
    except ValueError:  # JSON has no NaN and no infinity (RFC 8259 section 6)
        return "".join(_encode({name: None if _is_no_number(value) else value for name, value in fields.items()}, 0))


def _is_no_number(value: Any) -> bool:
    return isinstance(value, float) and not isfinite(value)


text_object: Final[Callable[[Mapping[str, str]], str]] = flat_object
"""`{"accept": "*/*"}` as `{"accept":"*/*"}`."""
