"""What the Worker is told on this machine: `[vars]` of wrangler.toml, and over them `.dev.vars`, as wrangler has it.

What a person wrote goes before what `make dev` made: a made line of `.dev.vars` gives way to the same name in
wrangler.toml.

variables, bindings = local_vars.read(WRANGLER_TOML, environment=None)
settings = load_settings(variables, bindings)

`deployed` gives what a deployment is told instead: secrets are then on the platform, and nobody can read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from devtools.configuration import wrangler_config

DEV_VARS = ".dev.vars"
LOCAL = "local"
"""The environment of wrangler.toml that `make dev` serves."""

DOT_ENV = (".env", ".env.local", ".env.{}", ".env.{}.local")
"""What wrangler reads where there is no `.dev.vars`, the last of two with one name counting; {} is the environment."""

STAND_IN = "*" * 64
"""In place of a secret that only the platform knows: long enough for every use."""

_LINE = re.compile(
    r"""
    ^[ \t]* (?:export[ \t]+)? (?P<name>[\w.-]+) [ \t]* = [ \t]*
    (?: '(?P<single>[^']*)' | "(?P<double>(?:\\.|[^"\\])*)" | `(?P<tick>[^`]*)` | (?P<bare>[^\r\n#]*) )
    [ \t]* (?P<note>\#[^\r\n]*)? $
    """,
    re.MULTILINE | re.VERBOSE,
)
"""One variable in dotenv's notation; quoted values may span lines."""

_MADE = "# made by make dev, {}"
"""Behind a value that nobody wrote, with the beginning of its digest: whoever changes the value makes it theirs."""

_BINDING_NAMES = ("binding", "name")


@dataclass(frozen=True)
class Told:
    """What is said beside wrangler.toml: by which files, and which of the names `make dev` made."""

    files: tuple[Path, ...]
    values: Mapping[str, str]
    made: frozenset[str]


def read(wrangler_toml: Path, environment: str | None = None) -> tuple[dict[str, Any], set[str]]:
    """Variables and secrets by name, and the names of all other bindings. Raises Failure.

    Variables and bindings are not inherited by environments, but `[assets]` is; `.dev.vars.<environment>` takes the
    place of `.dev.vars` where it exists. An environment with `secrets` is told the names it lists there or in `vars`,
    and no others.
    """
    own = part(wrangler_toml, environment)
    written = own.get("vars", {})
    said = told(wrangler_toml.parent, environment)
    given_way = yielded(wrangler_toml, environment)
    listed = {*written, *own["secrets"].get("required", [])} if "secrets" in own else said.values.keys()
    over = {name: value for name, value in said.values.items() if name in listed and name not in given_way}
    return {**written, **over}, _bound(wrangler_toml, environment)


def part(wrangler_toml: Path, environment: str | None) -> dict[str, Any]:
    """What wrangler.toml says of an environment itself, or of none. Raises Failure for an unknown name."""
    config = wrangler_config.read(wrangler_toml)
    wrangler_config.section(config, environment, "name")  # an unknown environment fails here
    own: dict[str, Any] = config["env"][environment] if environment else config
    return own


def told(root: Path, environment: str | None) -> Told:
    """What the files beside wrangler.toml say."""
    files = secrets_files(root, environment)
    values: dict[str, str] = {}
    made: set[str] = set()
    for found in (line for file in files for line in _LINE.finditer(file.read_text(encoding="utf-8"))):
        values[found["name"]] = value = _value(found)
        (made.add if found["note"] == _mark(value) else made.discard)(found["name"])
    return Told(files, values, frozenset(made))


def yielded(wrangler_toml: Path, environment: str | None) -> dict[str, Any]:
    """The variables of wrangler.toml that `make dev` once made values for: the value in wrangler.toml is in force."""
    written = part(wrangler_toml, environment).get("vars", {})
    made = told(wrangler_toml.parent, environment).made
    return {name: value for name, value in written.items() if name in made and value not in ("", None)}


def shadows(wrangler_toml: Path, environment: str | None) -> Iterator[str]:
    """A line for each thing that is said twice, with the one that is in force."""
    root = wrangler_toml.parent
    said = told(root, environment)
    place = f"[env.{environment}.vars]" if environment else "[vars]"
    names = " and ".join(file.name for file in said.files)
    for name, value in part(wrangler_toml, environment).get("vars", {}).items():
        if name in said.made:
            yield f"{name}: wrangler.toml has it in {place}; what `make dev` made in {names} gives way"
        elif name in said.values and said.values[name] != value:
            yield f"{name}: {names} has it, and so what wrangler.toml has in {place} is not in force"
    unread = [file.name for file in _candidates(root, environment) if file.exists() and file not in said.files]
    if unread:
        yield f"{', '.join(unread)}: not read by wrangler beside {names}"


def line(name: str, value: str) -> str:
    """A line of `.dev.vars` that is marked as made."""
    return f"{name}='{value}' {_mark(value)}\n"


def without(text: str, names: Mapping[str, Any]) -> str:
    """A text in dotenv's notation without the lines of some names."""
    return _LINE.sub(lambda found: "" if found["name"] in names else found[0], text)


def _mark(value: str) -> str:
    return _MADE.format(sha256(value.encode()).hexdigest()[:8])


def deployed(wrangler_toml: Path, environment: str) -> tuple[dict[str, Any], set[str]]:
    """The same as a deployment of `environment` has it: with STAND_IN for every secret of its `secrets.required`.

    wrangler refuses a deployment that lacks one of those. Raises Failure.
    """
    own = part(wrangler_toml, environment)
    required = own.get("secrets", {}).get("required", [])
    return {**own.get("vars", {}), **dict.fromkeys(required, STAND_IN)}, _bound(wrangler_toml, environment)


def served(wrangler_toml: Path, environment: str | None = None) -> str | None:
    """The environment that is meant: `environment`, else the one `make dev` serves if there is one. Raises Failure."""
    if environment:
        return environment
    return LOCAL if LOCAL in wrangler_config.read(wrangler_toml).get("env", {}) else None


def secrets_file(root: Path, environment: str | None = None) -> Path:
    """The file that wrangler reads for `environment` and that goes before all others; it need not exist."""
    return next(reversed(secrets_files(root, environment)), root / DEV_VARS)


def secrets_files(root: Path, environment: str | None = None) -> tuple[Path, ...]:
    """The files wrangler reads, the last before the others: one `.dev.vars`, or where there is none every `.env`."""
    special, usual, *others = _candidates(root, environment)
    for file in (special, usual):
        if file.exists():
            return (file,)
    return tuple(file for file in others if file.exists())


def _candidates(root: Path, environment: str | None) -> list[Path]:
    """`.dev.vars` of the environment, the one of all, and every `.env`."""
    special = root / (f"{DEV_VARS}.{environment}" if environment else DEV_VARS)
    others = [name.format(environment) for name in DOT_ENV if environment or "{}" not in name]
    return [special, root / DEV_VARS, *(root / name for name in dict.fromkeys(others))]


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


def _bound(wrangler_toml: Path, environment: str | None) -> set[str]:
    assets = wrangler_config.section(wrangler_config.read(wrangler_toml), environment, "assets")
    return {*_bindings(part(wrangler_toml, environment)), *_bindings({"assets": assets})}


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
