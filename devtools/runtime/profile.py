"""`profile ROUTE`: where a request's time goes: calls between Python and JavaScript, and Python time by function.

Two gateways are started with the benchmark's configuration and origin, one counting crossings, one under cProfile.
ROUTE is a case of the benchmark (`geo`, `hs256`, `mine`, …) or a path. With `--policies tenant,rollout` the benchmark's
routes have those policies, told what `[env.local.vars.POLICIES]` says; what each takes is shown against its budget.
`profile imports` shows instead what the import of `entry.py` takes in the runtime, module by module, and on what.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import cases, contenders, tokens
from bench.load import Load, Origin, message
from devtools.configuration import local_vars
from devtools.paths import SOURCES, WRANGLER_TOML, copy_sources
from devtools.runtime.runner import Gateway, Runner

TESTING = Path(__file__).with_name("testing")
STAND_IN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""In place of the secrets that policies name."""

PROFILED = TESTING / "profiled.py"
IMPORTED = TESTING / "imported.py"
CROSSINGS_CONTROL = "/__gatehouse-test/crossings"
PROFILE_CONTROL = "/__gatehouse-test/profile"
IMPORTS_CONTROL = "/__gatehouse-test/imports"
IMPORTS = "imports"

COUNTED_REQUESTS = 20
WARM_UP = 0.5  # seconds
SHOWN = 35  # functions

POLICY_BUDGET = 500.0
"""Microseconds of Python that one policy should take of a request, counted with what it calls, under the profiler. All
of an isolate's requests share one thread, and the free plan gives one 10 ms."""
HOOKS = ("on_request", "on_response")

# What the functions of Pyodide's bridge do, first match first; the rest are checks and bookkeeping of those.
KINDS = (
    ("calls of JavaScript functions", r"JsvFunction_(Call|Construct)|JsvObject_CallMethod|JsvFunction_Call_OneArg"),
    ("properties read", r"JsProxy_GetAttr|JsProxy_GetItem|JsProxy_subscript"),
    ("properties set", r"JsvObject_SetAttr|JsProxy_SetAttr"),
    ("promises and callbacks", r"create_once_callable|create_promise_handles|JsvPromise_Resolve|pyproxy_new"),
    ("texts and buffers to JavaScript", r"_?python2js_(ascii|ucs|utf8|buffer)"),
    ("values to Python", r"js2python"),
    ("JavaScript objects held by Python", r"JsProxy_compute_typeflags"),
)
REST = "checks and bookkeeping of the above"


def summed_by_kind(counts: Mapping[str, float]) -> dict[str, float]:
    """Counts by imported function -> counts by what they are for, in the order of `KINDS`."""
    kinds = dict.fromkeys([*(kind for kind, _ in KINDS), REST], 0.0)
    for name, count in counts.items():
        kinds[next((kind for kind, pattern in KINDS if re.match(pattern, name)), REST)] += count
    return {kind: count for kind, count in kinds.items() if count}


def requests_of(route: str) -> list[str]:
    """The requests of a case of the benchmark, or one GET of a path, with a token that every issuer's route takes."""
    for case in cases.CASES:
        if case.name == route:
            return case.messages(tokens.keys())
    return [message(route, cases.visitor(token=tokens.keys().hs256()))]


@contextmanager
def _gateway(runner: Runner, options: Mapping[str, Any], main: str) -> Iterator[Gateway]:
    gateway = runner.start(config={**contenders.CONFIG, "main": main}, **options)
    try:
        yield gateway
    finally:
        gateway.stop()


def count_crossings(
    runner: Runner, load: Load, options: Mapping[str, Any], requests: Sequence[str]
) -> dict[str, float]:
    """Calls a request, by the name of the function of the bridge."""
    with runner.start(**{"config": contenders.CONFIG, **options}, crossings=True) as gateway:
        load.apply(gateway.url, requests, connections=1, seconds=WARM_UP)
        gateway.client.post(CROSSINGS_CONTROL)
        served = load.apply(gateway.url, requests, connections=1, seconds=WARM_UP).requests
        counts: dict[str, int] = gateway.client.get(CROSSINGS_CONTROL).json()
    return {name: count / served for name, count in counts.items()}


def profile_functions(
    runner: Runner, load: Load, options: Mapping[str, Any], requests: Sequence[str], seconds: float
) -> tuple[int, list[list[Any]]]:
    """Requests served, and per function: place, name, calls, own seconds, seconds with what it called."""
    with _beside_entry(PROFILED) as source, _gateway(runner, {**options, "source": source}, PROFILED.name) as gateway:
        load.apply(gateway.url, requests, connections=1, seconds=WARM_UP)
        gateway.client.get(PROFILE_CONTROL)
        served = load.apply(gateway.url, requests, connections=1, seconds=seconds).requests
        return served, gateway.client.get(PROFILE_CONTROL).json()


def time_imports(runner: Runner) -> tuple[list[Sequence[Any]], dict[str, Sequence[float]]]:
    """Module, own milliseconds, milliseconds with what it imported, in the order in which they were done; and what the
    whole is spent on: how often, and milliseconds."""
    with _beside_entry(IMPORTED) as source, _gateway(runner, {"source": source}, IMPORTED.name) as gateway:
        found = gateway.client.get(IMPORTS_CONTROL, timeout=60).json()
        return found["modules"], found["kinds"]


@contextmanager
def _beside_entry(module: Path) -> Iterator[Path]:
    """A folder with the Worker's modules and one more."""
    with tempfile.TemporaryDirectory(prefix="profile-") as folder:
        copy_sources(SOURCES, Path(folder))
        shutil.copy(module, folder)
        yield Path(folder)


def imports_report(rows: Sequence[Sequence[Any]], kinds: Mapping[str, Sequence[float]]) -> str:
    """The heaviest modules first, the whole, and what it is spent on."""
    lines = ["entry.py imported in the runtime, milliseconds", f"{'own':>8} {'with imports':>13}  module"]
    lines += [f"{own:8.1f} {total:13.1f}  {name}" for name, own, total in sorted(rows, key=lambda row: -row[1])[:SHOWN]]
    whole = next(total for name, _, total in rows if name == "entry")
    lines += [f"{whole:8.1f} {'':13}  entry.py, whole ({len(rows)} modules)", "", f"{'spent':>8} {'times':>13}  on"]
    lines += [f"{spent:8.1f} {times:13.0f}  {kind}" for kind, (times, spent) in kinds.items()]
    rest = whole - sum(spent for _, spent in kinds.values())
    return "\n".join([*lines, f"{rest:8.1f} {'':13}  running the modules: functions, classes, records, tables"])


def report(route: str, crossings: Mapping[str, float], served: int, functions: Sequence[Sequence[Any]]) -> str:
    """Both tables, per request."""
    kinds = summed_by_kind(crossings)
    lines = [f"{route}: calls between Python and JavaScript, per request"]
    lines += [f"{count:10.1f}  {kind}" for kind, count in kinds.items()]
    lines += [f"{sum(kinds.values()):10.1f}  together", ""]
    lines += [f"{route}: Python time under cProfile, microseconds per request ({served} requests)"]
    lines += [f"{'own':>10} {'with callees':>13} {'calls':>7}  function"]
    for place, name, calls, own, total in sorted(functions, key=lambda row: (-row[3], -row[4]))[:SHOWN]:
        where = place.removeprefix("/session/metadata/").removeprefix("/lib/python314.zip/")
        lines.append(f"{own / served * 1e6:10.1f} {total / served * 1e6:13.1f} {calls / served:7.1f}  {name}  {where}")
    lines.append(f"{sum(row[3] for row in functions) / served * 1e6:10.1f} {'':13} {'':7}  all functions")
    return "\n".join(lines)


def policy_costs(served: int, functions: Sequence[Sequence[Any]]) -> dict[str, float]:
    """Microseconds a request by policy, with what each calls. A coroutine counts each time it goes on."""
    costs: dict[str, float] = {}
    for place, name, _, _, total in functions:
        found = re.search(r"policies/([a-z]\w*)\.py:", place)
        if found and name in HOOKS:
            costs[found[1]] = costs.get(found[1], 0.0) + total / served * 1e6
    return costs


def policies_report(costs: Mapping[str, float]) -> str:
    """Each policy against the budget."""
    lines = ["", f"policies: Python time per request, of a budget of {POLICY_BUDGET:g} microseconds each"]
    for name, cost in sorted(costs.items(), key=lambda item: -item[1]):
        lines.append(f"{cost:10.1f}  {name}{'  over its budget' if cost > POLICY_BUDGET else ''}")
    return "\n".join(lines)


def with_policies(options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The benchmark's gateway with policies on every route, told what they are told locally. Raises Failure."""
    told = local_vars.part(WRANGLER_TOML, local_vars.LOCAL)["vars"].get("POLICIES", {})
    variables = dict(options["vars"])
    variables["ROUTES"] = [{**route, "policies": list(names)} for route in variables["ROUTES"]]
    variables["POLICIES"] = {name: told[name] for name in names if name in told}
    named = re.findall(r"[A-Z][A-Z0-9_]{3,}", str(variables["POLICIES"]))
    return {**options, "vars": {**dict.fromkeys(named, STAND_IN), **variables}}


def main(argv: list[str]) -> int:
    """`profile ROUTE [--seconds N] [--policies NAME,…]`."""
    parser = argparse.ArgumentParser(prog="python -m devtools profile", description=__doc__)
    parser.add_argument(
        "route", help=f"a path, or one of: {', '.join([*(case.name for case in cases.CASES), IMPORTS])}"
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="of load under the profiler (default: %(default)g)")
    parser.add_argument("--policies", default="", help="names of src/policies/, by commas, for every route")
    arguments = parser.parse_args(argv)
    names = [name for name in arguments.policies.split(",") if name]
    if arguments.route == IMPORTS:
        with Runner() as runner:
            print(imports_report(*time_imports(runner)))
        return 0
    requests = requests_of(arguments.route)
    with Origin(tokens.keys().jwks()) as origin, Load() as load, Runner() as runner:
        options = contenders.GATEHOUSE.options(origin)
        if names:
            options = with_policies(options, names)
        crossings = count_crossings(runner, load, options, requests)
        served, functions = profile_functions(runner, load, options, requests, arguments.seconds)
    print(report(arguments.route, crossings, served, functions))
    if names:
        print(policies_report(policy_costs(served, functions)))
    return 0
