"""The protocol: one row a message that a client may send. The router and docs/rooms.md are built from this table.

A message is a JSON object with a `type`, the fields of its row, and perhaps a `ref`, which comes back with the answer
or the error: `{"type": "join", "room": "general", "ref": "1"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from aws_lambda_powertools.utilities.parser import BaseModel
from pydantic import ConfigDict, Field, StrictInt, StrictStr

LONGEST_MESSAGE: Final = 4096
"""Bytes of a message in UTF-8."""
MOST_MESSAGES: Final = 10
"""Messages that a connection may send `WITHIN` so many seconds."""
WITHIN: Final = 10.0
MOST_ROOMS: Final = 50
"""Rooms that a connection may be in."""
LARGEST_HISTORY: Final = 100
"""Messages of one answer to `history`."""

ROOM = r"^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$"
LONGEST_REF = 64

Room = Annotated[StrictStr, Field(pattern=ROOM)]


class Code(StrEnum):
    """Why a message was refused."""

    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    TOO_LONG = "too_long"
    TOO_MANY_MESSAGES = "too_many_messages"
    TOKEN_EXPIRED = "token_expired"
    UNKNOWN_ROOM = "unknown_room"
    NOT_JOINED = "not_joined"
    READ_ONLY = "read_only"
    TOO_MANY_ROOMS = "too_many_rooms"
    BUSY = "busy"


DETAILS: Final[Mapping[Code, str]] = {
    Code.MALFORMED: "A message is text: a JSON object with a type and the fields of that type, and no others.",
    Code.UNKNOWN_TYPE: "There is no message of this type.",
    Code.TOO_LONG: f"A message has at most {LONGEST_MESSAGE} bytes.",
    Code.TOO_MANY_MESSAGES: f"A connection sends at most {MOST_MESSAGES} messages in {WITHIN:.0f} seconds; wait.",
    Code.TOKEN_EXPIRED: "The token of this connection has ended; renew it by POST /rooms/renewals, or connect anew.",
    Code.UNKNOWN_ROOM: "There is no such room, or you may not enter it.",
    Code.NOT_JOINED: "You are not in this room; join it first.",
    Code.READ_ONLY: "Nobody talks in this room; it is for listening.",
    Code.TOO_MANY_ROOMS: f"A connection is in at most {MOST_ROOMS} rooms; leave one first.",
    Code.BUSY: "Nothing was done; send it again.",
}

ALWAYS: Final = (Code.MALFORMED, Code.UNKNOWN_TYPE, Code.TOO_LONG, Code.TOO_MANY_MESSAGES, Code.TOKEN_EXPIRED)
"""What any message may be answered with."""


class Who(StrEnum):
    """Who may send a message."""

    CONNECTED = "whoever is connected"
    MAY_ENTER = "who may enter the room"
    INSIDE = "who is in the room"
    MAY_TALK = "who is in the room, where people talk"


class Message(BaseModel):
    """What every message may have beside its type."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    ref: Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_REF)] | None = None


class Ping(Message):
    pass


class InRoom(Message):
    room: Room


class ChatMessage(InRoom):
    text: Annotated[StrictStr, Field(min_length=1)]


class History(InRoom):
    after: Annotated[StrictInt, Field(ge=0, lt=2**53)] | None = None
    """A number; without one, the newest."""
    limit: Annotated[StrictInt, Field(ge=1, le=LARGEST_HISTORY)] = 50


Reader = type[Message]


@dataclass(frozen=True, slots=True)
class Row:
    """One message of a client. `answer` and `told` are what the client and the room get, for people to read."""

    type: str
    reads: Reader
    who: Who
    answer: str
    told: str = ""
    errors: tuple[Code, ...] = ()


TALKS = (Code.NOT_JOINED, Code.READ_ONLY)

PROTOCOL: Final = (
    Row(
        "join", InRoom, Who.MAY_ENTER,
        "`joined`: the room's `last` number, its `users` (200 at most) and their `count`",
        "`user_joined`, at a user's first connection",
        (Code.UNKNOWN_ROOM, Code.TOO_MANY_ROOMS, Code.BUSY),
    ),
    Row("leave", InRoom, Who.CONNECTED, "`left`", "`user_left`, at a user's last connection", (Code.BUSY,)),
    Row(
        "chat_message", ChatMessage, Who.MAY_TALK,
        "`sent`: the message's `number`", "`chat_message`", (*TALKS, Code.BUSY),
    ),
    Row("typing_start", InRoom, Who.MAY_TALK, "none", "`typing_start`, without a number", TALKS),
    Row("typing_stop", InRoom, Who.MAY_TALK, "none", "`typing_stop`, without a number", TALKS),
    Row(
        "history", History, Who.INSIDE,
        "`history`: `messages` after a number, oldest first, and whether there are `more`", "", (Code.NOT_JOINED,),
    ),
    Row("ping", Ping, Who.CONNECTED, "`pong`: the `connection`'s id, and when its token `expires`"),
)  # fmt: skip

ROWS: Final[Mapping[str, Row]] = {row.type: row for row in PROTOCOL}


def fields_of(row: Row) -> str:
    """`room`, `text`; a field that may be left out has a question mark."""
    names = [f"`{name}`" + ("" if field.is_required() else "?") for name, field in row.reads.model_fields.items()]
    return ", ".join(name for name in names if not name.startswith("`ref`"))


def table() -> str:
    """The protocol as tables of Markdown, for docs/rooms.md."""
    head = ("message", "fields", "who may", "answer", "the room is told", "errors")
    rows = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for row in PROTOCOL:
        errors = ", ".join(f"`{code}`" for code in row.errors)
        rows.append(f"| `{row.type}` | {fields_of(row)} | {row.who} | {row.answer} | {row.told} | {errors} |")
    meanings = ["| error | what it says |", "| --- | --- |"]
    meanings += [f"| `{code}`{' (any message)' if code in ALWAYS else ''} | {DETAILS[code]} |" for code in Code]
    return "\n".join([*rows, "", *meanings])
