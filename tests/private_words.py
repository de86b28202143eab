"""No secret is in any log: what the tests of this process send and configure is remembered, and all that was logged is
searched for it when they are over.

Searched for are the secrets of every gateway that was started, and the credentials, cookie values and query values of
every request that left this process on any socket, whatever client sent it. What looks like a token, a signature, a
private key or a URL's query is found wherever it came from. Values of less than eight characters and ordinary words are
everybody's: what a test wants to be searched for looks like a secret, `q-5c1a9f-key`.

Where gateways are started, `conftest.py` takes `nothing_private_is_logged` from here: a finding fails the run.
"""

import json
import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from typing import Any
from urllib.parse import unquote_plus

import pytest

from devtools.runtime.runner import Runner

SHAPES: Mapping[str, re.Pattern[str]] = {
    "a JSON Web Token": re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*)+"),
    "a bearer's credentials": re.compile(r"\bbearer\s+[\w.~+/-]{8,}", re.IGNORECASE),
    "a signature": re.compile(r"\b[0-9a-f]{64}\b"),
    "an AWS access key": re.compile(r"\bA(?:KIA|SIA)[A-Z0-9]{12,}\b"),
    "a private key": re.compile(r"PRIVATE KEY-----|\"(?:d|k)\\?\":\s*\\?\"[\w-]{20,}"),
    "an API key": re.compile(r"\b[a-z][a-z0-9_]*_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\b"),
    "a query": re.compile(r"https?://[^\s\"'<>]+\?[^\s\"'<>]+|\"path\":\s*\"[^\"]*\?"),
}
"""What may be in no log, by its looks."""

SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|ACCESS_KEY")
"""Names of variables whose values are secrets."""

WORD = re.compile(r"[A-Za-z0-9_-]{8,}")
ORDINARY = re.compile(r"[A-Z]?[a-z]+(?:_[a-z]+)*|[A-Z]+|\d+")
"""Words that an honest line may hold for a reason of its own: `currency` is a cookie's and a path's, and a code such as
`invalid_currency` is what hypothesis finds in the sources and tries as a value."""

REQUEST_LINE = re.compile(rb"[A-Z]{3,16} (\S+) HTTP/1\.1\r\n")
HEAD_AT_MOST = 65536


def _credential(value: str) -> str:
    """What is private of credentials: all of them, but of a SigV4 signature itself alone. The fields that it names
    and the key's id are in honest lines."""
    return value.rpartition("Signature=")[2] if value.lstrip().startswith("AWS4-HMAC-SHA256 ") else value


@dataclass(frozen=True)
class Finding:
    """Something private in a log. The line is shown with all that is private taken out: a report is a log, too."""

    what: str
    line: str
    test: str = ""
    """The one that sent or configured it, where that is known."""

    def __str__(self) -> str:
        return f"{self.what}{f' of {self.test}' if self.test else ''} is in a log: {self.line}"


@dataclass
class Watch:
    """What was logged, and the private words that may not be in it, each with what it is and whose."""

    logged: list[str] = field(default_factory=list)
    texts: list[StringIO] = field(default_factory=list)
    secrets: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of the configuration: searched for as they are, and as JSON writes them."""
    words: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of requests: searched for word by word, as there are thousands."""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Remember what gateways of this process write and what leaves it on sockets."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Runner, "witness", self)
            for name in ("send", "sendall"):
                patch.setattr(socket.socket, name, self._tapped(getattr(socket.socket, name)))
            yield

    def text(self) -> StringIO:
        """A text that something else than a gateway logs to, an origin for example."""
        self.texts.append(StringIO())
        return self.texts[-1]

    # --- what is private ----------------------------------------------------------------------------------------------

    def configured(self, variables: Mapping[str, Any]) -> None:
        for name, value in variables.items():
            if SECRET_NAME.search(name) and isinstance(value, str) and len(value) >= 8:
                for written in (value, json.dumps(value)[1:-1]):
                    self.secrets.setdefault(written, (f"the value of {name}", _test()))

    def sent(self, data: bytes) -> None:
        """Look for a request's head in what a socket was given."""
        if (line := REQUEST_LINE.match(data)) is None:
            return
        head, _, _ = data[:HEAD_AT_MOST].partition(b"\r\n\r\n")
        self._remember("a query value", _query_values(line[1].decode("latin-1")))
        for text in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = text.partition(":")
            match name.strip().lower():
                case "authorization" | "proxy-authorization" | "x-amz-security-token" | "x-api-key":
                    self._remember("a credential", [_credential(value)])
                case "sec-websocket-protocol":
                    self._remember("a credential", value.split(",")[1:])
                case "cookie":
                    self._remember("a cookie value", (pair.partition("=")[2] for pair in value.split(";")))

    def _remember(self, what: str, values: Iterable[str]) -> None:
        for value in values:
            for word in WORD.findall(value):
                if not ORDINARY.fullmatch(word):
                    self.words.setdefault(word, (what, _test()))

    def _tapped(self, real: Any) -> Any:
        def send(connection: socket.socket, data: Any, *flags: Any) -> Any:
            if bytes(data[:1]).isupper():  # as methods are written; most of what is sent is content
                self.sent(bytes(data[:HEAD_AT_MOST]))
            return real(connection, data, *flags)

        return send

    # --- what was logged ----------------------------------------------------------------------------------------------

    def wrote(self, text: str) -> None:
        self.logged.append(text)

    def findings(self) -> list[Finding]:
        """In what was logged since it was last asked."""
        texts = (*self.logged, *(text.getvalue() for text in self.texts))
        self.logged, self.texts = [], []
        return [finding for text in texts for line in text.split("\n") for finding in self._in(line)]

    def _in(self, line: str) -> list[Finding]:
        found = [(what, "", match[0]) for what, shape in SHAPES.items() for match in shape.finditer(line)]
        found += [(*whose, secret) for secret, whose in self.secrets.items() if secret in line]
        found += [(*self.words[word], word) for word in WORD.findall(line) if word in self.words]
        shown = line
        for _, _, private in sorted(found, key=lambda finding: -len(finding[2])):
            shown = shown.replace(private, "***")
        return [Finding(what, shown, test) for what, test, _ in found]


WATCH = Watch()
"""Of this process."""


@pytest.fixture(scope="session", autouse=True)
def nothing_private_is_logged() -> Iterator[None]:
    """Set up before any gateway, so torn down after the last: what is found then fails the run."""
    with WATCH.watching():
        yield
    if found := WATCH.findings():
        pytest.fail("\n".join(dict.fromkeys(map(str, found))), pytrace=False)


def _query_values(target: str) -> Iterator[str]:
    """As sent and as meant."""
    for pair in target.partition("?")[2].split("&"):
        value = pair.partition("=")[2]
        yield value
        yield unquote_plus(value)


def _test() -> str:
    """The test that runs now."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
