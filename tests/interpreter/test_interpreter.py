"""CPython 3.11 is not the only witness: the unit tests hold on the interpreter that ships as well."""

import ast
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtools.installing.vendor import TARGET
from devtools.paths import ROOT, STATE
from tests.interpreter.selection import LEFT_OUT, STAND_INS, UNIT, left_out_of_modules, modules, modules_left_out

FEWEST = 3000
"""There were 3,445 tests when this was written: fewer by so many would be a selection gone wrong."""

LONGEST = 600.0
"""Seconds that a run may take on a busy machine; 30 on an idle one."""


@dataclass(frozen=True)
class Run:
    """A run of pytest inside Pyodide: its exit code, what it printed, and what became of each module's tests."""

    code: int
    output: str
    outcomes: dict[str, Counter[str]]
    """Module, relative to the root -> how many of its tests "passed", "skipped", met an "error" or a "failure"."""


@pytest.fixture(scope="module")
def visible() -> Iterator[Path]:
    """A folder that Pyodide sees under the same name."""
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="interpreter-", dir=STATE) as folder:
        yield Path(folder)


def run(report: Path, *arguments: str) -> Run:
    command = [sys.executable, "-m", "tests.interpreter", f"--junitxml={report}", "-o", "junit_family=xunit1"]
    ended = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST)
    outcomes: dict[str, Counter[str]] = {}
    for case in ET.parse(report).iter("testcase") if report.exists() else ():
        what = {child.tag for child in case} & {"skipped", "error", "failure"} or {"passed"}
        outcomes.setdefault(case.get("file", ""), Counter()).update(what)
    return Run(ended.returncode, ended.stdout + ended.stderr, outcomes)


@pytest.fixture(scope="module")
def everything(visible: Path) -> Run:
    return run(visible / "everything.xml")


def test_the_unit_tests_pass_on_the_interpreter_that_ships(everything: Run) -> None:
    assert everything.code == 0, everything.output[-20_000:]
    assert f"platform emscripten -- Python {TARGET[0]}." in everything.output


def test_nothing_is_left_out_but_what_is_listed(everything: Run) -> None:
    assert set(everything.outcomes) == {str(module.relative_to(ROOT)) for module in modules()}
    total: Counter[str] = sum(everything.outcomes.values(), Counter())
    assert set(total) == {"passed"}
    assert total["passed"] >= FEWEST


def test_a_test_that_fails_there_fails_the_run(visible: Path) -> None:
    failing = visible / "test_failing.py"
    failing.write_text("import pydantic_core\n\ndef test_it() -> None:\n    assert not pydantic_core.__version__\n")
    failed = run(visible / "failing.xml", str(failing))
    assert failed.code == 1
    assert list(failed.outcomes.values()) == [Counter(["failure"])]


@pytest.mark.parametrize("entry", LEFT_OUT)
def test_what_is_left_out_exists_and_says_why(entry: str) -> None:
    pattern, _, test = entry.partition("::")
    found = list(UNIT.glob(pattern))
    assert found, f"nothing in tests/unit is called {pattern}: take it off the list"
    assert not test or any(f"def {test}(" in module.read_text() for module in found)
    assert LEFT_OUT[entry]


def test_single_tests_are_left_out_of_modules_that_run() -> None:
    assert not {ROOT / test.partition("::")[0] for test in left_out_of_modules()} & modules_left_out()


def signatures(module: str) -> dict[str, list[str]]:
    """The public functions of a module and the names of their parameters, without importing it."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name: [one.arg for one in node.args.args] for node in functions if not node.name.startswith("_")}


@pytest.mark.parametrize("place", STAND_INS)
def test_a_stand_in_has_the_functions_of_what_it_stands_for(place: str) -> None:
    assert signatures(place)
    assert signatures(STAND_INS[place]) == signatures(place)
