"""What the catalogue offers, for people and programs that ask: `../common/openapi.py` makes a document of it."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict, Field, RootModel

from application.catalogue.products import BASE_CURRENCY, SKU, Currency, NewProduct, Rate
from application.common.openapi import KNOWN, NEXT, PAGE, Amount, Operation, Shown, in_path


class Price(Amount):
    """Money, and how many decimal digits its minor unit has."""

    exponent: int = Field(ge=0)


class Conversion(Shown):
    """Another price, and by which rate of which day this one was made of it."""

    base: Price = Field(alias="from")
    rate: str
    day: str


class ShownProduct(Shown):
    """A product in the visitor's currency and language, as far as it has them."""

    sku: str
    name: str
    description: str
    language: str = Field(description="Of name and description.")
    price: Price
    converted: Conversion | None = Field(description="Null for a price that was set.")
    changed_at: str


class ShownProducts(Shown):
    """A page of products, in their order."""

    products: list[ShownProduct]
    next: str | None = NEXT


class KeptProduct(NewProduct):
    """A product as it is kept."""

    sku: str
    changed_at: str


class NewRates(RootModel[dict[Currency, Rate]]):
    """What a US dollar is worth, by currency, as decimal numbers."""

    model_config = ConfigDict(
        json_schema_extra={
            "minProperties": 1,
            "additionalProperties": False,
            "propertyNames": {"not": {"const": BASE_CURRENCY}},
        }
    )


class KeptRates(Shown):
    day: str
    rates: dict[str, str]


PRODUCT: Final = in_path("sku", "Lower-case letters, digits and `._-`.", "team", pattern=f"^{SKU.pattern}$")
DAY: Final = in_path("day", "The first day on which they hold.", "2026-11-28", format="date")

OPERATIONS: Final = (
    Operation("GET", "/products", "List products", {200: ShownProducts, 304: None}, (400, 503), (*PAGE, KNOWN),
              headers=("ETag",)),
    Operation("GET", "/products/{sku}", "Read a product", {200: ShownProduct, 304: None}, (400, 404, 503),
              (PRODUCT, KNOWN), headers=("ETag", "Content-Language")),
    Operation("PUT", "/products/{sku}", "Make a product this", {200: KeptProduct, 201: KeptProduct},
              (400, 401, 403, 415, 503), (PRODUCT,), NewProduct, told="For admins."),
    Operation("DELETE", "/products/{sku}", "Take a product off", {204: None}, (400, 401, 403, 503), (PRODUCT,),
              told="For admins."),
    Operation("PUT", "/rates/{day}", "Say what a US dollar is worth, from a day on", {200: KeptRates},
              (400, 401, 403, 415, 503), (DAY,), NewRates, told="For admins."),
)  # fmt: skip
