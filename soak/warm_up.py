"""The warm-up: fill every bounded memory of an isolate with what nobody asks for twice.

What is kept grows until it is full. Only from then on must memory be flat, so it is filled first.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from soak.exchanges import Answer, Question
from soak.model import expect_status
from soak.people import HS, Person
from soak.questions.resources import strange
from soak.questions.visitors import visitor
from soak.world import World

STRANGERS: Final = 2_300
"""Tokens, and people, of whom an isolate remembers 2,048."""
FORGERS: Final = 600
"""Tokens that are refused for good, of which an isolate remembers 512."""
RESOURCES: Final = 2_000
"""Responses of 6 kB, of which an isolate keeps 8 MiB. Each is asked for twice: it remembers 1,024 hits. Each
has a path of its own, of which an isolate remembers 1,024 as well."""
BETWEEN: Final = 100
"""Other resources before one is asked for again: it is stored by then, and still in the isolate."""


def fill(world: World, now: float) -> Iterator[Question]:
    """Questions of people who never come back, about things that nobody else asks for."""
    for number in range(STRANGERS):
        who = Person(HS, f"stranger-{number}")
        headers = {**visitor(world).headers, "authorization": f"Bearer {world.tokens.good(who, now, new=True)}"}
        yield Question("warm-up", "GET", "/api/me/0", _is_well, headers, id=f"soak-person-{number}")
    for number in range(FORGERS):
        who = Person(HS, f"forger-{number}")
        headers = {**visitor(world).headers, "authorization": f"Bearer {world.tokens.forged(who, now)}"}
        yield Question("warm-up", "GET", "/api/me/0", _is_refused, headers, id=f"soak-forger-{number}")
    asked = deque[Question]()
    for number in range(RESOURCES):
        question = strange(world, now)
        question.kind, question.id = "warm-up", f"soak-resource-{number}"
        yield question
        asked.append(question)
        if len(asked) > BETWEEN:
            again = asked.popleft()
            yield replace(again, id=f"{again.id}-again")


def _is_refused(question: Question, answer: Answer) -> Iterator[str]:
    yield from expect_status(answer, 401)


def _is_well(question: Question, answer: Answer) -> Iterator[str]:
    yield from expect_status(answer, 200)
