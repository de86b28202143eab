"""`origin/template.yaml` as data: CloudFormation's short forms (`!Ref`, `!GetAtt`, `!Sub`) written out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # it has no types

from devtools.paths import ORIGIN

TEMPLATE = ORIGIN / "template.yaml"
FUNCTION = "AWS::Serverless::Function"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # it has no types
    """YAML with CloudFormation's tags, read by libyaml where PyYAML was built with it: ten times as fast."""


def _written_out(loader: _Loader, name: str, node: Any) -> dict[str, Any]:
    """`!Ref x` -> {"Ref": "x"}; `!GetAtt a.b` -> {"Fn::GetAtt": ["a", "b"]}."""
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _written_out)


@lru_cache(maxsize=2)
def load(path: Path = TEMPLATE) -> dict[str, Any]:
    """The whole template. Whoever changes something, copies it first."""
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    return loaded


def resources(kind: str, path: Path = TEMPLATE) -> dict[str, dict[str, Any]]:
    """Properties of the resources of a type, by logical id."""
    found = load(path)["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}
