"""`size`: what a deployment would upload, file by file, and whether it fits.

wrangler itself says what it would upload (`wrangler deploy --dry-run`, which needs no account and no network), so the
list cannot differ from a deployment's. Cloudflare counts the modules together, compressed with gzip; static assets are
uploaded apart and do not count.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools import node
from devtools.failure import Failure
from devtools.paths import NODE_MODULES, STATE
from devtools.steps import run_step

MIB = 1024 * 1024
FREE_PLAN = 3.0  # MiB after gzip; 10 on the paid plans (developers.cloudflare.com/workers/platform/limits)
GZIP_LEVEL = 6  # zlib's default, which wrangler reports by
NOT_UPLOADED = frozenset({"README.md"})  # wrangler's own note in the folder of a dry run
WRANGLER = NODE_MODULES / "wrangler" / "bin" / "wrangler.js"


@dataclass(frozen=True)
class Module:
    """One file of the upload: its name, its bytes, and its bytes after gzip on its own."""

    name: str
    size: int
    compressed: int


@dataclass(frozen=True)
class Upload:
    """The modules of an upload, largest first, and what they come to together after gzip, in bytes."""

    modules: tuple[Module, ...]
    compressed: int

    @property
    def size(self) -> int:
        return sum(module.size for module in self.modules)


def measure(folder: Path) -> Upload:
    """Measure the upload that a dry run left in `folder`."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    contents = {name: (folder / name).read_bytes() for name in sorted(names) if name not in NOT_UPLOADED}
    modules = [Module(name, len(content), _compressed([content])) for name, content in contents.items()]
    modules.sort(key=lambda module: (-module.compressed, module.name))
    return Upload(tuple(modules), _compressed(contents.values()))


def _compressed(contents: Iterable[bytes]) -> int:
    return len(gzip.compress(b"".join(contents), compresslevel=GZIP_LEVEL, mtime=0))


def report(upload: Upload, limit: float) -> str:
    """The list for people: bytes, bytes after gzip, name; then the total against `limit` MiB."""
    lines = [f"{'bytes':>10} {'gzip':>10}  module"]
    lines += [f"{module.size:>10,} {module.compressed:>10,}  {module.name}" for module in upload.modules]
    share = upload.compressed / (limit * MIB)
    lines.append(f"{upload.size:>10,} {upload.compressed:>10,}  {len(upload.modules)} modules together")
    lines.append(f"{upload.compressed / MIB:.2f} MiB of {limit:g} MiB after gzip ({share:.0%})")
    return "\n".join(lines)


def check(upload: Upload, limit: float) -> None:
    """Raises Failure when the upload is larger than `limit` MiB after gzip."""
    if upload.compressed <= limit * MIB:
        return
    largest = ", ".join(module.name for module in upload.modules[:3])
    raise Failure(
        f"the upload is {upload.compressed / MIB:.2f} MiB after gzip and may be {limit:g}",
        f"drop a dependency, or exclude files under [python_modules] in wrangler.toml; the largest are {largest}",
    )


def dry_run(folder: Path, options: Sequence[str]) -> None:
    """Let wrangler write what it would upload to `folder`."""
    chosen = node.locate()
    command: list[str | Path] = [chosen.executable, WRANGLER, "deploy", "--dry-run", "--outdir", folder, *options]
    run_step("wrangler dry run", command, env=chosen.environment())


def main(argv: list[str]) -> int:
    """`size [--limit MiB] [wrangler deploy options]`; exit code 1 over the limit."""
    parser = argparse.ArgumentParser(prog="python -m devtools size", description=__doc__)
    parser.add_argument(
        "--limit", type=float, default=FREE_PLAN, metavar="MIB", help="after gzip (default: %(default)g)"
    )
    arguments, options = parser.parse_known_args(argv)
    STATE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="size-", dir=STATE) as folder:
        dry_run(Path(folder), options)
        upload = measure(Path(folder))
    print(report(upload, arguments.limit))
    sys.stdout.flush()
    check(upload, arguments.limit)
    return 0
