"""Which of tests/unit run inside Pyodide: all of them, but what is listed here with its reason.

A test belongs here when it cannot run there, or when what it tests never runs there; one that fails does not. Whatever
is added to tests/unit runs on both interpreters without being named anywhere.
"""

from collections.abc import Mapping
from pathlib import Path

UNIT = Path(__file__).parents[1] / "unit"

TOOLS = "tools of the developer's machine, which start processes and threads; they run on its own Python"
LAMBDA = "the example origin, which runs on Lambda's CPython; its tests need sockets and moto"

LEFT_OUT: Mapping[str, str] = {
    "bench/test_*.py": TOOLS,
    "test_private_words.py": TOOLS,
    "soak/test_*.py": TOOLS,
    "devtools/test_*.py": TOOLS,
    "test_colliding_names.py": "asks a CPython of its own for hashes under production's seed",
    "test_linear_time.py": "CPU time, which no clock there tells: it knows whole milliseconds of the wall's",
    "test_workflows.py": TOOLS,
    "application": LAMBDA,
    "test_docs_verifiers.py::test_the_node_verifier_takes_what_the_gateway_signed_and_nothing_else": "starts Node",
    "test_docs_verifiers.py::test_the_node_verifier_takes_a_repetition_and_no_replay": "starts Node",
}
"""Folder, module, pattern of modules or single test of tests/unit -> why it is left out."""

STAND_INS: Mapping[str, str] = {
    "tests.private_keys": "tests.interpreter.stand_ins.private_keys",
    "tests.unit.identity.cryptography_verifier": "tests.interpreter.stand_ins.signature_verifier",
    "tests.unit.endpoints.openapi_validation": "tests.interpreter.stand_ins.openapi_validation",
}
"""What needs a package that has no build for Pyodide -> the module that takes its place there."""

PACKAGES = (
    *("pytest", "iniconfig", "packaging", "pluggy", "pygments"),
    *("hypothesis", "sortedcontainers"),
    "graphql-core",
    *("botocore", "jmespath", "python-dateutil", "six", "urllib3"),
)
"""What the tests import beside what ships, and what that needs: of requirements/dev.txt, for Pyodide's platform."""


def places_left_out() -> set[Path]:
    """The files and folders of tests/unit that nothing is imported from: what a folder's tests share, neither."""
    return {place for entry in LEFT_OUT if "::" not in entry for place in UNIT.glob(entry)}


def modules_left_out() -> set[Path]:
    """The files of tests/unit of which nothing runs."""
    places = places_left_out()
    return {file for place in places for file in (place.rglob("test_*.py") if place.is_dir() else [place])}


def left_out_of_modules() -> list[str]:
    """The single tests that do not run, as pytest's node ids."""
    return [f"tests/unit/{entry}" for entry in LEFT_OUT if "::" in entry]


def modules() -> set[Path]:
    """The files of tests/unit that run."""
    return set(UNIT.rglob("test_*.py")) - modules_left_out()
