"""Single byte ranges (RFC 9110 section 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fields.ranges import ByteRange, single_range


@pytest.mark.parametrize(
    ("field", "part", "content_range"),
    [
        ("bytes=0-4", b"01234", "bytes 0-4/10"),
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=5-", b"56789", "bytes 5-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-30", b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
        ("Bytes= 2-3 ", b"23", "bytes 2-3/10"),
        ("bytes=10-", None, "bytes */10"),
        ("bytes=99-100", None, "bytes */10"),
        ("bytes=-0", None, "bytes */10"),
    ],
)
def test_a_range_is_served_or_cannot_be(field: str, part: bytes | None, content_range: str) -> None:
    found = single_range(field, 10)
    assert found is not None
    assert found.content_range == content_range
    assert found.satisfiable == (part is not None)
    if part is not None:
        assert b"0123456789"[found.first : found.last + 1] == part
        assert found.size == len(part)


@pytest.mark.parametrize(
    "field",
    [
        "", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "items=0-4", "bytes 0-4", "bytes=a-b", "bytes=1 -2",
        "bytes=" + "9" * 40 + "-",
    ],
)  # fmt: skip
def test_anything_else_gets_the_whole(field: str) -> None:
    assert single_range(field, 10) is None


def test_nothing_of_an_empty_content_can_be_served() -> None:
    assert single_range("bytes=0-", 0) == ByteRange(0, -1, 0)
    assert single_range("bytes=-5", 0) == ByteRange(0, -1, 0)


@given(st.integers(0, 20), st.integers(0, 30), st.integers(0, 30))
def test_a_range_is_what_a_slice_says(length: int, first: int, last: int) -> None:
    content = bytes(range(length))
    found = single_range(f"bytes={first}-{last}", length)
    expected = content[first : last + 1]
    assert (found is None) == (last < first)
    if found is not None:
        assert found.satisfiable == bool(expected)
        assert content[found.first : found.last + 1] == expected
