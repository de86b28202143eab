"""What a claim's value says where names are wanted: ids, roles, scopes, what origins are told. Pure.

Values are read by their JSON type. Issuers write roles in many shapes, so whatever has no reading is no role, and keeps
nobody out who needs none; a control character, which no honest issuer writes, makes the token invalid, because names
will stand in header fields.
"""

import json
import re
from typing import Any, Final

from core.lengths import CLAIM_NAMES
from identity.tokens import InvalidToken

SCOPE_SEPARATOR: Final = " "
"""RFC 8693 section 4.2. Roles have no such rule: `"pending admin"` is one role unless the issuer's entry says else."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def id_text(value: Any) -> str | None:
    """An id: a string, or an integer as its decimal text; None where there is none. Raises InvalidToken."""
    if value is None or value == "":
        return None
    if type(value) is int:  # not a boolean, which is one in Python, and not 7.0
        return str(value)
    if not isinstance(value, str):
        raise InvalidToken("subject")
    return clean(value)


def role_names(value: Any, separator: str | None) -> list[str]:
    """`"admin"`, `["admin", "editor"]`, `{"admin": {…}}`, `7`: each shape that roles are written in."""
    if isinstance(value, str):
        return split_names(value, separator)
    return [clean(name) for name in _texts(list(value) if isinstance(value, dict) else value) or () if name]


def scope_names(value: Any) -> list[str]:
    """Scopes: one string of them, or a list. Raises InvalidToken for another shape."""
    if value is None:
        return []
    if isinstance(value, str):
        return split_names(value, SCOPE_SEPARATOR)
    if not is_list_of_strings(value):
        raise InvalidToken("claim")
    return [clean(name) for name in value if name]


def told_texts(value: Any) -> tuple[str, ...] | None:
    """What an origin is told of a claim: one text, or one for each item of a list; None where there is nothing to tell.

    A text with a control character, such as a name that somebody chose, is not told, and refuses nobody.
    """
    texts = _texts(value)
    return None if texts is None or any(map(_CONTROL.search, texts)) else tuple(texts)


def owned_texts(value: Any) -> tuple[str, ...]:
    """The ids that a claim holds, one or a list of them, each as an id is read; whatever is none owns nothing."""
    items = value if isinstance(value, list) else [value]
    texts = [str(item) if type(item) is int else item for item in items]
    return tuple(text for text in texts if isinstance(text, str) and text and not _CONTROL.search(text))


def clean(text: str) -> str:
    """`text`, which has no control character. Raises InvalidToken."""
    if _CONTROL.search(text):
        raise InvalidToken("claim")
    return text


def few(names: list[str]) -> list[str]:
    """`names`, of which a table may be made: those that all hash alike are compared one by one. Raises InvalidToken."""
    if len(names) > CLAIM_NAMES:
        raise InvalidToken("claim")
    return names


def is_list_of_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def split_names(text: str, separator: str | None) -> list[str]:
    """The names in one string, which is one name where nothing separates several."""
    parts = [clean(text)] if separator is None else [part.strip(" ") for part in clean(text).split(separator)]
    return [part for part in parts if part]


def _texts(value: Any) -> list[str] | None:
    """Strings as they are, numbers and booleans as their JSON text, `null` as nothing; None for anything else."""
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, list | dict) for item in items) or value is None:
        return None
    return [item if isinstance(item, str) else json.dumps(item) for item in items if item is not None]
