"""What one request reads: users and posts by their keys, collected and read once; and what it has read, as tags.

A list of 100 posts with their authors is two reads: the page, and the authors in one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from strawberry.dataloader import DataLoader

from application.common.caller import Caller
from application.common.cursors import BadCursor, Cursors
from application.common.http import LARGEST_LIMIT
from application.common.posts_table import Post, PostsTable
from application.common.users import User
from application.common.users_table import Place, UsersTable
from application.graph.faults import Fault
from application.graph.tags import POSTS, USERS, post_tag, user_tag

LONGEST_KEY = 2048


@dataclass(frozen=True)
class Tables:
    users: UsersTable
    posts: PostsTable


@dataclass
class Reading:
    """One request. `tags` are names of what it has read, by which the gateway's copies of the answer can be purged."""

    caller: Caller
    tables: Tables
    cursors: Cursors
    now: Callable[[], str]
    tags: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._users: DataLoader[str, User | None] = DataLoader(load_fn=self._load_users)
        self._posts: DataLoader[str, Post | None] = DataLoader(load_fn=self._load_posts)

    async def user(self, key: str) -> User | None:
        """The user with this key (`User.key`)."""
        found = await self._users.load(key) if _is_key(key) else None
        self.tags.add(USERS if found is None else user_tag(key))
        return found

    async def post(self, post_id: str) -> Post | None:
        found = await self._posts.load(post_id) if _is_key(post_id) else None
        self.tags.add(POSTS if found is None else post_tag(post_id))
        return found

    def users(self, limit: int, token: str | None) -> tuple[list[User], str | None]:
        """A page of all users. Raises Fault."""
        self.tags.add(USERS)
        users, place = self.tables.users.page(_page(limit), self._place("users", token))
        for user in users:
            self._users.prime(user.key, user)
            self.tags.add(user_tag(user.key))
        return users, self.cursors.give("users", place)

    def posts(self, author: str | None, limit: int, token: str | None) -> tuple[list[Post], str | None]:
        """A page of the posts of an author, or of all. Raises Fault."""
        listing = "posts" if author is None else f"posts {author}"
        self.tags.add(POSTS)
        posts, place = self.tables.posts.page(author, _page(limit), self._place(listing, token))
        for post in posts:
            self._posts.prime(post.id, post)
            self.tags.add(post_tag(post.id))
        return posts, self.cursors.give(listing, place)

    def forget_user(self, key: str) -> None:
        """It was changed by this very request."""
        with suppress(KeyError):  # it was never read
            self._users.clear(key)

    def forget_post(self, post_id: str) -> None:
        with suppress(KeyError):
            self._posts.clear(post_id)

    def _place(self, listing: str, token: str | None) -> Place | None:
        try:
            return self.cursors.place(listing, token)
        except BadCursor as error:
            raise Fault("BAD_NEXT_TOKEN", "nextToken is not one that this list gave out.") from error

    async def _load_users(self, keys: list[str]) -> Sequence[User | None]:
        found = self.tables.users.get_many(keys)
        return [found.get(key) for key in keys]

    async def _load_posts(self, ids: list[str]) -> Sequence[Post | None]:
        found = self.tables.posts.get_many(ids)
        return [found.get(post_id) for post_id in ids]


def key_of(user_id: str) -> str:
    """The key of the user with an id of the graph: `tags.global_id`, the other way round."""
    return user_id if "/" in user_id else f"/{user_id}"


def _is_key(text: str) -> bool:
    """Whether anything could be stored under it: DynamoDB takes 1 to 2,048 bytes."""
    return 0 < len(text.encode(errors="surrogatepass")) <= LONGEST_KEY


def _page(limit: int) -> int:
    if not 1 <= limit <= LARGEST_LIMIT:
        raise Fault("BAD_LIMIT", f"limit must be from 1 to {LARGEST_LIMIT}.")
    return limit
