"""A soak without a gateway: questions put to the origin's own functions, so that tests can spoil right answers.

question, answer = asked(house, resources.public)
complaints(question, replace(answer, content=b"another's"))
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from soak.content import Resource
from soak.exchanges import Answer, Check, Question
from soak.origin import Asked as AskedOrigin
from soak.origin import resource_answer
from soak.people import Keys, Tokens
from soak.schedule import Schedule
from soak.world import World

NOW = 1_800_000_000.0
"""When the tests' questions are sent, and when their soak began."""


@cache
def keys() -> Keys:
    """Made when a test needs them: it takes a second."""
    return Keys.generate()


def world() -> World:
    schedule = Schedule(NOW)
    return World(schedule, Tokens(keys(), schedule), 1)


def question(check: Check = lambda *_: (), method: str = "GET", **more: Any) -> Question:
    return Question("test", method, "/x", check, id="soak-1", **more)


def right(resource: Resource, made: float = NOW, *, method: str = "GET", **fields: str) -> Answer:
    """What the origin answered at `made`, as the gateway passes it on at NOW. `fields` are the request's."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    said = resource_answer(AskedOrigin(method, resource.path, headers), resource, made)
    length = {} if said.status == 304 else {"content-length": str(len(said.content))}
    content = b"" if method == "HEAD" else said.content
    return arrived(said.status, {**said.fields, **length, "cache-status": "gatehouse; fwd=uri-miss"}, content)


def arrived(status: int, headers: Mapping[str, str], content: bytes = b"") -> Answer:
    """An answer to `question`, complete and in time."""
    answer = Answer(status, {"x-request-id": "soak-1", **headers}, [], content, True)
    answer.sent, answer.received = NOW, NOW + 0.01
    return answer


def refused(status: int, code: str, **members: Any) -> Answer:
    """A problem as the gateway answers it."""
    problem = {"status": status, "code": code, "request_id": "soak-1", **members}
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    return arrived(status, {**headers, "x-content-type-options": "nosniff"}, json.dumps(problem).encode())
