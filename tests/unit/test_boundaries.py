"""The house's walls: who may touch the platform, what may ship, and which names are free."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "src").glob("*.py"))
PLATFORM = {"js", "pyodide", "pyodide_js", "workers", "_pyodide"}
SHIPPED = {"pydantic", "jwt"}
"""The only third-party packages in the bundle that the Worker's own code may use."""


def imported(source: Path) -> Iterator[str]:
    """Top-level names of everything a file imports, wherever in it."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_only_edge_and_entry_touch_the_platform(source: Path) -> None:
    touched = PLATFORM.intersection(imported(source))
    allowed = {"edge.py": PLATFORM, "entry.py": {"workers"}}.get(source.name, set())
    assert touched <= allowed


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_worker_imports_nothing_but_what_ships(source: Path) -> None:
    own = {path.stem for path in SOURCES}
    foreign = set(imported(source)) - own - PLATFORM - set(sys.stdlib_module_names)
    assert foreign <= SHIPPED


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_module_hides_one_of_the_standard_library(source: Path) -> None:
    assert source.stem not in sys.stdlib_module_names


def test_there_is_something_to_hold_to_these_rules() -> None:
    assert {"edge.py", "entry.py", "gateway.py"} <= {source.name for source in SOURCES}
