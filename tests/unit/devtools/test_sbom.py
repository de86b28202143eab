"""`sbom`: a bill that others can read, of exactly what is in the lock file, the same every time."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devtools.failure import Failure
from devtools.installing import vendor
from devtools.installing.locked import requirement
from devtools.paths import ROOT, WORKER_LOCK
from devtools.releasing import sbom


@pytest.fixture(scope="module")
def text() -> str:
    return sbom.render(sbom.bill())


@pytest.fixture(scope="module")
def bill(text: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(text)
    return made


def test_the_bill_is_valid_cyclonedx_1_6(text: str) -> None:
    from cyclonedx.validation.json import JsonStrictValidator  # seconds, which only who runs this test should take

    assert JsonStrictValidator(sbom.SCHEMA).validate_str(text) is None
    assert json.loads(text)["specVersion"] == "1.6"
    assert JsonStrictValidator(sbom.SCHEMA).validate_str(text.replace('"library"', '"book"')) is not None


def test_the_worker_is_the_main_component_and_depends_on_all_that_ships(bill: dict[str, Any]) -> None:
    main = bill["metadata"]["component"]
    assert (main["type"], main["name"], main["licenses"]) == ("application", "gatehouse", [{"license": {"id": "MIT"}}])
    needs = {entry["ref"]: set(entry.get("dependsOn", ())) for entry in bill["dependencies"]}
    assert needs[main["bom-ref"]] == {component["bom-ref"] for component in bill["components"]}


def test_every_package_of_the_lock_and_no_other_is_listed_with_the_hash_of_its_wheel(bill: dict[str, Any]) -> None:
    listed = {component["purl"]: component for component in bill["components"]}
    locked = re.findall(r"^(\S+)==(\S+)", WORKER_LOCK.read_text(), re.MULTILINE)
    assert listed.keys() == {f"pkg:pypi/{name}@{version}" for name, version in locked}
    for name, version in locked:
        component = listed[f"pkg:pypi/{name}@{version}"]
        (digest,), (wheel,) = component["hashes"], component["properties"]
        assert digest["alg"] == "SHA-256"
        assert f"--hash=sha256:{digest['content']}" in requirement(name, WORKER_LOCK)
        assert wheel["value"].endswith(("-none-any.whl", f"-{vendor.TARGET[2]}.whl"))


def test_what_a_package_requires_is_listed_as_far_as_the_worker_runs_it(bill: dict[str, Any]) -> None:
    needs = {entry["ref"].partition("@")[0]: entry.get("dependsOn", []) for entry in bill["dependencies"]}
    required = {other.partition("@")[0] for other in needs["pkg:pypi/pydantic"]}
    assert required == {
        f"pkg:pypi/{name}" for name in ("annotated-types", "pydantic-core", "typing-extensions", "typing-inspection")
    }
    assert needs["pkg:pypi/pyjwt"] == [], "no extra of it ships, and nothing for older Pythons"


def test_what_is_linked_into_compiled_code_is_part_of_its_wheel(bill: dict[str, Any]) -> None:
    parts = {component["name"]: component.get("components", []) for component in bill["components"]}
    crates = {part["name"] for part in parts.pop("pydantic_core")}
    assert {"pyo3", "jiter", "serde_json"} <= crates
    assert "pyo3-build-config" not in crates, "it only built it"
    assert not any(parts.values())


def test_everything_states_its_licence(bill: dict[str, Any]) -> None:
    for component in bill["components"]:
        assert component["licenses"], component["name"]
        assert all(part["licenses"] and part["hashes"] and part["purl"] for part in component.get("components", []))


def test_the_same_lock_gives_the_same_bytes_and_they_are_nobodys_in_particular() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-m", "devtools", "sbom"],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    (only,) = printed
    assert str(ROOT) not in only
    assert not re.search(r"file:|/home/|\d\d:\d\d:\d\d", only)


def test_packages_that_were_not_put_there_are_one_line_with_the_mend(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = tmp_path / "record.json"
    monkeypatch.setattr(vendor, "RECORD", record)
    for content in (None, "{", '[{"name": "x"}]'):
        if content is not None:
            record.write_text(content)
        with pytest.raises(Failure, match="devtools vendor"):
            sbom.bill()
    record.write_text("[]")
    with pytest.raises(Failure, match="other packages than were put there"):
        sbom.bill()
