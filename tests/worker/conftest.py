"""Fixtures of the worker tests: the real Worker in workerd, driven over HTTP.

    @pytest.fixture(scope="module")
    def gateway(worker):
        with worker(vars={"ROUTES": [...]}, cf={"country": "PT"}) as gateway:
            yield gateway

`worker(...)` takes what `devtools.runtime.runner.Runner.start` takes and gives its `Gateway`. A gateway costs about
1.5 s and 300 MB: share one per module, and stop it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from devtools.runtime.runner import Gateway, Runner
from devtools.runtime.v8 import QUICK_START
from tests.official import is_dedicated, official_of
from tests.private_words import nothing_private_is_logged as nothing_private_is_logged


# One Node process for all modules of a test process: it costs nearly as much to start as a gateway does.
@pytest.fixture(scope="session")
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    official, dedicated = official_of(request.config), is_dedicated(request.config)
    with Runner(v8_flags=QUICK_START, official=official, dedicated=dedicated) as runner:
        yield runner


@pytest.fixture(scope="module")
def worker(runner: Runner) -> Iterator[Callable[..., Gateway]]:
    """Starts a gateway; see `Runner.start`. One that its module does not stop is stopped at its end, for the next."""
    started = list[Gateway]()

    def start(**options: Any) -> Gateway:
        started.append(runner.start(**options))
        return started[-1]

    yield start
    for gateway in started:
        gateway.stop()
