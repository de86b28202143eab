"""What the Worker is told on this machine: `[vars]` of wrangler.toml, and over them `.dev.vars`, as wrangler has it.

variables, bindings = local_vars.read(WRANGLER_TOML, environment=None)
settings = load_settings(variables, bindings)

`deployed` gives what a deployment is told instead: secrets are then on the platform, and nobody can read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devtools import wrangler_config

DEV_VARS = ".dev.vars"
LOCAL = "local"
"""The environment of wrangler.toml that `make dev` serves."""

STAND_IN = "*" * 64
"""In place of a secret that only the platform knows: long enough for every use."""

_LINE = re.compile(
    r"""
    ^[ \t]* (?:export[ \t]+)? (?P<name>[\w.-]+) [ \t]* = [ \t]*
    (?: '(?P<single>[^']*)' | "(?P<double>(?:\\.|[^"\\])*)" | `(?P<tick>[^`]*)` | (?P<bare>[^\r\n#]*) )
    [ \t]* (?:\#[^\r\n]*)? $
    """,
    re.MULTILINE | re.VERBOSE,
)
"""One variable in dotenv's notation; quoted values may span lines."""

_BINDING_NAMES = ("binding", "name")


def read(wrangler_toml: Path, environment: str | None = None) -> tuple[dict[str, Any], set[str]]:
    """Variables and secrets by name, and the names of all other bindings. Raises Failure.

    Variables and bindings are not inherited by environments; `.dev.vars.<environment>` takes the place of `.dev.vars`
    where it exists.
    """
    config = wrangler_config.read(wrangler_toml)
    wrangler_config.section(config, environment, "name")  # an unknown environment fails here
    own = config["env"][environment] if environment else config
    secrets = secrets_file(wrangler_toml.parent, environment)
    return {**own.get("vars", {}), **parse_file(secrets)}, set(_bindings(own))


def deployed(wrangler_toml: Path, environment: str) -> tuple[dict[str, Any], set[str]]:
    """The same as a deployment of `environment` has it: with STAND_IN for every secret of its `secrets.required`.

    wrangler refuses a deployment that lacks one of those. Raises Failure.
    """
    config = wrangler_config.read(wrangler_toml)
    wrangler_config.section(config, environment, "name")  # an unknown environment fails here
    own = config["env"][environment]
    required = own.get("secrets", {}).get("required", [])
    return {**own.get("vars", {}), **dict.fromkeys(required, STAND_IN)}, set(_bindings(own))


def served(wrangler_toml: Path, environment: str | None = None) -> str | None:
    """The environment that is meant: `environment`, else the one `make dev` serves if there is one. Raises Failure."""
    if environment:
        return environment
    return LOCAL if LOCAL in wrangler_config.read(wrangler_toml).get("env", {}) else None


def secrets_file(root: Path, environment: str | None = None) -> Path:
    """The `.dev.vars` that wrangler reads for `environment`; it need not exist."""
    special = root / f"{DEV_VARS}.{environment}"
    return special if environment and special.exists() else root / DEV_VARS


def parse_file(path: Path) -> dict[str, str]:
    """The variables of a dotenv file; none where there is no file."""
    return parse(path.read_text(encoding="utf-8")) if path.exists() else {}


def parse(text: str) -> dict[str, str]:
    """The variables of a text in dotenv's notation; the last of two with one name counts."""
    return {found["name"]: _value(found) for found in _LINE.finditer(text)}


def _value(found: re.Match[str]) -> str:
    if found["double"] is not None:
        return found["double"].replace(r"\n", "\n").replace(r"\r", "\r").replace(r"\"", '"')
    for kind in ("single", "tick"):
        if found[kind] is not None:
            return found[kind]
    return found["bare"].strip()


def _bindings(part: Mapping[str, Any]) -> Iterator[str]:
    """Names of what is bound: `binding` or `name` of tables and lists of tables (`[[kv_namespaces]]`, `[assets]`)."""
    for key, value in part.items():
        if key in ("env", "vars"):
            continue
        for entry in value if isinstance(value, list) else [value]:
            if not isinstance(entry, Mapping):
                continue
            yield from (entry[name] for name in _BINDING_NAMES if isinstance(entry.get(name), str))
            yield from _bindings({name: inner for name, inner in entry.items() if isinstance(inner, list)})
