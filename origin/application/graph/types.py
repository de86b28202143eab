"""The types of the schema. What each field may be seen by is said in `rules.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, cast

import strawberry
from strawberry import federation

from application.common import posts_table, users
from application.common.caller import Caller
from application.common.http import DEFAULT_LIMIT
from application.graph.reading import Reading, key_of
from application.graph.rules import require
from application.graph.tags import global_id

Info = strawberry.Info[Reading, None]

Limit = Annotated[int, strawberry.argument(description="From 1 to 100.")]


def described(description: str) -> Callable[[Callable[..., Any]], Any]:
    """`strawberry.field` with a description, which it has no type for as a decorator."""
    return cast("Callable[[Callable[..., Any]], Any]", strawberry.field(description=description))


def viewer(info: Info) -> Caller:
    return info.context.caller


@federation.type(keys=["id"], description="Somebody who writes posts.")
class User:
    record: strawberry.Private[users.User]

    @described("The subject of the user's tokens; behind their issuer, where they name one.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(global_id(self.record.key))

    @strawberry.field
    def name(self) -> str:
        return self.record.name

    @described("For its owner and admins.")
    def email(self, info: Info) -> str | None:
        require("User.email", viewer(info), self.record.key)
        return self.record.email

    @described("For its owner and admins.")
    def role(self, info: Info) -> str | None:
        require("User.role", viewer(info), self.record.key)
        return self.record.role

    @described("RFC 3339, in UTC.")
    def created_at(self) -> str:
        return self.record.created_at

    @described("Newest first.")
    def posts(self, info: Info, limit: Limit = DEFAULT_LIMIT, next_token: str | None = None) -> PostConnection:
        return posts_page(info.context, self.record.key, limit, next_token)

    @classmethod
    async def resolve_reference(cls, info: Info, **representation: Any) -> User | None:
        """The user of a representation; None where there is no such user (Apollo Federation, `_entities`)."""
        wanted = representation.get("id")
        return await user_of(info.context, wanted) if isinstance(wanted, str) else None


@federation.type(keys=["id"], description="What a user has written.")
class Post:
    record: strawberry.Private[posts_table.Post]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.record.id)

    @strawberry.field
    def title(self) -> str:
        return self.record.title

    @strawberry.field
    def content(self) -> str:
        return self.record.content

    @described("Null in the moment in which the author is being deleted.")
    async def author(self, info: Info) -> User | None:
        found = await info.context.user(self.record.author)
        return None if found is None else User(record=found)

    @described("RFC 3339, in UTC.")
    def created_at(self) -> str:
        return self.record.created_at

    @described("RFC 3339, in UTC.")
    def updated_at(self) -> str:
        return self.record.updated_at

    @classmethod
    async def resolve_reference(cls, info: Info, **representation: Any) -> Post | None:
        wanted = representation.get("id")
        return await post_of(info.context, wanted) if isinstance(wanted, str) else None


@strawberry.type(description="A page of users.")
class UserConnection:
    items: list[User]
    next_token: str | None = strawberry.field(description="For the next page; null at the end.")


@strawberry.type(description="A page of posts.")
class PostConnection:
    items: list[Post]
    next_token: str | None = strawberry.field(description="For the next page; null at the end.")


@strawberry.input
class CreateUserInput:
    name: str
    email: str
    id: strawberry.ID | None = None
    role: str | None = None
    issuer: str | None = None


@strawberry.input(description="What is left out stays.")
class UpdateUserInput:
    name: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    role: str | None = strawberry.UNSET


@strawberry.input
class CreatePostInput:
    title: str
    content: str
    author_id: strawberry.ID | None = strawberry.field(default=None, description="Else whoever is signed in.")


@strawberry.input(description="What is left out stays.")
class UpdatePostInput:
    title: str | None = strawberry.UNSET
    content: str | None = strawberry.UNSET


async def user_of(reading: Reading, user_id: str) -> User | None:
    found = await reading.user(key_of(user_id))
    return None if found is None else User(record=found)


async def post_of(reading: Reading, post_id: str) -> Post | None:
    found = await reading.post(post_id)
    return None if found is None else Post(record=found)


def posts_page(reading: Reading, author: str | None, limit: int, token: str | None) -> PostConnection:
    """Raises Fault."""
    posts, more = reading.posts(author, limit, token)
    return PostConnection(items=[Post(record=post) for post in posts], next_token=more)
