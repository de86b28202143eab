"""What a product is, and what may be said to make one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from aws_lambda_powertools.utilities.parser import BaseModel, ValidationError, parse
from pydantic import AfterValidator, ConfigDict, Field, StrictInt, StrictStr, TypeAdapter, model_validator

from application.common.exponents import EXPONENTS
from application.common.problems import Problem
from application.common.texts import PRINTABLE, is_printable, told

BASE_CURRENCY = "USD"
"""Every product has a price in it; where it has none in a visitor's currency, this one is converted."""

FALLBACK_LANGUAGE = "en"
"""Every product has a text in it, shown to those whose language it has no text in."""

SKU = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
"""One path segment and one `Cache-Tag` in every spelling: those are told apart without regard to letter case."""

LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
"""Language, script and region of BCP 47, in their canonical letter case."""

RATE = re.compile(r"(?=[0-9.]*[1-9])[0-9]{1,9}(?:\.[0-9]{1,10})?")

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

LARGEST_PRICE = 10**12
"""Minor units: with any exponent it fits what JSON's readers take for a number exactly."""


def _is_language(value: str) -> str:
    if not LANGUAGE.fullmatch(value):
        raise ValueError("must be a language tag such as de or pt-BR")
    return value


def _is_currency(value: str) -> str:
    if value not in EXPONENTS:
        raise ValueError("must be a currency of ISO 4217 with a minor unit, such as EUR")
    return value


def _is_rate(value: str) -> str:
    if not RATE.fullmatch(value):
        raise ValueError('must be a decimal number greater than 0, such as "0.92"')
    return value


Language = Annotated[StrictStr, AfterValidator(_is_language), told(LANGUAGE)]
Currency = Annotated[StrictStr, AfterValidator(_is_currency), told("|".join(sorted(EXPONENTS)))]
Minor = Annotated[StrictInt, Field(ge=0, le=LARGEST_PRICE)]
Rate = Annotated[StrictStr, AfterValidator(_is_rate), told(RATE)]


class Text(BaseModel):
    """What a product is called in one language."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    name: Annotated[StrictStr, Field(min_length=1, max_length=100), AfterValidator(is_printable), told(PRINTABLE)]
    description: Annotated[StrictStr, Field(max_length=1000), AfterValidator(is_printable), told(PRINTABLE)] = ""


def _with(key: str) -> dict[str, Any]:
    """What a description says of a table beside the type of its keys."""
    return {"required": [key], "additionalProperties": False}


class NewProduct(BaseModel):
    """What an admin says of a product: texts by language, prices in minor units by currency.

    `rank` is its place in the list, small ones first.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    texts: Annotated[dict[Language, Text], Field(max_length=50, json_schema_extra=_with(FALLBACK_LANGUAGE))]
    prices: Annotated[dict[Currency, Minor], Field(max_length=200, json_schema_extra=_with(BASE_CURRENCY))]
    rank: Annotated[StrictInt, Field(ge=0, le=1_000_000)] = 0

    @model_validator(mode="after")
    def _has_what_everybody_is_shown(self) -> NewProduct:
        if FALLBACK_LANGUAGE not in self.texts:
            raise ValueError(f"texts must hold {FALLBACK_LANGUAGE!r}")
        if BASE_CURRENCY not in self.prices:
            raise ValueError(f"prices must hold {BASE_CURRENCY!r}")
        return self


class Product(NewProduct):
    """A product as it is kept, whole: what a visitor sees of it is chosen in `showing.py`."""

    sku: str
    changed_at: str
    """RFC 3339, UTC."""


class Page(BaseModel):
    """Some products in their order, and the cursor of those that follow."""

    model_config = ConfigDict(frozen=True)

    products: tuple[Product, ...]
    next: str | None


class Rates(BaseModel):
    """What one unit of the base currency is worth in others, and since when."""

    model_config = ConfigDict(frozen=True)

    newest: dict[str, tuple[str, str]]
    """Currency: decimal number, day (ISO 8601)."""


def parse_product(document: object) -> NewProduct:
    """Raises Problem 400 that names every field at fault."""
    if not isinstance(document, dict):
        raise _invalid("product", [{"field": "body", "message": "must be a JSON object"}])
    try:
        new: NewProduct = parse(event=document, model=NewProduct)
    except ValidationError as error:
        raise _invalid("product", _faults(error)) from error
    return new


def parse_rates(document: object) -> Mapping[str, str]:
    """Decimal numbers by currency. Raises Problem 400."""
    try:
        rates = TypeAdapter(Annotated[dict[Currency, Rate], Field(min_length=1)]).validate_python(document)
    except ValidationError as error:
        raise _invalid("rates", _faults(error)) from error
    if BASE_CURRENCY in rates:
        raise _invalid("rates", [{"field": BASE_CURRENCY, "message": "is what the others are rates of"}])
    return rates


def parse_day(text: str) -> str:
    """A day as ISO 8601 writes it. Raises Problem 400."""
    try:
        if not DAY.fullmatch(text):
            raise ValueError("another form of ISO 8601")
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Problem(400, "invalid_day", "A day is written 2026-11-28.", field="day") from error


def parse_sku(text: str | None) -> str:
    """Raises Problem 400: what is no SKU cannot be given one."""
    if text is None or not SKU.fullmatch(text):
        detail = "A SKU has 1 to 64 lower-case letters, digits or ._- and begins and ends with a letter or digit."
        raise Problem(400, "invalid_sku", detail, field="sku")
    return text


def _faults(error: ValidationError) -> list[dict[str, str]]:
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        {
            "field": ".".join(str(part) for part in item["loc"] if part != "[key]") or "body",
            "message": item["msg"].removeprefix("Value error, "),
        }
        for item in details
    ]


def _invalid(what: str, faults: list[dict[str, Any]]) -> Problem:
    fields = ", ".join(fault["field"] for fault in faults)
    return Problem(400, f"invalid_{what}", f"The {what} cannot be taken; mend: {fields}.", errors=faults)
