"""Refusals, as RFC 9457 problem details: the same shape as the gateway's own."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """The request is refused. `code` is for programs, `detail` for people; `members` extend the body."""

    def __init__(
        self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    def response(self) -> "Response[str]":
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.members,
        }
        headers: dict[str, str | list[str]] = {"Cache-Control": "no-store", **self.headers}
        return Response(self.status, CONTENT_TYPE, json.dumps(body, ensure_ascii=False), headers)
