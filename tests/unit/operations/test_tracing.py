"""W3C Trace Context, Level 1 and 2: what is continued, what is started anew, what is dropped."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fields.tracing import Trace, trace

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
VALID = f"00-{ID}-{PARENT}-01"


def traced(traceparent: str | None = None, tracestate: str | None = None) -> Trace:
    given_fields = {"traceparent": traceparent, "tracestate": tracestate}
    return trace({name: value for name, value in given_fields.items() if value is not None}, random.Random(7))


def state(value: str) -> str:
    return traced(VALID, value).headers.get("tracestate", "")


def test_a_trace_is_continued_with_a_parent_of_our_own() -> None:
    ours = traced(VALID)
    assert ours.id == ID
    assert re.fullmatch("[0-9a-f]{16}", ours.parent)
    assert ours.parent != PARENT
    assert ours.headers == {"traceparent": f"00-{ID}-{ours.parent}-01"}


def test_a_trace_is_started_when_there_is_none() -> None:
    ours = traced()
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-03", ours.headers["traceparent"])
    assert traced().id == ours.id, "the test's randomness is seeded"
    assert trace({}, random.Random(8)).id != ours.id


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "garbage",
        VALID.upper(),
        f"00-{ID}-{PARENT}",
        f"00-{ID}-{PARENT}-1",
        f"00-{ID}-{PARENT}-0g",
        f"00-{ID[:-1]}-{PARENT}-01",
        f"00-{ID}0-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"ff-{ID}-{PARENT}-01",
        f"0-{ID}-{PARENT}-01",
        f"00-{ID}-{PARENT}-01-what",
        f"00-{ID}-{PARENT}-01.",
        f"01-{ID}-{PARENT}-01what",
        f"{VALID}, {VALID}",
        f"00-{ID.replace('4', '٤', 1)}-{PARENT}-01",
    ],
)
def test_a_broken_traceparent_starts_a_new_trace_and_drops_the_state(broken: str) -> None:
    ours = traced(broken, "congo=t61rcWkgMzE")
    assert ours.id != ID
    assert "tracestate" not in ours.headers


@pytest.mark.parametrize(
    "later", [f"01-{ID}-{PARENT}-01", f"cc-{ID}-{PARENT}-01-what-the-future-will-be", f" {VALID}\t"]
)
def test_later_versions_are_continued_as_version_00(later: str) -> None:
    assert traced(later).headers["traceparent"].startswith(f"00-{ID}-")
    assert len(traced(later).headers["traceparent"]) == 55


@pytest.mark.parametrize(
    ("flags", "kept"), [("00", "00"), ("01", "01"), ("02", "02"), ("03", "03"), ("ff", "03"), ("fc", "00")]
)
def test_known_flags_are_kept_and_unknown_ones_cleared(flags: str, kept: str) -> None:
    assert traced(f"00-{ID}-{PARENT}-{flags}").headers["traceparent"].endswith(f"-{kept}")


@pytest.mark.parametrize(
    ("given_state", "forwarded"),
    [
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ("foo=1 \t , \t bar=2, ,", "foo=1,bar=2"),
        ("fw529a3039@dt=FfAxMDAwMA", "fw529a3039@dt=FfAxMDAwMA"),
        ("0a_-*/z=a b", "0a_-*/z=a b"),
        (f"{'k' * 256}={'v' * 255}", f"{'k' * 256}={'v' * 255}"),
        ("", ""),
        (",", ""),
    ],
)
def test_state_is_handed_on_in_order(given_state: str, forwarded: str) -> None:
    assert state(given_state) == forwarded


@pytest.mark.parametrize(
    "broken",
    ["foo", "foo=", "=1", "Foo=1", "foo =1", "foo=bar=baz", "foo=1;bar=2,é=1", "foo=é", "foo=1,foo=2", "foo@=1,@foo=1"]
    + [f"{'k' * 257}=1", f"k={'v' * 257}", ",".join(f"k{n}=1" for n in range(33)), "foo=\x01", "_foo=1"],
)
def test_a_broken_state_is_dropped_and_the_trace_kept(broken: str) -> None:
    ours = traced(VALID, broken)
    assert ours.id == ID
    assert "tracestate" not in ours.headers


def test_thirty_two_members_are_kept() -> None:
    members = ",".join(f"k{n}=1" for n in range(32))
    assert state(members) == members


def test_a_long_state_loses_long_members_first_then_the_last() -> None:
    long = f"long={'x' * 200}"
    short = [f"k{n:02}={'y' * 40}" for n in range(10)]
    assert state(",".join([long, *short])) == ",".join(short)
    assert state(",".join([f"k{n:02}={'y' * 56}" for n in range(10)])) == ",".join(
        f"k{n:02}={'y' * 56}" for n in range(8)
    )


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_comes_what_goes_is_valid(traceparent: str, tracestate: str) -> None:
    for parent in (traceparent, VALID):
        headers = traced(parent, tracestate).headers
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]", headers["traceparent"])
        assert headers.get("tracestate", "x").isascii()
        assert trace(headers, random.Random(1)).id == headers["traceparent"][3:35]


def test_ids_are_never_all_zero() -> None:
    class Zero:
        def getrandbits(self, k: int, /) -> int:
            return 0

        def random(self) -> float:
            return 0.0

    ours = trace({}, Zero())
    assert int(ours.id, 16)
    assert int(ours.parent, 16)
