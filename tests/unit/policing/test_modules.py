"""People's policies are found once, when the configuration is read; whatever is wrong with one closes the gateway."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import policies
from configuration.loading import load_settings
from core.faults import Misconfigured
from tests.unit.policing.policy_house import ORIGIN

GOOD = "def on_request(call):\n    return None\n"
TOLD = """\
import policy
from pydantic import Field, field_validator

class Settings(policy.Settings):
    percent: int = Field(ge=0, le=100)
    keys: tuple[policy.Secret, ...] = ()

    @field_validator("percent")
    @classmethod
    def odd(cls, value: int) -> int:
        return 1 // (value - 13) and value

def on_request(call):
    return None
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules are policies as well."""
    place = tmp_path / "policies"
    place.mkdir()
    monkeypatch.setattr(policies, "__path__", [*policies.__path__, str(place)])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield place
    for name in set(sys.modules) - before:
        if name.startswith("policies."):
            del sys.modules[name]


def faults_of(*names: str, told: Any = None, **variables: Any) -> list[str]:
    given = {"ROUTES": [{**ORIGIN, "policies": list(names)}], "POLICIES": told or {}, **variables}
    try:
        load_settings(given, set())
    except Misconfigured as error:
        return error.faults
    return []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "src/policies/one.py has neither on_request(call) nor on_response(call, response)"),
        ("on_request = 5", "has an on_request that is no function; write def on_request(call)"),
        ("class on_request: pass", "has an on_request that is no function"),
        ("def on_request(): pass", "has an on_request that does not take what it is given; write def on_request(call)"),
        ("def on_response(call): pass", "write def on_response(call, response)"),
        ("def on_request(call, *, more): pass", "does not take what it is given"),
        ("def on_request(call):\n    yield", "has an on_request that yields; it answers by return"),
        (GOOD + "Settings = 5", "has a Settings that is no class of policy.Settings"),
        ("import json\n\nx = missing", "src/policies/one.py, line 3: NameError: name 'missing' is not defined"),
        ("def on_request(call)\n    pass", "src/policies/one.py, line 1: SyntaxError"),
        ("import nothing_of_the_kind", "src/policies/one.py, line 1: ModuleNotFoundError"),
        ("import sys\nsys.exit(1)", "src/policies/one.py, line 2: SystemExit: 1"),
        ("raise KeyboardInterrupt", "src/policies/one.py, line 1: KeyboardInterrupt"),
        ("from policies import _two", "src/policies/_two.py, line 1: ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_used_is_a_fault_with_its_place(folder: Path, text: str, fault: str) -> None:
    (folder / "one.py").write_text(text)
    (folder / "_two.py").write_text("1 / 0")
    (found,) = faults_of("one")
    assert found.startswith("ROUTES[0].policies[0]: ")
    assert fault in found


@pytest.mark.parametrize("name", ["", "..", "os", "a.b", "../secret", "_shared", "Tenant", "a-b", "__init__", "a" * 41])
def test_only_modules_of_the_policies_are_ever_imported(name: str) -> None:
    before = set(sys.modules)
    (found,) = faults_of(name)
    assert "policies" in found
    assert {module for module in set(sys.modules) - before if module.startswith("policies")} == set()


def test_a_policy_that_is_not_there_and_one_that_is_listed_twice_are_told() -> None:
    assert faults_of("nowhere") == [
        "ROUTES[0].policies[0]: there is no policy 'nowhere': write src/policies/nowhere.py"
    ]
    assert faults_of("tenant", "tenant", told={"tenant": {"domain": "a.b"}}) == [
        "ROUTES[0].policies: 'tenant' is listed twice"
    ]


def test_what_no_route_names_is_not_imported(folder: Path) -> None:
    (folder / "unused.py").write_text("1 / 0")
    assert faults_of() == []


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ({"told": {"percent": 5}}, []),
        ({}, ["POLICIES.told.percent: must be written"]),
        ({"told": {"percent": 101}}, ["POLICIES.told.percent: Input should be less than or equal to 100"]),
        ({"told": {"percent": 5, "typo": 1}}, ["POLICIES.told.typo: there is no such setting; check its spelling"]),
        ({"told": {"percent": 13}}, ["POLICIES.told: src/policies/told.py, line 11: ZeroDivisionError: "]),
        (
            {"told": {"percent": 5, "keys": ["KEY", "NONE"]}},
            ["POLICIES.told.keys[1]: the secret NONE is not set; run: wrangler secret put NONE"],
        ),
        (
            {"told": {"percent": 5, "keys": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}},
            ["POLICIES.told.keys[0]: must be the name of a secret, in capitals as in STRIPE_WEBHOOK_SECRET, and not"],
        ),
        (
            {"told": {"percent": 5}, "tenant": {}},
            ["POLICIES.tenant: no route has this policy; leave it out, or list it in a route's policies"],
        ),
        ({"told": 5}, ["POLICIES.told: must be a table"]),
        ({"../x": {}}, ["POLICIES: '../x' is not a policy's name"]),
    ],
)
def test_what_a_policy_is_told_is_checked_by_its_own_settings(folder: Path, told: Any, faults: list[str]) -> None:
    (folder / "told.py").write_text(TOLD)
    found = faults_of("told", told=told, KEY="secret")
    assert len(found) == len(faults)
    assert all(line.startswith(fault) for line, fault in zip(found, faults, strict=True)), found


def test_settings_for_a_policy_that_takes_none_are_a_fault(folder: Path) -> None:
    (folder / "plain.py").write_text("from policy import Settings\n" + GOOD)
    assert faults_of("plain", told={"plain": {}}) == [
        "POLICIES.plain: src/policies/plain.py has no class Settings, and takes none"
    ]
