"""Every input that fuzzing kept, through its target: what was once found stays mended, without the fuzzer."""

from typing import Any

import pytest
from jwt.exceptions import PyJWTError

from core.faults import Misconfigured
from fields.directives import ResponseDirectives
from fields.graphql import Measure
from fields.ranges import ByteRange
from fuzz import targets
from fuzz.corpus_files import CORPUS, kept
from fuzz.targets import SECRET, TARGETS
from identity.principals import Principal
from identity.revocations import Revocation
from identity.tokens import Header, Token
from places.preferences import Wish

FOREVER = 1e12
TOKEN = Token(Header("HS256", None, None), {}, b"e30.e30", b"a")


class Credulous:
    """An authenticator that believes everybody."""

    def identify(self, *_: Any) -> Principal:
        return Principal(None, "anybody")


def leaky(*_: Any) -> None:
    raise Misconfigured([f"JWT_SECRET: {SECRET} is too short"])


@pytest.mark.parametrize("target", TARGETS)
def test_every_kept_input_holds(target: str) -> None:
    inputs = kept(target)
    assert inputs, f"{CORPUS.name}/{target}.txt is empty"
    for data in inputs:
        try:
            TARGETS[target](data)
        except Exception as failure:
            failure.add_note(f"input: {data!r}")
            raise


def test_the_corpus_is_of_known_targets_and_small() -> None:
    assert {file.stem for file in CORPUS.iterdir()} == set(TARGETS)
    assert sum(file.stat().st_size for file in CORPUS.iterdir()) < 500_000


# target: (what in `fuzz.targets` is replaced, by what forgiving reading, and an input that must then be noticed)
FORGIVING: dict[str, tuple[str, Any, bytes]] = {
    "path": ("normalise_path", lambda raw: raw, b"/a/../b"),
    "accept_language": ("negotiate", lambda said, supported: "en", b"en;q=0"),
    "bearer": ("_authenticator", Credulous(), b"Bearer x.y.z"),
    "token": ("parse_token", lambda text: TOKEN, b"e30.e30.YR"),
    "subprotocols": ("protocols_for_origin", lambda request: request.headers["sec-websocket-protocol"], b"chat"),
    "cache_control": ("response_directives", lambda headers: ResponseDirectives(), b"no-store"),
    "cookies": ("without_cookie", lambda cookie, name: cookie, b"CF_Authorization=x"),
    "targeted": ("response_directives", lambda headers: ResponseDirectives("cdn-cache-control"), b"no-store, ???"),
    "date": ("parse_http_date", lambda text, now: 0, b"Sun, 06 Nov 1994 08:49:37 GMT"),
    "range": ("single_range", lambda text, length: ByteRange(0, 9, 10), b"bytes=0-4"),
    "preferences": ("from_body", lambda body: Wish("eur", "EN"), b"{}"),
    "revocation": ("read_revocation", lambda *_: Revocation(None, FOREVER, 0, "u1"), b"{}"),
    "graphql": ("measure", lambda text, most: Measure(0, 0, 0, False), b"{ a }"),
    "settings": ("load_settings", leaky, b"[]"),
}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_notices_a_parser_that_forgives(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, forgiving, data = FORGIVING[target]
    monkeypatch.setattr(targets, name, forgiving)
    with pytest.raises((AssertionError, PyJWTError)):
        TARGETS[target](data)
