"""What the operator sees of a function: metrics, cold starts, traces; and the event that only warms it.

    handler = entry_point(create_handler(…), "orders-api", metrics)

    @operation(metrics, "PlaceOrder")
    def place(…): …          # PlaceOrderSuccess, PlaceOrderRefused or PlaceOrderError; and PlaceOrderDuration

Metrics are lines of CloudWatch's embedded metric format (EMF) in the log, with the dimensions `Service` and
`Environment`. Traces go to AWS X-Ray where `POWERTOOLS_TRACE_DISABLED` does not say otherwise.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from application.common.problems import Problem

NAMESPACE = "Gatehouse"
FAULTS = 500
"""Status codes from here on are the server's fault (RFC 9110 section 15.6)."""

WARM_UP = {"warm": True}
"""The event that keeps an execution environment: answered at once, without touching anything."""
WARMED = {"warmed": True}

Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]

P = ParamSpec("P")
R = TypeVar("R")


def metrics_of(service: str) -> Metrics:
    """The metrics of one function. Powertools' own dimension `service` is left out: ours is spelt `Service`."""
    metrics = Metrics(namespace=NAMESPACE)
    metrics.clear_default_dimensions()  # Powertools keeps one set a process, where tests have several functions
    metrics.clear_metrics()
    metrics.set_default_dimensions(Service=service, Environment=os.environ.get("ENVIRONMENT", "local"))
    return metrics


def operation(metrics: Metrics, name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Counts what a function does by how it ended, and its duration in milliseconds.

    A problem below 500 is the client's doing, `<name>Refused`; every other exception is ours, `<name>Error`.
    """

    def measured(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            started, outcome = time.perf_counter(), "Error"
            try:
                result = function(*args, **kwargs)
                outcome = "Success"
                return result
            except Problem as problem:
                outcome = "Refused" if problem.status < FAULTS else "Error"
                raise
            finally:
                took = (time.perf_counter() - started) * 1000
                metrics.add_metric(name=f"{name}{outcome}", unit=MetricUnit.Count, value=1)
                metrics.add_metric(name=f"{name}Duration", unit=MetricUnit.Milliseconds, value=round(took, 3))

        return run

    return measured


def entry_point(handler: Handler, service: str, metrics: Metrics) -> Handler:
    """What AWS calls: `handler` traced, with its metrics written when it ends, however it ends.

    The first event of an execution environment that is no warm-up counts as a `ColdStart`; after SnapStart restored
    one, the next does again.
    """
    traced = _traced(handler, service)
    cold = _ColdStarts()

    @wraps(handler)
    def called(event: Event, context: Any) -> Any:
        if event == WARM_UP:
            cold.over()
            return WARMED
        if cold.over():
            metrics.add_metric(name="ColdStart", unit=MetricUnit.Count, value=1)
        try:
            return traced(event, context)
        finally:
            if metrics.metric_set:
                metrics.flush_metrics()

    return called


class _ColdStarts:
    """Whether the next event is the first one of its execution environment."""

    def __init__(self) -> None:
        self._cold = True
        after_restore(self._restored)

    def over(self) -> bool:
        """Whether this was the first; no later one is."""
        was, self._cold = self._cold, False
        return was

    def _restored(self) -> None:
        self._cold = True


def after_restore(hook: Callable[[], None]) -> None:
    """Call `hook` each time SnapStart has restored the execution environment; nothing happens without SnapStart."""
    try:
        from snapshot_restore_py import register_after_restore  # type: ignore[import-untyped]  # it has no types
    except ImportError:  # Lambda brings it along; a development machine need not
        return
    register_after_restore(hook)


def _traced(handler: Handler, service: str) -> Handler:
    """`handler` as a segment of X-Ray. Its library is imported only where there are traces."""
    if os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() in ("1", "true"):
        return handler
    from aws_lambda_powertools import Tracer

    traced: Handler = Tracer(service=service).capture_lambda_handler(handler, capture_response=False)
    return traced
