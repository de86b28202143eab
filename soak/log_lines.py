"""The gateway's log under soak: every line must be one that a fault explains, and every answer must have its line.

Pure. Lines come in some order after the answers they are about, or before.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

EXPECTED: Final = frozenset({
    "request", "origin_failed", "cache_read_failed", "cache_write_failed", "cache_refresh_failed", "jwks_fetch_failed",
    "jwks_store_read_failed", "jwks_store_write_failed", "store_failed",
})  # fmt: skip
"""Events that the soak's faults lead to. Any other, and any line that is no event, is unhandled."""

TOKEN: Final = "eyJhbGciOi"
"""How the soak's JSON Web Tokens begin: `{"alg":`. Less of it may be in a digest by chance."""

KEPT: Final = 20
"""Unhandled lines that are kept to be shown."""


class LogLines:
    """What the log has said so far, beside what the clients have seen."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.events: Counter[str] = Counter()
        self.unhandled: list[str] = []
        self.unhandled_count = 0
        self._secrets = (TOKEN, *secrets)
        self._answered: dict[str, int] = {}
        self._written: dict[str, int] = {}

    def answered(self, request_id: str, status: int) -> None:
        """A client had this answer."""
        written = self._written.pop(request_id, None)
        if written is None:
            self._answered[request_id] = status
        elif written != status:
            self._complain(f"{request_id} was answered {status}, and the log says {written}")

    def forgive(self, request_id: str) -> None:
        """A client went away: whatever the log says of that request."""
        self._answered.pop(request_id, None)
        self._written.pop(request_id, None)

    def wrote(self, level: str, text: str) -> None:
        """The gateway wrote this."""
        if any(secret in text for secret in self._secrets):
            self._complain(f"a secret in the log: {text}")
        entry = _event(text)
        name = entry.get("event", "") if entry else ""
        self.events[name or f"({level})"] += 1
        if name not in EXPECTED:
            self._complain(f"{level}: {text}")
        elif entry and name == "request" and (request_id := entry.get("id", "")).startswith("soak-"):
            self._written_of(request_id, entry["status"])

    def missing(self) -> list[str]:
        """Answers that left no line. Ask when the log has ended."""
        return [
            f"{request_id} was answered {status}, and the log has no line"
            for request_id, status in self._answered.items()
        ]

    def _written_of(self, request_id: str, status: int) -> None:
        if request_id in self._answered:
            if self._answered.pop(request_id) != status:
                self._complain(f"{request_id} had another status than the {status} of the log")
        else:
            self._written[request_id] = status

    def _complain(self, what: str) -> None:
        self.unhandled_count += 1
        if len(self.unhandled) < KEPT:
            self.unhandled.append(what[:3000])


def _event(text: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
