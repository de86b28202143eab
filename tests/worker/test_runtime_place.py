"""The visitor's place in development: chosen by a header that the embedded host alone reads."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.paths import SOURCES
from devtools.runtime.runner import CF_HEADER, Gateway
from tests.worker.injection import BY_CLASS

pytestmark = pytest.mark.stand_in

ECHO = Path(__file__).parent / "fixtures" / "echo"
LISBON = {"country": "PT", "region": "Lisbon", "city": "Lisbon", "timezone": "Europe/Lisbon", "asn": 3243}


@pytest.fixture(scope="module")
def echo(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with worker(source=ECHO, config=BY_CLASS, cf=LISBON) as gateway:
        yield gateway


def seen(gateway: Gateway, header: str | None = None) -> dict[str, Any]:
    headers = {} if header is None else {CF_HEADER: header}
    found: dict[str, Any] = gateway.get("/any", headers=headers).json()
    return found


def test_without_the_header_the_servers_own_place_counts(echo: Gateway) -> None:
    assert seen(echo)["cf"].items() >= LISBON.items()


def test_the_header_moves_one_request_and_no_other(echo: Gateway) -> None:
    assert seen(echo, "country=PT, city=Porto")["cf"].items() >= {"country": "PT", "city": "Porto"}.items()
    assert seen(echo)["cf"]["city"] == "Lisbon"


def test_another_country_does_not_keep_the_former_ones_city(echo: Gateway) -> None:
    cf = seen(echo, "country=DE")["cf"]
    assert cf["country"] == "DE"
    assert not {"city", "region", "timezone"} & set(cf)
    assert cf["asn"] == 3243, "is not a place"


def test_json_says_what_the_short_form_cannot(echo: Gateway) -> None:
    place = {"country": "BR", "city": "São Paulo", "isEUCountry": None, "tlsClientAuth": {"certVerified": "NONE"}}
    cf = seen(echo, json.dumps(place))["cf"]
    assert cf["city"] == "São Paulo"
    assert cf["tlsClientAuth"] == {"certVerified": "NONE"}
    assert "isEUCountry" not in cf


def test_null_takes_the_place_away(echo: Gateway) -> None:
    assert "country" not in seen(echo, '{"country": null}')["cf"]


def test_the_worker_does_not_see_the_header(echo: Gateway) -> None:
    assert CF_HEADER not in seen(echo, "country=DE")["headers"]


def test_method_content_and_other_headers_survive_the_move(echo: Gateway) -> None:
    response = echo.request("PUT", "/a?b=c", cf={"country": "DE"}, headers={"x-one": "1"}, content=b"content")
    assert response.json()["method"] == "PUT"
    assert response.json()["url"].endswith("/a?b=c")
    assert response.json()["headers"]["x-one"] == "1"
    assert response.json()["headers"]["content-length"] == "7"


@pytest.mark.parametrize(("header", "said"), [("Berlin", '"Berlin" is not name=value'), ('{"country"', "JSON")])
def test_a_header_that_cannot_be_read_is_an_error_that_names_it(echo: Gateway, header: str, said: str) -> None:
    response = echo.get("/any", headers={CF_HEADER: header})
    assert response.status_code == 400
    assert response.text.startswith(f"{CF_HEADER}: ")
    assert said in response.text


def test_the_worker_itself_ignores_the_header(worker: Callable[..., Gateway]) -> None:
    """As in production, where no host takes it away: the gateway's answer is the same with it and without."""
    with worker(cf=LISBON, cf_header=False) as gateway:
        plain = gateway.get("/geo")
        forged = gateway.get("/geo", cf={"country": "DE", "city": "Berlin"})
    assert plain.status_code == 200
    assert forged.json() == plain.json()
    assert plain.json()["country"] == "PT"


def test_no_source_of_the_worker_knows_the_header() -> None:
    knowing = [path.name for path in SOURCES.rglob("*.py") if CF_HEADER in path.read_text().lower()]
    assert knowing == []
