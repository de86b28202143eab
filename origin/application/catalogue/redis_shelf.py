"""Redis as the cache manager's shelf. Nobody waits for it longer than `ANSWERS_WITHIN`, and nothing is tried twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from application.catalogue.shelf import BATCH, Millis, ShelfUnavailable, batches

ANSWERS_WITHIN = 0.05
"""Seconds; a query of the database takes a few milliseconds, so whoever waits longer for a cache waits in vain."""

REMOVE_IF = 'if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("UNLINK", KEYS[1]) else return 0 end'

P = ParamSpec("P")
R = TypeVar("R")


def told_apart(method: Callable[P, R]) -> Callable[P, R]:
    """Whatever Redis or the way to it raises becomes ShelfUnavailable: down, slow, full, no Redis at all."""

    @wraps(method)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (redis.RedisError, OSError) as error:
            raise ShelfUnavailable(f"{type(error).__name__}: {error}") from error

    return asked


class RedisShelf:
    """Implements `Shelf`. `url` is `redis://` or, encrypted, `rediss://`."""

    def __init__(self, url: str, *, within: float = ANSWERS_WITHIN) -> None:
        """`within` is in seconds, for each command and for connecting."""
        self._redis = redis.Redis.from_url(
            url, socket_timeout=within, socket_connect_timeout=within, retry=Retry(NoBackoff(), 0)
        )

    @told_apart
    def get(self, *keys: str) -> list[bytes | None]:
        return cast("list[bytes | None]", self._redis.mget(keys))

    @told_apart
    def set(self, key: str, value: bytes, ttl: Millis) -> None:
        self._redis.set(key, value, px=ttl)

    @told_apart
    def add(self, key: str, value: bytes, ttl: Millis) -> bool:
        return bool(self._redis.set(key, value, px=ttl, nx=True))

    @told_apart
    def remove(self, keys: Sequence[str]) -> int:
        """UNLINK, which frees the memory in the background, and which a Redis that is full takes as well."""
        return sum(int(self._redis.unlink(*batch)) for batch in batches(keys))

    @told_apart
    def remove_if(self, key: str, value: bytes) -> bool:
        return bool(cast("Any", self._redis.eval(REMOVE_IF, 1, key, value)))

    def scan(self, pattern: str) -> Iterator[list[str]]:
        """SCAN: other clients are served between its steps; KEYS would hold them up until it has seen every key."""
        literal = "".join(f"\\{character}" if character in "[]\\^" else character for character in pattern)
        cursor = 0
        while True:
            cursor, found = self._step(cursor, literal)
            if found:
                yield [key.decode() for key in found]
            if cursor == 0:
                return

    @told_apart
    def _step(self, cursor: int, pattern: str) -> tuple[int, list[bytes]]:
        return cast("tuple[int, list[bytes]]", self._redis.scan(cursor, match=pattern, count=BATCH))
