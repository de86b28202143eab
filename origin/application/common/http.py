"""What every HTTP system of the application does around its routes: two steps before them, and the forms of answers.

`observed` turns refusals into responses and writes the one log line of a request; `vouched` lets in only what came
through the gateway. Both are middlewares of Powertools' event handler, to be used in this order.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from gatehouse_verifier import Received, Refused

from application.common.caller import Gatekeeper, Vouched
from application.common.problems import Problem
from application.common.times import time_text

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Next = Callable[[Any], Response[Any]]

Resources = tuple[tuple[str, str], ...]
"""Pattern of a path: methods, as `Allow` has them. `OPTIONS` and 405 are answered from here."""

DEFAULT_LIMIT, LARGEST_LIMIT = 20, 100
LONGEST_IDEMPOTENCY_KEY = 255

PRIVATE: Mapping[str, str] = {"Cache-Control": "private, no-cache"}
"""Personal data: no shared cache may store it."""

LOGGED = frozenset(
    {"x-request-id", "traceparent", "x-user-id", "x-user-issuer", "x-user-role", "x-geo-country", "x-geo-currency"}
)
"""Fields the gateway vouched for that the log line repeats; by the first two it is found from the gateway's log."""


def observed(logger: Logger) -> Callable[[LambdaFunctionUrlResolver, Next], Response[Any]]:
    """The outermost step: every refusal and failure becomes a response, every request one log line."""

    def step(app: LambdaFunctionUrlResolver, following: Next) -> Response[Any]:
        try:
            response = following(app)
        except Problem as problem:
            response = problem.response()
        except Exception:
            logger.exception("the request failed")
            response = Problem(500, "internal_error", "The request failed; it is safe to try a read again.").response()
        logger.info("request", extra=_log_fields(app, response.status_code))
        return response

    return step


def _log_fields(app: LambdaFunctionUrlResolver, status: int) -> dict[str, Any]:
    """What the log says of a request: what the gateway vouched for, and how we know. No query, content or secret."""
    fields = {"method": app.current_event.http_method, "path": app.current_event.path, "status": status}
    admitted: Vouched | None = app.context.get("vouched")
    if admitted is None:
        return {**fields, "verified": False, "refused": app.context.get("refused", "")}
    received = {**_trace(app), **admitted.request.headers}
    told = {name: value for name, value in received.items() if name in LOGGED}
    return {**fields, "verified": True, "verified_by": admitted.caller.verified_by, **told}


def _trace(app: LambdaFunctionUrlResolver) -> dict[str, str]:
    """The trace is no secret and names nobody: platforms rewrite it, so the gateway's own signature leaves it out."""
    trace = app.current_event.headers.get("traceparent")
    return {"traceparent": trace} if trace else {}


def vouched(gatekeeper: Gatekeeper) -> Callable[[LambdaFunctionUrlResolver, Next], Response[Any]]:
    """Lets in what came through the gateway, and nothing else: not even a 404 is told to others.

    Who calls is then `app.context["vouched"]`.
    """

    def step(app: LambdaFunctionUrlResolver, following: Next) -> Response[Any]:
        try:
            admitted = gatekeeper.admit(app.current_event.raw_event, time.time())
        except Refused as refusal:
            app.context["refused"] = refusal.reason
            raise Problem(401, "not_from_gateway", "Requests are taken from the gateway only.") from refusal
        app.context["vouched"] = admitted
        return following(app)

    return step


def no_route(app: LambdaFunctionUrlResolver, resources: Resources) -> Callable[[Exception], Response[Any]]:
    """`OPTIONS`, 405 or 404: no route takes this method and path."""

    def answer(_: Exception) -> Response[Any]:
        event = app.current_event
        methods = next((methods for pattern, methods in resources if re.fullmatch(pattern, event.path)), None)
        if methods is None:
            raise Problem(404, "not_found", "There is nothing at this path.")
        if event.http_method == "OPTIONS":
            return Response(204, headers={"Allow": methods, "Cache-Control": "no-store"})
        raise Problem(405, "method_not_allowed", f"Allowed here: {methods}.", headers={"Allow": methods})

    return answer


def json_content(request: Received, what: str, *others: str) -> object:
    """The JSON of the request that was verified; `what` names it to people, `others` are media types beside JSON's own.

    Raises Problem 400, 415.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ("application/json", *others):
        raise Problem(415, "unsupported_media_type", f"Send the {what} as application/json.")
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "invalid_json", "The content is not JSON (RFC 8259).") from error


def idempotency_key(request: Received) -> str | None:
    """The client's `Idempotency-Key`, if it sent one. Raises Problem 400."""
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= LONGEST_IDEMPOTENCY_KEY:
        detail = f"Idempotency-Key must have 1 to {LONGEST_IDEMPOTENCY_KEY} characters."
        raise Problem(400, "invalid_idempotency_key", detail, field="Idempotency-Key")
    return key


def page_limit(text: str | None) -> int:
    """How many items of a list are asked for by `?limit=`. Raises Problem 400."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= LARGEST_LIMIT):
        detail = f"limit must be a whole number from 1 to {LARGEST_LIMIT}."
        raise Problem(400, "invalid_limit", detail, field="limit")
    return int(text)


def path_text(segment: str) -> str | None:
    """A segment of the path as text, or None where it is not percent-encoded UTF-8: nothing has such a name."""
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return None


def json_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response[str]:
    return Response(status, "application/json", json.dumps(body, ensure_ascii=False), dict(headers))


def now_text() -> str:
    """The time at this moment, as text."""
    return time_text(time.time())
