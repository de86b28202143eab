"""What holds for every test."""

import gc
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from devtools import example
from tests import official

# How long an example takes says more about who else uses the machine than about the code; tests of cost count instead.
settings.register_profile("gatehouse", deadline=None, print_blob=True)
settings.load_profile("gatehouse")


ORDER = ("browser", "origin", "worker", "unit")
"""Folders of tests, long modules first: what is left for the end is short, and no process waits for another."""

SELECTIVE = ("keyword", "markexpr", "lf", "maxfail", "stepwise")
"""Options of pytest by which somebody looks at a few tests."""

PROCESSES = len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else None
"""One more than there are processors, since tests wait as well as work; None leaves it to pytest-xdist."""


@pytest.hookimpl(optionalhook=True)  # inside Pyodide there are no processes, and no pytest-xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """For `-n auto`: a few tests run in this process, where their output and a debugger are at hand."""
    modules = {argument.partition("::")[0] for argument in config.option.file_or_dir}
    one_module = len(modules) == 1 and modules.pop().endswith(".py")
    return 0 if one_module or any(config.getoption(option) for option in SELECTIVE) else PROCESSES


TOGETHER = ("tests/browser/", "tests/origin/")
"""Folders of which all runs in one process: their modules share a deployment, which costs more than most of them."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """For `--dist=loadfile`: a module is run by one process, and so is a folder that is kept together."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class ByDeployment(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            module = super()._split_scope(nodeid)
            return next((folder for folder in TOGETHER if module.startswith(folder)), module)

    return ByDeployment(config, log)


OF_THE_EXAMPLE = re.compile(
    r"\b(local_origin|local_aws|devtools\.application\.origin|gatehouse_verifier|soak|soak_house)\b"
    r"|^\s*from (application|tests\.unit\.application|tests\.origin)\b",
    re.MULTILINE,
)
"""In the text of a module that tests the example origin, or something with it."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Whoever deletes the example origin, as one may, has its tests left out; `pytest_report_header` says so."""
    if example.FOLDER.exists() or collection_path.suffix not in (".py", ""):
        return None
    folder = collection_path.is_dir()
    texts = (
        (collection_path / "conftest.py",) if folder else (collection_path, collection_path.with_name("conftest.py"))
    )
    return True if any(OF_THE_EXAMPLE.search(text.read_text()) for text in texts if text.is_file()) else None


def pytest_report_header() -> str | None:
    return (
        None if example.FOLDER.exists() else "origin/ is not here: the tests that need the example origin are left out"
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    official.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    official.configure(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    official.counted_apart(terminalreporter)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays until the end: to look through it for garbage takes a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    official.leave_out(config, items)
    if not example.FOLDER.exists():
        items[:] = [item for item in items if item.get_closest_marker("example") is None]
    items.sort(key=lambda item: next((at for at, folder in enumerate(ORDER) if folder in item.path.parts), -1))
