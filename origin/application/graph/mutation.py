"""What can be changed, and by whom: each begins with its line of `rules.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import strawberry
from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError
from pydantic import ConfigDict, Field

from application.common import posts_table, users
from application.common.posts_table import NoSuchAuthor, StillLeaving
from application.common.problems import Problem
from application.common.users_table import AlreadyExists, ChangedMeanwhile, Kept
from application.graph.faults import Fault, fault_of
from application.graph.reading import Reading, key_of
from application.graph.rules import require
from application.graph.types import (
    CreatePostInput,
    CreateUserInput,
    Info,
    Post,
    UpdatePostInput,
    UpdateUserInput,
    User,
    described,
    viewer,
)

LONGEST_TITLE, LONGEST_CONTENT = 200, 20_000
"""Characters."""

TRIES = 5
"""How often a change is tried again that met another one of the same user."""


class PostText(BaseModel):
    """What a post may say."""

    model_config = ConfigDict(str_strip_whitespace=True, hide_input_in_errors=True, frozen=True)

    title: str = Field("-", min_length=1, max_length=LONGEST_TITLE)
    content: str = Field("-", min_length=1, max_length=LONGEST_CONTENT)


@strawberry.type
class Mutation:
    @described("For admins.")
    def create_user(self, info: Info, input: CreateUserInput) -> User:
        caller = viewer(info)
        require("Mutation.createUser", caller)
        new = _checked(users.parse_new_user, {key: value for key, value in vars(input).items() if value is not None})
        said = {**new.model_dump(), "id": new.id or str(uuid4()), "issuer": new.issuer or caller.issuer}
        user = users.User(**said, created_at=info.context.now(), created_by=caller.id or "")
        try:
            info.context.tables.users.add(user)
        except AlreadyExists as error:
            raise Fault("USER_EXISTS", "There is a user with this id already.") from error
        info.context.forget_user(user.key)
        return User(record=user)

    @described("Name and e-mail for the user and admins, the role for admins.")
    def update_user(self, info: Info, id: strawberry.ID, input: UpdateUserInput) -> User:
        reading, key = info.context, key_of(id)
        require("Mutation.updateUser", viewer(info), key)
        if input.role is not strawberry.UNSET:
            require("UpdateUserInput.role", viewer(info), key)
        changes = _checked(users.parse_changes, _said(input)).said
        for _ in range(TRIES):
            kept = _existing(reading, key)
            try:
                changed = reading.tables.users.change(kept, changes) if changes else kept
            except ChangedMeanwhile:
                continue
            reading.forget_user(key)
            return User(record=changed.user)
        raise Fault("BUSY", "The user is being changed by others; try again.")

    @described("With every post of the user. False where there is no such user.")
    def delete_user(self, info: Info, id: strawberry.ID) -> bool:
        reading, key = info.context, key_of(id)
        require("Mutation.deleteUser", viewer(info), key)
        try:
            return _deleted(reading, key)
        except StillLeaving as error:
            raise Fault("STILL_LEAVING", "Posts are still being deleted; ask again to finish.") from error
        finally:
            reading.forget_user(key)

    @strawberry.field
    def create_post(self, info: Info, input: CreatePostInput) -> Post:
        caller = viewer(info)
        author = caller.key if input.author_id is None else key_of(input.author_id)
        require("Mutation.createPost", caller, author)
        text = _text({"title": input.title, "content": input.content})
        now = info.context.now()
        post = posts_table.Post(str(uuid4()), author, text["title"], text["content"], now, now)
        try:
            info.context.tables.posts.add(post)
        except NoSuchAuthor as error:
            raise Fault("NO_SUCH_AUTHOR", "Only a user of this application can be an author.") from error
        return Post(record=post)

    @described("Null where there is no such post.")
    async def update_post(self, info: Info, id: strawberry.ID, input: UpdatePostInput) -> Post | None:
        reading = info.context
        found = await reading.post(id)
        if found is None:
            return None
        require("Mutation.updatePost", viewer(info), found.author)
        changes = _text(_said(input))
        changed = reading.tables.posts.change(id, {**changes, "updated_at": reading.now()}) if changes else found
        reading.forget_post(id)
        return None if changed is None else Post(record=changed)

    @described("False where there is no such post.")
    async def delete_post(self, info: Info, id: strawberry.ID) -> bool:
        reading = info.context
        found = await reading.post(id)
        if found is None:
            return False
        require("Mutation.deletePost", viewer(info), found.author)
        reading.forget_post(id)
        return reading.tables.posts.remove(found)


def _deleted(reading: Reading, key: str) -> bool:
    for _ in range(TRIES):
        if reading.tables.users.is_leaving(key):
            reading.tables.posts.finish_leaving(key)
            return True
        kept = reading.tables.users.get(key)
        if kept is None:
            return False
        try:
            reading.tables.posts.leave(kept)
        except ChangedMeanwhile:
            continue
        return True
    raise Fault("BUSY", "The user is being changed by others; try again.")


def _existing(reading: Reading, key: str) -> Kept:
    kept = reading.tables.users.get(key)
    if kept is None:
        raise Fault("UNKNOWN_USER", "There is no such user.")
    return kept


def _said(given: Any) -> dict[str, Any]:
    """What was sent of an input, null included, which nothing here takes."""
    return {key: value for key, value in vars(given).items() if value is not strawberry.UNSET}


def _checked(parse: Any, said: Mapping[str, Any]) -> Any:
    try:
        return parse(dict(said))
    except Problem as problem:
        raise fault_of(problem) from problem


def _text(said: Mapping[str, Any]) -> dict[str, str]:
    """Raises Fault that names the fields at fault."""
    try:
        return PostText(**said).model_dump(exclude_unset=True)
    except ValidationError as error:
        faults = [{"field": str(fault["loc"][0]), "message": fault["msg"]} for fault in error.errors()]
        fields = ", ".join(fault["field"] for fault in faults)
        raise Fault("INVALID_POST", f"The post cannot be written; mend: {fields}.", errors=faults) from error
