"""Money: a whole number of minor units and its currency. Never a float, and never "times 100".

    Money.of("14.500", "KWD")            Money(14500, "KWD"): a dinar has 1,000 fils
    Money(1800, "JPY").decimal           "1800": a yen has no smaller unit
    Money(1100, "EUR") * 3               Money(3300, "EUR")

What a minor unit is, is ISO 4217's word (`exponents.py`). Amounts of two currencies are never added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from application.common.exponents import EXPONENTS

DECIMAL = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,9}))?")
"""A decimal number as price lists write it: no exponent, no grouping."""


class NotMoney(ValueError):
    """The text or the currency is not one that money can be made of."""


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` counts the currency's minor units. Raises NotMoney for a currency that has none."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:  # neither a float, nor a bool, nor a Decimal of a database
            raise NotMoney(f"an amount in minor units is a whole number, not {type(self.minor).__name__}")
        if self.currency not in EXPONENTS:
            raise NotMoney(f"{self.currency!r} is no currency of ISO 4217 with a minor unit")

    @classmethod
    def of(cls, decimal: str, currency: str) -> Money:
        """The amount that `decimal` writes in major units. Raises NotMoney, also for more digits than there are."""
        found = DECIMAL.fullmatch(decimal)
        digits = EXPONENTS.get(currency, 0)
        if not found or len(found[3] or "") > digits:
            raise NotMoney(f"{decimal!r} is no amount with at most {digits} decimals")
        return cls(int(found[1] + found[2] + (found[3] or "").ljust(digits, "0")), currency)

    @property
    def exponent(self) -> int:
        """Decimal digits of the minor unit."""
        return EXPONENTS[self.currency]

    @property
    def decimal(self) -> str:
        """The amount in major units, with all digits of the currency: what `Intl.NumberFormat` takes exactly."""
        sign, digits = "-" if self.minor < 0 else "", str(abs(self.minor)).rjust(self.exponent + 1, "0")
        return f"{sign}{digits[: -self.exponent]}.{digits[-self.exponent :]}" if self.exponent else sign + digits

    def __add__(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise NotMoney(f"{self.currency} and {other.currency} cannot be added")
        return Money(self.minor + other.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * count, self.currency)

    def document(self) -> dict[str, str | int]:
        """As JSON shows it: the integer for programs, the decimal for people."""
        return {"currency": self.currency, "minor": self.minor, "decimal": self.decimal}
