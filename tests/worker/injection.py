"""Gateways with something of a test's own beside `src/`: never a hook in `src/` itself."""

import shutil
from pathlib import Path
from typing import Any

from devtools.configuration import wrangler_config
from devtools.paths import SOURCES, TEMPLATE_TOML

FIXTURES = Path(__file__).parent / "fixtures"

BY_CLASS = wrangler_config.by_class(wrangler_config.read(TEMPLATE_TOML))
"""The configuration for a Worker that is a class `Default` in entry.py, as most Workers in Python are."""


def beside_the_sources(folder: Path, fixture: str) -> dict[str, Any]:
    """Options of `Runner.start` for the gateway that `fixtures/<fixture>/<fixture>.py` makes of `src/`.

    `folder` gets a copy of both; `entry.py` stays what it is, and the fixture's functions are the Worker.
    """
    source = folder / fixture
    shutil.copytree(SOURCES, source, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(FIXTURES / fixture / f"{fixture}.py", source)
    config = wrangler_config.read(TEMPLATE_TOML) | {"main": f"src/{fixture}.py"}
    return {"source": source, "config": config}
