"""Who sees and who changes what: one line a field of the schema. A field that has none does not start.

A field that is refused is null, with an error at its path; everything else of the answer stays. An answer without
errors is therefore the same for everybody who gets it without errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from application.common.caller import Caller
from application.graph.faults import Fault


class Who(Enum):
    ANYBODY = "anybody"
    SIGNED_IN = "whoever is signed in"
    OWNER = "its owner and admins"
    ADMIN = "admins"


RULES: Final[Mapping[str, Who]] = {
    "Query.user": Who.ANYBODY,
    "Query.users": Who.SIGNED_IN,
    "Query.post": Who.ANYBODY,
    "Query.posts": Who.ANYBODY,
    "User.id": Who.ANYBODY,
    "User.name": Who.ANYBODY,
    "User.email": Who.OWNER,
    "User.role": Who.OWNER,
    "User.createdAt": Who.ANYBODY,
    "User.posts": Who.ANYBODY,
    "Post.id": Who.ANYBODY,
    "Post.title": Who.ANYBODY,
    "Post.content": Who.ANYBODY,
    "Post.author": Who.ANYBODY,
    "Post.createdAt": Who.ANYBODY,
    "Post.updatedAt": Who.ANYBODY,
    "Mutation.createUser": Who.ADMIN,
    "Mutation.updateUser": Who.OWNER,
    "Mutation.deleteUser": Who.OWNER,
    "Mutation.createPost": Who.OWNER,
    "Mutation.updatePost": Who.OWNER,
    "Mutation.deletePost": Who.OWNER,
    "UpdateUserInput.role": Who.ADMIN,
}


def require(field: str, caller: Caller, owner: str | None = None) -> None:
    """Raises Fault where `caller` may not have `field`, which belongs to the user with the key `owner`."""
    who = RULES[field]
    if who is Who.ANYBODY:
        return
    if caller.id is None:
        raise Fault("UNAUTHENTICATED", f"{field} is for {who.value}.")
    if who is Who.SIGNED_IN or caller.is_admin or (who is Who.OWNER and caller.key == owner):
        return
    raise Fault("FORBIDDEN", f"{field} is for {who.value}.")
