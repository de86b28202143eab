"""Providers that go down and rotate their keys, in workerd: who is still let in. The bad: `test_identity_faults.py`."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from devtools.runtime.runner import Gateway
from tests.signing_keys import SigningKey
from tests.worker.identity_provider import IdentityProvider
from tests.worker.patience import until

WHOAMI = "/_gatehouse/whoami"
CROWD = 50


class House:
    """A gateway that takes tokens of one provider, and a key that the provider publishes from the start."""

    def __init__(self, provider: IdentityProvider, gateway: Gateway) -> None:
        self.provider = provider
        [self.key] = provider.keys
        self.gateway = gateway

    def ask(self, key: SigningKey | None = None, **claims: Any) -> httpx.Response:
        token = self.provider.token(key or self.key, **claims)
        return self.gateway.get(WHOAMI, headers={"authorization": f"Bearer {token}"})

    def ask_at_once(self, tokens: list[str]) -> list[int]:
        """The status of each token's request; all of them are under way before the first is answered."""
        with httpx.Client(base_url=self.gateway.url, timeout=120, limits=httpx.Limits(max_connections=CROWD)) as client:

            def ask(token: str) -> int:
                return client.get(WHOAMI, headers={"authorization": f"Bearer {token}"}).status_code

            with ThreadPoolExecutor(CROWD) as pool:
                return list(pool.map(ask, tokens))

    @property
    def fetches(self) -> int:
        return len(self.provider.requests)

    def logged(self, event: str) -> list[dict[str, Any]]:
        """What was logged about this provider."""
        lines = [line for line in self.gateway.logs() if line["event"] == event]
        return [line for line in lines if self.provider.url in line["source"]]


def a_provider() -> IdentityProvider:
    provider = IdentityProvider()
    provider.add_key("ES256", "first")
    return provider


def variables(*providers: IdentityProvider) -> dict[str, Any]:
    return {
        "ISSUERS": [
            {"issuer": provider.url, "audience": [], "algorithms": ["ES256"], "jwks_url": provider.jwks_url}
            for provider in providers
        ]
    }


@pytest.fixture(scope="module")
def street(request: pytest.FixtureRequest, worker: Callable[..., Gateway]) -> Iterator[Iterator[House]]:
    """A house for every test here, all with one gateway: what it knows of one provider has no bearing on another."""
    with ExitStack() as running:
        tests = [item for item in request.session.items if item.path == request.path]
        providers = [running.enter_context(a_provider()) for _ in tests]
        gateway = running.enter_context(worker(vars=variables(*providers)))
        yield iter([House(provider, gateway) for provider in providers])


@pytest.fixture
def house(street: Iterator[House]) -> House:
    """One whose provider nobody has asked yet."""
    return next(street)


@pytest.fixture
def lone_house(worker: Callable[..., Gateway]) -> Iterator[House]:
    """One with a gateway of its own, for what concerns an isolate as a whole."""
    with a_provider() as provider, worker(vars=variables(provider)) as gateway:
        yield House(provider, gateway)


def unavailable(response: httpx.Response) -> None:
    assert (response.status_code, response.json()["code"]) == (503, "keys_unavailable")
    assert 1 <= int(response.headers["retry-after"]) <= 30
    assert "www-authenticate" not in response.headers


def test_a_provider_that_is_down_at_the_start_is_503_and_is_left_alone_for_a_while(house: House) -> None:
    house.provider.down()
    for _ in range(3):
        unavailable(house.ask())
    house.provider.up()
    unavailable(house.ask())
    assert house.fetches == 0
    assert len(house.logged("jwks_fetch_failed")) == 1


def test_a_provider_that_goes_down_after_a_first_success_is_not_missed(house: House) -> None:
    assert house.ask().status_code == 200
    house.provider.down()
    assert house.ask(sub="u2").status_code == 200
    unavailable(house.ask(SigningKey.generate("ES256", "never seen")))
    assert house.ask(sub="u3").status_code == 200
    house.provider.up()


def test_fifty_first_requests_at_once_are_all_answered(house: House) -> None:
    house.provider.delay = 0.3
    tokens = [house.provider.token(house.key, sub=f"u{number}") for number in range(CROWD)]
    assert house.ask_at_once(tokens) == [200] * CROWD
    assert 1 <= house.fetches <= CROWD
    house.provider.delay = 0
    before = house.fetches
    assert house.ask().status_code == 200
    assert house.fetches == before


def test_fifty_requests_with_a_key_that_was_just_published_are_all_answered(house: House) -> None:
    assert house.ask().status_code == 200
    house.provider.delay = 0.3
    new = house.provider.add_key("ES256", "second")
    tokens = [house.provider.token(new, sub=f"u{number}") for number in range(CROWD)]
    assert house.ask_at_once(tokens) == [200] * CROWD
    assert house.fetches == 2


def test_rotation_under_load_refuses_nobody(house: House) -> None:
    """Old and new tokens all the time, while the provider publishes a second key and signs with it."""
    statuses: list[int] = []
    keys, stop = [house.key], threading.Event()

    def load(worker: int) -> None:
        with httpx.Client(base_url=house.gateway.url, timeout=120) as client:
            for number in range(10_000):
                if stop.is_set():
                    return
                token = house.provider.token(keys[-1 if number % 2 else 0], sub=f"u{worker}-{number}")
                statuses.append(client.get(WHOAMI, headers={"authorization": f"Bearer {token}"}).status_code)

    house.provider.delay = 0.05
    threads = [threading.Thread(target=load, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    answered(statuses, CROWD)
    keys.append(house.provider.add_key("ES256", "second"))
    answered(statuses, 2 * CROWD)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200}


def answered(statuses: list[int], count: int) -> None:
    """Wait until there are so many answers."""
    assert until(lambda: len(statuses) >= count)


def test_kids_that_are_made_up_cost_the_provider_nothing(house: House) -> None:
    assert house.ask().status_code == 200
    stranger = SigningKey.generate("ES256", "stranger").private
    for number in range(10):
        response = house.ask(SigningKey("ES256", stranger, f"made up {number}"))
        assert (response.status_code, response.json()["reason"]) == (401, "unknown_key")
    assert house.fetches == 2


# --- the store --------------------------------------------------------------------------------------------------------


def test_a_new_isolate_finds_the_keys_in_kv(lone_house: House) -> None:
    house = lone_house
    assert house.ask().status_code == 200
    [stored] = house.gateway.kv_list("jwks:")
    value = house.gateway.kv_get(stored["name"])
    house.gateway.restart()
    assert value is not None
    house.gateway.kv_put(stored["name"], value)
    house.provider.down()
    assert house.ask().status_code == 200
    assert house.fetches == 1
    house.provider.up()


def test_the_cron_trigger_fetches_the_keys(lone_house: House) -> None:
    house = lone_house
    assert house.gateway.scheduled("*/5 * * * *").text == "ok"
    assert house.fetches == 1
    house.provider.down()
    assert house.ask().status_code == 200
    house.provider.up()
