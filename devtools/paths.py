"""Where things are. Every tool takes its paths from here, so that it works from any working directory."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SOURCES = ROOT / "src"
WRANGLER_TOML = ROOT / "wrangler.toml"
TEMPLATE_TOML = ROOT / "tests" / "wrangler.toml"
"""wrangler.toml as the project ships it. Tests, the soak and the benchmark read this copy: the other is its user's."""
REQUIREMENTS = ROOT / "requirements"
TOOLS_LOCK = REQUIREMENTS / "dev.txt"
WORKER_LOCK = REQUIREMENTS / "worker.txt"
FUZZ_LOCK = REQUIREMENTS / "fuzz.txt"
EMULATOR_LOCK = REQUIREMENTS / "emulator.txt"

ORIGIN = ROOT / "origin"
ORIGIN_LOCK = ORIGIN / "requirements.txt"
ORDERS_LOCK = ORIGIN / "requirements-orders-processor.txt"
GRAPH_LOCK = ORIGIN / "requirements-graph.txt"
CATALOGUE_LOCK = ORIGIN / "requirements-catalogue.txt"

# Made by `make setup`, ignored by git.
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
EMULATOR_VENV = ROOT / ".venv-emulator"
NODE_MODULES = ROOT / "node_modules"
PYTHON_MODULES = ROOT / "python_modules"
STATE = ROOT / ".gatehouse"  # caches, logs, stamps and locks of the tools
LOGS = STATE / "logs"


def copy_sources(source: Path, folder: Path) -> None:
    """Lay a copy of a Worker's own modules, wings and all, out in `folder`, which may hold other files already."""
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
