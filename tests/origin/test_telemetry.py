"""What the operator sees of a function of the application: its metrics line, cold starts, the warm-up event."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import snapshot_restore_py  # type: ignore[import-untyped]  # it has no types
from application.common.problems import Problem
from application.common.telemetry import WARM_UP, WARMED, entry_point, metrics_of, operation
from aws_lambda_powertools import Metrics


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Iterator[Metrics]:
    monkeypatch.setenv("ENVIRONMENT", "staging")
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED", raising=False)
    made = metrics_of("orders-api")
    made.clear_metrics()  # those of a process are in one place, whoever made them
    yield made
    made.clear_metrics()


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one EMF line that was written."""
    (written,) = capsys.readouterr().out.splitlines()
    read: dict[str, Any] = json.loads(written)
    return read


def test_a_metrics_line_has_the_service_and_the_environment_as_its_dimensions(
    metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = entry_point(operation(metrics, "Place")(lambda event, context: "placed"), "orders-api", metrics)
    assert handler({}, None) == "placed"
    written = line(capsys)
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Gatehouse", [["Service", "Environment"]])
    assert (written["Service"], written["Environment"]) == ("orders-api", "staging")
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {"ColdStart": "Count", "PlaceSuccess": "Count", "PlaceDuration": "Milliseconds"}
    assert written["PlaceDuration"][0] >= 0


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (Problem(409, "in_progress", "Wait."), "PlaceRefused"),
        (Problem(503, "unavailable", "Later."), "PlaceError"),
        (RuntimeError("a fault"), "PlaceError"),
    ],
)
def test_what_ends_badly_is_counted_and_its_metrics_are_written_all_the_same(
    metrics: Metrics, capsys: pytest.CaptureFixture[str], raised: Exception, outcome: str
) -> None:
    def place(event: dict[str, Any], context: Any) -> Any:
        raise raised

    handler = entry_point(operation(metrics, "Place")(place), "orders-api", metrics)
    with pytest.raises(type(raised)):
        handler({}, None)
    written = line(capsys)
    assert written[outcome] == [1.0]
    assert "PlaceSuccess" not in written
    assert "PlaceDuration" in written


def test_the_second_event_is_no_cold_start(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    handler = entry_point(operation(metrics, "Place")(lambda event, context: None), "orders-api", metrics)
    handler({}, None)
    assert "ColdStart" in line(capsys)
    handler({}, None)
    assert "ColdStart" not in line(capsys)


def test_a_warm_up_is_answered_without_touching_anything(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[Any] = []
    handler = entry_point(lambda event, context: calls.append(event), "orders-api", metrics)
    assert handler(dict(WARM_UP), None) == WARMED
    assert calls == []
    assert capsys.readouterr().out == ""
    handler({"warm": True, "version": "2.0"}, None)  # a request that only looks like one
    assert len(calls) == 1


def test_what_snapstart_restores_starts_cold_again(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    handler = entry_point(operation(metrics, "Place")(lambda event, context: None), "orders-api", metrics)
    handler({}, None)
    capsys.readouterr()
    for hook, args, kwargs in snapshot_restore_py.get_after_restore():
        hook(*args, **kwargs)
    handler({}, None)
    assert "ColdStart" in line(capsys)
