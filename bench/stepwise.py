"""`python -m bench.stepwise`: the steps of `GET /geo`: by themselves with warm caches, in service, and their crossings.

*Hot* is what a step takes again and again in one isolate; *in service* what it adds to the CPU of a request, from the
published run; *crossings* the calls between Python and JavaScript that it adds.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from bench import cases, contenders, tokens
from bench.contenders import EMPTY_PYTHON, GATEHOUSE, STEPS
from bench.documents import CONNECTIONS, FIGURES, Row, table
from bench.load import Load, Origin, message
from bench.measure import Results
from bench.peers import build_step
from devtools.runtime.profile import count_crossings
from devtools.runtime.runner import Runner

HEAD: Final = ("step of `GET /geo`", "hot, µs", "in service, µs", "crossings")
LAST: Final = "+ the locale chosen"


def rows(hot: Mapping[str, float], service: Mapping[str, float], crossings: Mapping[str, float]) -> list[Row]:
    """One row for each step; what is in service and crossings is what it has more than the one before."""
    found: list[Row] = [HEAD]
    before = EMPTY_PYTHON.name
    for one in (*STEPS, GATEHOUSE):
        more = service[one.name] - service[before]
        calls = crossings[one.name] - crossings[before]
        title = LAST if one is GATEHOUSE else one.title
        found.append((title, f"{hot[one.name]:.0f}", f"{more:.0f}", f"{calls:.0f}"))
        before = one.name
    return found


def _in_service() -> dict[str, float]:
    results = Results.from_json(json.loads(FIGURES.read_text()))
    names = [one.name for one in (EMPTY_PYTHON, *STEPS, GATEHOUSE)]
    figures = {name: results.figure("geo", CONNECTIONS, name) for name in names}
    return {name: figure.median for name, figure in figures.items() if figure}


def main() -> None:
    with Origin(tokens.keys().jwks()) as origin, Load() as load, Runner() as runner:
        crossings = {}
        for one in (EMPTY_PYTHON, *STEPS, GATEHOUSE):
            options: dict[str, Any] = {"config": contenders.CONFIG, **one.options(origin)}
            requests = cases.GEO.messages(tokens.keys()) if one is GATEHOUSE else [message("/geo", cases.visitor())]
            crossings[one.name] = sum(count_crossings(runner, load, options, requests).values())
        with runner.start(source=build_step("hot"), config=contenders.STEP) as gateway:
            hot = gateway.client.get("/geo", headers=cases.visitor(), timeout=60).raise_for_status().json()
    print(table(rows(hot, _in_service(), crossings)))


if __name__ == "__main__":
    main()
