import importlib
import re

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
    modules = [".".join(file.relative_to(SOURCES).with_suffix("").parts) for file in SOURCES.rglob("*.py")]
    text = {name: (SOURCES / f"{name.replace('.', '/')}.py").read_text() for name in modules}
    found = [
        its
        for name in modules
        if "import rare" in text[name]
        for value in vars(importlib.import_module(name)).values()
        for its in (value if isinstance(value, tuple) else (value,))
        for its in (its if isinstance(its, tuple) else (its,))
        if isinstance(its, Rare)
    ]
    assert all(pattern.pattern for pattern in found)
    assert len(found) == sum(len(re.findall(r"\brare\(", its)) for name, its in text.items() if name != "core.patterns")
