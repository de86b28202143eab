"""Content that flows through: sent to an origin, sent back by one, long, in pieces, and too long."""

import hashlib
import json
from collections.abc import Iterator
from typing import Final

from soak.content import filled
from soak.exchanges import Answer, HangUp, Question
from soak.frames import MESSAGES
from soak.model import code_of, expect_content, expect_status, uncached
from soak.questions.callers import anybody, bearer
from soak.world import World

MOST: Final = 100_000
"""`max_body` of the routes that take content, in bytes."""
SIZES: Final = (1, 10, 1_000, 1_000, 20_000, 70_000, 99_999)
TOO_LONG: Final = 150_000
STREAMED: Final = (100_000, 300_000, 1_000_000)
OCTETS: Final = {"content-type": "application/octet-stream"}


def _content(world: World, size: int) -> bytes:
    return filled(f"{world.random.getrandbits(64):016x}\n".encode(), size)


def signed_echo(world: World, now: float) -> Question:
    """The origin checks the gateway's signature over the content, and says what it got, and from whom."""
    who = anybody(world)
    content = _content(world, world.random.choice(SIZES))
    expected = {"sha256": hashlib.sha256(content).hexdigest(), "length": len(content), "user": who.id, "signed": True}

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from uncached(question, answer, _told(answer, expected))

    headers = {**OCTETS, **bearer(world, who, now)}
    return Question("echo", "POST", "/echo/x", check, headers, content, world.random.random() < 0.3)


def _told(answer: Answer, expected: dict[str, object]) -> Iterator[str]:
    yield from expect_status(answer, 200)
    if json.loads(answer.content) != expected:
        yield f"the origin should have received {expected}"


def mirrored(world: World, now: float) -> Question:
    """The content comes back as it was sent, streamed both ways."""
    content = _content(world, world.random.choice(SIZES))

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from uncached(question, answer, _same(question, answer, content))

    return Question("mirror", "POST", "/mirror/x", check, OCTETS, content, world.random.random() < 0.5)


def _same(question: Question, answer: Answer, content: bytes) -> Iterator[str]:
    yield from expect_status(answer, 200)
    yield from expect_content(question, answer, content)


def too_long(world: World, now: float) -> Question:
    """More than the route takes: refused, whether the length is announced or not, signed or not."""
    signed = world.random.random() < 0.5
    headers = {**OCTETS, **(bearer(world, anybody(world), now) if signed else {})}
    return Question(
        "too long",
        "POST",
        "/echo/x" if signed else "/mirror/x",
        lambda question, answer: expect_status(answer, 413, "content_too_large"),
        headers,
        _content(world, TOO_LONG),
        world.random.random() < 0.5,
    )


def streamed(world: World, now: float) -> Question:
    """A long answer in pieces."""
    size = world.random.choice(STREAMED)
    number = world.random.randrange(1000)
    expected = filled(f"/stream/{size}/{number}\n".encode(), size)

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from uncached(question, answer, _same(question, answer, expected))

    return Question("stream", "GET", f"/stream/{size}/{number}", check)


def hung_up(world: World, now: float) -> Question:
    """A client that goes away: nobody waits for the answer, and nothing may come of it in the log."""
    how = world.random.choice(list(HangUp))
    if how is HangUp.MID_CONTENT:
        content = _content(world, MOST)
        chunked = world.random.random() < 0.5
        return Question("hang-up", "POST", "/mirror/x", lambda *_: (), OCTETS, content, chunked, hang_up=how)
    target = world.random.choice(("/stream/1000000/1", "/public/picture/1", "/public/small/1", "/api/me/1"))
    return Question("hang-up", "GET", target, lambda *_: (), hang_up=how)


def conversation(world: World, now: float) -> Question:
    """A WebSocket through the gateway: the origin says who it talks to, and repeats what it hears."""
    who = anybody(world)
    headers = {
        **bearer(world, who, now),
        "upgrade": "websocket",
        "connection": "upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }

    def check(question: Question, answer: Answer) -> Iterator[str]:
        if answer.status != 101:
            yield f"the status should be 101, not {answer.status} {code_of(answer)}"
            return
        expected = "\n".join((who.key, *MESSAGES)).encode()
        if answer.content != expected:
            yield f"the conversation should be {expected!r}"

    return Question("websocket", "GET", "/talk/x", check, headers)
