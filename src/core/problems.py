"""RFC 9457 problem details: the one place where errors become responses.

Everything that refuses a request raises `Problem`; the gateway turns it into `application/problem+json` here. A
problem's `code` is stable and for programs, its `detail` is a sentence for people that names the fault and the mend.
Nothing of a token, a secret or a traceback may be put into one.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from core.jsontext import unescaped_object
from core.messages import Response

CONTENT_TYPE = "application/problem+json"

TITLES: Final = {int(status): status.phrase for status in HTTPStatus}
"""With type "about:blank" the title is the status phrase (RFC 9457 section 4.2.1)."""


class Problem(Exception):
    """A refusal: HTTP status, stable code, sentence for people.

    `headers` are added to the response (`allow`, `retry-after`, `www-authenticate`); `members` are extension members
    of the body (RFC 9457 section 3.2), such as `field`, `reason` or `error`.

        raise Problem(404, "unknown_country", "XQ is not an ISO 3166-1 country.", field="country")
    """

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = {**headers} if headers else {}
        self.members = members

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.detail}"


def problem_response(problem: Problem, request_id: str) -> Response:
    """The response of `problem`. Never stored by any cache: a refusal is one caller's, at one moment."""
    status = problem.status
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": problem.code,
        "detail": problem.detail,
        **problem.members,
        "request_id": request_id,
    }
    headers = {"content-type": CONTENT_TYPE, "cache-control": "no-store", **problem.headers}
    return Response(status, headers, unescaped_object(body))


ORIGIN_FAILURES = frozenset({"origin_timeout", "origin_unreachable", "origin_unavailable"})
"""Codes of the problems that stand for an origin's failure (RFC 5861 section 4: stale-if-error may answer instead)."""
