"""Texts that clients send, and what a validator in Python enforces of them as JSON Schema says it, for descriptions."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field


def told(pattern: re.Pattern[str] | str) -> Any:
    """For an `Annotated` type whose validator holds the whole text to this pattern, or to more than a pattern says."""
    text = pattern if isinstance(pattern, str) else pattern.pattern
    return Field(json_schema_extra={"pattern": f"^(?:{text})$"})


def no_defaults(schema: dict[str, Any]) -> None:
    """For the `json_schema_extra` of a model of changes: what is left out stays as it is."""
    for member in schema["properties"].values():
        member.pop("default", None)


def is_printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("must not hold control characters")
    return value


PRINTABLE: Final = r"[^\x00-\x1f\x7f]*"
WRITTEN: Final = r"[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*"
"""The same with something to be seen in it."""

Printable = Annotated[str, AfterValidator(is_printable), told(PRINTABLE)]
Written = Annotated[str, AfterValidator(is_printable), told(WRITTEN)]
