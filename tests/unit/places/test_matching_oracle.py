"""The language matcher beside CLDR's and Go's: what they publish as their answers, and where we differ on purpose."""

import pytest

from places.matching import Matcher
from places.negotiation import FULL, negotiate, reader
from tests.unit.places import language_matcher_facts as facts


def served(supported: str, wanted: str) -> str:
    """What a reader of `wanted`, best first, is answered; "-" for nothing."""
    header = ",".join(f"{tag};q={(FULL - 100 * rank) / FULL}" for rank, tag in enumerate(wanted.split(",")))
    return negotiate(reader(header), Matcher(supported.split(","))) or "-"


@pytest.mark.parametrize(("supported", "wanted", "expected"), [*facts.agreed()])
def test_a_reader_is_served_what_cldr_serves(supported: str, wanted: str, expected: str) -> None:
    assert served(supported, wanted) == expected


@pytest.mark.parametrize(("supported", "wanted", "theirs", "ours"), [*facts.argued()])
def test_where_we_differ_we_know_it(supported: str, wanted: str, theirs: str, ours: str) -> None:
    assert served(supported, wanted) == ours != theirs


def test_the_oracle_is_hundreds_of_rows() -> None:
    assert len(list(facts.agreed())) > 200
