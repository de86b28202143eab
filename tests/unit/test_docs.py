"""What the documentation says is so: its tables are those of the source, its code runs, its links lead somewhere."""

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gatehouse_verifier
import pytest

import cache
import challenges
import signing
from configuration import load_settings
from devtools import example, node
from devtools.__main__ import COMMANDS
from devtools.paths import ROOT
from messages import Request, Response
from telemetry import Exchange, analytics_point
from tests.unit.in_memory import World
from tests.unit.signed_requests import sign

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", *ROOT.glob("C*.md"), *ROOT.glob("SECURITY.md")])
SECRET = "a secret of more than thirty-two bytes"
NEXT = "another secret of more than thirty-two bytes"


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
            refusals.insufficient_scope("scope", ["read"]),
            refusals.keys_unavailable(30),
        )
    }
    table = page("authentication.md").split("| situation |", 1)[1].split("\n\n")[0].splitlines()[2:]
    written = {}
    for line in table:
        _, status, code_cell, challenge = [cell.strip() for cell in line.strip("|").split("|")]
        written[code_cell.strip("`")] = (status, re.sub(r"^`([^`]*)`.*|^none.*", r"\1", challenge))
    made["invalid_token"] = (made["invalid_token"][0], made["invalid_token"][1].replace("The token has expired", "…"))
    made["insufficient_scope"] = (made["insufficient_scope"][0], made["insufficient_scope"][1].replace("read", "…"))
    assert written == made


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
    secrets = dict.fromkeys(("JWT_SECRET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "s" * 64)
    loaded = load_settings({**secrets, **variables}, set())
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


# --- The verifiers -----------------------------------------------------------------------------------------------


HOST = "abc.lambda-url.eu-west-1.on.aws"
PATH, QUERY, BODY = "/users/Zo%C3%AB", "limit=2&next=", '{"name": "Zoë"}'
FIELDS = {
    "accept": "*/*",
    "content-type": "application/json",
    "x-geo-country": "CH",
    "x-tenant": "a",
    "x-user-id": "Zo%C3%AB",
    "x-user-role": "admin,a%2Cb",
}


def event(secret: str = SECRET, *, signed_at: float | None = None, host: str = HOST, **changes: Any) -> dict[str, Any]:
    """A function URL's event of a request signed by the gateway, and then changed. A field of None is taken away."""
    fields, key = {**FIELDS, "cookie": "a=1; b=2"}, signing.origin_key(secret)
    now = time.time() if signed_at is None else signed_at
    digest = hashlib.sha256(BODY.encode()).hexdigest()
    added = sign("POST", host, PATH, QUERY, {**fields, **changes.pop("fields", {})}, digest, key, now)
    made: dict[str, Any] = {
        "version": "2.0",
        "rawPath": PATH,
        "rawQueryString": QUERY,
        "cookies": ["a=1", "b=2"],
        "requestContext": {"http": {"method": changes.pop("method", "POST")}, "domainName": HOST},
        "body": BODY,
        "isBase64Encoded": False,
    }
    headers = {**FIELDS, "host": host, "cf-ray": "1", "x-amzn-trace-id": "2", **added, **changes.pop("headers", {})}
    return {**made, "headers": {name: text for name, text in headers.items() if text is not None}, **changes}


def good() -> list[dict[str, Any]]:
    """Signed now: a signature is good for five minutes."""
    return [event(), event(NEXT), event(isBase64Encoded=True, body="eyJuYW1lIjogIlpvw6sifQ==")]


def bad() -> list[dict[str, Any]]:
    return [
        event("a secret of somebody else, long enough"),
        event(signed_at=time.time() - 400),
        event(signed_at=time.time() + 400),
        event(host="other.lambda-url.eu-west-1.on.aws"),
        event(method="PUT"),
        event(rawPath="/users/ada"),
        event(rawQueryString="next=&limit=2"),
        event(body="{}"),
        event(cookies=["a=1"]),
        event(cookies=["b=2", "a=1"]),
        event(cookies=[]),
        event(headers={"cookie": "a=1; b=2; c=3"}),
        event(headers={"x-user-id": "ada"}),
        event(headers={"x-user-id": None}),
        event(headers={"x_user_role": "admin"}),
        event(headers={"content-type": "text/xml"}),
        event(headers={"Idempotency_Key": "k"}),
        event(headers={"x-http-method-override": "DELETE"}),
        event(headers={"x-tenant": "b"}),
        event(headers={"x-tenant": None}),
        event(fields={"x-tenant": "ä"}, headers={"x-tenant": "b"}),
        event(headers={"host": "evil.example"}),
        event(headers={"x-gateway-signature": "t=1,kid=000000000000,v1=00"}),
        event(headers={"x-gateway-signature": None}),
    ]


def node_answers(tmp_path: Path, events: list[dict[str, Any]]) -> list[str | None]:
    """What the verifier in Node says of events, one after the other, with one memory of nonces."""
    module = tmp_path / "verifier.mjs"
    run = """
        const used = new Set();
        const isNew = async (nonce) => !used.has(nonce) && Boolean(used.add(nonce));
        const answers = [];
        for (const event of JSON.parse(process.argv[2])) answers.push(await refusal(event, isNew));
        console.log(JSON.stringify(answers));"""
    module.write_text(f"{code('origins.md', 'js')}\n{run}\n", encoding="utf-8")
    said = subprocess.run(
        [node.locate().executable, module, json.dumps(events)],
        env={**os.environ, "ORIGIN_SECRET": SECRET, "ORIGIN_SECRET_NEXT": NEXT, "ORIGIN_HOSTS": f"api.example,{HOST}"},
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[str | None] = json.loads(said.stdout)
    return answers


def test_the_node_verifier_takes_what_the_gateway_signed_and_nothing_else(tmp_path: Path) -> None:
    taken, refused = good(), bad()
    answers = node_answers(tmp_path, taken + refused)
    assert answers[: len(taken)] == [None] * len(taken)
    assert [type(answer) for answer in answers[len(taken) :]] == [str] * len(refused)


def test_both_verifiers_ask_for_the_same_fields() -> None:
    listed = code("origins.md", "js").split("ASKED_FOR = new Set([")[1].split("]);")[0]
    assert set(re.findall(r'"([\w-]+)"', listed)) == gatehouse_verifier.ASKED_FOR | {"x-tenant"}


def test_the_verifier_lets_pass_nothing_that_is_signed() -> None:
    assert not {name for name in gatehouse_verifier.ASKED_FOR if name in signing.REWRITTEN}


def test_the_node_verifier_takes_a_repetition_and_no_replay(tmp_path: Path) -> None:
    first, again = event(), event()
    answers = node_answers(tmp_path, [first, again, first, again])
    assert answers == [None, None, "the request was sent before", "the request was sent before"]


def test_the_python_handler_takes_what_the_gateway_signed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_SECRET", SECRET)
    monkeypatch.setenv("ORIGIN_HOSTS", f"api.example,{HOST}")
    monkeypatch.setattr(sys, "path", [str(ROOT / "origin"), *sys.path])
    names: dict[str, Any] = {}
    exec(code("origins.md", "python"), names)
    handler = names["handler"]
    assert handler(event(), None) == {"statusCode": 200, "body": "Zoë ['admin', 'a,b']"}
    assert {handler(one, None)["statusCode"] for one in bad()} == {401}
