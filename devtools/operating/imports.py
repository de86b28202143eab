"""`imports`: what a function's cold start spends on importing, and on what.

    python -m devtools imports origin [--function UsersApi] [--top 8]

Each function's handler is imported in a process of its own, with its own packages and without network, by the Python
its functions run on here. Times are of this machine; their proportions are what matters.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devtools import example
from devtools.failure import Failure

LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|(\s+)(\S+)")
"""One module of `-X importtime`: microseconds for itself, with all it imports, and by its indentation its depth."""


@dataclass(frozen=True)
class Import:
    """One module that was imported. Times in milliseconds; `whole` is with what it imports itself."""

    module: str
    own: float
    whole: float
    depth: int

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


def main(argv: list[str]) -> int:
    """`imports origin`."""
    parser = argparse.ArgumentParser(prog="python -m devtools imports", description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["origin"])
    parser.add_argument("--function", metavar="NAME", help="only this one, by its name in the template")
    parser.add_argument("--top", type=int, default=6, help="packages to show (default 6)")
    options = parser.parse_args(argv)
    example.require("the functions")
    from devtools.application.local_aws import template

    functions = sorted(template.resources(template.FUNCTION))
    if options.function and options.function not in functions:
        raise Failure(f"there is no function {options.function}", f"choose one of {', '.join(functions)}")
    for function in [options.function] if options.function else functions:
        imported = measured(function)
        parts = sorted(by_package(imported).items(), key=lambda item: -item[1])[: options.top]
        shares = ", ".join(f"{package} {own:.0f}" for package, own in parts)
        print(f"{function:<20} {sum(one.own for one in imported):6.0f} ms, {len(imported)} modules: {shares}")
    return 0


def measured(function: str, *, runs: int = 2) -> list[Import]:
    """What importing the function's handler imports, the last time of so many. Raises Failure where it cannot be."""
    from devtools.application.local_aws import packaging, template
    from devtools.application.local_aws.emulator import PYTHON, STEP
    from devtools.installing.setup import ensure

    ensure((STEP,))
    properties = template.resources(template.FUNCTION)[function]
    module = properties["Handler"].rpartition(".")[0]
    with tempfile.TemporaryDirectory(prefix="gatehouse-") as folder:
        packaging.code([function], Path(folder))
        room = next(path for path in Path(folder).iterdir() if path.is_dir())
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{room}:{packaging.packages(function)}"}
        command = [PYTHON, "-S", "-X", "importtime", "-c", f"import {module}"]
        for _ in range(runs):  # the first compiles our own modules
            ran = subprocess.run(
                list(map(str, command)),
                env=environment | _variables(properties),
                capture_output=True,
                text=True,
                check=False,
            )
    if ran.returncode:
        raise Failure(f"{function} cannot be imported ({ran.stderr.splitlines()[-1]})", "mend it")
    return parse(ran.stderr)


def _variables(properties: Mapping[str, object]) -> dict[str, str]:
    """The function's variables, each with some value: what is imported does not call anybody."""
    environment = properties.get("Environment", {})
    names = environment.get("Variables", {}) if isinstance(environment, Mapping) else {}
    known = {
        "COST_THRESHOLD_DOLLARS": "5",
        "PAYMENT_PROVIDER": "http",
        "PAYMENT_API_URL": "http://127.0.0.1:9",
        "DATABASE_URL": "mysql+pymysql://catalogue@127.0.0.1:9/catalogue",
        "DATABASE_IAM": "false",
        "REDIS_URL": "redis://127.0.0.1:9",
    }
    aws = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_TRACE_DISABLED": "true"}
    return {**dict.fromkeys(names, "http://127.0.0.1:9/none"), **aws, **{n: v for n, v in known.items() if n in names}}


def parse(text: str) -> list[Import]:
    """The lines of `-X importtime`, in the order of their ends."""
    return [
        Import(module, int(own) / 1000, int(whole) / 1000, len(indent))
        for own, whole, indent, module in LINE.findall(text)
    ]


def by_package(imported: list[Import]) -> dict[str, float]:
    """Milliseconds by top-level package, each module counted where it is."""
    found: dict[str, float] = {}
    for one in imported:
        found[one.package] = found.get(one.package, 0.0) + one.own
    return found
