"""The table: CPU per request of every contender at every case, with what it is a multiple of."""

from collections.abc import Sequence

from bench.cases import CASES
from bench.contenders import (
    AGAIN,
    COMPARED,
    EMPTY_JS,
    EMPTY_PYTHON,
    ENTRY,
    GATEHOUSE,
    SHORT,
    STARTED_AGAIN,
    STEPS,
    Contender,
)
from bench.figures import Figure, Ratio
from bench.measure import Results

DASH = "-"


def table(results: Results, contenders: Sequence[Contender]) -> str:
    """All tables for people, one under the other."""
    working = [one for one in contenders if one.answers]
    counts = sorted({count for by_count in results.rounds.values() for count in by_count})
    parts = [_cpu(results, working, counts[len(counts) // 2]), _floors(results, counts)]
    compared = [one for one in working if one in COMPARED]
    parts += [_speed(results, compared, count) for count in counts]
    parts.append(_starts(results, contenders))
    return "\n\n".join(parts)


def _cpu(results: Results, working: Sequence[Contender], count: int) -> str:
    others = [one for one in working if one is not GATEHOUSE]
    shown = [one for one in working if one not in (AGAIN, SHORT)]
    head = ["case", *(one.title for one in shown), "own work", *(f"Gatehouse / {one.title}" for one in others)]
    rows = []
    floor = results.figure("geo", count, EMPTY_PYTHON.name)
    for case in CASES:
        ours = results.figure(case.name, count, GATEHOUSE.name)
        if ours is None:
            continue
        figures = [results.figure(case.name, count, one.name) for one in shown]
        ratios = [results.ratio(case.name, count, GATEHOUSE.name, one.name) for one in others]
        own = f"{ours.median - floor.median:,.0f}" if floor else DASH
        rows.append([case.title, *map(_with_spread, figures), own, *map(_times, ratios)])
    title = f"CPU microseconds per request, median and spread, {count} connections"
    note = (
        "own work: Gatehouse less an empty Python Worker; ratios round by round, with quartiles;"
        " that to Gatehouse again is the noise"
    )
    return f"{title}\n{note}\n{_aligned([head, *rows])}"


def _floors(results: Results, counts: Sequence[int]) -> str:
    rows = [["", *(f"{count} connections" for count in counts)]]
    rows += [
        [one.title, *(_with_spread(results.figure("geo", count, one.name)) for count in counts)]
        for one in (EMPTY_JS, ENTRY, EMPTY_PYTHON, *STEPS)
    ]
    title = (
        "The floor: CPU microseconds per request of Workers that do nothing, and of such that do one thing more each"
    )
    return f"{title}\n{_aligned(rows)}"


def _speed(results: Results, working: Sequence[Contender], count: int) -> str:
    head = ["case", *(one.title for one in working)]
    rows = []
    for case in CASES:
        cells = []
        for one in working:
            figures = [
                results.figure(case.name, count, one.name, name) for name in ("rate", "p50", "p99", "first_byte")
            ]
            rate, p50, p99, first = (figure.median if figure else 0.0 for figure in figures)
            origin = results.origin_first_byte.get(case.name, {}).get(count)
            added = f"  +{first - origin:.1f}" if origin is not None else ""
            cells.append(f"{rate:.0f}/s  {p50:.1f}  {p99:.1f}{added}" if rate else DASH)
        rows.append([case.title, *cells])
    title = f"Requests per second; p50 and p99 in ms; + ms to the first byte over the origin's own; {count} connections"
    return f"{title}\n{_aligned([head, *rows])}"


def _starts(results: Results, contenders: Sequence[Contender]) -> str:
    rows = [["", "first response after start", "memory after start", "memory after load"]]
    for one in (one for one in contenders if one in STARTED_AGAIN):
        found = results.starts[one.name]
        cells = [f"{Figure.of(found['first_response_ms']).median:.0f} ms"]
        cells += [
            f"{Figure.of(found[name]).median / 1e6:.0f} MB" if found[name] else DASH
            for name in ("memory_at_start", "memory_after_load")
        ]
        rows.append([one.title, *cells])
    return _aligned(rows)


def _with_spread(figure: Figure | None) -> str:
    return f"{figure.median:.0f} ±{figure.spread / 2:.0%}" if figure else DASH


def _times(found: Ratio | None) -> str:
    return f"{found.median:.2f} [{found.lower:.2f}, {found.upper:.2f}]" if found else DASH


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        _, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join([row[0].ljust(widths[0]), *rest]))
    return "\n".join(lines)
