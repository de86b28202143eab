"""`python -m devtools <command> [options]`: finds the command's module and runs it.

To add a command, add a line to `GROUPS` and a module with `main(argv: list[str]) -> int`. Modules are imported only
when called: `setup` runs on a bare Python, before anything is installed, and must stay within the standard library.
"""

from __future__ import annotations

import importlib
import os
import sys

from devtools.failure import Failure
from devtools.paths import VENV, VENV_PYTHON

GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "installing": {
        "setup": (
            "devtools.installing.setup",
            "install what the other commands need, from the lock files; does nothing when current",
        ),
        "vendor": ("devtools.installing.vendor", "lay the Worker's Python packages out in python_modules/"),
        "lock": ("devtools.installing.lock", "write the lock files of requirements/ anew from pyproject.toml"),
        "refresh": ("devtools.installing.refresh", "take the newest dependencies and CLDR the project allows"),
    },
    "serving": {
        "dev": ("devtools.serving.dev", "serve the Worker on this machine under wrangler dev"),
        "region": ("devtools.serving.region", "serve a second origin on this machine, in the role of another region"),
        "tail": ("devtools.serving.tail", "show the log of `dev` to people, as it is written"),
    },
    "signing in": {
        "token": ("devtools.identity.token", "print a token that the gateway on this machine accepts"),
        "keys": ("devtools.identity.api_keys", "make, list and revoke API keys, on this machine or of a deployment"),
    },
    "the application behind the gateway": {
        "origin": (
            "devtools.application.local_aws.command",
            "serve the application behind the gateway, deployed on this machine",
        ),
        "payments": ("devtools.application.payments", "serve a payment provider on this machine that charges no one"),
    },
    "configuration": {
        "doctor": (
            "devtools.configuration.doctor",
            "name every fault of the configuration, with its path and the mend",
        ),
    },
    "your own code": {
        "policy": ("devtools.generating.policy", "write a policy of your own, with settings and test: policy new NAME"),
    },
    "the runtime": {
        "profile": (
            "devtools.runtime.profile",
            "count a route's bridge crossings and show its Python time by function",
        ),
        "snapshot": (
            "devtools.runtime.dedicated",
            "make a deployment's memory snapshot on Cloudflare's own runtime, and fail over its budget",
        ),
    },
    "releasing": {
        "size": ("devtools.releasing.size", "list what a deployment uploads, and fail over the limit"),
        "sbom": ("devtools.releasing.sbom", "print the software bill of materials of what a deployment uploads"),
        "audit": ("devtools.releasing.audit", "look for known vulnerabilities in what is locked"),
        "smoke": ("devtools.releasing.smoke", "the integration test of a running gateway: smoke http://localhost:8787"),
    },
    "operating the gateway": {
        "maintenance": (
            "devtools.operating.maintenance",
            "close routes for a while, and open them again, without a deployment",
        ),
    },
    "operating the application": {
        "orders": ("devtools.operating.orders", "list what could not be done (orders dead), and put it back"),
        "cost": ("devtools.operating.cost", "print what the application cost in the last 24 hours"),
        "imports": ("devtools.operating.imports", "measure what the functions of origin/ import at a cold start"),
    },
    "generating": {
        "reference": ("devtools.generating.reference", "write the tables of docs/configuration.md, or --check them"),
        "openapi": ("devtools.generating.openapi", "generate public/openapi/application.json from the application"),
        "currencies": ("devtools.generating.currencies", "generate the minor units of money from ISO 4217"),
        "house": (
            "devtools.generating.house",
            "print which room of src/ may import which, and draw it in CONTRIBUTING.md",
        ),
        "constructors": (
            "devtools.generating.constructors",
            "write out the constructors of records that a start makes, in src/core/constructors.py",
        ),
        "formats": ("devtools.generating.formats", "generate src/places/format_tables.py from Unicode CLDR"),
        "territories": ("devtools.generating.territories", "generate src/places/territories.py from Unicode CLDR"),
    },
    "any other program": {
        "run": (
            "devtools.run",
            "run a program with the project's Node, npm tools and virtual environment first on PATH",
        ),
    },
}
"""What one does: the commands for it, name: (module, one line of help)."""

COMMANDS = {name: command for commands in GROUPS.values() for name, command in commands.items()}

# Commands that run on any Python; the others run on the virtual environment's.
BARE = frozenset({"setup"})

OLDEST_PYTHON = (3, 11)
USAGE = 2
INTERRUPTED = 130
NOT_READ = 141  # as a shell shows a program that ended by SIGPIPE


def main(argv: list[str]) -> int:
    """Run the command named first in `argv`; returns the exit code and prints a Failure as one line."""
    try:
        code = _dispatch(argv)
        sys.stdout.flush()
        return code
    except Failure as failure:
        print(f"gatehouse: {failure}", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who read it has seen enough; Python would complain once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_READ


def _dispatch(argv: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        have = ".".join(map(str, sys.version_info[:2]))
        raise Failure(f"Python {have} is too old", "use Python 3.11 or newer, e.g. `make PYTHON=python3.11 setup`")
    if not argv or argv[0] in ("-h", "--help"):
        print(_usage())
        return 0 if argv else USAGE
    name, *options = argv
    if name not in COMMANDS:
        raise Failure(f"there is no command {name!r}", f"choose one of {', '.join(COMMANDS)}", code=USAGE)
    if name not in BARE:
        _enter_the_venv(argv)
    code: int = importlib.import_module(COMMANDS[name][0]).main(options)
    return code


def _enter_the_venv(argv: list[str]) -> None:
    """Start over on the virtual environment's Python, unless that is what runs already."""
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        return
    if not VENV_PYTHON.exists():
        raise Failure("nothing is installed yet", "run `make setup` first")
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "devtools", *argv])


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = ["usage: python -m devtools <command> [options]"]
    for does, commands in GROUPS.items():
        lines += ["", f"{does}:", *(f"  {name:<{width}}  {text}" for name, (_, text) in commands.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
