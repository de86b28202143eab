"""What runs inside Pyodide: pytest, with the stand-ins in their places. Called by `run.mjs`."""

import importlib
import sys
from collections.abc import Sequence

import pytest

from tests.interpreter.selection import STAND_INS

EXAMPLES = 15
"""Of each property at most: here it is asked again of code that has met a hundred and more under CPython."""

OWN_SETTINGS = "_hypothesis_internal_use_settings"
"""Where `@settings` has left what it was given; hypothesis has no public name for it."""


class FewerExamples:
    """A plugin of pytest: the settings of tests/conftest.py and of each property, but for the number of examples."""

    def pytest_configure(self) -> None:
        from hypothesis import settings  # no sooner: pytest wants to be there when it is first imported

        settings.register_profile("interpreter", settings(), max_examples=EXAMPLES)
        settings.load_profile("interpreter")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        from hypothesis import is_hypothesis_test, settings

        for item in items:
            function = getattr(item, "function", None)
            if function and is_hypothesis_test(function):
                own = getattr(function, OWN_SETTINGS)
                setattr(function, OWN_SETTINGS, settings(own, max_examples=min(own.max_examples, EXAMPLES)))


def main(arguments: Sequence[str]) -> int:
    """Runs pytest; returns its exit code."""
    for place, stand_in in STAND_INS.items():
        sys.modules[place] = importlib.import_module(stand_in)
    return int(pytest.main(list(arguments), plugins=[FewerExamples()]))
