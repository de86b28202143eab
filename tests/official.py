"""`pytest --runtime=official`, which is `make test RUNTIME=official`: the worker tests on Cloudflare's own runtime.

With `--snapshot=dedicated` (`SNAPSHOT=dedicated`) their gateways begin with a snapshot of their sources, as a
deployment's isolates do. What is about the local runtime, or needs what only that can do, carries the marker
`stand_in`: left out there, and counted apart everywhere. Where Cloudflare's bundle cannot be had, one line says so and
the exit code is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from devtools.runtime.official import OfficialRuntime

OPTION = "--runtime"
RUNTIMES = ("embedded", "official")
SNAPSHOT_OPTION = "--snapshot"
SNAPSHOTS = ("none", "dedicated")
MARKER = "stand_in"
FETCH_WITHIN = 120.0
"""Seconds."""

_KEY: pytest.StashKey[OfficialRuntime] = pytest.StashKey()


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, choices=RUNTIMES, default="embedded", help="the Python runtime of tests/worker")
    told = "what gateways begin with on the official runtime"
    parser.addoption(SNAPSHOT_OPTION, choices=SNAPSHOTS, default="none", help=told)


def official_of(config: pytest.Config) -> OfficialRuntime | None:
    """Cloudflare's runtime, where it was asked for."""
    return config.stash.get(_KEY, None)


def is_dedicated(config: pytest.Config) -> bool:
    """Whether gateways begin with a snapshot of their sources."""
    return bool(config.getoption(SNAPSHOT_OPTION) == "dedicated")


def configure(config: pytest.Config) -> None:
    """Has the bundle at hand, or ends the run."""
    if config.getoption(OPTION) != "official":
        if is_dedicated(config):
            raise pytest.UsageError(f"{SNAPSHOT_OPTION}=dedicated is the official runtime's: add {OPTION}=official")
        return
    from devtools.configuration import wrangler_config
    from devtools.paths import TEMPLATE_TOML
    from devtools.runtime.official import OfficialRuntime

    shipped = wrangler_config.read(TEMPLATE_TOML)
    official = OfficialRuntime(shipped["compatibility_date"], shipped["compatibility_flags"])
    found = official.look(FETCH_WITHIN, again=True)
    if not found.usable:
        pytest.exit(
            f"Cloudflare's bundle {found.why}: run this where Cloudflare's servers can be reached", returncode=1
        )
    config.stash[_KEY] = official


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the official runtime: what does not start the Worker, and what is about the stand-in."""
    if official_of(config) is None:
        return
    kept = [item for item in items if item.path.parent.name == "worker" and item.get_closest_marker(MARKER) is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def counted_apart(reporter: pytest.TerminalReporter) -> None:
    """How many of the tests that ran are about the stand-in."""
    reports = [report for kind in ("passed", "failed") for report in reporter.stats.get(kind, ())]
    count = sum(1 for report in reports if MARKER in getattr(report, "keywords", ()) and report.when == "call")
    if count:
        reporter.write_line(f"{count} of them are about the local runtime, or need what only it can do ({MARKER})")
