"""The names by which the gateway's copies of answers are purged: of each thing that was read, of lists, and of kinds.

An answer that found nothing has the list's name: what is new may be what it did not find.
"""

from __future__ import annotations

from collections.abc import Iterable

GRAPH = "graph"
USERS, POSTS = "users", "posts"
USER, POST = "user", "post"
"""Kinds, of an answer that has read more things than are named."""

MOST = 60


def user_tag(key: str) -> str:
    """Of the user with this key (`User.key`)."""
    return f"{USER}-{global_id(key)}"


def post_tag(post_id: str) -> str:
    return f"{POST}-{post_id}"


def named(read: Iterable[str]) -> str:
    """`Cache-Tag` of an answer that has read these."""
    tags = sorted(set(read))
    if len(tags) > MOST:
        tags = sorted({tag.partition("-")[0] for tag in tags})
    return ",".join([GRAPH, *tags])


def global_id(key: str) -> str:
    """The id of a user in the graph: the user's id, and before it the issuer where tokens name one.

    `/ada` -> `ada`; `https%3A%2F%2Fid.example/ada` stays. No id of a user has a "/", so each id is one key.
    """
    return key.removeprefix("/")
