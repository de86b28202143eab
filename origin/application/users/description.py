"""What the users API offers, for people and programs that ask: `../common/openapi.py` makes a document of it."""

from __future__ import annotations

from typing import Final, Literal

from application.common.openapi import IDEMPOTENCY_KEY, JSON, KNOWN, NEXT, PAGE, SEEN, Operation, Shown, in_path
from application.common.users import Changes, NewUser, User
from application.users.app import MERGE_PATCH


class Users(Shown):
    """A page of users, oldest first."""

    users: list[User]
    next: str | None = NEXT


class Plan(Shown):
    """A plan and what a month of it costs, in the currency's own decimals."""

    id: str
    name: str
    amount: str


class Prices(Shown):
    """The public price list, in one currency for all of it."""

    currency: str
    period: Literal["month"]
    plans: list[Plan]
    as_of: str


WHO: Final = in_path("id", "The subject of the user's tokens.", "grace")
ISSUER: Final = {
    "name": "issuer",
    "in": "query",
    "description": "`iss` of the user's tokens, or nothing for those without; else it is that of the caller's own.",
    "schema": {"type": "string"},
}

OPERATIONS: Final = (
    Operation("GET", "/users", "List users", {200: Users}, (400, 401, 403), PAGE, told="For admins."),
    Operation(
        "POST", "/users", "Create a user", {201: User}, (400, 401, 403, 409, 415, 422), (IDEMPOTENCY_KEY,), NewUser,
        headers=("ETag", "Location"), told="For admins.",
    ),
    Operation(
        "GET", "/users/{id}", "Read a user", {200: User, 304: None}, (401, 403, 404), (WHO, ISSUER, KNOWN),
        headers=("ETag",), told="For the user itself, and admins.",
    ),
    Operation(
        "PATCH", "/users/{id}", "Change a user", {200: User}, (400, 401, 403, 404, 412, 415, 428), (WHO, ISSUER, SEEN),
        Changes, (JSON, MERGE_PATCH), ("ETag",), "For the user itself, and admins; a role for admins.",
    ),
    Operation(
        "DELETE", "/users/{id}", "Delete a user, and every post of it", {204: None}, (401, 403, 404, 412, 428, 503),
        (WHO, ISSUER, SEEN), told="For the user itself, and admins.",
    ),
    Operation("GET", "/prices", "Read the price list", {200: Prices, 304: None}, (), (KNOWN,), headers=("ETag",)),
)  # fmt: skip
