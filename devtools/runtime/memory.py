"""A gateway whose memory can be looked at: the Worker's own sources with `testing/measured.py` beside them.

    options = measured(SOURCES, folder)
    with runner.start(**options) as gateway:
        memory_of(gateway).objects

What the figures are is written in `testing/measured.py`. They are exact when nothing else is under way.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.configuration import wrangler_config
from devtools.paths import TEMPLATE_TOML, copy_sources
from devtools.runtime.runner import Gateway

MEASURED = Path(__file__).parent / "testing" / "measured.py"
CONTROL = "/__gatehouse-test/memory"


@dataclass(frozen=True, slots=True)
class Memory:
    """What an isolate holds. `allocated` and `heap` are in bytes."""

    objects: int
    references: int
    tasks: int
    allocated: int
    heap: int
    frozen: int
    kinds: Mapping[str, int]
    waiting: Sequence[str]


def measured(source: Path, folder: Path) -> dict[str, Any]:
    """Options of `Runner.start` for the Worker of `source`; `folder` gets a copy of it."""
    copy_sources(source, folder)
    shutil.copy(MEASURED, folder)
    return {"source": folder, "config": wrangler_config.read(TEMPLATE_TOML) | {"main": f"src/{MEASURED.name}"}}


def memory_of(gateway: Gateway) -> Memory:
    """What the gateway holds now."""
    return Memory(**gateway.get(CONTROL).raise_for_status().json())
