"""W3C Trace Context: continue the caller's trace, or start one.

Source: Trace Context Level 1 (W3C Recommendation, sections 3.2, 3.3 and 4.3) and Level 2 (the random flag, the simpler
keys). The gateway takes part in a trace: it gives every forwarded request a parent-id of its own, which its log line
carries, and hands `tracestate` on as it came, because it keeps no entry of its own there. What cannot be parsed is
not repaired: a broken `traceparent` starts a new trace without state, a broken `tracestate` is dropped.

    traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
                 |  trace-id                         parent-id        flags
                 version
"""

import re
from collections.abc import Mapping

from core.lengths import REQUEST_FIELDS
from core.patterns import rare
from core.ports import Randomness
from core.records import record

TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
"""Lower case only; version ff and all-zero ids are invalid. Only a version we do not know may be longer."""

SAMPLED, RANDOM = 0x01, 0x02
NO_PARENT = "0" * 16
STARTED = SAMPLED | RANDOM
"""Flags of a trace started here: the log line records it, and the id is random in all its bits."""

MEMBER = rare(
    r"[a-z0-9][a-z0-9_\-*/@]{0,255}"  # key
    r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"  # value
)
"""One list-member of `tracestate` (Level 2 section 3.3.2; Level 1 keys are among them). A value holds neither comma nor
equals sign and does not end in a space."""

MOST_MEMBERS = 32
LONGEST_STATE = 512
"""Characters that must be handed on; beyond them members go, the long ones first (section 3.3.1.5)."""
LONG_MEMBER = 128


@record
class Trace:
    """The place of one forwarded request in its trace."""

    id: str
    """32 lower-case hexadecimal digits."""
    parent: str
    """16 lower-case hexadecimal digits: this gateway's own span."""
    flags: int
    state: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The fields to forward."""
        fields = {"traceparent": f"00-{self.id}-{self.parent}-{self.flags:02x}"}
        if self.state:
            fields["tracestate"] = self.state
        return fields


def trace(headers: Mapping[str, str], random: Randomness) -> Trace:
    """The caller's trace continued with a parent-id of our own, or a new one."""
    fresh = f"{random.getrandbits(192):048x}"
    id, parent = fresh[:32], fresh[32:]
    if NO_PARENT in fresh:
        id, parent = _valid(id), _valid(parent)
    if "traceparent" not in headers or (found := _parsed(headers["traceparent"])) is None:
        return Trace(id, parent, STARTED)
    flags = int(found[4], 16) & (SAMPLED | RANDOM)
    return Trace(found[2], parent, flags, _state(headers.get("tracestate", "")))


def _parsed(given: str) -> re.Match[str] | None:
    if len(given) > REQUEST_FIELDS["traceparent"].characters:
        return None
    found = TRACEPARENT.fullmatch(given.strip(" \t"))
    return None if found is None or (found[1] == "00" and found[5] is not None) else found


def _state(value: str) -> str:
    """`tracestate` as it may be handed on; empty when it is absent or invalid."""
    if not value or len(value) > REQUEST_FIELDS["tracestate"].characters:
        return ""
    members = [member for part in value.split(",") if (member := part.strip(" \t"))]
    if len(members) > MOST_MEMBERS or len({member.partition("=")[0] for member in members}) < len(members):
        return ""
    if not all(MEMBER.fullmatch(member) for member in members):
        return ""
    return ",".join(_shortened(members))


def _shortened(members: list[str]) -> list[str]:
    """At most LONGEST_STATE characters: long members go first, then the oldest, which stand last."""
    if _length(members) > LONGEST_STATE:
        members = _dropping(members, [member for member in reversed(members) if len(member) > LONG_MEMBER])
    return _dropping(members, list(reversed(members)))


def _dropping(members: list[str], candidates: list[str]) -> list[str]:
    kept = list(members)
    for member in candidates:
        if _length(kept) <= LONGEST_STATE:
            break
        kept.remove(member)
    return kept


def _length(members: list[str]) -> int:
    return sum(map(len, members)) + max(0, len(members) - 1)


def _valid(digits: str) -> str:
    """The digits, unless all are zero: that id is invalid."""
    return digits if digits.strip("0") else digits[:-1] + "1"
