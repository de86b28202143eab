"""`maintenance`: what it writes into which namespace, and what a mistake is told."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from configuration.maintenance import flag_id
from configuration.settings import RouteSettings
from core.flags import CHANGED, LONGEST_SECONDS, PREFIX
from devtools import namespaces
from devtools.durations import seconds_of
from devtools.failure import Failure
from devtools.operating import maintenance
from devtools.paths import ROOT, TEMPLATE_TOML
from tests.unit.in_memory import NOW

ROUTES = [RouteSettings(path=path, origin="https://o.example") for path in ("/api/users/*", "/api/prices", "/site/*")]
KEY = f"{PREFIX}maintenance:{flag_id('/api/*')}"


class Wrangler:
    """Stands for `wrangler kv key`."""

    def __init__(self) -> None:
        self.entries: dict[str, list[str]] = {}
        self.asked: list[list[str]] = []

    def __call__(self, arguments: Sequence[str]) -> str:
        self.asked.append([*arguments])
        verb, *rest = arguments
        if verb == "put":
            self.entries[rest[0]] = rest[1 : rest.index("--binding")]
        elif verb == "delete":
            del self.entries[rest[0]]
        return json.dumps(
            [
                {"name": name, "metadata": json.loads(told[told.index("--metadata") + 1])}
                for name, told in self.entries.items()
                if "--metadata" in told
            ]
        )


def here(wrangler: Wrangler) -> namespaces.Namespace:
    return namespaces.Namespace("CACHE", "local", deployed=False, folder=Path("/state"), wrangler=wrangler)


def deployed(wrangler: Wrangler) -> namespaces.Namespace:
    return namespaces.Namespace("CACHE", "production", deployed=True, folder=Path("/state"), wrangler=wrangler)


def test_a_flag_is_put_up_listed_and_taken_down() -> None:
    wrangler = Wrangler()
    said = maintenance.close(here(wrangler), ROUTES, "/api/*", "2h", NOW)
    assert said == "closed until 2027-01-15T10:00:00Z, within ten seconds: /api/users/*, /api/prices"
    metadata = json.dumps({"route": "/api/*", "until": int(NOW) + 7200, "made": int(NOW)})
    assert wrangler.entries[KEY] == ["/api/*", "--metadata", metadata, "--ttl", "7200"]
    assert wrangler.entries[CHANGED] == [str(int(NOW * 1000))]
    up = maintenance.flags(here(wrangler), NOW)
    shown = maintenance.table(up | {"/old/*": NOW + 60}, ROUTES).splitlines()
    assert shown == [
        "/api/*  until 2027-01-15T10:00:00Z  /api/users/*, /api/prices",
        "/old/*  until 2027-01-15T08:01:00Z  no route of wrangler.toml",
    ]
    assert maintenance.reopen(here(wrangler), "/api/*", NOW + 1) == "/api/* is open again, within ten seconds"
    assert list(wrangler.entries) == [CHANGED]
    assert wrangler.entries[CHANGED] == [str(int(NOW * 1000) + 1000)], "isolates are told of that, too"
    assert maintenance.table(maintenance.flags(here(wrangler), NOW), ROUTES) == "nothing is closed"
    place = ["--binding", "CACHE", "--env", "local", "--local", "--persist-to", "/state"]
    assert all(asked[-len(place) :] == place for asked in wrangler.asked)


def test_a_deployed_namespace_is_written_through_wrangler() -> None:
    wrangler = Wrangler()
    said = maintenance.close(deployed(wrangler), ROUTES, "/site/*", "2027-01-15T10:00:00+01:00", NOW)
    assert said == "closed until 2027-01-15T09:00:00Z, everywhere within a minute and ten seconds: /site/*"
    assert all(asked[-5:] == ["--binding", "CACHE", "--env", "production", "--remote"] for asked in wrangler.asked)


@pytest.mark.parametrize(
    ("part", "until", "says"),
    [
        ("/nope/*", "2h", "no route is within '/nope/\\*': the routes are /api/users/\\*, /api/prices, /site/\\*"),
        ("/api/users/7", "2h", "no route is within"),
        ("/api/:id", "2h", "as in '/api/{id}'"),
        ("api/users", "2h", "no route is within"),
        ("https://api.example/*", "2h", "must"),
        ("/api/*", "0h", "is past"),
        ("/api/*", "2027-01-15T07:59:59Z", "is past"),
        ("/api/*", "2027-01-15T10:00:00", "time zone"),
        ("/api/*", "-2h", "is past"),
        ("/api/*", "7", "is no moment"),
        ("/api/*", "soon", "is no moment"),
        ("/api/*", "367d", f"{LONGEST_SECONDS // 86_400} days"),
    ],
)
def test_a_mistake_closes_nothing_and_says_so(part: str, until: str, says: str) -> None:
    wrangler = Wrangler()
    with pytest.raises(Failure, match=says) as caught:
        maintenance.close(here(wrangler), ROUTES, part, until, NOW)
    assert (caught.value.code, wrangler.asked) == (2, [])


def test_what_is_not_closed_cannot_be_opened() -> None:
    wrangler = Wrangler()
    with pytest.raises(Failure, match="nothing is closed"):
        maintenance.reopen(here(wrangler), "/api/*", NOW)
    maintenance.close(here(wrangler), ROUTES, "/api/*", "1h", NOW)
    with pytest.raises(Failure, match=r"closed are /api/\*"):
        maintenance.reopen(here(wrangler), "/api/users/*", NOW)
    assert KEY in wrangler.entries
    with pytest.raises(Failure, match="nothing is closed"):
        maintenance.reopen(here(wrangler), "/api/*", NOW + 3600)


@pytest.mark.parametrize(
    ("options", "environment", "is_deployed"),
    [
        ([], "local", False),
        (["--env", "local"], "local", False),
        (["--env", "staging"], "staging", True),
        (["--env", "staging", "--local"], "staging", False),
    ],
)
def test_without_an_environment_it_is_about_this_machine(
    options: list[str], environment: str, is_deployed: bool
) -> None:
    chosen = namespaces.chosen("CACHE", maintenance._options(["list", *options]), TEMPLATE_TOML)
    assert (chosen.environment, chosen.deployed) == (environment, is_deployed)


def test_the_routes_are_those_of_the_environment(tmp_path: Path) -> None:
    """Whatever secrets are not set here: somebody is in a hurry."""
    toml = tmp_path / "wrangler.toml"
    route = '[[env.{}.vars.ROUTES]]\npath = "/{}/*"\norigin = "https://o.example"\nsign = "hmac"\n'
    store = '[[env.{}.kv_namespaces]]\nbinding = "{}"\nid = "x"\n'
    toml.write_text(
        'name = "g"\n' + "".join(route.format(name, name) for name in ("local", "live"))
        + store.format("local", "CACHE") + store.format("live", "OTHER")
    )  # fmt: skip
    (found,) = maintenance.routes_of(here(Wrangler()), toml)
    assert found.path == "/local/*"
    live = namespaces.Namespace("CACHE", "live", deployed=True, folder=tmp_path, wrangler=Wrangler())
    with pytest.raises(Failure, match="no KV namespace is bound as CACHE"):
        maintenance.routes_of(live, toml)
    toml.write_text(toml.read_text().replace("/local/*", "/local/:id"))
    with pytest.raises(Failure, match="doctor"):
        maintenance.routes_of(here(Wrangler()), toml)


def test_what_wrangler_complains_of_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "cli.js"
    complaint = json.dumps("noise\n\x1b[31m✘ \x1b[41m[ERROR]\x1b[0m No such namespace\nusage: …")
    script.write_text(f"console.error({complaint}); process.exit(1)")
    monkeypatch.setattr(namespaces, "WRANGLER", script)
    with pytest.raises(Failure, match="No such namespace: mend what it names"):
        namespaces.run_wrangler(["list"])
    script.write_text("console.log(JSON.stringify(process.argv.slice(2)))")
    assert json.loads(namespaces.run_wrangler(["list", "--local"]))[:4] == ["kv", "key", "list", "--local"]
    monkeypatch.setattr(namespaces, "WRANGLER", ROOT / "nowhere.js")
    with pytest.raises(Failure, match="make setup"):
        namespaces.run_wrangler(["list"])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("-2h", -7200), ("7", None), ("", None), ("1w", None),
     ("1.5h", None), ("\u0667d", None), ("9999999999d", None)],
)  # fmt: skip
def test_every_command_reads_durations_alike(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds
    assert seconds_of(text, unit="s") == (7 if text == "7" else seconds)
