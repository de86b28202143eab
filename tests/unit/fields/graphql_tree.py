"""What a document adds up to, counted on the tree of graphql-core. For documents that a server could execute."""

from __future__ import annotations

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
)

SCHEMA_FIELDS = {"__schema", "__type", "_service"}
Amount = tuple[int, int, bool]


class _Cycle(Exception):
    pass


def of_tree(text: str) -> Amount | None:
    """Depth, aliases and whether the schema is asked for, of the operation that has the most; None for no document."""
    try:
        document = parse(text, max_tokens=5_000)
        return _of_document(document)
    except (GraphQLSyntaxError, RecursionError, _Cycle):
        return None


def _of_document(document: DocumentNode) -> Amount | None:
    fragments = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    by_name = {node.name.value: node for node in fragments}
    if not operations or len(operations) + len(fragments) < len(document.definitions) or len(by_name) < len(fragments):
        return None
    for node in fragments:
        _of_set(node.selection_set, by_name, (node.name.value,))
    found = [_of_set(node.selection_set, by_name, ()) for node in operations]
    return max(one[0] for one in found), max(one[1] for one in found), any(one[2] for one in found)


def _of_set(selections: object, fragments: dict[str, FragmentDefinitionNode], within: tuple[str, ...]) -> Amount:
    depth, aliases, introspects = 0, 0, False
    for node in getattr(selections, "selections", ()):
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name in within:
                raise _Cycle(name)
            fragment = fragments.get(name)
            inner = _of_set(fragment.selection_set, fragments, (*within, name)) if fragment else (0, 0, False)
        else:
            inner = _of_set(node.selection_set, fragments, within)
        if isinstance(node, FieldNode):
            asks = node.name.value in SCHEMA_FIELDS
            inner = (inner[0] + 1, inner[1] + (node.alias is not None), inner[2] or asks)
        depth, aliases, introspects = max(depth, inner[0]), aliases + inner[1], introspects or inner[2]
    return depth, aliases, introspects
