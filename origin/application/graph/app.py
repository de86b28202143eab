"""One path, three ways to it, and what the gateway may keep of the answers.

An answer without errors to a GET is for the gateway's cache. Nobody's is for everybody (`public`); somebody's is for
the gateway alone and for that caller (`CDN-Cache-Control`, RFC 9213, on a route with `partition = "user"`). `Cache-Tag`
names what was read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from graphql import ExecutionResult

from application.common.caller import Caller, Gatekeeper, Vouched
from application.common.cursors import Cursors
from application.common.http import Handler, Resources, no_route, now_text, observed, vouched
from application.common.problems import Problem
from application.common.telemetry import operation
from application.graph.execution import Prepared, Refused, prepare, run
from application.graph.faults import Fault, fault_of, is_ours, told
from application.graph.operations import Asked, asked_by
from application.graph.persisted import PersistedQueries
from application.graph.reading import Reading, Tables
from application.graph.tags import named

RESOURCES: Resources = ((r"/graphql", "GET, HEAD, POST, OPTIONS"),)

JSON, GRAPHQL = "application/json", "application/graphql-response+json"

FRESH = 30
"""Seconds."""
STALE = "stale-while-revalidate=60, stale-if-error=600"
PUBLIC: Mapping[str, str] = {"Cache-Control": f"public, max-age=0, s-maxage={FRESH}, {STALE}"}
PERSONAL: Mapping[str, str] = {
    "CDN-Cache-Control": f"max-age={FRESH}, {STALE}",
    "Cache-Control": "private, no-cache",
}
NOT_KEPT: Mapping[str, str] = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Parts:
    """What the route works with. `introspection` is for a developer's machine."""

    tables: Tables
    queries: PersistedQueries
    cursors: Cursors
    gatekeeper: Gatekeeper
    introspection: bool = False


def create_handler(parts: Parts, logger: Logger, metrics: Metrics) -> Handler:
    """The Lambda handler. Like Lambda itself, it takes one event at a time."""
    app = LambdaFunctionUrlResolver()
    graph = Graph(app, parts, logger)
    app.use(middlewares=[observed(logger), vouched(parts.gatekeeper)])
    app.route("/graphql", method=["GET", "HEAD"])(operation(metrics, "Query")(graph.answer))
    app.post("/graphql")(operation(metrics, "Operate")(graph.answer))
    app.not_found(no_route(app, RESOURCES))
    return app.resolve


class Graph:
    """The route. The request at hand is `app.current_event`, who makes it `app.context["vouched"]`."""

    def __init__(self, app: LambdaFunctionUrlResolver, parts: Parts, logger: Logger) -> None:
        self._app = app
        self._parts = parts
        self._logger = logger

    def answer(self) -> Response[str]:
        try:
            asked = asked_by(self._vouched.request)
            prepared = self._prepared(asked)
        except Fault as fault:
            return self._refusal(Refused([fault]))
        except Problem as problem:
            return self._refusal(Refused([fault_of(problem)]), problem.status)
        except Refused as reason:
            return self._refusal(reason)
        if prepared.is_mutation and self._is_read:
            refused = Refused([Fault("METHOD_NOT_ALLOWED", "A mutation is sent by POST.")])
            return self._refusal(refused, 405, {"Allow": "POST"})
        reading = Reading(self._vouched.caller, self._parts.tables, self._parts.cursors, now_text)
        result = run(prepared, asked.variables, asked.operation_name, reading)
        return self._result(result, reading.tags)

    def _prepared(self, asked: Asked) -> Prepared:
        """Raises Fault, Refused."""
        query = asked.query
        if query is None:
            query = self._parts.queries.find(asked.sha256 or "")
        if query is None:
            raise Fault("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        prepared = prepare(query, asked.variables, introspection=self._parts.introspection)
        if asked.query is not None and asked.sha256 is not None and not self._is_read:
            self._parts.queries.register(asked.sha256, query)
        return prepared

    def _result(self, result: ExecutionResult, tags: Iterable[str]) -> Response[str]:
        errors = result.errors or []
        for error in filter(is_ours, errors):
            self._logger.error("a field failed", extra={"path": error.path}, exc_info=error.original_error)
        if result.data is None and errors and not any(error.path for error in errors):  # variables that do not fit
            return self._refusal(Refused(errors))
        content: dict[str, Any] = {"data": result.data}
        if errors:
            content["errors"] = [told(error, self._request_id) for error in errors]
        caching = caching_of(self._vouched.caller, tags) if self._is_read and not errors else NOT_KEPT
        return self._response(200, content, caching)

    def _refusal(self, refused: Refused, status: int = 400, headers: Mapping[str, str] | None = None) -> Response[str]:
        errors = [told(error, self._request_id, refused.code) for error in refused.errors]
        if errors[0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND":
            status = 200  # Apollo's clients then send the query
        return self._response(status, {"errors": errors}, {**NOT_KEPT, **(headers or {})})

    def _response(self, status: int, content: Mapping[str, Any], headers: Mapping[str, str]) -> Response[str]:
        accepted = self._vouched.request.headers.get("accept", "")
        media_type = GRAPHQL if GRAPHQL in accepted else JSON
        return Response(status, media_type, json.dumps(content, ensure_ascii=False), {**headers, "Vary": "accept"})

    @property
    def _vouched(self) -> Vouched:
        admitted: Vouched = self._app.context["vouched"]
        return admitted

    @property
    def _is_read(self) -> bool:
        return self._vouched.request.method in ("GET", "HEAD")

    @property
    def _request_id(self) -> str:
        return self._vouched.request.headers.get("x-request-id", "")


def caching_of(caller: Caller, tags: Iterable[str]) -> dict[str, str]:
    """For how long and for whom an answer without errors may be kept, and by what names it is purged."""
    return {**(PUBLIC if caller.id is None else PERSONAL), "Cache-Tag": named(tags)}
