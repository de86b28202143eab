"""`dev`: which options are its own, which are wrangler's, and which runtime is taken."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from devtools import dev, local_vars, origin, origin_place, ports
from devtools.failure import Failure
from devtools.function_url import FunctionUrlServer
from devtools.runtime.official import Availability

CONFIG = {"compatibility_date": "2026-11-01", "compatibility_flags": ["python_workers"]}
OTHER = ("--config", "other.toml")
"""Another configuration than the project's own, which has an environment of its own choosing."""


class Bundle:
    """Stands for Cloudflare's runtime: says `found`, and records how it was asked."""

    found = Availability(True, "is cached")
    asked: list[tuple[float, bool]]

    def __init__(self, date: str, flags: list[str]) -> None:
        assert (date, flags) == ("2026-11-01", ["python_workers"])

    def look(self, seconds: float, *, again: bool = False) -> Availability:
        Bundle.asked.append((seconds, again))
        return Bundle.found


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch) -> type[Bundle]:
    monkeypatch.setattr(dev, "OfficialRuntime", Bundle)
    Bundle.found = Availability(True, "is cached")
    Bundle.asked = []
    return Bundle


def test_options_of_wrangler_are_handed_on_unseen() -> None:
    given = [*OTHER, "--port", "9000", "--var", "A:1", "--persist-to", "state", "--live-reload", "--test-scheduled"]
    options = dev.parse(["--runtime", "embedded", *given])
    assert options.wrangler == given
    assert (options.runtime, options.port, options.config) == ("embedded", 9000, Path("other.toml").resolve())


def test_the_port_is_always_said_so_that_wrangler_does_not_choose_another() -> None:
    assert dev.parse([*OTHER]).wrangler == [*OTHER, "--port", "8787"]


def test_places_add_up() -> None:
    place = dev.parse([*OTHER, "--cf", "country=DE, city=Berlin", "--cf", '{"isEUCountry": "1"}']).cf
    assert place == {"country": "DE", "city": "Berlin", "isEUCountry": "1"}


@pytest.mark.parametrize("options", [["--cf", "Berlin"], ["--cf", "{"], ["--runtime", "fast"]])
def test_an_option_that_cannot_be_read_is_a_failure_with_the_way_to_the_help(options: list[str]) -> None:
    with pytest.raises(Failure, match="dev --help"):
        dev.parse([*OTHER, *options])


@pytest.mark.parametrize("port", ["http", "-1", "65536", "99999", "\u0968"])
def test_a_port_that_is_none_is_told_as_much(port: str) -> None:
    with pytest.raises(Failure, match=r"--port.*65535"):
        dev.parse([*OTHER, f"--port={port}"])


def test_auto_takes_the_official_runtime_when_it_is_at_hand(bundle: type[Bundle]) -> None:
    official, why = dev.choose_runtime(dev.Options(), CONFIG)
    assert official is not None
    assert why == "Cloudflare's bundle is cached"
    assert bundle.asked == [(5.0, False)]


def test_auto_falls_back_and_says_why(bundle: type[Bundle]) -> None:
    bundle.found = Availability(False, "could not be fetched (no route to host)")
    official, why = dev.choose_runtime(dev.Options(), CONFIG)
    assert official is None
    assert "could not be fetched (no route to host)" in why
    assert "--runtime official" in why


def test_the_official_runtime_alone_is_tried_again_and_its_absence_is_a_failure(bundle: type[Bundle]) -> None:
    bundle.found = Availability(False, "could not be fetched (no route to host)")
    with pytest.raises(Failure, match=r"no route to host.*--runtime embedded"):
        dev.choose_runtime(dev.Options(runtime="official"), CONFIG)
    assert bundle.asked == [(60.0, True)]


def test_the_embedded_runtime_can_be_asked_for_and_is_needed_for_a_place(bundle: type[Bundle]) -> None:
    assert dev.choose_runtime(dev.Options(runtime="embedded"), CONFIG)[0] is None
    assert dev.choose_runtime(dev.Options(cf={"country": "DE"}), CONFIG) == (None, "--cf needs it")
    with pytest.raises(Failure, match="--cf needs the embedded runtime"):
        dev.choose_runtime(dev.Options(runtime="official", cf={"country": "DE"}), CONFIG)
    assert bundle.asked == []


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "noise\n\x1b[31m✘ [ERROR]\x1b[0m Processing failed:\n  - vars is odd\n",
            "[ERROR] Processing failed: - vars is odd",
        ),
        ("Error: one\nError: two\n    at x", "Error: two at x"),
        ("last words\n", "last words"),
        ("", "it said nothing"),
    ],
)
def test_what_a_program_complained_about_last_becomes_one_line(said: str, line: str) -> None:
    assert dev._last_error(said) == line


# --- The example origin beside the gateway -----------------------------------------------------------------------

SECRET = "the secret of this checkout's gateway and origin"
LOCAL_GATEWAY = dev.Options(environment="local", wrangler=["--port", "8787"])


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_vars, "read", lambda *_: ({"ORIGIN_SECRET": SECRET}, set()))


@contextmanager
def another_origin(secret: str) -> Iterator[int]:
    server = FunctionUrlServer(lambda *_: {"statusCode": 404}, 0)
    server.special["echo"] = origin._echo([secret], [f"127.0.0.1:{server.server_port}"])
    server.start()
    yield server.server_port
    server.stop()


def test_an_origin_of_another_checkout_is_not_taken_for_ours(
    secret: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with another_origin("the secret of quite another checkout") as port:
        monkeypatch.setattr(origin_place, "PORT", port)
        options, command = dev.beside(LOCAL_GATEWAY)
    chosen = int(command[2])
    assert chosen != port
    assert options.wrangler[:-1] == ["--port", "8787", "--var"]
    name, _, routes = options.wrangler[-1].partition(":")
    assert name == "ROUTES"
    assert {route["origin"] for route in json.loads(routes)} == {f"http://127.0.0.1:{chosen}"}
    assert f"the origin is on {chosen}" in capsys.readouterr().err


def test_an_origin_that_believes_this_gateway_serves_it_too(secret: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with another_origin(SECRET) as port:
        monkeypatch.setattr(origin_place, "PORT", port)
        assert dev.beside(LOCAL_GATEWAY) == (LOCAL_GATEWAY, ())


def test_something_that_does_not_speak_http_is_no_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin_place, "PATIENCE", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        assert not origin_place.believes(silent.getsockname()[1], SECRET)


def test_a_free_port_is_the_origins_own(monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.free_port()
    monkeypatch.setattr(origin_place, "PORT", port)
    assert dev.beside(LOCAL_GATEWAY) == (LOCAL_GATEWAY, ("origin", "--port", str(port), "--seed"))


def test_only_what_leads_to_the_example_origin_is_moved() -> None:
    routes = [{"path": "/a", "origin": "http://127.0.0.1:8788"}, {"path": "/b", "origin": "https://b.example"}]
    assert [route["origin"] for route in json.loads(origin_place.moved(routes, 9))] == [
        "http://127.0.0.1:9",
        "https://b.example",
    ]


def test_another_environment_brings_no_origin() -> None:
    options = dev.Options(environment="staging")
    assert dev.beside(options) == (options, ())
