"""A Redis that is gone, answers nobody, or takes nothing: readers are given what is true all the same."""

from collections.abc import Callable, Iterator

import pytest
import redis
from application.catalogue.caching import LEFT_ALONE
from application.catalogue.database import connect
from application.catalogue.redis_shelf import ANSWERS_WITHIN, RedisShelf
from application.catalogue.shelf import ShelfUnavailable

from devtools.application.services import MariaDb, Redis
from tests.unit.application.catalogue.house import EUR_GERMAN, House, priced

Houses = Callable[[], House]
Patience = Callable[[Callable[[], bool]], None]


@pytest.fixture
def impatient(database: MariaDb, houses: Houses, cache: Redis) -> Iterator[House]:
    """A catalogue that waits for Redis as briefly as it does in production."""
    house = House(connect(database.url()), RedisShelf(cache.url))
    yield house
    house.engine.dispose()


def used_again(house: House) -> bool:
    before = house.counted["CacheHit"]
    assert house.price("team") > 0
    return house.counted["CacheHit"] > before


def test_while_redis_is_gone_the_database_answers(impatient: House, cache: Redis, patience: Patience) -> None:
    assert impatient.price("team") == 1100
    cache.kill()
    try:
        assert impatient.ask("GET", "/products", EUR_GERMAN).status == 200
        assert impatient.price("team") == 1100
        assert impatient.counted["CacheUnavailable"] >= 1
        assert any("ConnectionError" in reason for reason in impatient.reasons)
    finally:
        cache.start()
    patience(lambda: used_again(impatient))


def test_a_redis_that_answers_nobody_is_waited_for_briefly_and_then_left_alone(
    impatient: House, cache: Redis, patience: Patience
) -> None:
    assert impatient.price("team") == 1100
    cache.freeze()
    try:
        assert impatient.price("team") == 1100
        assert impatient.counted["CacheUnavailable"] >= 1
        assert any("TimeoutError" in reason for reason in impatient.reasons)
    finally:
        cache.thaw()
    assert (ANSWERS_WITHIN, LEFT_ALONE) == (0.05, 1.0)
    patience(lambda: used_again(impatient))


def test_a_write_while_redis_is_gone_is_told_when_it_is_back(house: House, houses: Houses, cache: Redis) -> None:
    elsewhere = houses()
    assert elsewhere.price("team") == 1100
    cache.freeze()
    impatient = House(house.engine, RedisShelf(cache.url), house.gateway)
    try:
        assert impatient.put("team", priced(999)).status == 200
        assert len(impatient.outbox.left()) == 1
        assert house.gateway.purged == []
    finally:
        cache.thaw()
    assert house.telling.tell(lambda _: None) == 1
    assert (elsewhere.price("team"), house.price("team")) == (999, 999)
    assert "product-team" in house.gateway.purged


def test_a_full_redis_keeps_nothing_new_and_still_forgets(house: House, cache: Redis) -> None:
    assert house.price("team") == 1100
    client = redis.Redis.from_url(cache.url)
    client.config_set("maxmemory", "1")  # there is more in it already, and nothing is evicted
    try:
        with pytest.raises(ShelfUnavailable, match="OutOfMemory"):
            house.shelf.set("catalogue:entry:x", b"x", 1000)
        assert house.put("team", priced(777)).status == 200
        assert house.outbox.left() == []
        assert [house.price("team"), house.price("team")] == [777, 777]
        assert any("OutOfMemory" in reason for reason in house.reasons)
    finally:
        client.config_set("maxmemory", "0")
