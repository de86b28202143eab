"""Fields as long as the platform takes them: each is answered by its strictest reading; so is the next request."""

from collections.abc import Callable, Iterator

import pytest

from core.lengths import FIELDS, REFUSED, REQUEST_FIELDS
from devtools.runtime.runner import Gateway
from tests.worker.origins import Connection, Origin, answer_head

LONG = 60_000
"""Characters. The runtime takes some 64 K of fields."""

SHAPES = ("a,", '"a",', "a;q=1,", 'a="\\"', " ,", "=")

SET_BY_THE_CLIENT_LIBRARY = frozenset({"connection", "upgrade"})
"""For this connection alone: they would change the exchange with the runtime, not the request to the Worker."""


class StoredOrigin(Origin):
    """Answers with something to be stored; at `/said/7` with a `Cache-Control` of 60 K characters."""

    def answer(self, connection: Connection) -> None:
        connection.read_content()
        said = "max-age=600"
        if connection.request.target.startswith("/said/"):
            said += ",private" * (LONG // 8)
        fields = f'cache-control: {said}\r\netag: "a"\r\ncontent-length: 2'
        connection.send(answer_head(200, fields) + b"ok")


@pytest.fixture(scope="module")
def gateway(worker: Callable[..., Gateway]) -> Iterator[Gateway]:
    with StoredOrigin() as origin:
        routes = [{"path": "/*", "origin": origin.url, "auth": "none"}]
        with worker(vars={"ROUTES": routes}) as gateway:
            yield gateway


def answered(gateway: Gateway, name: str, shape: str) -> int:
    text = (shape * (LONG // len(shape))).strip()
    return gateway.get("/page", headers={name: text}).status_code


@pytest.mark.parametrize(
    "name", sorted({*REQUEST_FIELDS, "if-match", "if-range", "x-strange"} - SET_BY_THE_CLIENT_LIBRARY)
)
def test_a_field_of_sixty_thousand_characters_is_answered_and_so_is_the_next_request(
    gateway: Gateway, name: str
) -> None:
    refused = name in REQUEST_FIELDS and REQUEST_FIELDS[name].beyond == REFUSED
    assert {answered(gateway, name, shape) for shape in SHAPES} == {431 if refused else 200}
    assert gateway.get("/page").text == "ok"


def test_an_address_of_sixty_thousand_characters_is_refused(gateway: Gateway) -> None:
    answer = gateway.get("/page?" + "a=b&" * (LONG // 4))
    assert (answer.status_code, answer.json()["code"]) == (414, "uri_too_long")
    assert gateway.get("/page").text == "ok"


def test_an_origin_that_says_too_much_is_passed_on_and_not_stored(gateway: Gateway) -> None:
    for _ in range(2):
        answer = gateway.get("/said/1")
        assert (answer.text, "no-store" in answer.headers["cache-status"]) == ("ok", True)


def test_more_fields_than_a_request_may_have_are_refused_and_the_next_request_is_answered(gateway: Gateway) -> None:
    """Names that all hash alike, of which there must not be many (`tests/unit/test_colliding_names.py`)."""
    answer = gateway.get("/page", headers={f"x-{number:x}": "1" for number in range(2 * FIELDS)})
    assert (answer.status_code, answer.json()["code"]) == (431, "field_too_long")
    assert gateway.get("/page", headers={f"x-{number:x}": "1" for number in range(FIELDS // 2)}).text == "ok"
