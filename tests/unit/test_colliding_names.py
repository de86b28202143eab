"""Names that all hash alike cost a request no more than a stated number of comparisons: counted, not timed.

`tests/collisions.py` says what can be prepared, and has the model of CPython's dictionaries that counts.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from configuration.loading import load_settings
from core import base64url, strictjson
from core.lengths import FIELDS, NAMES
from core.messages import Request, Response
from core.problems import Problem
from fields.tracing import MOST_MEMBERS
from forwarding.graphql import Excess, _of_content
from gateway import Gateway
from identity.jwks import Snapshot
from identity.tokens import InvalidToken, parse_token
from places.preferences import from_body
from tests.collisions import MOST_COMPARISONS, MOST_NAMES, alike, comparisons, worst
from tests.unit.in_memory import NOW, BytesBody, World, run

COPIES = 12
"""Dictionaries that a request's fields go through at most, on their way to an origin."""


def members(names: int, times: int = 1) -> str:
    """JSON of a list of `times` objects with as many members, spelled alike in each."""
    one = "{" + ",".join(f'"n{number:x}" : 0' for number in range(names)) + "}"
    return "[" + ",".join([one] * times) + "]"


def an_object(names: int) -> bytes:
    return members(names)[1:-1].encode()


def is_json(text: str) -> bool:
    try:
        strictjson.loads(text.encode())
    except ValueError:
        return False
    return True


def test_what_anybody_can_prepare_costs_next_to_nothing() -> None:
    """Names that share their lowest bits share their first places in the table, and part where more bits count."""
    found = alike(bits=10, tries=400_000)[:FIELDS]
    assert len(found) == FIELDS
    hashes = [number for _, number in found]
    print(f"{FIELDS} names alike in 10 bits: {comparisons(hashes)} comparisons; in all 32: {worst(FIELDS)}")
    assert comparisons(hashes) < 16 * FIELDS
    assert comparisons(hashes) < worst(FIELDS) / 10


def test_what_hours_of_a_graphics_card_prepare_stays_below_the_bound() -> None:
    """All places shared. A JSON text's names are compared twice: by the parser, and in their object."""
    assert worst(MOST_NAMES) < MOST_NAMES**2 == NAMES
    assert 2 * worst(MOST_NAMES) < MOST_COMPARISONS
    assert COPIES * worst(FIELDS) < MOST_COMPARISONS
    assert worst(MOST_MEMBERS) < MOST_COMPARISONS


@pytest.mark.parametrize(
    ("names", "times"), [(MOST_NAMES, 1), (512, 4), (100, 104), (10, 10_000)], ids=lambda value: str(value)
)
def test_members_times_different_names_are_bounded_however_they_are_spread(names: int, times: int) -> None:
    """Each member's name is compared with half of the different ones, by the parser and by its object."""
    assert names * names * times <= NAMES
    assert is_json(members(names, times))
    assert not is_json(members(names, NAMES // (names * names) + 1))


def test_only_names_count() -> None:
    assert is_json(json.dumps({"text": '"a":' * 5000, "urls": ["https://a.example:443/"] * 5000}))
    assert is_json(members(1, 1) + " " * 10)
    assert not is_json('"' + '\\"' * 100_000 + ":" * 2000)


def problem_of(read: Callable[[], object]) -> str | None:
    try:
        read()
    except (Problem, InvalidToken, Excess, ValueError) as error:
        return type(error).__name__
    return None


def stored_keys(names: int) -> str:
    return json.dumps({"fetched": NOW, "fresh_until": NOW + 1, "jwks": {"keys": [], **json.loads(an_object(names))}})


def token(header: dict[str, Any] | int, claims: dict[str, Any] | int) -> str:
    """Unsigned, as anybody can make it: its names are read before its signature is looked at. A number is how many."""
    parts = [an_object(part) if isinstance(part, int) else json.dumps(part).encode() for part in (header, claims)]
    if isinstance(header, int):
        parts[0] = b'{"alg":"HS256",' + parts[0][1:]
    return ".".join([*map(base64url.encode, parts), "AAAA"])


READERS: dict[str, tuple[Callable[[int], object], str | None, str]] = {
    "claims of a token": (lambda n: parse_token(token({"alg": "HS256"}, n), 32_768), None, "InvalidToken"),
    "the header of a token": (lambda n: parse_token(token(n - 1, {}), 32_768), None, "InvalidToken"),
    "variables of GraphQL": (
        lambda n: _of_content({"content-type": "application/json"}, b'{"variables":' + an_object(n - 1) + b"}"),
        None,
        "Excess",
    ),
    "a key set": (lambda n: Snapshot.load(stored_keys(n - 4), ["RS256"], NOW), None, "ValueError"),
    "preferences": (lambda n: from_body(an_object(n)), "Problem", "Problem"),
}
"""What reads names from strangers: with so many of them, what it says to the most and to one more."""


@pytest.mark.parametrize("what", READERS)
def test_every_reader_of_json_has_the_bound(what: str) -> None:
    read, within, beyond = READERS[what]
    assert problem_of(lambda: read(MOST_NAMES)) == within
    assert problem_of(lambda: read(MOST_NAMES + 1)) == beyond


@pytest.mark.parametrize(("fields", "status"), [(FIELDS, 200), (FIELDS + 1, 431)])
def test_a_request_has_so_many_fields_and_no_more(fields: int, status: int) -> None:
    world = World(lambda request: Response(200, {}, BytesBody(b"ok")))
    settings: Any = {"ROUTES": [{"path": "/api/*", "origin": "https://api.example", "auth": "none"}]}
    gateway = Gateway(load_settings(settings, set()), world.platform())
    headers = {f"x-{number:x}": "1" for number in range(fields)}
    response = run(gateway.handle(Request("GET", "https", "a.example", "/api/x", "", headers), world.background))
    run(world.settle())
    assert response.status == status
