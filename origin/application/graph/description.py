"""What the graph's one path offers, for people and programs that ask: `../common/openapi.py` makes a document of it.

What can be asked there is GraphQL's to describe.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from application.common.openapi import JSON, Operation, Parameter, absent


class GraphqlRequest(BaseModel):
    """One operation (GraphQL over HTTP): its document, or the hash of one that was registered, or both to register."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["query"]}, {"required": ["extensions"]}]})

    query: str | None = None
    variables: dict[str, JsonValue] | None = None
    operation_name: str | None = Field(None, alias="operationName")
    extensions: dict[str, JsonValue] | None = Field(None, description="`persistedQuery`: `version` 1, `sha256Hash`.")


class GraphqlError(BaseModel):
    """What went wrong: `extensions.code` for programs, `message` for people."""

    model_config = ConfigDict(extra="allow")

    message: str
    extensions: dict[str, JsonValue]


class GraphqlResult(BaseModel):
    """Data, errors, or both (specification of October 2021, section 7.1)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    data: dict[str, JsonValue] | None = Field(None, json_schema_extra=absent)
    errors: list[GraphqlError] = Field([], min_length=1, json_schema_extra=absent)


class GraphqlRefusal(BaseModel):
    """The operation was not begun."""

    model_config = ConfigDict(extra="forbid")

    errors: list[GraphqlError] = Field(min_length=1)


def _in_query(name: str, description: str, **more: Any) -> Parameter:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string"}, **more}


PARAMETERS: Final = (
    _in_query("query", "The document.", example="{ posts(limit: 2) { items { title } } }"),
    _in_query("variables", "JSON."),
    _in_query("operationName", "Where the document has several."),
    _in_query("extensions", "JSON; with `persistedQuery`, the hash of a document that was registered by POST."),
)

OPERATIONS: Final = (
    Operation(
        "GET", "/graphql", "Ask a query, for caches", {200: GraphqlResult}, (400, 405), PARAMETERS,
        told="Queries alone.", refusal=GraphqlRefusal, refusal_media=JSON,
    ),
    Operation(
        "POST", "/graphql", "Ask a query, or change something", {200: GraphqlResult}, (400, 415), (), GraphqlRequest,
        told="One operation. With `persistedQuery`, the document is registered.",
        refusal=GraphqlRefusal, refusal_media=JSON,
    ),
)  # fmt: skip
