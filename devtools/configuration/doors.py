"""Whether the main module of wrangler.toml and its compatibility flags are of the same door: part of `doctor`.

A Worker in Python is a class `Default`, or functions like `on_fetch` with a flag of their own. What belongs to the
other door is never called: requests are answered by an error of the platform. The module is read, not imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devtools.configuration.wrangler_config import FUNCTIONS_FLAG, door, section

DEFAULT, FUNCTION = "Default", "on_fetch"


def faults(root: Path, config: Mapping[str, Any], environment: str | None) -> Iterator[str]:
    """What would not be called, with both mends."""
    main, by_functions = _main(config, environment), _by_functions(config, environment)
    names = _names(root / main)
    if names is None:
        return
    if by_functions and DEFAULT in names:
        yield f"main: {main} has a class {DEFAULT}, which {FUNCTIONS_FLAG} keeps from being called; {_mend(names)}"
    elif by_functions and FUNCTION not in names:
        yield f"main: {main} has no function {FUNCTION}, which {FUNCTIONS_FLAG} asks for; {_mend(names)}"
    elif not by_functions and DEFAULT not in names:
        yield f"main: {main} has no class {DEFAULT}, and functions need {FUNCTIONS_FLAG}; {_mend(names)}"


def advice(root: Path, config: Mapping[str, Any], environment: str | None) -> Iterator[str]:
    """What the platform offers to classes alone."""
    main = _main(config, environment)
    if not _by_functions(config, environment) or not (root / main).is_file():
        return
    for node in ast.parse((root / main).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and any("WorkerEntrypoint" in ast.unparse(base) for base in node.bases):
            yield (
                f"main: with {FUNCTIONS_FLAG}, the named entrypoint {node.name} is asked for `on_fetch` instead of "
                "`fetch`, and the default one has no methods that others could call by RPC"
            )


def _mend(names: set[str]) -> str:
    if DEFAULT in names:
        return "take the flag out of compatibility_flags, or set main to src/entry_global.py"
    return f"main = src/entry_global.py goes with {FUNCTIONS_FLAG} in compatibility_flags, src/entry.py without it"


def _main(config: Mapping[str, Any], environment: str | None) -> str:
    return str(section(config, environment, "main") or "src/entry.py")


def _by_functions(config: Mapping[str, Any], environment: str | None) -> bool:
    date = str(section(config, environment, "compatibility_date") or "")
    return door(date, section(config, environment, "compatibility_flags") or []) == "functions"


def _names(module: Path) -> set[str] | None:
    """The names that a module has once it is imported; None when that cannot be read in it."""
    if not module.is_file():
        return None
    names: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return None if "*" in names else names
