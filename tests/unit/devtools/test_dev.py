"""`dev`: which options are its own, which are wrangler's, and which runtime is taken."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devtools import example, ports
from devtools.application import origin
from devtools.application.function_url import FunctionUrlServer
from devtools.configuration import local_vars, wrangler_config
from devtools.failure import Failure
from devtools.identity import local_keys
from devtools.runtime.official import Availability
from devtools.serving import companion, dev, dev_options, origin_place

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
    options = dev_options.parse(["--runtime", "embedded", *given])
    assert options.wrangler == given
    assert (options.runtime, options.port, options.config) == ("embedded", 9000, Path("other.toml").resolve())


def test_the_port_is_always_said_so_that_wrangler_does_not_choose_another() -> None:
    assert dev_options.parse([*OTHER]).wrangler == [*OTHER, "--port", "8787"]


def test_gateways_that_start_at_once_are_not_in_each_others_way_with_their_inspectors(tmp_path: Path) -> None:
    config = tmp_path / "wrangler.toml"
    config.write_text("")
    given = ["--config", str(config)]
    option, port = dev.inspector(dev_options.parse(given))
    assert option == "--inspector-port"
    assert int(port) in ports.UNASKED
    assert dev.inspector(dev_options.parse([*given, "--inspector-port", "9229"])) == []
    assert dev.inspector(dev_options.parse([*given, "--inspectorPort=9229"])) == []
    config.write_text("[dev]\ninspector_port = 9229\n")
    assert dev.inspector(dev_options.parse(given)) == []


def test_places_add_up() -> None:
    place = dev_options.parse([*OTHER, "--cf", "country=DE, city=Berlin", "--cf", '{"isEUCountry": "1"}']).cf
    assert place == {"country": "DE", "city": "Berlin", "isEUCountry": "1"}


@pytest.mark.parametrize("options", [["--cf", "Berlin"], ["--cf", "{"], ["--runtime", "fast"]])
def test_an_option_that_cannot_be_read_is_a_failure_with_the_way_to_the_help(options: list[str]) -> None:
    with pytest.raises(Failure, match="dev --help"):
        dev_options.parse([*OTHER, *options])


@pytest.mark.parametrize("port", ["http", "-1", "65536", "99999", "\u0968"])
def test_a_port_that_is_none_is_told_as_much(port: str) -> None:
    with pytest.raises(Failure, match=r"--port.*65535"):
        dev_options.parse([*OTHER, f"--port={port}"])


def test_auto_takes_the_official_runtime_when_it_is_at_hand(bundle: type[Bundle]) -> None:
    official, why = dev.choose_runtime(dev_options.Options(), CONFIG)
    assert official is not None
    assert why == "Cloudflare's bundle is cached"
    assert bundle.asked == [(5.0, False)]


def test_auto_falls_back_and_says_why(bundle: type[Bundle]) -> None:
    bundle.found = Availability(False, "could not be fetched (no route to host)")
    official, why = dev.choose_runtime(dev_options.Options(), CONFIG)
    assert official is None
    assert "could not be fetched (no route to host)" in why
    assert "--runtime official" in why


def test_the_official_runtime_alone_is_tried_again_and_its_absence_is_a_failure(bundle: type[Bundle]) -> None:
    bundle.found = Availability(False, "could not be fetched (no route to host)")
    with pytest.raises(Failure, match=r"no route to host.*--runtime embedded"):
        dev.choose_runtime(dev_options.Options(runtime="official"), CONFIG)
    assert bundle.asked == [(60.0, True)]


def test_the_embedded_runtime_can_be_asked_for_and_is_needed_for_a_place(bundle: type[Bundle]) -> None:
    assert dev.choose_runtime(dev_options.Options(runtime="embedded"), CONFIG)[0] is None
    assert dev.choose_runtime(dev_options.Options(cf={"country": "DE"}), CONFIG) == (None, "--cf needs it")
    with pytest.raises(Failure, match="--cf needs the embedded runtime"):
        dev.choose_runtime(dev_options.Options(runtime="official", cf={"country": "DE"}), CONFIG)
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


# --- What is said goes before what is made or moved ---------------------------------------------------------------

ISSUER = {"issuer": "https://id.example/", "audience": "a", "algorithms": ["RS256"], "jwks_url": "https://id.example/j"}
ISSUERS = "ISSUERS = [{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in ISSUER.items()) + " }]"
USUAL = [{"path": "/a", "origin": "http://127.0.0.1:8788", "auth": "none"}]
TOML = """
name = "mine"
[env.local.vars]
DEFAULT_COUNTRY = "PT"
[[env.local.vars.ROUTES]]
path = "/a"
origin = "http://127.0.0.1:8788"
[env.mine.vars]
DEFAULT_COUNTRY = "DE"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, with the keys that the first `make dev` makes."""
    toml = tmp_path / "wrangler.toml"
    toml.write_text(TOML)
    for module in (dev, dev_options, companion):
        monkeypatch.setattr(module, "WRANGLER_TOML", toml)
    local_keys.ensure_local_keys(tmp_path)
    return tmp_path


def asked(project: Path, *options: str) -> dev_options.Options:
    return dev_options.parse(["--config", str(project / "wrangler.toml"), *options])


def written(project: Path, environment: str, *lines: str) -> None:
    """Put lines into `[env.….vars]` of wrangler.toml."""
    place = f"[env.{environment}.vars]"
    toml = project / "wrangler.toml"
    toml.write_text(toml.read_text().replace(place, "\n".join((place, *lines))))


@pytest.mark.parametrize("environment", ["local", "mine"])
def test_issuers_of_wrangler_toml_go_before_those_that_were_made(project: Path, environment: str) -> None:
    toml = project / "wrangler.toml"
    assert local_keys.LOCAL_ISSUER in local_vars.read(toml, environment)[0]["ISSUERS"]
    written(project, environment, ISSUERS, 'JWT_SECRET = "of wrangler.toml"')
    told, _ = local_vars.read(toml, environment)
    assert (told["ISSUERS"], told["JWT_SECRET"]) == ([ISSUER], "of wrangler.toml")
    said = "\n".join(dev_options.said_twice(asked(project, "--env", environment)))
    assert "ISSUERS: wrangler.toml has it" in said
    assert "JWT_SECRET: wrangler.toml has it" in said
    assert "ORIGIN_SECRET" not in said
    assert local_keys.ensure_local_keys(project, environment) == []


def test_both_runtimes_are_told_the_issuers_of_wrangler_toml(project: Path, tmp_path: Path) -> None:
    written(project, "mine", ISSUERS)
    options = asked(project, "--env", "mine")
    var, pair = dev._over_what_was_made(options)
    assert (var, json.loads(pair.removeprefix("ISSUERS:"))) == ("--var", [ISSUER])
    assert dev._over_what_was_made(asked(project, "--env", "mine", "--var", "ISSUERS:[]")) == []
    yielded = local_vars.yielded(options.config, "mine")
    wrangler_config.write({}, tmp_path / "session", project, lambda text: local_vars.without(text, yielded))
    seen = local_vars.parse((tmp_path / "session" / ".dev.vars").read_text())
    assert set(seen) == {"JWT_SECRET", "ORIGIN_SECRET", *local_keys.AWS_KEYS}
    assert (tmp_path / "session" / ".dev.vars").stat().st_mode & 0o777 == 0o600


def test_a_line_of_dev_vars_that_somebody_changed_is_theirs(project: Path) -> None:
    secrets = project / ".dev.vars"
    made = local_vars.parse(secrets.read_text())["ISSUERS"]
    secrets.write_text(secrets.read_text().replace(made, json.dumps([ISSUER])))
    written(project, "local", "ISSUERS = []")
    assert json.loads(local_vars.read(project / "wrangler.toml", "local")[0]["ISSUERS"]) == [ISSUER]
    assert list(dev_options.said_twice(asked(project))) == [
        "ISSUERS: .dev.vars has it, and so what wrangler.toml has in [env.local.vars] is not in force"
    ]


def test_an_option_goes_before_everything_and_that_is_told(project: Path) -> None:
    options = asked(project, "--var", "DEFAULT_COUNTRY:FR", "NEW:1", "--var", "URL:https://x.example/a")
    assert options.variables == {"DEFAULT_COUNTRY": "FR", "NEW": "1", "URL": "https://x.example/a"}
    assert list(dev_options.said_twice(options)) == [
        "DEFAULT_COUNTRY: --var has it, and so what else is set for it is not in force"
    ]


def test_keys_are_made_where_wrangler_reads_them_and_once(tmp_path: Path) -> None:
    (tmp_path / "wrangler.toml").write_text(TOML)
    (tmp_path / ".dev.vars.local").write_text("DEFAULT_COUNTRY=FR\n")
    assert local_keys.ensure_local_keys(tmp_path) == ["JWT_SECRET", "ORIGIN_SECRET", *local_keys.AWS_KEYS, "ISSUERS"]
    assert not (tmp_path / ".dev.vars").exists()
    assert local_keys.ensure_local_keys(tmp_path) == []


def test_keys_are_added_to_a_dot_env_that_a_dev_vars_would_shut_out(tmp_path: Path) -> None:
    toml = tmp_path / "wrangler.toml"
    toml.write_text(TOML)
    (tmp_path / ".env").write_text("ORIGIN_SECRET=of-mine\n")
    assert local_keys.ensure_local_keys(tmp_path) == ["JWT_SECRET", *local_keys.AWS_KEYS, "ISSUERS"]
    assert local_vars.read(toml, "local")[0]["ORIGIN_SECRET"] == "of-mine"
    (tmp_path / ".dev.vars").write_text("JWT_SECRET=x\n")
    assert list(local_vars.shadows(toml, "local")) == [".env: not read by wrangler beside .dev.vars"]


def test_files_named_with_an_option_are_what_is_read(project: Path) -> None:
    (project / "mine.env").write_text("ORIGIN_SECRET=of-mine\n")
    options = asked(project, "--env-file", "mine.env")
    assert companion.secrets_of(options) == {"ORIGIN_SECRET": "of-mine"}
    assert list(dev_options.said_twice(options)) == ["--env-file: .dev.vars is not read"]
    assert dev._over_what_was_made(options) == []


def test_port_and_address_are_wrangler_tomls_unless_an_option_says_otherwise(project: Path) -> None:
    toml = project / "wrangler.toml"
    toml.write_text('dev = { port = 9123, ip = "127.0.0.1" }\n' + toml.read_text())
    options = asked(project)
    assert (options.port, options.host, options.wrangler[-2:]) == (9123, "127.0.0.1", ["--port", "9123"])
    options = asked(project, "--port", "9124", "--ip", "::1")
    assert (options.port, options.host) == (9124, "::1")


def test_the_projects_configuration_is_the_same_by_whatever_path(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    assert dev_options.parse(["--config", "wrangler.toml"]).environment == "local"


def test_a_build_that_the_embedded_runtime_does_not_run_is_told() -> None:
    config = {"build": {"command": "make"}, "env": {"mine": {"minify": True}}}
    assert wrangler_config.set_aside(config, "mine") == ["build", "minify"]
    assert wrangler_config.set_aside({"main": "x"}, None) == []


# --- The example origin beside the gateway -----------------------------------------------------------------------

SECRET = "the secret of this gateway and its origin"


@pytest.fixture
def local(project: Path) -> dev_options.Options:
    (project / ".dev.vars").write_text(f"ORIGIN_SECRET='{SECRET}'\n")
    return asked(project)


@contextmanager
def another_origin(secret: str) -> Iterator[int]:
    server = FunctionUrlServer(lambda *_: {"statusCode": 404}, 0)
    server.special["echo"] = origin.echo([secret], [f"127.0.0.1:{server.server_port}"])
    server.start()
    yield server.server_port
    server.stop()


@contextmanager
def something_else(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Another program on the port of the example origin."""
    monkeypatch.setattr(origin_place, "believes", lambda *_: False)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        monkeypatch.setattr(origin_place, "PORT", taken.getsockname()[1])
        yield taken.getsockname()[1]


@pytest.mark.example
def test_an_origin_of_another_checkout_is_not_taken_for_ours(
    local: dev_options.Options, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with another_origin("the secret of quite another checkout") as port:
        monkeypatch.setattr(origin_place, "PORT", port)
        options, command = companion.beside(local)
    chosen = int(command[2])
    assert chosen != port
    assert options.wrangler[:-1] == [*local.wrangler, "--var"]
    name, _, routes = options.wrangler[-1].partition(":")
    assert name == "ROUTES"
    urls = {url for route in json.loads(routes) for url in origin_place.addresses(route)}
    assert urls == {f"http://127.0.0.1:{chosen}"}
    assert f"the origin is on {chosen}" in capsys.readouterr().err


@pytest.mark.example
def test_an_origin_that_believes_this_gateway_serves_it_too(
    local: dev_options.Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    with another_origin(SECRET) as port:
        monkeypatch.setattr(origin_place, "PORT", port)
        assert companion.beside(local) == (local, ())


@pytest.mark.example
@pytest.mark.parametrize("by", ["--var", ".dev.vars"])
def test_routes_that_somebody_set_are_not_moved_when_the_port_is_taken(
    local: dev_options.Options, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    routes = json.dumps(USUAL)
    options = local
    if by == "--var":
        options = asked(local.config.parent, "--var", f"ROUTES:{routes}")
    else:
        (local.config.parent / by).write_text(f"ROUTES='{routes}'\n")
    with something_else(monkeypatch):
        assert companion.beside(options) == (options, ())
    assert "ROUTES stays as you set it" in capsys.readouterr().err


@pytest.mark.parametrize(
    "value",
    ['[{"path": "/a", "origin": "https://a.example"}]', "[]", "no JSON", "{}", '[1, {"path": "/"}]'],
)
def test_an_origin_is_started_for_routes_that_lead_to_it_alone(
    local: dev_options.Options, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    options = asked(local.config.parent, "--var", f"ROUTES:{value}")
    assert companion.beside(options) == (options, ())
    assert "it is not started" in capsys.readouterr().err


def test_a_configuration_without_routes_is_served_without_an_origin(project: Path) -> None:
    (project / "wrangler.toml").write_text('name = "mine"\n[env.local]\n')
    options = asked(project)
    assert companion.beside(options) == (options, ())


def test_the_origin_is_told_the_secret_that_the_gateway_signs_with(local: dev_options.Options) -> None:
    assert companion.secrets_of(local) == {"ORIGIN_SECRET": SECRET}
    options = asked(local.config.parent, "--var", "ORIGIN_SECRET:by-option")
    assert companion.secrets_of(options) == {"ORIGIN_SECRET": "by-option"}


def test_something_that_does_not_speak_http_is_no_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin_place, "PATIENCE", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        assert not origin_place.believes(silent.getsockname()[1], SECRET)


@pytest.mark.example
def test_a_free_port_is_the_origins_own(local: dev_options.Options, monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.free_port()
    monkeypatch.setattr(origin_place, "PORT", port)
    assert companion.beside(local) == (
        local,
        ("origin", "--port", str(port), "--seed", "--gateway", "http://localhost:8787"),
    )


@pytest.mark.example
def test_services_are_the_origins_and_no_option_of_wranglers(local: dev_options.Options) -> None:
    options = dev_options.parse(["--services", "--config", str(local.config)])
    assert (options.services, "--services" in options.wrangler) == (True, False)
    assert companion.beside(replace(local, services=True))[1][-1] == "--services"


def test_a_gateway_whose_port_wrangler_finds_is_told_nothing(local: dev_options.Options) -> None:
    assert "--gateway" not in companion.beside(replace(local, port=0))[1]


def test_only_what_leads_to_the_example_origin_is_moved() -> None:
    routes = [{"path": "/a", "origin": "http://127.0.0.1:8788"}, {"path": "/b", "origin": "https://b.example"}]
    assert [route["origin"] for route in json.loads(origin_place.moved(routes, 9))] == [
        "http://127.0.0.1:9",
        "https://b.example",
    ]
    several = [{"origins": [{"url": "http://localhost:8788/echo"}, {"url": "http://127.0.0.1:8789/echo", "eu": True}]}]
    assert [entry["url"] for entry in json.loads(origin_place.moved(several, 9))[0]["origins"]] == [
        "http://127.0.0.1:9/echo",
        "http://127.0.0.1:8789/echo",
    ]


def test_another_environment_brings_no_origin() -> None:
    options = dev_options.Options(environment="staging")
    assert companion.beside(options) == (options, ())


def test_without_the_example_its_routes_are_told_to_lead_nowhere(
    local: dev_options.Options, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(example, "FOLDER", tmp_path / "absent")
    assert companion.beside(local) == (local, ())
    assert "origin/ is not here" in capsys.readouterr().err
