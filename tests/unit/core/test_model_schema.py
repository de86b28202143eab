from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import (
    AfterValidator,
    Field,
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
from core.model_schema import Matching, model_schema, reader


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
    """Something of every kind that settings are written in."""

    part: Part | bool = True
    parts: tuple[Part, ...] = Field((), alias="pieces", max_length=4)
    even: Annotated[int, Field(le=8), AfterValidator(_even), AfterValidator(_named)]
    word: Annotated[str, StringConstraints(pattern="^ab?c*$", min_length=2)] | None = None
    words: Mapping[str, Literal["a", 1] | StrictInt] = {}
    anything: Any = None
    on: date | None = None
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


def _bare(schema: Any, definitions: dict[str, Any]) -> Any:
    """pydantic's schema as ours is written: each model where it is used, without what only JSON schemas are made of."""
    if isinstance(schema, list | tuple):
        return [_bare(its, definitions) for its in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") == "definitions":
        return _bare(schema["schema"], definitions | {one["ref"]: one for one in schema["definitions"]})
    if schema.get("type") == "definition-ref":
        return _bare(definitions[schema["schema_ref"]], definitions)
    bare = {name: _bare(its, definitions) for name, its in schema.items() if name not in ("metadata", "ref")}
    if bare.get("type") != "str" or "pattern" not in bare:
        return bare
    matching = {"type": "no-info", "function": Matching(bare.pop("pattern"))}
    return {"type": "function-after", "function": matching, "schema": bare}


@pytest.mark.parametrize("model", [Settings, Whole])
def test_a_schema_is_word_for_word_what_pydantic_makes_of_the_model(model: type[Model]) -> None:
    model.model_rebuild()
    assert _bare(model_schema(model), {}) == _bare(model.__pydantic_core_schema__, {})


def test_what_is_read_is_what_pydantic_makes_of_it() -> None:
    told = {"even": 4, "pieces": [{"size": 3}], "on": "2026-01-02", "words": {"x": "a"}, "word": "ab"}
    assert reader(Whole)(told).model_dump() == Whole.model_validate(told).model_dump()


@pytest.mark.parametrize(
    "told",
    [
        {"even": 3, "pieces": [{"size": 9, "colour": 1}], "part": {"ratio": 0}, "words": {"a": "b"}},
        *({"even": 2, "word": word} for word in ("ba", "a", "ab\n", "ab\nc", 1)),
    ],
)
def test_what_cannot_be_read_has_the_faults_that_pydantic_finds(told: Mapping[str, Any]) -> None:
    faults = []
    for read in (reader(Whole), Whole.model_validate):
        with pytest.raises(ValidationError) as caught:
            read(told)
        faults.append(caught.value.errors(include_url=False, include_context=False))
    assert faults[0] == faults[1]


def test_a_setting_of_another_kind_is_noticed_at_once() -> None:
    class Other(Model):
        items: list[int]

    with pytest.raises(TypeError, match="no setting is written as list"):
        reader(Other)
