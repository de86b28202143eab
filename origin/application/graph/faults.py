"""What goes wrong in an operation, as errors of GraphQL (specification of October 2021, section 7.1.2).

A `Fault` is meant for the client and says so in `extensions.code`. What GraphQL itself finds wrong with a document is
told as well. Everything else is ours: one message, with the request's id by which the log tells the rest.
"""

from __future__ import annotations

import re
from typing import Any

from graphql import GraphQLError

from application.common.problems import Problem

INTERNAL = "INTERNAL_SERVER_ERROR"
INVALID = "GRAPHQL_VALIDATION_FAILED"
UNREADABLE = "GRAPHQL_PARSE_FAILED"

SUGGESTION = re.compile(r" Did you mean .*\?$", re.DOTALL)
"""A guess at what the client meant tells names of the schema to whoever tries enough of them."""


class Fault(GraphQLError):
    """A refusal that the client is told."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message, extensions={"code": code, **more})


def fault_of(problem: Problem) -> Fault:
    """A refusal of the rooms that speak HTTP, as GraphQL says it."""
    return Fault(problem.code.upper(), problem.detail, **problem.members)


def is_ours(error: GraphQLError) -> bool:
    """Whether the client can do nothing about an error of the execution."""
    return error.original_error is not None and not isinstance(error.original_error, GraphQLError)


def told(error: GraphQLError, request_id: str, code: str | None = None) -> dict[str, Any]:
    """What the client is told of an error; `code` is for errors of GraphQL itself."""
    if is_ours(error):
        message = f"Something failed here; the request is {request_id}." if request_id else "Something failed here."
        path = {} if error.path is None else {"path": error.path}
        return {"message": message, **path, "extensions": {"code": INTERNAL, "requestId": request_id}}
    formatted: dict[str, Any] = {**error.formatted}
    formatted["message"] = SUGGESTION.sub("", error.message)
    formatted["extensions"] = {"code": code or INVALID, **(error.extensions or {})}
    return formatted
