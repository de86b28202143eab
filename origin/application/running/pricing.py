"""What AWS takes for what the application used: a dated table, and the arithmetic. Pure.

The table is written by hand from AWS's pages of prices, on-demand, without support, taxes and data transfer. A region
that is not in it is an error and no guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AS_OF = "2026-11-01"
"""The day the table was last held against AWS's pages."""

MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """US dollars in one region."""

    gb_second: Mapping[str, float]
    """Of a function, by architecture."""
    invocations: float
    """Of functions, a million."""
    reads: float
    """Of DynamoDB on demand, a million read request units."""
    writes: float
    """Of DynamoDB on demand, a million write request units."""
    messages: float
    """Of SQS standard queues, a million requests."""
    publications: float
    """Of SNS, a million; deliveries to SQS and Lambda cost nothing."""


_USUAL = Prices({"x86_64": 0.0000166667, "arm64": 0.0000133334}, 0.20, 0.125, 0.625, 0.40, 0.50)
_FRANKFURT = Prices({"x86_64": 0.0000166667, "arm64": 0.0000133334}, 0.20, 0.1525, 0.7625, 0.40, 0.50)
_IRELAND = Prices({"x86_64": 0.0000166667, "arm64": 0.0000133334}, 0.20, 0.1415, 0.70675, 0.40, 0.50)

PRICES: Mapping[str, Prices] = {
    "us-east-1": _USUAL,
    "us-east-2": _USUAL,
    "us-west-2": _USUAL,
    "eu-west-1": _IRELAND,
    "eu-central-1": _FRANKFURT,
}

FREE_GB_SECONDS, FREE_INVOCATIONS = 400_000, MILLION
"""A month, of the whole account: Lambda's free tier."""
DAYS = 30
"""Of a month, as far as the free tier goes."""


class Unpriced(Exception):
    """The table has no price for this; a report would be wrong."""


@dataclass(frozen=True)
class Use:
    """What one part of the application used in a day. Numbers are of requests; `milliseconds` are billed durations."""

    invocations: float = 0
    milliseconds: float = 0
    memory_mb: int = 0
    architecture: str = "arm64"
    reads: float = 0
    writes: float = 0
    messages: float = 0
    publications: float = 0

    @property
    def gb_seconds(self) -> float:
        return self.milliseconds / 1000 * self.memory_mb / 1024


def prices_of(region: str) -> Prices:
    """Raises Unpriced."""
    try:
        return PRICES[region]
    except KeyError:
        raise Unpriced(f"there are no prices for {region} in the table of {AS_OF}") from None


def dollars(use: Use, prices: Prices) -> float:
    """Raises Unpriced for an architecture that has no price."""
    try:
        gb_second = prices.gb_second[use.architecture]
    except KeyError:
        raise Unpriced(f"there is no price for the architecture {use.architecture}") from None
    requests = (
        use.invocations * prices.invocations
        + use.reads * prices.reads
        + use.writes * prices.writes
        + use.messages * prices.messages
        + use.publications * prices.publications
    )
    return requests / MILLION + use.gb_seconds * gb_second


def without_free_tier(uses: Mapping[str, Use]) -> dict[str, Use]:
    """What is to be paid of a day's use when the account has Lambda's free tier to itself, shared in proportion."""
    invocations = sum(use.invocations for use in uses.values())
    gb_seconds = sum(use.gb_seconds for use in uses.values())
    paid_calls = 1 - min(1.0, FREE_INVOCATIONS / DAYS / invocations) if invocations else 1.0
    paid_time = 1 - min(1.0, FREE_GB_SECONDS / DAYS / gb_seconds) if gb_seconds else 1.0
    return {
        name: Use(
            use.invocations * paid_calls,
            use.milliseconds * paid_time,
            *(use.memory_mb, use.architecture, use.reads, use.writes, use.messages, use.publications),
        )
        for name, use in uses.items()
    }
