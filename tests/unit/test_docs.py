"""What the documentation says is so: its tables are those of the source, its code runs, its links lead somewhere."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from caching import policy as cache
from configuration.loading import load_settings
from configuration.maintenance import MAINTENANCE
from core.messages import Request, Response
from devtools import example
from devtools.__main__ import COMMANDS
from devtools.paths import ROOT
from identity import challenges
from identity.resources import WELL_KNOWN, ProtectedResources
from identity.visitors import VisitorRule
from operations.telemetry import Exchange, analytics_point
from tests.unit.in_memory import World

pytestmark = pytest.mark.example
"""The pages tell of the example origin, too, and name its files."""

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", *ROOT.glob("C*.md"), *ROOT.glob("SECURITY.md")])


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def code(name: str, language: str) -> str:
    """The first block of that language on a page."""
    found = re.search(rf"^```{language}\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL)
    assert found, f"{name} has no {language}"
    return found[1]


def rows(name: str, title: str) -> dict[str, str]:
    """First and second column of the table whose head begins with `title`; backticks around the first taken off."""
    table = page(name).split(f"| {title} |", 1)[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {first.strip("`") if first.count("`") == 2 else first: second for first, second, *_ in cells}


# --- Tables ------------------------------------------------------------------------------------------------------


def test_the_reasons_of_a_refused_token_are_the_gateways() -> None:
    assert rows("authentication.md", "`reason`") == challenges.REASONS


def test_the_challenges_are_the_gateways() -> None:
    refusals = challenges.Challenges("gatehouse")
    made = {
        problem.code: (str(problem.status), problem.headers.get("www-authenticate", ""))
        for problem in (
            refusals.token_missing(),
            refusals.invalid_request("scheme"),
            refusals.invalid_token("expired"),
            refusals.cross_site(),
            refusals.insufficient_scope("scope", ["read"]),
            refusals.keys_unavailable(30),
        )
    }
    resources = ProtectedResources(load_settings({"JWT_SECRET": "s" * 32}, set()))
    asked = Request("GET", "https", "api.example", "/a")
    for name, (status, challenge) in made.items():
        named = resources.named_in(challenge, asked).replace(f"https://api.example{WELL_KNOWN}/a", "…")
        made[name] = (status, named)
    table = page("authentication.md").split("| situation |", 1)[1].split("\n\n")[0].splitlines()[2:]
    written = {}
    for line in table:
        _, status, code_cell, challenge = [cell.strip() for cell in line.strip("|").split("|")]
        written[code_cell.strip("`")] = (status, re.sub(r"^`([^`]*)`.*|^none.*", r"\1", challenge))
    made["invalid_token"] = (made["invalid_token"][0], made["invalid_token"][1].replace("The token has expired", "…"))
    made["insufficient_scope"] = (made["insufficient_scope"][0], made["insufficient_scope"][1].replace("read", "…"))
    assert written == made


REFUSAL = re.compile("[a-z_]{4,}")


def refusals_of_the_source() -> Iterator[tuple[int, str]]:
    """Status and code of every refusal written down in `src/`: an argument or the beginning of a tuple."""
    for path in (ROOT / "src").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            parts = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
            match parts:
                case [ast.Constant(int(status)), ast.Constant(str(code)), *_]:
                    if 400 <= status < 600 and REFUSAL.fullmatch(code):
                        yield status, code


def test_every_refusal_is_explained() -> None:
    cells = (line.split("|") for line in page("problems.md").splitlines() if re.match(r"\| \d{3} \|", line))
    written = [(int(status), code.strip(" `")) for _, status, code, *_ in cells]
    assert len(written) == len(set(written))
    placed = {(status, "not_here") for status in get_args(VisitorRule.model_fields["status"].annotation)}
    assert set(written) == {*refusals_of_the_source(), *placed, (503, MAINTENANCE)}


def test_the_reasons_not_to_store_are_the_caches() -> None:
    assert list(rows("caching.md", "`detail`")) == [name for name, _ in cache.REFUSALS]


def test_every_event_of_the_log_is_explained() -> None:
    written = set(re.findall(r"`(\w+)`", " ".join(f"`{one.strip('`')}`" for one in rows("operations.md", "`event`"))))
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    assert written | {"request"} == set(re.findall(r"log\(\s*\"(\w+)\"", sources))


def test_every_column_of_the_analytics_is_explained() -> None:
    exchange = Exchange(Request("GET", "https", "gateway.example", "/"), "id-1", 0.0, World().background)
    _, blobs, doubles = analytics_point(exchange, Response(204), 1.0)
    explained = re.findall(r"`(\w+)`", " ".join(f"`{one.strip('`')}`" for one in rows("operations.md", "column")))
    assert explained == [
        "index1",
        *(f"blob{number}" for number in range(1, len(blobs) + 1)),
        *(f"double{number}" for number in range(1, len(doubles) + 1)),
    ]


def test_every_binding_the_gateway_looks_for_is_explained() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    looked_for = set(re.findall(r'"([A-Z]+)" in bindings', sources))
    assert {"ANALYTICS", "CACHE"} <= looked_for
    explained = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    assert {name for name in looked_for if f"`{name}`" not in explained and f'"{name}"' not in explained} == set()


def test_every_file_named_exists() -> None:
    for path in PAGES:
        for name in re.findall(
            r"`((?:src|tests|devtools|origin|docs|public)/[\w./-]+)`", path.read_text(encoding="utf-8")
        ):
            if not name.startswith("origin/") or example.FOLDER.exists():
                assert (ROOT / name).exists(), f"{path.name}: {name}"


def defences() -> list[tuple[str, list[str]]]:
    """Every threat of the security page, with the tests that it names."""
    text = page("security.md").split("## Threats", 1)[1].split("## Settings", 1)[0]
    cells = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    found = [(threat.strip(), re.findall(r"`(tests/[^`]+)`", tests)) for threat, _, tests in cells]
    return [row for row in found if row[0] not in ("threat", "---")]


@pytest.mark.parametrize(("threat", "tests"), defences(), ids=[threat[:40] for threat, _ in defences()])
def test_every_threat_names_tests_that_exist(threat: str, tests: list[str]) -> None:
    assert tests, threat
    for name in tests:
        file, *path = name.split("::")
        body: list[ast.stmt] = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
        for part in path:
            named = [one for one in body if isinstance(one, ast.ClassDef | ast.FunctionDef) and one.name == part]
            assert named, f"there is no {name}"
            body = named[0].body
        assert path, name
        assert path[-1].startswith("test_"), name


def test_every_tool_named_exists() -> None:
    named = {
        found for path in PAGES for found in re.findall(r"python -m devtools (\w+)", path.read_text(encoding="utf-8"))
    }
    assert named <= set(COMMANDS)


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        found
        for path in PAGES
        for found in re.findall(
            r"`make ([a-z-]+)|^(?:\$ )?make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert {one or other for one, other in named} <= targets


def settings_shown() -> Iterator[tuple[str, dict[str, Any]]]:
    """The variables of every block of TOML, with the page it is on."""
    for path in PAGES:
        for block in re.findall(r"^```toml\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            table = tomllib.loads(block)
            yield from ((path.name, part["vars"]) for part in table.get("env", {"": table}).values() if "vars" in part)


@pytest.mark.parametrize(("name", "variables"), list(settings_shown()))
def test_settings_shown_are_settings_taken(name: str, variables: dict[str, Any]) -> None:
    named = ("JWT_SECRET", "JWT_SECRET_OLD", "ORIGIN_SECRET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    secrets = dict.fromkeys(named, "s" * 64)
    loaded = load_settings({**secrets, **variables}, {"ASSETS", "KEYS"})
    assert loaded.routes or loaded.issuers


# --- Links -------------------------------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        linked = (path.parent / name).resolve() if name else path
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target
