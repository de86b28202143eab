"""The benchmark's own reckoning: what it compares, sums up and writes, on figures made by hand."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import against, documents, hot, memory, stepwise, targets
from bench.answers import Given, differences, given
from bench.cases import CASES
from bench.chart import chart
from bench.contenders import BY_CLASS, COMPARED, CONFIG, CONTENDERS, STARTED_AGAIN
from bench.figures import Figure, Ratio, interleaved
from bench.measure import Results, Round

GEO = CASES[0]


def measured(**cpu: float) -> Results:
    """Results of /geo and one cached hit at 16 connections, with three rounds around `cpu` microseconds each."""
    results = Results()
    for case in ("geo", "public_1k"):
        results.rounds[case] = {
            16: {
                name: [Round(value + off, 100.0, 1.0, 2.0, 0.5) for off in (-10, 0, 10)] for name, value in cpu.items()
            }
        }
    results.origin_first_byte["public_1k"] = {16: 0.2}
    results.starts["gateway"]["first_response_ms"].append(900.0)
    return results


def _round(cpu: float) -> Round:
    return Round(cpu, rate=100.0, p50=1.0, p99=2.0, first_byte=0.5)


def test_a_figure_is_the_median_with_its_range() -> None:
    figure = Figure.of([30.0, 10.0, 20.0])
    assert (figure.median, figure.low, figure.high, figure.spread) == (20.0, 10.0, 30.0, 1.0)


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Figure.of([])


def test_no_contender_always_follows_the_same_one() -> None:
    assert interleaved(["a", "b", "c"], 3) == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]


def test_a_ratio_is_taken_round_by_round() -> None:
    """The machine was twice as slow in the second round, for both."""
    assert Ratio.of([20.0, 60.0, 30.0], [10.0, 20.0, 20.0]) == Ratio(2.0, 1.75, 2.5)
    assert Ratio.of([20.0], [10.0]) == Ratio(2.0, 2.0, 2.0)


def test_a_ratio_to_nothing_is_none() -> None:
    assert (Ratio.of([10.0], []), Ratio.of([10.0], [0.0])) == (None, None)


def test_only_named_members_of_an_answer_are_compared() -> None:
    first = given(GEO, 200, b'{"country": "DE", "source": 1}')
    second = given(GEO, 200, b'{"country": "DE", "source": 2}')
    assert first == second
    assert differences(GEO, {"one": first, "two": second}) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [(Given(500, None), "answers 500 where 200 is due"), (Given(200, {"country": "FR"}), "where one says")],
)
def test_a_different_answer_is_named(other: Given, said: str) -> None:
    (fault,) = differences(GEO, {"one": Given(200, {"country": "DE"}), "two": other})
    assert "two" in fault
    assert said in fault


def test_results_come_back_from_their_json() -> None:
    results = measured(gatehouse=500.0, hono=400.0)
    again = Results.from_json(json.loads(json.dumps(results.as_json())))
    assert again.rounds == results.rounds
    assert again.origin_first_byte == results.origin_first_byte
    assert again.starts == results.starts


def test_a_table_sets_each_contender_against_ours() -> None:
    results = measured(gatehouse=500.0, hono=400.0, fastapi=5000.0, empty_python=300.0)
    head, geo, *_ = documents.cpu_rows(results)
    assert dict(zip(head[1:], geo[1:], strict=True)) == {
        "Gatehouse": "500", "own work": "200", "Hono": "400", "FastAPI": "5,000", "G ÷ Hono": "1.25 [1.25, 1.25]",
        "short ÷ Hono": "",
        "FastAPI ÷ G": "10.00 [9.91, 10.09]", "G ÷ G": "",
    }  # fmt: skip


def test_tables_go_between_their_markers_and_nowhere_else() -> None:
    page = "before\n<!-- bench-cpu -->\nold\nrows\n<!-- /bench-cpu -->\nafter\n"
    assert documents.with_tables(page, {"bench-cpu": "new"}) == page.replace("old\nrows", "new")
    with pytest.raises(documents.NoPlace, match="bench-cpu"):
        documents.with_tables("no markers", {"bench-cpu": "new"})


def test_the_chart_is_svg_with_a_dot_for_every_figure() -> None:
    results = measured(gatehouse=500.0, hono=400.0, fastapi=5000.0, empty_python=300.0)
    drawing = ElementTree.fromstring(chart(results, 16))
    titles = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}title")]
    assert titles.count("500 µs") == titles.count("5,000 µs") == titles.count("400 µs") == 2


def test_every_target_is_set_against_what_was_measured() -> None:
    results = measured(gatehouse=500.0, hono=400.0, fastapi=5000.0, empty_python=450.0)
    assert [row[:3] for row in targets.rows(results, 16)[1:]] == [
        ("GET /geo, 200 visitors: 10 times less than FastAPI", "10.00 [9.91, 10.09]", "reached"),
        ("cached, 1 KB: 10 times less than FastAPI", "10.00 [9.91, 10.09]", "reached"),
        ("GET /geo, 200 visitors: at most 2 times Hono", "1.25 [1.25, 1.25]", "reached"),
        ("cached, 1 KB: at most 1.05 times Hono", "1.25 [1.25, 1.25]", "missed"),
    ]


@pytest.mark.parametrize(
    ("least", "beside"),
    [
        (480.0, ("1.20 [1.20, 1.20]", targets.OUT_OF_REACH)),
        (400.0, ("1.00 [1.00, 1.00]", targets.OURS)),
    ],
)
def test_beside_a_missed_target_stands_whether_python_gets_there(least: float, beside: tuple[str, str]) -> None:
    results = measured(gatehouse=500.0, hono=400.0, least_python=least)
    assert targets.rows(results, 16)[-1] == (
        "cached, 1 KB: at most 1.05 times Hono",
        "1.25 [1.25, 1.25]",
        "missed",
        *beside,
    )


def test_a_floor_with_quartiles_on_both_sides_of_a_target_is_called_close() -> None:
    results = measured(short=500.0, hono=400.0)
    results.rounds["public_1k"][16]["least_short"] = [_round(cpu) for cpu in (360.0, 380.0, 400.0)]
    assert targets.rows(results, 16)[-1][3:] == ("0.95 [0.94, 0.96]", targets.OURS + targets.CLOSE)


def test_what_is_less_than_fastapi_is_asked_of_the_least_by_the_same_measure() -> None:
    rows = targets.rows(measured(gatehouse=600.0, fastapi=5000.0, least_python=400.0), 16)
    assert rows[1][1:] == ("8.33 [8.27, 8.40]", "missed", "12.50 [12.36, 12.65]", targets.OURS)


def test_sources_are_set_against_those_of_before_and_against_themselves() -> None:
    rows = against.comparison(measured(before=400.0, gatehouse=200.0, again=200.0)).splitlines()
    assert rows[2] == "| GET /geo, 200 visitors | 400 | 200 | 0.50 [0.49, 0.51] | 1.00 [1.00, 1.00] |"
    assert len(rows) == 4, "what was not measured has no row"


def test_sources_of_before_are_called_by_the_door_they_have(tmp_path: Path) -> None:
    (tmp_path / "entry.py").touch()
    assert against.by_its_door(tmp_path) == BY_CLASS
    (tmp_path / "entry_global.py").touch()
    assert against.by_its_door(tmp_path) == CONFIG


def test_the_pipeline_alone_is_counted_for_now_and_before() -> None:
    assert hot.report({"GET /geo": (1000, 10.0)}, {"GET /geo": (2000, 20.04)}).splitlines()[2] == (
        "| GET /geo | 2,000 | 1,000 | 20.0 | 10.0 |"
    )
    assert "1,000" in hot.report({"GET /geo": (1000, 10.0)})


def test_a_step_is_what_its_worker_has_more_than_the_one_before() -> None:
    names = ("empty_python", "answer", "read", "log", "gatehouse")
    service = dict(zip(names, (100.0, 140.0, 230.0, 400.0, 600.0), strict=True))
    crossings = dict(zip(names, (10.0, 58.0, 84.0, 103.0, 103.0), strict=True))
    _, first, *_, last = stepwise.rows(dict.fromkeys(names, 30.4), service, crossings)
    assert list(first[1:]) == ["30", "40", "48"]
    assert list(last[1:]) == ["30", "200", "0"]


def test_memory_is_told_apart_by_its_mappings() -> None:
    smaps = """\
10000-20000 r-xp 00000000 08:01 77   /usr/bin/workerd
Rss:                  40 kB
20000-40000 rw-p 00000000 00:00 0
Rss:                 100 kB
50000-70001 rw-p 00000000 00:00 0
Rss:                   3 kB
"""
    assert memory.parts(smaps, python=0x20000) == {"files": 40960, "python": 102400, "others": 3072}


# --- what is published ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published() -> Results:
    return Results.from_json(json.loads(documents.FIGURES.read_text()))


def test_the_documentation_says_what_the_published_run_measured(published: Results) -> None:
    for page, tables in documents.pages(published).items():
        text = page.read_text()
        assert documents.with_tables(text, tables) == text, f"{page.name}: run `make bench`"
    assert documents.CHART.read_text() == chart(published, documents.CONNECTIONS)


def test_the_published_run_is_a_whole_one(published: Results) -> None:
    assert set(published.rounds) == {case.name for case in CASES}
    for case in CASES:
        by_count = published.rounds[case.name]
        assert set(by_count) == {1, 16, 64}
        assert set(by_count[16]) == {one.name for one in CONTENDERS if one.takes(case)}, case
        for by_contender in by_count.values():
            assert {one.name for one in COMPARED} <= set(by_contender), case
    for one in STARTED_AGAIN:
        assert set(published.starts[one.name]) == {"first_response_ms", "memory_at_start", "memory_after_load"}
