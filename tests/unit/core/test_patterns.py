import ast
import importlib
import re
from collections.abc import Iterator

import pytest

from core.patterns import Rare, rare
from devtools.paths import SOURCES


def test_a_rare_pattern_is_compiled_when_it_is_first_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = re.compile

    def compile_(pattern: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(pattern)
        return real(pattern, flags)

    monkeypatch.setattr(re, "compile", compile_)
    pattern = rare("a(b+)", re.IGNORECASE)
    assert compiled == []
    assert [pattern.sub(r"\1", text) for text in ("AbBabc", "x")] == ["bBbc", "x"]
    assert compiled == ["a(b+)"]
    assert pattern.groups == 1


def test_each_rare_pattern_of_the_sources_is_one() -> None:
    for name, count in _written().items():
        values = vars(importlib.import_module(name)).values()
        found = [its for value in values for its in _flat(value) if isinstance(its, Rare)]
        assert all(pattern.pattern for pattern in found)
        assert (name, len(found)) == (name, count)


def _written() -> dict[str, int]:
    """How many each module has, whatever its functions make."""
    counts = {}
    for file in SOURCES.rglob("*.py"):
        parts = [
            part for part in ast.parse(file.read_text()).body if not isinstance(part, ast.ClassDef | ast.FunctionDef)
        ]
        calls = [node.func for part in parts for node in ast.walk(part) if isinstance(node, ast.Call)]
        if count := sum(isinstance(called, ast.Name) and called.id == "rare" for called in calls):
            counts[".".join(file.relative_to(SOURCES).with_suffix("").parts)] = count
    return counts


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for one in value:
            yield from _flat(one)
    else:
        yield value
