"""How much one operation may ask for. Counted on the document, before it is validated and before anything is read.

    tokens        what the parser takes in; comments and commas are none
    operations    one a request
    depth         fields within fields
    aliases       fields under another name, as often as fragments repeat them
    cost          objects that could be read: those of a page count as often as the page is long
    introspection the schema itself, also as `_service` tells it

Fragments count where they are spread. Each is counted once and its sums are reused, so that a document takes no longer
than it is long, however it repeats itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    parse,
)

from application.common.http import DEFAULT_LIMIT, LARGEST_LIMIT
from application.graph.faults import Fault

MOST: Final[Mapping[str, int]] = {"tokens": 1_000, "operations": 1, "depth": 8, "aliases": 15, "cost": 1_000}

LONGEST_DOCUMENT = 32_768
"""Characters, comments and descriptions included."""

SCHEMA_FIELDS = frozenset({"__schema", "__type", "_service"})

PAGES = "items"
"""The field of a connection that is as many objects as its page is long."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What a selection adds up to. `introspects` is whether the schema itself is asked for."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0
    introspects: bool = False

    def beside(self, other: Amount) -> Amount:
        return Amount(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.cost + other.cost,
            self.introspects or other.introspects,
        )


NOTHING = Amount()


def exceeded(limit: str, found: int | None = None) -> Fault:
    most = MOST[limit]
    counted = "" if found is None else f"; this one has {found}"
    return Fault("LIMIT_EXCEEDED", f"An operation may have {limit} up to {most}{counted}.", limit=limit, max=most)


def read_document(text: str) -> DocumentNode:
    """Parse, within the limit of tokens. Raises Fault, GraphQLSyntaxError."""
    if len(text) > LONGEST_DOCUMENT:
        message = f"A document may have up to {LONGEST_DOCUMENT} characters."
        raise Fault("LIMIT_EXCEEDED", message, limit="characters", max=LONGEST_DOCUMENT)
    try:
        return parse(text, max_lexical_tokens=MOST["tokens"])
    except GraphQLSyntaxError as error:
        if "more than" in error.message and "tokens" in error.message:
            raise exceeded("tokens") from error
        raise
    except RecursionError as error:
        raise exceeded("depth") from error


def the_operation(document: DocumentNode) -> OperationDefinitionNode:
    """The one operation of a document. Raises Fault."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1:
        raise exceeded("operations", len(operations))
    return operations[0]


def check(
    document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, Any], *, introspection: bool
) -> Amount:
    """What the operation adds up to. Raises Fault where it is too much."""
    operation = the_operation(document)
    root = schema.get_root_type(operation.operation)
    try:
        amount = _Counting(document, schema, operation, variables).of(operation.selection_set, root, DEFAULT_LIMIT)
    except RecursionError as error:
        raise exceeded("depth") from error
    if amount.introspects and not introspection:
        raise Fault("INTROSPECTION_DISABLED", "The schema is not told here.", limit="introspection")
    for limit, found in (("depth", amount.depth), ("aliases", amount.aliases), ("cost", amount.cost)):
        if found > MOST[limit]:
            raise exceeded(limit, found)
    return amount


class _Counting:
    """One document, once through."""

    def __init__(
        self,
        document: DocumentNode,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._counted: dict[tuple[str, int], Amount] = {}
        self._open: set[str] = set()
        defaults = {node.variable.name.value: node.default_value for node in operation.variable_definitions or ()}
        self._variables = {**{name: _literal(node) for name, node in defaults.items()}, **variables}

    def of(self, selections: SelectionSetNode | None, parent: Any, page: int) -> Amount:
        """`parent` is the type selected from, or None where the schema has none; `page` the length of its page."""
        total = NOTHING
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                total = total.beside(self._field(node, parent, page))
            elif isinstance(node, InlineFragmentNode):
                kind = self._schema.get_type(node.type_condition.name.value) if node.type_condition else parent
                total = total.beside(self.of(node.selection_set, kind, page))
            elif isinstance(node, FragmentSpreadNode):
                total = total.beside(self._spread(node.name.value, page))
        return total

    def _field(self, node: FieldNode, parent: Any, page: int) -> Amount:
        name, alias = node.name.value, 1 if node.alias else 0
        if name in SCHEMA_FIELDS:
            return Amount(1, alias, 0, introspects=True)
        definition = getattr(parent, "fields", {}).get(name)
        kind = get_named_type(definition.type) if definition else None
        inner = self.of(node.selection_set, kind, self._page(node, definition))
        objects = inner.cost + (1 if is_composite_type(kind) else 0)
        many = page if name == PAGES else self._many(node)
        return Amount(inner.depth + 1, inner.aliases + alias, objects * many, inner.introspects)

    def _spread(self, name: str, page: int) -> Amount:
        fragment = self._fragments.get(name)
        if fragment is None or name in self._open:  # GraphQL itself says what is wrong with that
            return NOTHING
        if (name, page) not in self._counted:
            self._open.add(name)
            kind = self._schema.get_type(fragment.type_condition.name.value)
            self._counted[name, page] = self.of(fragment.selection_set, kind, page)
            self._open.discard(name)
        return self._counted[name, page]

    def _page(self, node: FieldNode, definition: Any) -> int:
        """How long the page of a connection may be."""
        if definition is None or "limit" not in definition.args:
            return DEFAULT_LIMIT
        given = next((argument.value for argument in node.arguments or () if argument.name.value == "limit"), None)
        wanted = DEFAULT_LIMIT if given is None else self._value(given)
        return wanted if type(wanted) is int and 0 <= wanted <= LARGEST_LIMIT else LARGEST_LIMIT

    def _many(self, node: FieldNode) -> int:
        """How many entities are asked for by their keys; everything else is one."""
        for argument in node.arguments or ():
            if argument.name.value == "representations":
                listed = self._value(argument.value)
                return len(listed) if isinstance(listed, list) else MOST["cost"] + 1
        return 1

    def _value(self, node: Any) -> Any:
        return self._variables.get(node.name.value) if isinstance(node, VariableNode) else _literal(node)


def _literal(node: Any) -> Any:
    """A number or a list as it stands in the document; None for everything else."""
    if isinstance(node, IntValueNode):
        return int(node.value) if len(node.value) <= len(str(LARGEST_LIMIT)) else LARGEST_LIMIT
    return list(getattr(node, "values", ())) or None
