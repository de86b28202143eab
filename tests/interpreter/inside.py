"""What runs inside Pyodide: pytest, with the stand-ins in their places. Called by `run.mjs`."""

import importlib
import sys
from collections.abc import Sequence

import pytest

from tests.interpreter.selection import STAND_INS

EXAMPLES = 30
"""Of each property: here it is asked again of code that has met a hundred under CPython."""


class FewerExamples:
    """A plugin of pytest: the profile of tests/conftest.py, but for the number of examples."""

    def pytest_configure(self) -> None:
        from hypothesis import settings  # no sooner: pytest wants to be there when it is first imported

        settings.register_profile("interpreter", settings(), max_examples=EXAMPLES)
        settings.load_profile("interpreter")


def main(arguments: Sequence[str]) -> int:
    """Runs pytest; returns its exit code."""
    for place, stand_in in STAND_INS.items():
        sys.modules[place] = importlib.import_module(stand_in)
    return int(pytest.main(list(arguments), plugins=[FewerExamples()]))
