"""The embedded runtime hands events to the Worker as Cloudflare's does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools.runtime.runner import Gateway
from tests.worker.injection import BY_CLASS

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module")
def echo(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with worker(source=FIXTURES / "echo", config=BY_CLASS, cf={"country": "PT", "city": "Lisbon"}) as gateway:
        yield gateway


def test_a_request_reaches_the_worker_with_method_url_and_headers(echo: Gateway) -> None:
    seen = echo.request("PUT", "/a/b?c=d", headers={"x-one": "1"}).json()
    assert seen["method"] == "PUT"
    assert seen["url"] == f"{echo.url}/a/b?c=d"
    assert seen["headers"]["x-one"] == "1"


def test_what_the_worker_prints_is_found_in_its_log(echo: Gateway) -> None:
    echo.get("/logged")
    line = echo.wait_for_log(lambda entry: entry["path"] == "/logged")
    assert line["event"] == "seen"
