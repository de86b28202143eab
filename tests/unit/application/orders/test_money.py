"""Money: whole minor units, each currency's own."""

from decimal import Decimal

import pytest
from application.common.exponents import EXPONENTS
from application.common.money import Money, NotMoney
from application.common.prices import AMOUNTS, PLANS
from hypothesis import given
from hypothesis import strategies as st

from devtools.generating import currencies
from tests.unit.application.orders.price_list import prices_in

codes = st.sampled_from(sorted(EXPONENTS))
amounts = st.integers(min_value=-(10**15) + 1, max_value=10**15 - 1)


@pytest.mark.parametrize(
    ("decimal", "currency", "minor"),
    [
        ("1800", "JPY", 1800),
        ("14.500", "KWD", 14500),
        ("14.5", "KWD", 14500),
        ("3.5", "BHD", 3500),
        ("11.00", "EUR", 1100),
        ("-0.05", "USD", -5),
        ("0", "CLF", 0),
        ("0.0001", "CLF", 1),
        ("899", "INR", 89900),
    ],
)
def test_an_amount_counts_the_currencys_own_minor_unit(decimal: str, currency: str, minor: int) -> None:
    assert Money.of(decimal, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("decimal", "currency"),
    [("1.5", "JPY"), ("1.005", "EUR"), ("1,00", "EUR"), ("1e3", "EUR"), ("", "EUR"), (".5", "EUR"), ("1.", "EUR"),
     ("NaN", "EUR"), ("\N{ARABIC-INDIC DIGIT ONE}", "EUR"), (" 1", "EUR"), ("1", "XAU"), ("1", "eur"), ("1", "ZZZ")],
)  # fmt: skip
def test_what_is_no_amount_of_the_currency_is_refused_and_never_rounded(decimal: str, currency: str) -> None:
    with pytest.raises(NotMoney):
        Money.of(decimal, currency)


@pytest.mark.parametrize("minor", [1.0, True, Decimal(1), "1"])
def test_an_amount_is_a_whole_number_and_nothing_like_one(minor: int) -> None:
    with pytest.raises(NotMoney):
        Money(minor, "EUR")


@given(amounts, codes)
def test_an_amount_written_and_read_is_the_same(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.of(money.decimal, currency) == money
    assert Decimal(money.decimal) == Decimal(minor).scaleb(-EXPONENTS[currency])


@given(amounts, amounts, st.integers(0, 99), codes)
def test_sums_and_multiples_are_exact(one: int, other: int, count: int, currency: str) -> None:
    total = (Money(one, currency) + Money(other, currency)) * count
    assert total.minor == (one + other) * count


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(NotMoney):
        Money(1, "EUR") + Money(1, "USD")


def test_the_document_says_the_integer_and_the_decimal() -> None:
    assert Money(14500, "KWD").document() == {"currency": "KWD", "minor": 14500, "decimal": "14.500"}


def test_the_table_is_what_iso_4217_says() -> None:
    assert currencies.main(["--check"]) == 0
    assert {code: EXPONENTS[code] for code in ("JPY", "EUR", "BHD", "CLF", "HUF", "PKR", "MGA")} == {
        "JPY": 0, "EUR": 2, "BHD": 3, "CLF": 4, "HUF": 2, "PKR": 2, "MGA": 2,
    }  # fmt: skip


@pytest.mark.parametrize("currency", sorted(AMOUNTS))
def test_every_price_of_the_list_is_money(currency: str) -> None:
    prices = prices_in(currency)
    assert [sku for sku, _ in PLANS] == list(prices)
    assert tuple(Decimal(money.decimal) for money in prices.values()) == tuple(map(Decimal, AMOUNTS[currency]))


def test_a_currency_without_prices_gets_the_lists_default() -> None:
    assert prices_in("BGN")["team"] == prices_in("")["team"] == Money(1200, "USD")
