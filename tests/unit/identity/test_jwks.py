"""Key sets over time: freshness, outages, rotation, many requests at once, the cron trigger."""

import asyncio
from math import ceil
from typing import Any

import pytest

from core.messages import Request, Response
from identity import jwks
from identity.jwks import COOLDOWN, JUST_SEARCHED, SEARCH_EVERY, SEARCHES, USABLE, KeysUnavailable, UnknownKey
from identity.providers import FRESH, LONGEST_FRESH, SHORTEST_FRESH
from identity.publickeys import PublicKey
from tests.unit.identity.key_house import NEW, OLD, House
from tests.unit.in_memory import run


def test_a_fresh_set_is_fetched_once() -> None:
    house = House(OLD)
    for _ in range(3):
        assert house.find().kid == "old"
        house.pass_time(FRESH / 3 - 1)
    assert house.fetches == 1


def test_a_stale_set_is_fetched_again() -> None:
    house = House(OLD)
    house.find()
    house.pass_time(FRESH)
    house.find()
    assert house.fetches == 2


@pytest.mark.parametrize(
    ("headers", "fresh_for"),
    [
        ({"cache_control": "public, max-age=3600"}, 3600),
        ({"cache_control": "max-age=3600", "age": "600"}, 3000),
        ({"cache_control": "max-age=3600", "age": "junk"}, 3600),
        ({"cache_control": "MAX-AGE=120, must-revalidate"}, 120),
        ({"cache_control": "max-age=1"}, SHORTEST_FRESH),
        ({"cache_control": "max-age=100", "age": "500"}, SHORTEST_FRESH),
        ({"cache_control": "no-store"}, SHORTEST_FRESH),
        ({"cache_control": "no-cache, max-age=3600"}, SHORTEST_FRESH),
        ({"cache_control": "max-age=99999999"}, LONGEST_FRESH),
        ({"cache_control": "max-age=soon"}, FRESH),
        ({"cache_control": "x-max-age=5"}, FRESH),
        ({}, FRESH),
    ],
)
def test_freshness_is_the_providers_own_within_bounds(headers: dict[str, str], fresh_for: float) -> None:
    house = House()
    house.publish(OLD, **headers)
    house.find()
    house.pass_time(fresh_for - 1)
    house.find()
    assert house.fetches == 1
    house.pass_time(1)
    house.find()
    assert house.fetches == 2


def test_a_new_isolate_reads_the_store_and_asks_nobody() -> None:
    house = House(OLD)
    house.find()
    house.new_isolate()
    house.find()
    assert house.fetches == 1


def test_the_store_is_asked_before_the_provider_when_a_set_is_stale() -> None:
    house = House(OLD)
    house.find()
    other = House(OLD, world=house.world)
    house.pass_time(FRESH)
    other.find()
    house.find()
    assert house.fetches == 2


# --- failure ----------------------------------------------------------------------------------------------------------


def test_keys_are_unavailable_while_the_provider_never_answered() -> None:
    house = House()
    house.fail()
    with pytest.raises(KeysUnavailable) as caught:
        house.find()
    assert caught.value.retry_after == COOLDOWN


def test_a_failure_is_remembered_for_30_seconds() -> None:
    house = House(OLD)
    works = house.reply
    house.fail()
    for seconds in (0, 10, 19.9):
        house.pass_time(seconds)
        with pytest.raises(KeysUnavailable) as caught:
            house.find()
    assert house.fetches == 1
    assert caught.value.retry_after == 1
    house.reply = works
    house.pass_time(0.1)
    assert house.find().kid == "old"


def test_the_last_known_good_set_survives_an_outage_for_7_days() -> None:
    house = House(OLD)
    house.find()
    house.fail()
    house.pass_time(USABLE - 1)
    assert house.find().kid == "old"
    house.pass_time(1)
    with pytest.raises(KeysUnavailable):
        house.find()


def test_a_new_isolate_has_the_last_known_good_set_from_the_store() -> None:
    house = House(OLD)
    house.find()
    house.fail()
    house.pass_time(FRESH + 1)
    house.new_isolate()
    assert house.find().kid == "old"


def test_an_outage_costs_one_fetch_per_30_seconds() -> None:
    house = House(OLD)
    house.find()
    house.fail()
    house.pass_time(FRESH)
    for _ in range(60):
        house.find()
        house.pass_time(1)
    assert house.fetches == 3
    assert house.logged("jwks_fetch_failed") == ["FetchFailed: connection refused"] * 2


def test_a_provider_that_is_back_is_asked_again() -> None:
    house = House(OLD)
    house.find()
    house.fail()
    house.pass_time(FRESH)
    house.find()
    house.publish(NEW)
    house.pass_time(COOLDOWN)
    assert house.find("new").kid == "new"


def test_a_provider_that_publishes_no_key_any_more_has_revoked_them_all() -> None:
    house = House(OLD)
    house.find()
    house.publish()
    house.pass_time(FRESH)
    with pytest.raises(UnknownKey):
        house.find()


# --- rotation ---------------------------------------------------------------------------------------------------------


def test_an_unknown_kid_is_looked_for_at_once() -> None:
    house = House(OLD)
    house.find()
    house.publish(OLD, NEW)
    house.pass_time(1)
    assert house.find("new").kid == "new"
    assert house.fetches == 2


def verdict(house: House, kid: str) -> str:
    try:
        return str(house.find(kid).kid)
    except UnknownKey:
        return "unknown"
    except KeysUnavailable as failure:
        return "unavailable" if failure.retry_after <= SEARCH_EVERY else f"unavailable for {failure.retry_after} s"


def test_made_up_kids_in_a_crowd_cost_one_fetch() -> None:
    house = House(OLD)
    house.find()
    house.pass_time(1)
    assert {verdict(house, f"made up {number}") for number in range(100)} == {"unknown"}
    assert house.fetches == 1 + 1


def test_made_up_kids_cost_a_handful_of_fetches_and_then_one_per_30_seconds() -> None:
    house = House(OLD)
    house.find()
    for second in range(300):
        house.pass_time(1)
        assert verdict(house, f"made up {second}") in {"unknown", "unavailable"}
    assert house.fetches <= 1 + SEARCHES + 300 / SEARCH_EVERY


def test_made_up_kids_never_make_a_new_key_unknown() -> None:
    """A rotation meanwhile: whoever bears a token of the new key is asked to come again, at most half a minute long."""
    house = House(OLD)
    house.find()
    for second in range(60):
        house.pass_time(1)
        verdict(house, f"made up {second}")
    house.publish(OLD, NEW)
    house.pass_time(JUST_SEARCHED)
    verdicts = []
    for second in range(ceil(SEARCH_EVERY) + 1):
        verdicts.append(verdict(house, "new"))
        verdict(house, f"made up again {second}")
        house.pass_time(1)
    assert "unknown" not in verdicts
    assert verdicts[-1] == "new"


def test_a_made_up_kid_does_not_shut_the_door_for_a_rotation() -> None:
    house = House(OLD)
    house.find()
    house.pass_time(1)
    assert verdict(house, "made up") == "unknown"
    house.publish(OLD, NEW)
    house.pass_time(JUST_SEARCHED)
    assert verdict(house, "new") == "new"


def test_only_an_empty_bucket_or_a_failure_makes_an_unknown_kid_unavailable() -> None:
    house = House(OLD)
    house.find()
    for _ in range(SEARCHES):
        house.pass_time(JUST_SEARCHED)
        assert verdict(house, "made up") == "unknown"
    house.pass_time(JUST_SEARCHED)
    assert verdict(house, "made up") == "unavailable"
    assert house.find().kid == "old"
    house.pass_time(SEARCH_EVERY)
    assert verdict(house, "made up") == "unknown"


def test_a_set_fetched_for_this_very_token_is_not_fetched_again() -> None:
    house = House(OLD)
    with pytest.raises(UnknownKey):
        house.find("made up")
    assert house.fetches == 1


def test_an_unknown_kid_during_an_outage_is_no_verdict() -> None:
    """Nobody can say whether the key is new or made up."""
    house = House(OLD)
    house.find()
    house.fail()
    house.pass_time(1)
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            house.find("new")
    assert house.find().kid == "old"
    assert house.fetches == 2


def test_a_revoked_key_is_unknown_once_the_set_is_stale() -> None:
    house = House(OLD)
    house.find()
    house.publish(NEW)
    house.pass_time(FRESH - 1)
    assert house.find().kid == "old"
    house.pass_time(1)
    with pytest.raises(UnknownKey):
        house.find()


def test_a_change_of_keys_is_announced_and_a_mere_refresh_is_not() -> None:
    house = House(OLD)
    house.find()
    house.pass_time(FRESH)
    house.find()
    assert (house.changes, house.source.version) == (1, 1)
    house.publish(NEW)
    house.pass_time(FRESH)
    house.find("new")
    assert (house.changes, house.source.version) == (2, 2)


# --- many requests at once --------------------------------------------------------------------------------------------


def slowly(house: House, seconds: float = 0.01) -> None:
    """The provider takes its time, so that requests overlap."""
    at_once = house.reply

    async def reply(request: Request) -> Response:
        await asyncio.sleep(seconds)
        house.pass_time(0.001)
        result = at_once(request)
        assert isinstance(result, Response)
        return result

    house.reply = reply


def crowd(house: House, *kids: str) -> list[PublicKey | BaseException]:
    async def the_one(kid: str) -> PublicKey:
        [key] = await house.source.find("RS256", kid, house.world.background)
        return key

    async def all_at_once() -> list[PublicKey | BaseException]:
        found = await asyncio.gather(*map(the_one, kids), return_exceptions=True)
        await house.world.settle()
        return found

    result: list[PublicKey | BaseException] = run(all_at_once())
    return result


def kids_of(found: list[PublicKey | BaseException]) -> set[str | None]:
    for result in found:
        if isinstance(result, BaseException):
            raise result
    return {result.kid for result in found if isinstance(result, PublicKey)}


def test_fifty_first_requests_each_fetch_for_themselves() -> None:
    house = House(OLD)
    slowly(house)
    assert kids_of(crowd(house, *["old"] * 50)) == {"old"}
    assert house.fetches == 50


def test_fifty_first_requests_write_to_the_store_once() -> None:
    """Workers KV takes one write per second and key."""
    house, writes = House(OLD), []
    store = house.world.store
    assert store is not None
    put = store.put

    async def counted(*args: Any, **options: Any) -> None:
        writes.append(args)
        await put(*args, **options)

    store.put = counted  # type: ignore[method-assign]
    slowly(house)
    crowd(house, *["old"] * 50)
    assert len(writes) == 1


def test_one_request_renews_a_stale_set_and_the_others_go_on() -> None:
    house = House(OLD)
    house.find()
    house.pass_time(FRESH)
    slowly(house)
    assert kids_of(crowd(house, *["old"] * 50)) == {"old"}
    assert house.fetches == 2


def test_rotation_under_load_refuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "POLL", 0.001)
    house = House(OLD)
    house.find()
    house.publish(OLD, NEW)
    house.pass_time(1)
    slowly(house)
    assert kids_of(crowd(house, *["old", "new"] * 25)) == {"old", "new"}
    assert house.fetches == 2


def test_a_search_whose_request_was_cancelled_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "POLL", 0.001)
    monkeypatch.setattr(jwks, "SEARCH_LIMIT", 0.01)
    house = House(OLD)
    house.find()
    house.publish(OLD, NEW)
    house.pass_time(1)
    house.source._searching, house.source._searched_at = True, house.world.clock.now
    assert kids_of(crowd(house, *["new"] * 5)) == {"new"}
    assert house.fetches == 2


# --- the cron trigger -------------------------------------------------------------------------------------------------


def refresh(house: House) -> None:
    run(house.source.refresh())


def test_the_cron_trigger_fetches_before_the_set_is_stale() -> None:
    house = House(OLD)
    house.find()
    house.pass_time(FRESH - 300)
    refresh(house)
    assert house.fetches == 2
    house.new_isolate()
    house.pass_time(FRESH - 1)
    house.find()
    assert house.fetches == 2


def test_the_cron_trigger_lets_a_fresh_set_be() -> None:
    house = House(OLD)
    house.find()
    house.pass_time(60)
    refresh(house)
    assert house.fetches == 1


def test_the_cron_trigger_survives_an_outage() -> None:
    house = House(OLD)
    house.find()
    house.fail()
    house.pass_time(FRESH)
    refresh(house)
    assert house.find().kid == "old"
    assert house.logged("jwks_fetch_failed")
