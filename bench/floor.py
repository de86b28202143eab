"""`--floor`: the least by hand, in Python and in JavaScript, beside Gatehouse and Hono: what the remainder is made of.

Between the minimum in JavaScript and that in Python is the language and the bridge; between that in Python and
Gatehouse is what the gateway decides.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.cases import CASES
from bench.contenders import GATEHOUSE, HONO, STEP, Contender
from bench.documents import Row, as_ratio, rounded, table
from bench.load import Origin
from bench.measure import Plan, Results
from bench.peers import BUILT, countries
from devtools.paths import SOURCES, copy_sources

HERE: Final = Path(__file__).with_name("floors")
PLAN: Final = Plan(rounds={16: 15}, seconds=0.4, warm_up=0.3, before=12.0, starts=1)
ASKED: Final = ("geo", "hs256", "public_1k", "public_64k", "public_1m", "mine", "refused", "stream")
"""RS256 is missing: a remembered token is one, however it was signed."""


def _python(origin: Origin) -> Mapping[str, Any]:
    folder = BUILT / "floor"
    shutil.rmtree(folder, ignore_errors=True)
    copy_sources(SOURCES, folder)
    shutil.copy(HERE / "minimum.py", folder / "entry.py")
    return {"source": folder, "config": STEP, "vars": _variables(origin)}


def _javascript(origin: Origin) -> Mapping[str, Any]:
    return {"script": HERE / "minimum.mjs", "vars": _variables(origin)}


def _variables(origin: Origin) -> Mapping[str, Any]:
    currencies = {code: row["currency"] for code, row in countries().items()}
    return {**HONO.options(origin)["vars"], "CURRENCIES": json.dumps(currencies)}


IN_PYTHON: Final = Contender("python", "the least in Python", _python)
IN_JAVASCRIPT: Final = Contender("javascript", "the least in JavaScript", _javascript)
CONTENDERS: Final = (IN_JAVASCRIPT, HONO, IN_PYTHON, GATEHOUSE)


def report(results: Results) -> str:
    """CPU microseconds a request of each, and how many times the floors others are."""
    (count,) = PLAN.rounds
    pairs = ((IN_PYTHON, HONO), (GATEHOUSE, IN_PYTHON))
    heads = [f"{one.title} ÷ {other.title}" for one, other in pairs]
    rows: list[Row] = [("CPU µs per request", *(one.title for one in CONTENDERS), *heads)]
    for case in (case for case in CASES if case.name in ASKED):
        figures = [results.figure(case.name, count, one.name) for one in CONTENDERS]
        ratios = [results.ratio(case.name, count, one.name, other.name) for one, other in pairs]
        if any(figures):
            rows.append((case.title, *map(rounded, figures), *map(as_ratio, ratios)))
    return table(rows)
