"""What the settings are validated by, made of their annotations in a tenth of the time that pydantic takes.

    read = reader(Settings)
    read({"realm": "shop"}).realm == "shop"

pydantic asks of every field what anybody may have written, which takes the Worker half a millisecond for each, and
makes as much again for models that are written out, which settings are not. Here are the few kinds in which settings
are written, as a table. What comes out is the schema that pydantic would have made, so every check and every word of a
fault is its own; a test holds the two side by side.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from inspect import ismethod
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticKnownError, SchemaValidator

from core.patterns import rare
from core.records import field, record

M = TypeVar("M", bound=BaseModel)
Schema = dict[str, Any]
"""As in `pydantic_core.core_schema`."""

PLAIN: Final[Mapping[Any, str]] = {str: "str", int: "int", float: "float", bool: "bool", date: "date", Any: "any"}

LIMITS: Final = ("ge", "gt", "le", "lt", "min_length", "max_length", "strict")
"""What `Field` and its like may demand of a value; a schema has it by the same names."""


@record(frozen=False)
class Matching:
    """What `pattern` demands, by Python's own expressions: each isolate would compile pydantic's for it alone, which is
    20 ms. `$` is the end, as it is there."""

    pattern: str
    _found: re.Pattern[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self._found = rare(self.pattern.removesuffix("$") + r"\Z" if self.pattern.endswith("$") else self.pattern)

    def __call__(self, value: str) -> str:
        if self._found.search(value) is None:
            raise PydanticKnownError("string_pattern_mismatch", {"pattern": self.pattern})
        return value


def reader(model: type[M]) -> Callable[[Mapping[str, Any]], M]:
    """What makes a model of values by their names. It raises ValidationError."""
    return SchemaValidator(cast(CoreSchema, model_schema(model))).validate_python


def model_schema(model: type[BaseModel]) -> Schema:
    """The schema of a model and of those it is composed of. None may hold itself; validators stand before or after."""
    decorators = model.__pydantic_decorators__
    fields = {name: _field(name, info, model) for name, info in model.model_fields.items()}
    schema: Schema = {"type": "model-fields", "fields": fields, "model_name": model.__name__, "computed_fields": []}
    validators = [(its.info.mode, its.func) for its in decorators.model_validators.values()]
    for function in (function for mode, function in validators if mode == "before"):
        schema = _checked(schema, "before", function)
    schema = {"type": "model", "cls": model, "schema": schema, **_character(model)}
    for function in (function for mode, function in validators if mode == "after"):
        schema = _checked(schema, "after", function)
    return schema


def _character(model: type[BaseModel]) -> Schema:
    told = model.model_config
    config = {
        "title": model.__name__,
        "extra_fields_behavior": told["extra"],
        "hide_input_in_errors": told["hide_input_in_errors"],
    }
    prepared = {"post_init": model.__pydantic_post_init__} if model.__pydantic_post_init__ else {}
    return {"config": config, "custom_init": False, "root_model": False, **prepared}


def _field(name: str, info: FieldInfo, model: type[BaseModel]) -> Schema:
    schema = _marked(_of(info.annotation), info.metadata)
    for its in model.__pydantic_decorators__.field_validators.values():
        if name in its.info.fields:
            schema = _checked(schema, its.info.mode, its.func)
    if info.default_factory is not None:
        made = {"default_factory": info.default_factory, "default_factory_takes_data": False}
        schema = {"type": "default", "schema": schema, **made}
    elif not info.is_required():
        schema = {"type": "default", "schema": schema, "default": info.default}
    aliases = {"validation_alias": info.alias, "serialization_alias": info.alias} if info.alias else {}
    hidden = {"serialization_exclude": True} if info.exclude else {}
    return {"type": "model-field", "schema": schema, **aliases, **hidden}


def _checked(schema: Schema, mode: str, function: Any) -> Schema:
    """`schema`, and a function of people's own before or after it, which may ask for the field's name as well."""
    taken = function.__code__.co_argcount - ismethod(function)
    return {"type": f"function-{mode}", "function": _called(function, asks=taken > 1), "schema": schema}


def _called(function: Any, *, asks: bool = False) -> Schema:
    return {"type": "with-info" if asks else "no-info", "function": function}


def _marked(schema: Schema, marks: list[Any]) -> Schema:
    """`schema` with what stands beside the type: `Field(ge=1)`, `AfterValidator(https_url)`."""
    for mark in marks:
        if isinstance(mark, FieldInfo):
            schema = _marked(schema, mark.metadata)
        elif isinstance(mark, AfterValidator):
            schema = _checked(schema, "after", mark.func)
        elif schema["type"] == "nullable":
            schema = {**schema, "schema": _marked(schema["schema"], [mark])}
        else:
            limits = {name: getattr(mark, name, None) for name in LIMITS}
            schema = {**schema, **{name: limit for name, limit in limits.items() if limit is not None}}
            if pattern := getattr(mark, "pattern", None):
                schema = {"type": "function-after", "function": _called(Matching(pattern)), "schema": schema}
    return schema


def _of(annotation: Any) -> Schema:
    origin = get_origin(annotation)
    if origin in KINDS:
        return KINDS[origin](get_args(annotation))
    if origin is None and annotation in PLAIN:
        return {"type": PLAIN[annotation]}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return model_schema(annotation)
    raise TypeError(f"no setting is written as {annotation} so far: add its kind here")


def _annotated(arguments: tuple[Any, ...]) -> Schema:
    return _marked(_of(arguments[0]), [*arguments[1:]])


def _union(arguments: tuple[Any, ...]) -> Schema:
    choices = [_of(choice) for choice in arguments if choice is not type(None)]
    schema = choices[0] if len(choices) == 1 else {"type": "union", "choices": choices}
    return {"type": "nullable", "schema": schema} if len(choices) < len(arguments) else schema


def _tuple(arguments: tuple[Any, ...]) -> Schema:
    """`tuple[str, ...]`: any number of one kind."""
    return {"type": "tuple", "items_schema": [_of(arguments[0])], "variadic_item_index": 0}


def _dict(arguments: tuple[Any, ...]) -> Schema:
    key, value = arguments
    return {"type": "dict", "keys_schema": _of(key), "values_schema": _of(value)}


def _mapping(arguments: tuple[Any, ...]) -> Schema:
    return {**_dict(arguments), "strict": False}


def _literal(arguments: tuple[Any, ...]) -> Schema:
    return {"type": "literal", "expected": [*arguments]}


KINDS: Final[Mapping[Any, Callable[[tuple[Any, ...]], Schema]]] = {
    Annotated: _annotated,
    Union: _union,
    UnionType: _union,
    tuple: _tuple,
    dict: _dict,
    Mapping: _mapping,
    Literal: _literal,
}
"""What stands before the brackets of an annotation -> the schema by what stands in them."""
