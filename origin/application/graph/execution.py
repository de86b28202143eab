"""From a document to its result: limits, then GraphQL's own rules, then execution. One document, one operation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationType,
    execute,
    validate,
)
from strawberry import federation
from strawberry.federation.schema import FederationAny

from application.graph.faults import INVALID, UNREADABLE, Fault
from application.graph.limits import check, read_document, the_operation
from application.graph.mutation import Mutation
from application.graph.query import Query
from application.graph.reading import Reading
from application.graph.types import Info, Post, User

MOST_ERRORS = 5
"""Errors of validation that are told; the first ones say what is wrong."""

ENTITIES = frozenset({"User", "Post"})


class Subgraph(federation.Schema):
    """The schema, with what a router may ask by key: the type and the id, whatever else a representation says."""

    def entities_resolver(self, info: Info, representations: list[FederationAny]) -> list[FederationAny]:
        named: Any = representations
        if not all(isinstance(one, dict) and one.get("__typename") in ENTITIES for one in named):
            raise Fault("BAD_REPRESENTATION", f"A representation names one of {', '.join(sorted(ENTITIES))}.")
        keys: Any = [{key: one.get(key) for key in ("__typename", "id")} for one in named]
        return super().entities_resolver(info, keys)


schema = Subgraph(query=Query, mutation=Mutation, types=[User, Post])
SCHEMA: GraphQLSchema = schema._schema


class Refused(Exception):
    """The operation was not begun. `errors` say why."""

    def __init__(self, errors: list[GraphQLError], code: str | None = None) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
        self.code = code


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that may be executed."""

    document: DocumentNode
    is_mutation: bool


def prepare(query: str, variables: Mapping[str, Any], *, introspection: bool) -> Prepared:
    """Raises Refused."""
    try:
        document = read_document(query)
        check(document, SCHEMA, variables, introspection=introspection)
    except GraphQLSyntaxError as error:
        raise Refused([error], UNREADABLE) from error
    except Fault as fault:
        raise Refused([fault]) from fault
    errors = validate(SCHEMA, document, max_errors=MOST_ERRORS)
    if errors:
        raise Refused(errors, INVALID)
    return Prepared(document, the_operation(document).operation is OperationType.MUTATION)


def run(prepared: Prepared, variables: Mapping[str, Any], name: str | None, reading: Reading) -> ExecutionResult:
    """The result; what went wrong on the way stands in its `errors`."""

    async def executed() -> ExecutionResult:
        result = execute(SCHEMA, prepared.document, None, reading, dict(variables), name)
        return result if isinstance(result, ExecutionResult) else await result

    return asyncio.run(executed())
