from collections.abc import Mapping
from datetime import datetime, time
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import (
    AfterValidator,
    Field,
    GetCoreSchemaHandler,
    PrivateAttr,
    StrictInt,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from configuration.settings import Settings
from core.model import Model
from core.model_schema import model_schema


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("is odd")
    return value


def _named(value: int, info: ValidationInfo) -> int:
    return value if info.field_name else 0


class Part(Model):
    size: int = Field(1, gt=0, lt=9, strict=True)
    ratio: float | None = Field(None, gt=0)
    names: dict[str, tuple[str, ...]] = Field(default_factory=dict, min_length=1, max_length=3, exclude=True)


class Whole(Model):
    """Something of every kind that settings are written in, and what is not in the table."""

    part: Part | bool = True
    parts: tuple[Part, ...] = Field((), alias="pieces", max_length=4)
    even: Annotated[int, Field(le=8), AfterValidator(_even), AfterValidator(_named)]
    word: Annotated[str, StringConstraints(pattern="^a", min_length=2)] | None = None
    words: Mapping[str, Literal["a", 1] | StrictInt] = {}
    anything: Any = None
    at: datetime | None = None
    times: list[time] = Field(default_factory=list)
    _private: int = PrivateAttr(0)

    @field_validator("word", "parts", mode="before")
    @classmethod
    def _before(cls, value: Any, info: ValidationInfo) -> Any:
        return value

    @field_validator("word")
    @classmethod
    def _after(cls, value: str | None) -> str | None:
        return value

    @model_validator(mode="before")
    @classmethod
    def _first(cls, value: Any) -> Any:
        return value

    @model_validator(mode="after")
    def _last(self) -> Self:
        return self


class Ours:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return model_schema(source, handler)


def _bare(schema: Any, handler: GetCoreSchemaHandler) -> Any:
    """A schema as data: without what only JSON schemas are made of, and each model where it is used."""
    if isinstance(schema, dict) and schema.get("type") == "definition-ref":
        return _bare(handler.resolve_ref_schema(schema), handler)
    if isinstance(schema, dict):
        return {name: _bare(its, handler) for name, its in schema.items() if name not in ("metadata", "ref")}
    return [_bare(its, handler) for its in schema] if isinstance(schema, list | tuple) else schema


@pytest.mark.parametrize("model", [Settings, Whole])
def test_a_schema_is_word_for_word_what_pydantic_makes_of_the_model(model: type[Model]) -> None:
    made: list[Any] = []

    class Both(model):  # type: ignore[misc, valid-type]
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
            pydantics = handler(source)
            made[:] = _bare(model_schema(cls, handler), handler), _bare(pydantics, handler)
            return pydantics

    Both.model_rebuild()
    ours, pydantics = made
    assert ours == pydantics


def test_a_model_validates_by_it_and_its_faults_are_pydantics() -> None:
    class Quick(Ours, Whole):
        pass

    told = {"even": 4, "pieces": [{"size": 3}], "at": "2026-01-02T03:04:05Z", "words": {"x": "a"}}
    assert Quick.model_validate(told).model_dump() == Whole.model_validate(told).model_dump()
    wrong = {"even": 3, "pieces": [{"size": 9, "colour": 1}], "part": {"ratio": 0}, "word": "b", "times": ["noon"]}
    quick, whole = (_faults(model, wrong) for model in (Quick, Whole))
    assert quick == whole
    assert len(whole) == 7


def _faults(model: type[Model], told: Mapping[str, Any]) -> list[Any]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(told)
    return [(fault["loc"], fault["type"], fault["msg"]) for fault in caught.value.errors()]
