"""Users and posts in DynamoDB: no post without its author, no change lost, pages that stay."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from application.common import posts_table, users_table
from application.common.posts_table import NoSuchAuthor, Post, PostsTable, StillLeaving
from application.common.users import User
from application.common.users_table import ChangedMeanwhile, UsersTable
from moto import mock_aws

from tests.unit.application import clients

AUTHOR = User(id="ada", name="Ada", email="a@example.com", role="user", created_at="2026", created_by="x")


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = clients.dynamodb()
        client.create_table(TableName="users", **users_table.TABLE_SCHEMA)
        client.create_table(TableName="posts", **posts_table.POSTS_SCHEMA)
        yield client


@pytest.fixture
def users(dynamodb: Any) -> UsersTable:
    table = UsersTable(dynamodb, "users")
    table.add(AUTHOR)
    return table


@pytest.fixture
def posts(dynamodb: Any) -> PostsTable:
    return PostsTable(dynamodb, "posts", "users", sleep=lambda _: None)


def post(number: int, author: str = AUTHOR.key) -> Post:
    return Post(f"p{number}", author, "Title", "Content", f"2026-{number:04}", f"2026-{number:04}")


def kept(users: UsersTable) -> users_table.Kept:
    found = users.get(AUTHOR.key)
    assert found is not None
    return found


@pytest.mark.parametrize("count", [0, 1, 25, 61])
def test_with_its_author_every_post_goes(dynamodb: Any, users: UsersTable, posts: PostsTable, count: int) -> None:
    for number in range(count):
        posts.add(post(number))
    posts.leave(kept(users))
    assert users.get(AUTHOR.key) is None
    assert [dynamodb.scan(TableName=name)["Count"] for name in ("users", "posts")] == [0, 0]


def test_who_is_gone_or_never_was_writes_nothing(users: UsersTable, posts: PostsTable) -> None:
    with pytest.raises(NoSuchAuthor):
        posts.add(post(1, "/nobody"))
    posts.leave(kept(users))
    with pytest.raises(NoSuchAuthor):
        posts.add(post(2))
    assert posts.get_many(["p1", "p2"]) == {}


def test_who_is_leaving_is_gone_for_readers_and_writes_nothing(
    users: UsersTable, posts: PostsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts.add(post(1))
    with monkeypatch.context() as interrupted:
        interrupted.setattr(PostsTable, "finish_leaving", lambda *_: None)
        posts.leave(kept(users))
    assert users.get(AUTHOR.key) is None
    assert users.get_many([AUTHOR.key]) == {}
    assert users.page(10, None) == ([], None)
    with pytest.raises(NoSuchAuthor):
        posts.add(post(2))
    assert users.is_leaving(AUTHOR.key)
    posts.finish_leaving(AUTHOR.key)
    assert not users.is_leaving(AUTHOR.key)
    assert posts.get_many(["p1"]) == {}


def test_a_post_that_the_index_does_not_show_yet_keeps_its_author(
    users: UsersTable, posts: PostsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index shows a write a moment later: it is asked again until the count says that none is left."""
    posts.add(post(1))
    page: Callable[..., Any] = PostsTable.page
    answers: Iterator[Any] = iter([([], None), ([], None)])
    monkeypatch.setattr(PostsTable, "page", lambda *asked: next(answers, None) or page(*asked))
    posts.leave(kept(users))
    assert users.get(AUTHOR.key) is None
    assert posts.get_many(["p1"]) == {}


def test_a_deletion_that_cannot_be_finished_says_so(
    users: UsersTable, posts: PostsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts.add(post(1))
    monkeypatch.setattr(PostsTable, "page", lambda *_: ([], None))
    with pytest.raises(StillLeaving):
        posts.leave(kept(users))
    assert posts.get_many(["p1"]) != {}, "no post is lost on the way"


def test_a_user_who_was_changed_meanwhile_is_not_deleted(users: UsersTable, posts: PostsTable) -> None:
    read = kept(users)
    users.change(read, {"name": "Ada Lovelace"})
    with pytest.raises(ChangedMeanwhile):
        posts.leave(read)
    with pytest.raises(ChangedMeanwhile):
        users.change(read, {"name": "Countess"})
    assert kept(users).user.name == "Ada Lovelace"


def test_a_post_is_deleted_once_and_counted_once(users: UsersTable, posts: PostsTable) -> None:
    posts.add(post(1))
    assert posts.remove(post(1))
    assert not posts.remove(post(1))
    posts.leave(kept(users))
    assert users.get(AUTHOR.key) is None


def test_pages_of_posts_are_stable_while_posts_are_added(users: UsersTable, posts: PostsTable) -> None:
    for number in range(10):
        posts.add(post(number))
    shown, place = posts.page(AUTHOR.key, 4, None)
    for number in range(10, 15):
        posts.add(post(number))
    while place is not None:
        more, place = posts.page(AUTHOR.key, 4, place)
        shown += more
    assert [one.id for one in shown] == [f"p{number}" for number in range(9, -1, -1)]


def test_a_hundred_keys_are_read_at_once_and_more_in_several_reads(users: UsersTable, posts: PostsTable) -> None:
    for number in range(130):
        posts.add(post(number))
    assert len(posts.get_many([f"p{number}" for number in range(140)])) == 130
    assert set(users.get_many([AUTHOR.key, *(f"/u{n}" for n in range(120))])) == {AUTHOR.key}
