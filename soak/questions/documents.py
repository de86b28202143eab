"""Documents that are read through the cache and written around it: who wrote and was told so is read from then on."""

import json
from collections.abc import Iterator
from typing import Final

from soak.content import version_of
from soak.exchanges import Answer, Question
from soak.letters import DOCUMENTS, letter, name_of
from soak.model import cache_status, comes_through, expect_status, is_the_faults, uncached
from soak.questions.visitors import ACCEPTED
from soak.world import Document, World

BORROWED: Final = ("stale-if-error", "disconnected")
"""Rights to answer a stale copy that only a failure gives."""


def read(world: World, now: float) -> Question:
    """The letter must be one that was written, and none from before the last acknowledged one."""
    number = world.random.randrange(DOCUMENTS)
    document = world.documents.setdefault(number, Document())
    floor = document.acknowledged
    accepted = world.random.choice(ACCEPTED[:4])

    def check(question: Question, answer: Answer) -> Iterator[str]:
        if "hit" not in cache_status(answer) and is_the_faults(question, answer):
            return
        yield from expect_status(answer, 200)
        if cache_status(answer).get("detail") in BORROWED and comes_through(question) and not answer.was_late:
            yield "nothing failed that would permit a stale answer"
        yield from _was_written(number, document, floor, answer)

    return Question("document", "GET", f"/documents/{number}", check, {"accept-language": accepted})


def _was_written(number: int, document: Document, floor: int, answer: Answer) -> Iterator[str]:
    count = version_of(answer.headers["etag"])
    name = name_of(answer.content)
    if answer.content != letter(number, name):
        yield f"this is not the letter {name!r}"
    if count is None or (name == "") != (count == 0) or (name and name not in document.sent):
        yield f"nobody wrote the letter {name!r} as number {count}"
        return
    if document.letters.setdefault(count, name) != name:
        yield f"number {count} was the letter {document.letters[count]!r} before"
    if count < floor:
        yield f"number {floor} had been written and acknowledged before this was asked"
    if count > document.attempts:
        yield f"only {document.attempts} letters were ever sent"


def write(world: World, now: float) -> Question:
    """A letter; what its writer is told of it holds for every later reader."""
    number = world.random.randrange(DOCUMENTS)
    document = world.documents.setdefault(number, Document())
    name = f"{world.random.getrandbits(64):016x}"
    document.attempts += 1
    document.sent.add(name)

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from uncached(question, answer, _acknowledged(document, name, answer))

    return Question(
        "letter", "PUT", f"/documents/{number}", check, {"content-type": "text/plain"}, letter(number, name)
    )


def _acknowledged(document: Document, name: str, answer: Answer) -> Iterator[str]:
    yield from expect_status(answer, 200)
    count = json.loads(answer.content)["number"]
    if document.letters.setdefault(count, name) != name:
        yield f"number {count} was another letter, {document.letters[count]!r}"
    document.acknowledged = max(document.acknowledged, count)
