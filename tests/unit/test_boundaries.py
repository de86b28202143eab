"""The house's walls: who may touch the platform, what may ship, and which names are free."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
SOURCES = sorted(SRC.rglob("*.py"))
PLATFORM = {"js", "pyodide", "pyodide_js", "workers", "_pyodide"}
SHIPPED = {"pydantic", "pydantic_core", "jwt"}
"""The only third-party packages in the bundle that the Worker's own code may use."""


def place(source: Path) -> str:
    """Where a file is in src/, as the house's plan writes it: `identity/tokens.py`."""
    return source.relative_to(SRC).as_posix()


def imported(source: Path) -> Iterator[str]:
    """Top-level names of everything a file imports, wherever in it."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def at_the_start(source: Path) -> Iterator[str]:
    """What a file imports when it is imported: modules, and names of them that may be modules."""
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


@pytest.mark.parametrize("source", SOURCES, ids=place)
def test_only_edge_and_entry_touch_the_platform(source: Path) -> None:
    touched = PLATFORM.intersection(imported(source))
    allowed = {"edge": PLATFORM, "entry": {"workers"}}.get(place(source).removesuffix(".py").partition("/")[0], set())
    assert touched <= allowed


@pytest.mark.parametrize("source", SOURCES, ids=place)
def test_the_worker_imports_nothing_but_what_ships(source: Path) -> None:
    own = {path.stem for path in SRC.iterdir()}
    foreign = set(imported(source)) - own - PLATFORM - set(sys.stdlib_module_names)
    assert foreign <= SHIPPED


@pytest.mark.parametrize("source", SOURCES, ids=place)
def test_no_module_hides_one_of_the_standard_library(source: Path) -> None:
    assert place(source).removesuffix(".py").partition("/")[0] not in sys.stdlib_module_names


def test_classes_of_values_are_records() -> None:
    """A dataclass takes the import of the Worker thirty times as long. A policy may have what it likes."""
    users = {place(source) for source in SOURCES if "dataclasses" in imported(source)}
    assert {name for name in users if not name.startswith("policies/")} == {"core/records.py"}


def test_what_only_operators_ask_for_is_not_imported_at_the_start() -> None:
    rooms = {f"endpoints.{name}" for name in ("openapi", "origins", "purging", "revoking", "schemas")}
    assert {name for name in rooms if not (SRC / f"{name.replace('.', '/')}.py").exists()} == set()
    assert {place(source) for source in SOURCES if rooms & set(at_the_start(source))} == {
        "endpoints/openapi.py",
        "endpoints/schemas.py",
    }


def test_there_is_something_to_hold_to_these_rules() -> None:
    assert {"entry.py", "gateway.py", "geo.py", "auth.py"} <= {place(source) for source in SOURCES}
