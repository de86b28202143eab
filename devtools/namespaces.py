"""A KV namespace that the gateway is bound to, through wrangler: that of `make dev` on this machine, or a deployed one.

Whoever is signed in at Cloudflare, or `CLOUDFLARE_API_TOKEN`, says what may be done there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devtools import node
from devtools.configuration import local_vars
from devtools.failure import Failure, one_line
from devtools.paths import NODE_MODULES, ROOT, WRANGLER_TOML

WRANGLER: Final = NODE_MODULES / "wrangler" / "wrangler-dist" / "cli.js"
WITHIN: Final = 90.0
"""Seconds that wrangler may take."""

Wrangler = Callable[[Sequence[str]], str]
"""Runs `wrangler kv key …`; gives what it printed. Raises Failure."""


def run_wrangler(arguments: Sequence[str]) -> str:
    """What `wrangler kv key` prints. Raises Failure with what it complains of."""
    chosen = node.locate()
    if not WRANGLER.exists():
        raise Failure(f"{WRANGLER.relative_to(ROOT)} is missing", "run `make setup`")
    command = [chosen.executable, "--no-warnings", WRANGLER, "kv", "key", *arguments, "--config", WRANGLER_TOML]
    environment = chosen.environment() | {"WRANGLER_HIDE_BANNER": "true", "NO_COLOR": "1"}
    try:
        ran = subprocess.run(
            [*map(str, command)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"wrangler did not end within {WITHIN:.0f} s", "check the network and try again") from None
    if ran.returncode != 0:
        said = ran.stderr + ran.stdout
        complaint = one_line(said[max(said.rfind("[ERROR]"), 0) :].strip().partition("\n")[0])
        raise Failure(
            f"wrangler: {complaint.removeprefix('[ERROR] ')}", "mend what it names; `wrangler login` signs in"
        )
    return str(ran.stdout)


@dataclass(frozen=True)
class Namespace:
    """The namespace bound as `binding` in one environment."""

    binding: str
    environment: str | None
    deployed: bool
    folder: Path
    """Of the store on this machine."""
    wrangler: Wrangler = run_wrangler

    def put(
        self, key: str, value: str, *, metadata: Mapping[str, Any] | None = None, expires_in: int | None = None
    ) -> None:
        told = [] if metadata is None else ["--metadata", json.dumps(metadata, ensure_ascii=False)]
        lasts = [] if expires_in is None else ["--ttl", str(expires_in)]
        self._run("put", key, value, *told, *lasts)

    def list(self, prefix: str) -> dict[str, Mapping[str, Any]]:
        """The keys that begin with `prefix`, each with its metadata."""
        found = json.loads(self._run("list", "--prefix", prefix))
        return {one["name"]: one.get("metadata") or {} for one in found}

    def delete(self, key: str) -> None:
        self._run("delete", key)

    def _run(self, verb: str, *arguments: str) -> str:
        place = ["--remote"] if self.deployed else ["--local", "--persist-to", str(self.folder)]
        environment = ["--env", self.environment] if self.environment else []
        return self.wrangler([verb, *arguments, "--binding", self.binding, *environment, *place])


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which namespace is meant."""
    parser.add_argument(
        "--env", help="an environment of wrangler.toml, as it is deployed (default: that of `make dev`)"
    )
    parser.add_argument("--local", action="store_true", help="that environment's store on this machine")
    parser.add_argument("--persist-to", type=Path, default=ROOT / ".wrangler" / "state", help="where that is")


def chosen(binding: str, options: argparse.Namespace, wrangler_toml: Path = WRANGLER_TOML) -> Namespace:
    """The namespace that is meant. Raises Failure for an unknown environment."""
    environment = local_vars.served(wrangler_toml, options.env)
    deployed = options.env not in (None, local_vars.LOCAL) and not options.local
    return Namespace(binding, environment, deployed, options.persist_to)
