"""What can be asked."""

from __future__ import annotations

import strawberry

from application.common.http import DEFAULT_LIMIT
from application.graph.reading import key_of
from application.graph.rules import require
from application.graph.types import (
    Info,
    Limit,
    Post,
    PostConnection,
    User,
    UserConnection,
    described,
    post_of,
    posts_page,
    user_of,
    viewer,
)


@strawberry.type
class Query:
    @strawberry.field
    async def user(self, info: Info, id: strawberry.ID) -> User | None:
        return await user_of(info.context, id)

    @described("Oldest first; for whoever is signed in.")
    def users(self, info: Info, limit: Limit = DEFAULT_LIMIT, next_token: str | None = None) -> UserConnection:
        require("Query.users", viewer(info))
        users, more = info.context.users(limit, next_token)
        return UserConnection(items=[User(record=user) for user in users], next_token=more)

    @strawberry.field
    async def post(self, info: Info, id: strawberry.ID) -> Post | None:
        return await post_of(info.context, id)

    @described("Newest first; of one author, or of all.")
    def posts(
        self,
        info: Info,
        author_id: strawberry.ID | None = None,
        limit: Limit = DEFAULT_LIMIT,
        next_token: str | None = None,
    ) -> PostConnection:
        author = None if author_id is None else key_of(author_id)
        return posts_page(info.context, author, limit, next_token)
