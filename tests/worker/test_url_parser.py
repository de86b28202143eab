"""Our reading of a URL, workerd's URL parser, and the wire: what is matched, signed and sent is one and the same.

The platform parses every URL that it is given, so whatever its parser would change is either refused here or already
changed. The parser is asked in batches, over a fixture that does nothing else.
"""

import http.client
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from configuration.settings import RouteSettings
from core.paths import normalise_path
from core.problems import Problem
from devtools.runtime.runner import Gateway
from forwarding.forwarded import Target, wire_query
from fuzz.corpus_files import kept
from fuzz.url_standard import parsed_path
from tests.worker.origins import EchoOrigin
from tests.worker.patience import PATIENCE

PARSER = Path(__file__).parent / "fixtures" / "url_parser" / "worker.mjs"

DANGEROUS = ["/", ".", "..", "%2e", ".%2E", ";", "\\", "%2f", "%25", "%32", "%65", "\t", "a", "é", "|", " "]
PIECES = [
    *DANGEROUS,
    *("//", "%", "%2", "%5c", "%00", "%61", "%7e", "%c3%a9", "%C0%AF", "%40", "%3a", "%3B", "%0a", "%252e", "%ff"),
    *("[", "]", "@", ":", "^", "`", "{", "}", '"', "'", "<", ">", "~", "api", "C:", "c|", "&", "=", "+", "$", "%27"),
    *("\n", "\r", "\x00", "\x1f", "\x7f", "\x85", "\xa0", "\xad", "\u200b", "\u2028", "\u3000", "\ufeff"),
    *("\uff0e", "\uff0f", "\u2024", "\U0001f600"),
]
"""Dots, slashes and delimiters in every disguise, and what is a separator or nothing at all to some readers."""

ASSIGNED = [chr(code) for code in range(0x250)]


def joined(pieces: list[str], count: int) -> list[str]:
    return ["".join(chosen) for chosen in itertools.product(pieces, repeat=count)]


def paths() -> list[str]:
    """Without "?" and "#", which end a path before anybody looks at it."""
    found = [f"/{text}" for text in (*joined(PIECES, 1), *joined(PIECES, 2), *joined(DANGEROUS, 3))]
    found += [f"/a{char}b" for char in ASSIGNED] + [f"/a/{char}" for char in ASSIGNED] + ["/"]
    found += [data.decode("utf-8", "replace") for data in kept("path")]
    return sorted({path for path in found if path.startswith("/") and not {"?", "#"} & set(path)})


def queries() -> list[str]:
    """Without "#", which ends a query, and what a URL parser removes, which no request line can hold."""
    found = {"", "?", "a=1&a=2&&=&b", *joined(PIECES, 1), *joined(PIECES, 2), *ASSIGNED}
    return sorted(query for query in found if not {"#", "\t", "\n", "\r"} & set(query))


PATHS, QUERIES = paths(), queries()


def accepted(path: str) -> str | None:
    """The path in normal form, or None when it is refused."""
    try:
        return normalise_path(path)
    except Problem:
        return None


@dataclass(frozen=True)
class Parsed:
    host: str
    path: str
    query: str


class Parser:
    """workerd's `new URL(...)`."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def urls(self, urls: list[str]) -> list[Parsed]:
        answer = self._gateway.post("/parse", content=json.dumps(urls)).raise_for_status().json()
        assert None not in answer, urls[answer.index(None)]
        return [Parsed(url["host"], url["pathname"], url["search"].removeprefix("?")) for url in answer]

    def paths(self, paths: list[str]) -> list[str]:
        """The "?" keeps white space at the end of a path from being the end of the URL, where it would be stripped."""
        return [url.path for url in self.urls([f"https://h.example{path}?" for path in paths])]

    def queries(self, queries: list[str]) -> list[str]:
        return [url.query for url in self.urls([f"https://h.example/?{query}#" for query in queries])]


@pytest.fixture(scope="module")
def parser(worker: Callable[..., Gateway]) -> Iterator[Parser]:
    with worker(script=PARSER) as gateway:
        yield Parser(gateway)


def same_to_both(parser: Parser, paths: list[str]) -> None:
    """A path that is accepted is sent as it is, and is what a URL parser makes of what came."""
    normal = {path: form for path in paths if (form := accepted(path)) is not None}
    assert dict(zip(normal, parser.paths(list(normal.values())), strict=True)) == normal
    assert dict(zip(normal, map(accepted, parser.paths(list(normal))), strict=True)) == normal


def test_a_path_is_refused_or_means_the_same_to_the_url_parser(parser: Parser) -> None:
    assert sum(accepted(path) is not None for path in PATHS) > 1000
    same_to_both(parser, PATHS)


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(), max_size=20))
def test_any_path_is_refused_or_means_the_same_to_the_url_parser(parser: Parser, texts: list[str]) -> None:
    same_to_both(parser, [f"/{text}" for text in texts if not {"?", "#"} & set(text) and text.isprintable()])


def test_what_fuzzing_takes_for_the_url_parser_parses_alike(parser: Parser) -> None:
    assert dict(zip(PATHS, parser.paths(PATHS), strict=True)) == {path: parsed_path(path) for path in PATHS}


def test_a_query_is_sent_as_the_url_parser_sends_it(parser: Parser) -> None:
    sent = {query: wire_query(query) for query in QUERIES}
    assert dict(zip(QUERIES, parser.queries(QUERIES), strict=True)) == sent
    assert dict(zip(QUERIES, parser.queries(list(sent.values())), strict=True)) == sent


ORIGINS = [
    *("https://o.example", "https://O.example/v1/", "https://o.example:443/v1", "https://o.example:8443", "https://a_b.c-d."),
    *("https://10.0.0.1", "https://010.0.0.1", "https://10.1", "https://167772161", "https://0xA.0.0.1", "https://1.2.3.4."),
    *("https://[::1]:8443/x", "https://xn--bcher-kva.example", "https://bücher.example", "https://o%72igin.example"),
    *("https://o.example:0443", "https://o.example:/", "https://a..b", "https://a|b", "https://\uff4f.example", "https://a.0b"),
    *(f"https://o.example/{path}" for path in joined(["", "/", "a", "..", "%7e", "%2e", "[", "\\", "é", "\t", ";"], 2)),
]  # fmt: skip


def test_an_origin_is_refused_or_sent_to_as_it_is_written(parser: Parser) -> None:
    targets = {}
    for origin in ORIGINS:
        try:
            targets[origin] = Target.of(RouteSettings(path="/*", origin=origin))
        except ValidationError:
            continue
    assert len(targets) > 15
    parsed = parser.urls([f"{target.scheme}://{target.host}{target.path('/x')}" for target in targets.values()])
    for (origin, target), url in zip(targets.items(), parsed, strict=True):
        assert (url.host, url.path) == (target.host, target.path("/x")), origin
        assert parser.urls([origin])[0].host == target.host


class Wire:
    """A gateway in front of an origin that tells what it received."""

    def __init__(self, gateway: Gateway) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(gateway.url).netloc, timeout=PATIENCE)

    def arrived(self, target: str) -> str | None:
        """The target on the origin's request line for `target` on ours; None when it is refused."""
        self._connection.putrequest("GET", target, skip_accept_encoding=True)
        self._connection.endheaders()
        response = self._connection.getresponse()
        content = response.read()
        assert response.status in (200, 400), content
        return str(json.loads(content)["target"]) if response.status == 200 else None


@pytest.fixture(scope="module")
def wire(worker: Callable[..., Gateway]) -> Iterator[Wire]:
    with EchoOrigin() as echo:
        route = {"path": "/x/*", "origin": echo.url, "auth": "none", "cache": False}
        with worker(vars={"ROUTES": [route]}) as gateway:
            yield Wire(gateway)


VISIBLE = [char for char in map(chr, range(0x21, 0x7F)) if char not in '"#<>`']
"""What may stand on a request line. workerd refuses the rest itself; "#" and what follows never reaches anybody."""

OCTETS = [f"%{octet:02x}" for octet in range(0x80)]
DISGUISES = ["%2E%2e", "..", "./", "../x", "//", "/;", ";a", "%c3%a9", "%f0%9f%98%80", "%C0%AF", "%ff", "%25%32%65"]


def test_what_arrives_is_what_the_url_parser_read_or_nothing(parser: Parser, wire: Wire) -> None:
    """Some platforms parse a URL before the Worker sees it, as Miniflare does, and some do not: all the same here."""
    visible = [char for char in VISIBLE if char != "?"]
    sent = [f"/x/y/a{piece}b" for piece in (*visible, *OCTETS)] + [f"/x/y/{piece}" for piece in (*visible, *DISGUISES)]
    read = dict(zip(sent, map(accepted, parser.paths(sent)), strict=True))
    arrived = {path: target for path in sent if (target := wire.arrived(path)) is not None}
    assert len(arrived) > 200
    assert arrived == {path: read[path] for path in arrived}
    assert not any(accepted(path) and read[path] for path in set(sent) - set(arrived))


def test_a_query_arrives_as_the_url_parser_writes_it(parser: Parser, wire: Wire) -> None:
    sent = [*(f"a{piece}b" for piece in (*VISIBLE, *DISGUISES)), "&".join(OCTETS), "%80%C3%ff%zz%"]
    written = dict(zip(sent, parser.queries(sent), strict=True))
    assert {query: wire.arrived(f"/x/?{query}") for query in sent} == {
        query: f"/x/?{text}" for query, text in written.items()
    }


def test_an_empty_query_arrives_as_none(wire: Wire) -> None:
    assert wire.arrived("/x/?") == "/x/"
    assert wire.arrived("/x/??") == "/x/??"
