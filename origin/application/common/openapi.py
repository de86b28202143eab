"""What an API of the application offers, as OpenAPI 3.1 says it: a room's table and pydantic's models made a document.

    Operation("GET", "/users/{id}", "Read a user", {200: User}, (401, 403, 404), (USER_ID, KNOWN), tag=True)

Each room has its table in `<room>/description.py`, beside its routes; a test holds the two to each other. Tools read
them (`python -m devtools openapi`), functions do not. Identity and place are the gateway's word, so no client's header
for them is described.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from application.common.http import DEFAULT_LIMIT, LARGEST_LIMIT, LONGEST_IDEMPOTENCY_KEY
from application.common.problems import CONTENT_TYPE

TEMPLATE: Final = "#/components/schemas/{model}"

JSON: Final = "application/json"

Parameter = Mapping[str, Any]
Document = dict[str, Any]
Schemas = Mapping[Any, Document]
"""A reference by model and what is made of it: `validation` or `serialization`."""

REFUSALS: Final[Mapping[int, str]] = {
    400: "What was sent cannot be taken; `code` and `field` or `errors` name what.",
    401: "For whoever is signed in.",
    403: "Not for this caller.",
    404: "There is nothing by that name.",
    405: "The method is not offered; `Allow` lists those that are.",
    409: "It is not in the state for that.",
    412: "It was changed since it was read.",
    413: "It is too long.",
    415: "The content is no JSON.",
    422: "The `Idempotency-Key` was used for something else.",
    428: "`If-Match` is missing.",
    503: "It cannot be done now; `Retry-After` says when to ask again.",
}


def header(name: str, description: str, **more: Any) -> Parameter:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}, **more}


def in_path(name: str, description: str, example: str, **schema: Any) -> Parameter:
    whole = {"type": "string", "minLength": 1, **schema}
    return {
        "name": name, "in": "path", "required": True, "description": description, "schema": whole, "example": example,
    }  # fmt: skip


KNOWN: Final = header("If-None-Match", "ETags of what is known: 304 where one still holds (RFC 9110 section 13.1.2).")
SEEN: Final = header("If-Match", "ETag of what was read, or `*` (RFC 9110 section 13.1.1).", required=True)
IDEMPOTENCY_KEY: Final[Parameter] = {
    **header("Idempotency-Key", "Makes a repetition harmless."),
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_IDEMPOTENCY_KEY},
}
PAGE: Final[tuple[Parameter, ...]] = (
    {
        "name": "limit",
        "in": "query",
        "description": "Items of a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
    },
    {"name": "next", "in": "query", "description": "`next` of the page before.", "schema": {"type": "string"}},
)


LAST_EVENT_ID: Final = header("Last-Event-ID", "Of the last event that is known: what came after it is answered.")


def absent(schema: Document) -> None:
    """For `json_schema_extra`: a member that is not there where it has nothing to say."""
    schema.pop("default", None)


NEXT: Final = Field(description="For the page that follows; null at the end.")


class Shown(BaseModel):
    """What an answer shows: nothing that is not described."""

    model_config = ConfigDict(extra="forbid")


class Refusal(BaseModel):
    """RFC 9457. `code` is stable and for programs, `detail` a sentence for people."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    code: str
    detail: str


class Amount(Shown):
    """Money: `minor` counts the currency's minor units, `decimal` says the same in major ones."""

    currency: str = Field(pattern="^[A-Z]{3}$")
    minor: int
    decimal: str = Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$")


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of a room's table. HEAD goes with GET, and OPTIONS with everything."""

    method: str
    path: str
    summary: str
    answers: Mapping[int, type[BaseModel] | None]
    """Status: what the content is, None without any."""
    refusals: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    media: tuple[str, ...] = (JSON,)
    """Media types of the content that is sent."""
    headers: tuple[str, ...] = ()
    """Fields of the answer."""
    answer_media: str = JSON
    """Of another than JSON, no schema says what it is."""
    told: str = ""
    """More about it, for people."""
    refusal: type[BaseModel] = Refusal
    refusal_media: str = CONTENT_TYPE


FIELDS: Final[Mapping[str, str]] = {
    "ETag": "A validator of what is shown.",
    "Location": "Where it is.",
    "Content-Language": "The language of its words.",
}


def document(title: str, rooms: Mapping[str, tuple[str, Iterable[Operation]]]) -> Document:
    """One document of several rooms, each by its tag: what it is, and its table."""
    tables = {tag: tuple(table) for tag, (_, table) in rooms.items()}
    operations = [operation for table in tables.values() for operation in table]
    schemas, definitions = models_json_schema(_models(operations), ref_template=TEMPLATE)
    paths: Document = {}
    for tag, table in tables.items():
        for operation in table:
            paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, tag, schemas)
    return {
        "openapi": "3.1.1",
        "info": {"title": title, "version": "1"},
        "tags": [{"name": tag, "description": what} for tag, (what, _) in rooms.items()],
        "paths": paths,
        "components": {"schemas": dict(sorted(definitions["$defs"].items()))},
    }


def _models(operations: Iterable[Operation]) -> list[tuple[type[BaseModel], Any]]:
    """Each model with what is made of it: what is sent is validated, what is answered serialised."""
    found: dict[tuple[type[BaseModel], str], None] = {}
    for operation in operations:
        if operation.body:
            found[operation.body, "validation"] = None
        for model in (*operation.answers.values(), operation.refusal):
            if model:
                found[model, "serialization"] = None
    return list(found)


def _operation(operation: Operation, tag: str, schemas: Schemas) -> Document:
    described: Document = {"summary": operation.summary, "tags": [tag]}
    if operation.told:
        described["description"] = operation.told
    if operation.parameters:
        described["parameters"] = [dict(parameter) for parameter in operation.parameters]
    if operation.body:
        content = {media: {"schema": schemas[operation.body, "validation"]} for media in operation.media}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = {str(status): answer for status, answer in sorted(_answers(operation, schemas))}
    return described


def _answers(operation: Operation, schemas: Schemas) -> Iterator[tuple[int, Document]]:
    fields = {name: {"description": FIELDS[name], "schema": {"type": "string"}} for name in operation.headers}
    for status, model in operation.answers.items():
        answer: Document = {"description": f"{HTTPStatus(status).phrase}."}
        if fields:
            answer["headers"] = fields
        if operation.answer_media != JSON and status == HTTPStatus.OK:
            answer["content"] = {operation.answer_media: {}}
        elif model:
            answer["content"] = {JSON: {"schema": schemas[model, "serialization"]}}
        yield status, answer
    for status in operation.refusals:
        content = {operation.refusal_media: {"schema": schemas[operation.refusal, "serialization"]}}
        yield status, {"description": REFUSALS[status], "content": content}
