"""`snapshot`: the memory snapshot that a deployment makes of this Worker, on Cloudflare's own runtime.

    python -m devtools snapshot [options of wrangler deploy, such as --env staging]

A deployment imports `entry.py` once, saves Python's memory, and starts every isolate from that copy. Here the same is
done with what would be uploaded, under the same compatibility date and flags: made, then restored and asked for
`/healthz`. It fails where the snapshot is larger or the first answer later than the budget, and where either cannot be
done at all, as after an import that a deployment would refuse. Where Cloudflare's bundle cannot be had, one line says
so and the exit code is 1.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from devtools.configuration import wrangler_config
from devtools.failure import Failure
from devtools.paths import STATE, WRANGLER_TOML
from devtools.releasing.size import MIB, dry_run
from devtools.runtime.official import SNAPSHOT, OfficialRuntime
from devtools.runtime.snapshots import DEDICATED, configuration, restore, save

MOST_MIB = 64.0
"""Of the isolate's 128; a request needs the rest."""
MOST_SECONDS = 2.0
"""From the start of the process to the first answer, the snapshot restored. Without one it takes five."""

FETCH_WITHIN = 120.0
"""Seconds that Cloudflare's bundle may take."""


@dataclass(frozen=True)
class Taken:
    """What was found: bytes of the snapshot, and seconds to make it and from a start with it to the first answer."""

    size: int
    made: float
    answered: float

    def __str__(self) -> str:
        return (
            f"snapshot: {self.size / MIB:.1f} MiB of {MOST_MIB:g}, made in {self.made:.1f} s; "
            f"first answer from it after {self.answered:.2f} s of {MOST_SECONDS:g}"
        )

    def check(self) -> None:
        """Raises Failure over the budget."""
        if self.size > MOST_MIB * MIB:
            raise Failure(
                f"the snapshot has {self.size / MIB:.1f} MiB and may have {MOST_MIB:g}",
                "import what is seldom needed in the function that needs it",
            )
        if self.answered > MOST_SECONDS:
            raise Failure(
                f"the first answer took {self.answered:.2f} s and may take {MOST_SECONDS:g}",
                "do less when `entry.py` is imported, or run it again on a quiet machine",
            )


def main(argv: list[str]) -> int:
    """Print size and times. Raises Failure."""
    parser = argparse.ArgumentParser(prog="python -m devtools snapshot", description=__doc__.partition("\n")[0])
    parser.add_argument("--env", "-e")
    environment = parser.parse_known_args(argv)[0].env
    config = wrangler_config.read(WRANGLER_TOML)
    date = str(wrangler_config.section(config, environment, "compatibility_date"))
    flags = wrangler_config.section(config, environment, "compatibility_flags") or []
    main_module = Path(wrangler_config.section(config, environment, "main")).name
    official = OfficialRuntime(date, flags)
    found = official.look(FETCH_WITHIN, again=True)
    if not found.usable:
        raise Failure(f"Cloudflare's bundle {found.why}", "run this where Cloudflare's servers can be reached")
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="snapshot-", dir=STATE) as scratch:
        upload = Path(scratch, "upload")
        dry_run(upload, argv)
        (upload / "config.capnp").write_text(configuration(upload, main_module, date, [*flags, DEDICATED]))
        taken = take(official, upload / "config.capnp", Path(scratch, "snapshots"))
    print(taken, flush=True)
    taken.check()
    return 0


def take(official: OfficialRuntime, config: Path, folder: Path) -> Taken:
    """Make a snapshot in `folder`, and start from it. Raises Failure where workerd ends or does not come to it."""
    made = save(official, config, folder)
    answered = restore(official, config, folder)
    return Taken((folder / SNAPSHOT).stat().st_size, made, answered)
