"""The embedded runtime's wrangler configuration, made from `wrangler.toml` at every start: the two cannot drift.

What is taken over as it is: name, compatibility date, bindings, vars, assets, triggers, observability, environments.
What differs is in `embedded`: the Worker is no longer Python to wrangler but a set of JavaScript modules, and paths
are absolute because the generated file lies elsewhere. Knows nothing of processes or ports.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.failure import Failure

PYTHON_FLAG = re.compile(r"(disable_|no_|enable_)?python_")
"""Compatibility flags of Cloudflare's Python: they would make workerd ask for its own Pyodide."""

SDK_FLAGS = {
    "python_workflows_implicit_dependencies": ("2026-02-25", "no_python_workflows_implicit_dependencies"),
    "python_request_headers_preserve_commas": ("2026-02-17", "disable_python_request_headers_preserve_commas"),
}
"""Flag that the SDK asks for: (on by default from this compatibility date, the flag that turns it off)."""

FUNCTIONS_FLAG = "disable_python_no_global_handlers"
"""Has the runtime call functions like `on_fetch` of the main module, and not a class."""
CLASS_FLAG = "python_no_global_handlers"
CLASS_SINCE = "2025-08-14"
"""The compatibility date from which `CLASS_FLAG` is on by default (workerd's `compatibility-date.capnp`)."""

MODULE_RULES = (
    {"type": "ESModule", "globs": ["**/*.mjs", "**/*.js"], "fallthrough": False},
    {"type": "CompiledWasm", "globs": ["**/*.wasm"], "fallthrough": False},
    {"type": "Data", "globs": ["**/*.bin", "**/*.zip"], "fallthrough": False},
)

SECRET_FILES = (".dev.vars", ".env")
"""wrangler reads them beside its configuration, with the environment's name as a further suffix."""

OWNER_ONLY = 0o600

HOST = Path(__file__).parents[1] / "runtime" / "worker" / "host.mjs"
"""The embedded host's main module. That there is one tells wrangler that not everything is a static asset."""

Config = dict[str, Any]


@dataclass(frozen=True)
class Bundle:
    """The packed runtime as wrangler is to load it: a folder of modules, and how to renew the application in it."""

    folder: Path
    build_command: str
    watch: str
    """Folder of the application's sources, relative to the generated configuration."""


def read(wrangler_toml: Path) -> Config:
    """The configuration as written. Raises Failure with the line when it is not TOML."""
    try:
        return tomllib.loads(wrangler_toml.read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(
            f"{wrangler_toml.name} cannot be read ({error.strerror})", "restore it with `git checkout`"
        ) from None
    except UnicodeDecodeError as error:
        raise Failure(f"{wrangler_toml.name} is not UTF-8 (byte {error.start})", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise Failure(f"{wrangler_toml.name} is not valid TOML", f"{error}; mend that line") from None


def section(config: Mapping[str, Any], environment: str | None, key: str) -> Any:
    """An inheritable key of `environment`: its own value, else the top level's. Raises Failure for an unknown name."""
    environments: Mapping[str, Config] = config.get("env", {})
    if not environment:
        return config.get(key)
    if environment not in environments:
        known = ", ".join(environments) or "none"
        raise Failure(f"wrangler.toml has no environment {environment!r}", f"use one of: {known}")
    return environments[environment].get(key, config.get(key))


def bindings_only(config: Config, root: Path) -> Config:
    """For Miniflare, which gets the modules directly: everything but how the Worker is built.

    Python's flags stay, without which Cloudflare's own runtime runs nothing; `serve.mjs` leaves them out for the
    embedded one. Without the list of secrets, too: it would have wrangler take their values from this process's
    environment.
    """

    def rewrite(part: Config) -> Config:
        return {key: value for key, value in _relocate(part, root).items() if key != "secrets"}

    return _with_environments(config, rewrite) | {"main": str(HOST)}


def embedded(config: Config, root: Path, bundle: Bundle) -> Config:
    """For `wrangler dev`: the same Worker as modules of the embedded runtime.

    The build stands in every environment: one that is inherited wrangler joins to the configuration's folder twice, and
    then it watches a folder that is not there.
    """
    build = {"command": bundle.build_command, "watch_dir": bundle.watch}
    generated = _with_environments(config, lambda part: _without_python(_relocate(part, root)) | {"build": build})
    return generated | {
        "main": str(bundle.folder / HOST.name),
        "base_dir": str(bundle.folder),
        "no_bundle": True,
        "find_additional_modules": True,
        "rules": list(MODULE_RULES),
    }


def _with_environments(config: Config, rewrite: Callable[[Config], Config]) -> Config:
    """`rewrite` applied to the top level and to every environment's own keys."""
    generated = rewrite({key: value for key, value in config.items() if key != "env"})
    if "env" in config:
        generated["env"] = {name: rewrite(part) for name, part in config["env"].items()}
    return generated


SET_ASIDE = ("base_dir", "build", "find_additional_modules", "minify", "no_bundle", "rules")
"""What somebody may have written of how wrangler builds, and the embedded runtime has in its own way."""


def set_aside(config: Mapping[str, Any], environment: str | None) -> list[str]:
    """Keys that are written and not in force under the embedded runtime."""
    return [key for key in SET_ASIDE if section(config, environment, key) is not None]


_BUILD_KEYS = frozenset(
    {
        "$schema",
        "main",
        "base_dir",
        "no_bundle",
        "find_additional_modules",
        "rules",
        "build",
        "minify",
        "python_modules",
    }
)


def _relocate(part: Config, root: Path) -> Config:
    """One level of the configuration without build keys, its paths absolute."""
    moved = {key: value for key, value in part.items() if key not in _BUILD_KEYS}
    if directory := part.get("assets", {}).get("directory"):
        moved["assets"] = part["assets"] | {"directory": str(root / directory)}
    return moved


def _without_python(part: Config) -> Config:
    """One level of the configuration without the flags of Cloudflare's Python."""
    if "compatibility_flags" not in part:
        return part
    return part | {"compatibility_flags": [flag for flag in part["compatibility_flags"] if not PYTHON_FLAG.match(flag)]}


def sdk_flags(date: str, flags: Sequence[str]) -> dict[str, bool]:
    """What the SDK finds in `_cloudflare_compat_flags` under this compatibility date and these flags."""
    return {name: off not in flags and (name in flags or date >= since) for name, (since, off) in SDK_FLAGS.items()}


def door(date: str, flags: Sequence[str]) -> str:
    """By which door events reach Python under this date and these flags: "functions" or "class"."""
    if FUNCTIONS_FLAG in flags:
        return "functions"
    return "class" if CLASS_FLAG in flags or date >= CLASS_SINCE else "functions"


def by_class(config: Mapping[str, Any]) -> Config:
    """The same configuration for a Worker that is a class `Default` in `entry.py`."""
    flags = [flag for flag in config.get("compatibility_flags", []) if flag != FUNCTIONS_FLAG]
    return {**config, "main": "src/entry.py", "compatibility_flags": flags}


def excluded(config: Mapping[str, Any], environment: str | None) -> list[str]:
    """Globs of files in python_modules/ that are not uploaded, and so must not be there in development either."""
    globs: list[str] = (section(config, environment, "python_modules") or {}).get("exclude", [])
    return globs


def host_settings(
    config: Mapping[str, Any],
    environment: str | None,
    *,
    cf: Mapping[str, Any] | None = None,
    cf_header: bool = True,
    dispatch: str = "production",
) -> dict[str, Any]:
    """`settings.mjs` of the embedded host. `cf` overrides `request.cf`; `cf_header` lets a request choose its own.

    `dispatch` is how events are handed to Python: as in "production", or the "short" way (`runtime/worker/doors.mjs`).
    """
    main = section(config, environment, "main") or "src/entry.py"
    date = str(section(config, environment, "compatibility_date") or "")
    flags = section(config, environment, "compatibility_flags") or []
    return {
        "entry": Path(main).stem,
        "door": door(date, flags),
        "dispatch": dispatch,
        "cf": dict(cf) if cf else None,
        "cfHeader": cf_header,
        "compatibility": {"date": date, "flags": list(flags)},
        "compatibilityFlags": sdk_flags(date, flags),
    }


def write(generated: Config, folder: Path, root: Path, kept: Callable[[str], str] = lambda text: text) -> Path:
    """Write the generated configuration to `folder` and put the secrets of `root` beside it; returns its path.

    `kept` gives what of a file's text is for the Worker.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "wrangler.json"
    path.write_text(json.dumps(generated, indent=2))
    for name in SECRET_FILES:
        for secrets in root.glob(f"{name}*"):
            link = folder / secrets.name
            text = secrets.read_text(encoding="utf-8")
            link.unlink(missing_ok=True)
            if kept(text) == text:
                link.symlink_to(secrets)
            else:
                link.touch(OWNER_ONLY)
                link.write_text(kept(text), encoding="utf-8")
    return path
