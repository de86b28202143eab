"""What the settings are validated by, made of their annotations in a tenth of the time that pydantic takes.

pydantic asks of every field what anybody may have written, and takes the Worker half a millisecond for each. Here are
the few kinds in which settings are written, as a table; an annotation of another kind is pydantic's to read. What comes
out is the schema that it would have made, so every check and every word of a fault is its own. A test holds the two
side by side.
"""

from collections.abc import Callable, Mapping
from datetime import date
from inspect import ismethod
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, GetCoreSchemaHandler
from pydantic.fields import FieldInfo

Schema = dict[str, Any]
"""As in `pydantic_core.core_schema`."""

PLAIN: Final[Mapping[Any, str]] = {str: "str", int: "int", float: "float", bool: "bool", date: "date", Any: "any"}

LIMITS: Final = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern", "strict")
"""What `Field` and its like may demand of a value; a schema has it by the same names."""


def model_schema(model: type[BaseModel], handler: GetCoreSchemaHandler) -> Schema:
    """The schema of a model and of those it is composed of. None may hold itself; validators stand before or after."""
    decorators = model.__pydantic_decorators__
    fields = {name: _field(name, info, model, handler) for name, info in model.model_fields.items()}
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


def _field(name: str, info: FieldInfo, model: type[BaseModel], handler: GetCoreSchemaHandler) -> Schema:
    schema = _marked(_of(info.annotation, handler), info.metadata)
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
    asking = {"type": "with-info" if taken > 1 else "no-info", "function": function}
    return {"type": f"function-{mode}", "function": asking, "schema": schema}


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
    return schema


def _of(annotation: Any, handler: GetCoreSchemaHandler) -> Schema:
    origin = get_origin(annotation)
    if origin in KINDS:
        return KINDS[origin](get_args(annotation), handler)
    if origin is None and annotation in PLAIN:
        return {"type": PLAIN[annotation]}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return model_schema(annotation, handler)
    return handler.generate_schema(annotation)  # type: ignore[return-value]  # each of its kinds is a dict


def _annotated(arguments: tuple[Any, ...], handler: GetCoreSchemaHandler) -> Schema:
    return _marked(_of(arguments[0], handler), [*arguments[1:]])


def _union(arguments: tuple[Any, ...], handler: GetCoreSchemaHandler) -> Schema:
    choices = [_of(choice, handler) for choice in arguments if choice is not type(None)]
    schema = choices[0] if len(choices) == 1 else {"type": "union", "choices": choices}
    return {"type": "nullable", "schema": schema} if len(choices) < len(arguments) else schema


def _tuple(arguments: tuple[Any, ...], handler: GetCoreSchemaHandler) -> Schema:
    """`tuple[str, ...]`: any number of one kind."""
    return {"type": "tuple", "items_schema": [_of(arguments[0], handler)], "variadic_item_index": 0}


def _dict(arguments: tuple[Any, ...], handler: GetCoreSchemaHandler) -> Schema:
    key, value = arguments
    return {"type": "dict", "keys_schema": _of(key, handler), "values_schema": _of(value, handler)}


def _mapping(arguments: tuple[Any, ...], handler: GetCoreSchemaHandler) -> Schema:
    return {**_dict(arguments, handler), "strict": False}


def _literal(arguments: tuple[Any, ...], handler: GetCoreSchemaHandler) -> Schema:
    return {"type": "literal", "expected": [*arguments]}


KINDS: Final[Mapping[Any, Callable[[tuple[Any, ...], GetCoreSchemaHandler], Schema]]] = {
    Annotated: _annotated,
    Union: _union,
    UnionType: _union,
    tuple: _tuple,
    dict: _dict,
    Mapping: _mapping,
    Literal: _literal,
}
"""What stands before the brackets of an annotation -> the schema by what stands in them."""
