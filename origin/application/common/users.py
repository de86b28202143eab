"""What a user is, what may be said to create or change one, and what is wrong with what was said."""

import re
from typing import Annotated, Literal, TypeVar

from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError, parse
from pydantic import AfterValidator, ConfigDict, Field

from application.common.caller import caller_key
from application.common.problems import Problem
from application.common.texts import Written, no_defaults, told

LONGEST_EMAIL = 254
"""Characters (RFC 5321 section 4.5.3.1.3, less the angle brackets)."""

EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
"""A valid e-mail address as the HTML standard defines it for `<input type=email>`: deliberately not all of RFC 5322."""

USER_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._|~:@+-]{0,127}")
"""Fits subjects as identity providers issue them (`auth0|42`, a UUID) and one path segment."""


def _is_email(value: str) -> str:
    if len(value) > LONGEST_EMAIL or not EMAIL.fullmatch(value):
        raise ValueError("must be an e-mail address, such as ada@example.com")
    return value


def _is_user_id(value: str) -> str:
    if not USER_ID.fullmatch(value):
        raise ValueError("must be 1 to 128 letters, digits or ._|~:@+- and begin with a letter, digit or _")
    return value


Role = Literal["user", "admin"]
Id = Annotated[str, AfterValidator(_is_user_id), told(USER_ID)]
Name = Annotated[Written, Field(min_length=1, max_length=100)]
Email = Annotated[str, AfterValidator(_is_email), told(EMAIL)]
Issuer = Annotated[Written, Field(min_length=1, max_length=512)]


class NewUser(BaseModel):
    """What a client sends to create a user. `id` is the subject in the user's tokens; without one, we make one.

    `issuer` is the `iss` of those tokens; without it, it is that of the admin's own.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True, frozen=True)

    id: Id | None = None
    name: Name
    email: Email
    role: Role = "user"
    issuer: Issuer | None = None


class Changes(BaseModel):
    """What a client sends to change a user, a JSON merge patch (RFC 7396). Nothing of a user can be taken away."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True, frozen=True, json_schema_extra=no_defaults
    )

    name: Name = ""
    email: Email = ""
    role: Role = "user"

    @property
    def said(self) -> dict[str, str]:
        """What was sent, and no default."""
        return self.model_dump(exclude_unset=True)


class User(BaseModel):
    """A user as stored and shown. `created_at` is RFC 3339 in UTC, `created_by` the id of the admin who did it.

    `issuer` is None for users whose tokens name none.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    email: str
    role: Role
    created_at: str
    created_by: str
    issuer: str | None = None

    @property
    def key(self) -> str:
        return caller_key(self.issuer, self.id)


Document = TypeVar("Document", NewUser, Changes)


def parse_new_user(document: object) -> NewUser:
    """A NewUser out of a JSON document. Raises Problem 400 that names every field at fault."""
    return _parsed(document, NewUser, "created")


def parse_changes(document: object) -> Changes:
    """Changes out of a JSON document. Raises Problem 400 that names every field at fault."""
    return _parsed(document, Changes, "changed")


def _parsed(document: object, model: type[Document], done: str) -> Document:
    if not isinstance(document, dict):
        raise _invalid([{"field": "body", "message": "must be a JSON object"}], done)
    try:
        return parse(event=document, model=model)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        raise _invalid([_fault(item["loc"], item["msg"]) for item in details], done) from error


def _fault(location: tuple[int | str, ...], message: str) -> dict[str, str]:
    return {"field": ".".join(map(str, location)), "message": message.removeprefix("Value error, ")}


def _invalid(faults: list[dict[str, str]], done: str) -> Problem:
    fields = ", ".join(fault["field"] for fault in faults)
    return Problem(400, "invalid_user", f"The user cannot be {done}; mend: {fields}.", errors=faults)
