"""What a full run leaves in the documentation: figures, chart, and the tables between two markers of a page.

docs/bench.json    every round
docs/bench.svg     the chart
docs/cost.md       all tables
README.md          the short one
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench import targets
from bench.cases import CASES
from bench.chart import chart
from bench.contenders import (
    AGAIN,
    COMPARED,
    EMPTY_JS,
    EMPTY_PYTHON,
    ENTRY,
    FASTAPI,
    GATEHOUSE,
    HONO,
    LEAST_JS,
    LEAST_PYTHON,
    LEAST_SHORT,
    SHORT,
    STARTED_AGAIN,
    STEPS,
)
from bench.figures import Figure, Ratio
from bench.measure import Results
from devtools.paths import ROOT

FIGURES: Final = ROOT / "docs" / "bench.json"
CHART: Final = ROOT / "docs" / "bench.svg"
PAGE: Final = ROOT / "docs" / "cost.md"
README: Final = ROOT / "README.md"

OF_THE_README: Final = ("geo", "hs256", "rs256", "public_1k", "mine", "refused_new")
"""The cases of the README."""

CONNECTIONS: Final = 16
"""Those of the tables and the chart; `bench.json` has the others too."""

Row = Sequence[str]


class NoPlace(ValueError):
    """A page has no markers between which a table could stand."""


def publish(results: Results) -> None:
    """Write all four, the tables of the figures as they are kept: to a tenth."""
    kept = json.dumps(results.as_json(), indent=None, separators=(",", ":"))
    FIGURES.write_text(kept + "\n")
    results = Results.from_json(json.loads(kept))
    CHART.write_text(chart(results, CONNECTIONS))
    for page, tables in pages(results).items():
        page.write_text(with_tables(page.read_text(), tables))


def pages(results: Results) -> dict[Path, dict[str, str]]:
    """The tables of each page, by the name in its markers."""
    return {
        README: {"bench-short": table(short_rows(results))},
        PAGE: {
            "bench-cpu": table(cpu_rows(results)),
            "bench-targets": table(targets.rows(results, CONNECTIONS)),
            "bench-steps": table(step_rows(results)),
            "bench-least": table(least_rows(results)),
            "bench-connections": table(connection_rows(results)),
            "bench-starts": table(start_rows(results)),
        },
    }


def with_tables(text: str, tables: dict[str, str]) -> str:
    """`text` with each table between its markers. Raises NoPlace."""
    for name, rows in tables.items():
        place = re.compile(f"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not place.search(text):
            raise NoPlace(f"there is no <!-- {name} --> … <!-- /{name} --> for its table")
        text = place.sub(lambda found, rows=rows: f"{found[1]}{rows}\n{found[2]}", text)  # type: ignore[misc]
    return text


def short_rows(results: Results) -> list[Row]:
    """Case by case the CPU of those who work, and how many times Hono's ours is."""
    rows: list[Row] = [("CPU per request", "Gatehouse", "Hono (TypeScript)", "FastAPI", "Gatehouse ÷ Hono")]
    for case in CASES:
        if case.name in OF_THE_README:
            figures = [results.figure(case.name, CONNECTIONS, one.name) for one in (GATEHOUSE, HONO, FASTAPI)]
            times = results.ratio(case.name, CONNECTIONS, GATEHOUSE.name, HONO.name)
            rows.append((case.title, *map(_microseconds, figures), as_ratio(times)))
    return rows


def cpu_rows(results: Results) -> list[Row]:
    """Every case: medians, our own work, and how many times the others ours is; the last column is the noise."""
    nothing = results.figure("geo", CONNECTIONS, EMPTY_PYTHON.name)
    heads = ("Gatehouse", "own work", "Hono", "FastAPI", "G ÷ Hono", "short ÷ Hono", "FastAPI ÷ G", "G ÷ G")
    rows: list[Row] = [("CPU µs per request", *heads)]
    for case in CASES:
        ours, hono, fastapi = (results.figure(case.name, CONNECTIONS, one.name) for one in (GATEHOUSE, HONO, FASTAPI))
        if ours is None:
            continue
        own = f"{ours.median - nothing.median:,.0f}" if nothing else ""
        pairs = ((GATEHOUSE, HONO), (SHORT, HONO), (FASTAPI, GATEHOUSE), (AGAIN, GATEHOUSE))
        ratios = [as_ratio(results.ratio(case.name, CONNECTIONS, one.name, other.name)) for one, other in pairs]
        rows.append((case.title, rounded(ours), own, rounded(hono), rounded(fastapi), *ratios))
    return rows


def step_rows(results: Results) -> list[Row]:
    """From an empty JS Worker to `GET /geo`, one thing more a row."""
    rows: list[Row] = [("Worker", "CPU µs per request", "more than the row above")]
    before: Figure | None = None
    entry = results.figure("geo", CONNECTIONS, ENTRY.name)
    for one in (EMPTY_JS, EMPTY_PYTHON, *STEPS, GATEHOUSE):
        figure = results.figure("geo", CONNECTIONS, one.name)
        if figure is None:
            continue
        title = "+ the locale chosen: `GET /geo`" if one is GATEHOUSE else one.title
        rows.append((title, _spread(figure), f"{figure.median - before.median:+.0f}" if before else ""))
        before = figure
    if entry and (direct := results.figure("geo", CONNECTIONS, EMPTY_JS.name)):
        rows.append((f"*{ENTRY.title}: the empty JS Worker*", _spread(entry), f"{entry.median - direct.median:+.0f}"))
    return rows


def least_rows(results: Results) -> list[Row]:
    """What cannot be done without, in either language, and how far ours and Hono's are from it."""
    shown = (LEAST_JS, HONO, LEAST_PYTHON, GATEHOUSE)
    pairs = ((LEAST_PYTHON, HONO), (LEAST_SHORT, HONO), (GATEHOUSE, LEAST_PYTHON))
    heads = ("least in Python ÷ Hono", "by the short dispatch", "Gatehouse ÷ least in Python")
    rows: list[Row] = [("CPU µs per request", *_titles(shown), *heads)]
    for case in CASES:
        figures = [results.figure(case.name, CONNECTIONS, one.name) for one in shown]
        ratios = [results.ratio(case.name, CONNECTIONS, one.name, other.name) for one, other in pairs]
        if all(figures):
            rows.append((case.title, *map(rounded, figures), *map(as_ratio, ratios)))
    return rows


def connection_rows(results: Results) -> list[Row]:
    """Requests per second, p50 and p99 by connections, and what is added to the origin's own time."""
    counts = sorted({count for by_count in results.rounds.values() for count in by_count})
    rows: list[Row] = [("requests/s · p50 · p99 · added to the origin's first byte (ms)", "", *_titles(COMPARED))]
    for case in CASES:
        for count in counts:
            cells = [_speed(results, case.name, count, one.name) for one in COMPARED]
            if any(cells):
                rows.append((case.title if count == counts[0] else "", f"{count} conn.", *cells))
    return rows


def start_rows(results: Results) -> list[Row]:
    """First response after start, memory then and after the load."""
    rows: list[Row] = [("", "first response", "memory after start", "memory after load")]
    columns = (("first_response_ms", 1, "ms"), ("memory_at_start", 1e6, "MB"), ("memory_after_load", 1e6, "MB"))
    found = [(one.title, results.starts[one.name]) for one in STARTED_AGAIN if one.name in results.starts]
    rows += [(title, *(_of(its.get(name), unit, symbol) for name, unit, symbol in columns)) for title, its in found]
    return rows


def table(rows: Sequence[Row]) -> str:
    """A Markdown table; the first row is its head, and all columns but the first are figures."""
    head, *body = rows
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *body))


def _titles(contenders: Sequence[object]) -> list[str]:
    return [getattr(one, "title", "") for one in contenders]


def _speed(results: Results, case: str, count: int, contender: str) -> str:
    figures = [results.figure(case, count, contender, name) for name in ("rate", "p50", "p99", "first_byte")]
    if any(figure is None for figure in figures):
        return ""
    rate, p50, p99, first = (figure.median for figure in figures if figure)
    direct = results.origin_first_byte.get(case, {}).get(count)
    added = f" · +{first - direct:.1f}" if direct is not None else ""
    return f"{rate:,.0f} · {p50:.1f} · {p99:.1f}{added}"


def _microseconds(figure: Figure | None) -> str:
    return f"{figure.median:,.0f} µs" if figure else ""


def _spread(figure: Figure | None) -> str:
    return f"{figure.median:,.0f} ±{figure.spread / 2:.0%}" if figure else ""


def rounded(figure: Figure | None) -> str:
    """Its median; nothing for what was not measured."""
    return f"{figure.median:,.0f}" if figure else ""


def as_ratio(found: Ratio | None) -> str:
    """A ratio with its quartiles; nothing for what was not measured."""
    return f"{found.median:.2f} [{found.lower:.2f}, {found.upper:.2f}]" if found else ""


def _of(sample: Sequence[float] | None, unit: float, name: str) -> str:
    return f"{Figure.of(sample).median / unit:,.0f} {name}" if sample else ""
