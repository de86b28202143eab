"""What was asked and what came back: the values that pass between the client, the questions and the model."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from soak.faults import NONE, TIMEOUT, Fault


class HangUp(Enum):
    """When the client goes away without waiting for the end of the answer."""

    AFTER_HEAD = "after the head"
    MID_CONTENT = "in the middle of its content"
    MID_ANSWER = "in the middle of the answer"


@dataclass(slots=True)
class Answer:
    """One answer as it arrived. Field names are lower-case, repeated fields joined; `set-cookie` lines are apart."""

    status: int = 0
    """0: no answer came at all."""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    content: bytes = b""
    complete: bool = False
    """Whether the content ended as its framing says (RFC 9112 section 6.3)."""
    sent: float = 0.0
    """When the question was sent, and when its answer had arrived; seconds since 1970."""
    received: float = 0.0
    trouble: str = ""
    """Why there is no answer, or why it is not complete."""

    @property
    def was_late(self) -> bool:
        """Whether it took as long as the gateway waits for an origin: the machine may have been too slow for it."""
        return self.received - self.sent >= TIMEOUT


Check = Callable[["Question", Answer], Iterable[str]]
"""What is wrong with an answer, one complaint each."""


@dataclass(slots=True)
class Question:
    """One request, and what its answer is compared with."""

    kind: str
    method: str
    target: str
    check: Check
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    chunked: bool = False
    """Whether the content is sent without its length."""
    fault: Fault = NONE
    """What the origin is to do if it is asked."""
    hang_up: HangUp | None = None
    id: str = ""
    """Its `x-request-id`."""

    def head(self, host: str) -> bytes:
        """The header section as sent."""
        lines = [f"{self.method} {self.target} HTTP/1.1", f"host: {host}", f"x-request-id: {self.id}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.fault.name:
            lines.append(f"x-soak-fault: {self.fault.name}")
        if self.content is not None:
            lines.append("transfer-encoding: chunked" if self.chunked else f"content-length: {len(self.content)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")
