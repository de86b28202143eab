"""Revocations: whoever was dismissed is let in nowhere any more, whatever token they show; nobody else is kept out."""

import json
from collections.abc import Iterator
from typing import Final

from soak.exchanges import Answer, Question
from soak.model import expect_status
from soak.people import HOUR, HS, RS, Person
from soak.questions.callers import bearer, challenged
from soak.world import World

REVOKER: Final = Person(HS, "revoker", ("gatehouse:revoke",))
REVOCATIONS: Final = "/_gatehouse/revocations"


def dismiss(world: World, now: float) -> Question:
    """Take back everything of somebody whom nothing else asks for; now and then ask for the list."""
    headers = bearer(world, REVOKER, now)
    if world.dismissed and world.random.random() < 0.2:
        return _list(world, headers)
    somebody = Person(world.random.choice((HS, RS)), f"dismissed-{world.random.getrandbits(48):x}")
    wanted = {"subject": somebody.id, "issuer": somebody.issuer, "until": int(now) + HOUR}

    def check(question: Question, answer: Answer) -> Iterator[str]:
        if answer.status == 503 and world.stores_fail:
            yield from expect_status(answer, 503, "store_unavailable")
            return
        yield from expect_status(answer, 200)
        told = json.loads(answer.content)
        if {name: told[name] for name in wanted} != wanted:
            yield "the revocation should be what was asked for"
        world.dismissed.append(somebody)

    headers |= {"content-type": "application/json"}
    return Question("revocation", "POST", REVOCATIONS, check, headers, json.dumps(wanted).encode())


def dismissed(world: World, now: float) -> Question:
    """One of those who were dismissed, with a token that was seen before or one made since."""
    if not world.dismissed:
        return dismiss(world, now)
    somebody = world.random.choice(world.dismissed)
    check = challenged(401, "invalid_token", "revoked")
    return Question("dismissed", "GET", "/api/me/1", check, bearer(world, somebody, now))


def _list(world: World, headers: dict[str, str]) -> Question:
    before = {(one.issuer, one.id) for one in world.dismissed}

    def check(question: Question, answer: Answer) -> Iterator[str]:
        if answer.status == 503 and world.stores_fail:
            yield from expect_status(answer, 503, "store_unavailable")
            return
        yield from expect_status(answer, 200)
        listed = {(one["issuer"], one["subject"]) for one in json.loads(answer.content)["revocations"]}
        if not before <= listed:
            yield "everybody who was dismissed should be listed"

    return Question("revocation", "GET", REVOCATIONS, check, headers)
