"""The spelling of a message: text in, a row of the protocol and its fields out, or a Fault that says why not."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from aws_lambda_powertools.utilities.parser import ValidationError

from application.rooms.protocol import DETAILS, LONGEST_MESSAGE, LONGEST_REF, ROWS, Code, Message, Row


class Fault(Exception):
    """The message is refused. `ref` is the client's own, where it could be read."""

    def __init__(self, code: Code, ref: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.ref = ref

    def answer(self) -> dict[str, Any]:
        return answer("error", self.ref, code=self.code.value, detail=DETAILS[self.code])


def answer(type_: str, ref: str | None, **fields: Any) -> dict[str, Any]:
    """What a client gets for a message of its own."""
    return {"type": type_, **fields, **({} if ref is None else {"ref": ref})}


def read(body: str | None) -> tuple[Row, Message]:
    """A message by its text, None for one that is no text. Raises Fault."""
    if body is None:
        raise Fault(Code.MALFORMED)
    if len(body) > LONGEST_MESSAGE or len(body.encode(errors="surrogatepass")) > LONGEST_MESSAGE:
        raise Fault(Code.TOO_LONG)
    fields = _object(body)
    ref = fields.get("ref")
    ref = ref if isinstance(ref, str) and 0 < len(ref) <= LONGEST_REF else None
    type_ = fields.pop("type", None)
    if not isinstance(type_, str):
        raise Fault(Code.MALFORMED, ref)
    row = ROWS.get(type_)
    if row is None:
        raise Fault(Code.UNKNOWN_TYPE, ref)
    try:
        return row, row.reads.model_validate(fields)
    except ValidationError:
        raise Fault(Code.MALFORMED, ref) from None


def _object(body: str) -> dict[str, Any]:
    """A JSON object whose texts are Unicode: half of a surrogate pair could be told to nobody (RFC 8259 8.2)."""
    try:
        found = json.loads(body, parse_constant=_refuse, object_pairs_hook=_once)
        body.encode()
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Fault(Code.MALFORMED) from None
    if not isinstance(found, dict):
        raise Fault(Code.MALFORMED)
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found
