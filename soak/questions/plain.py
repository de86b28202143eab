"""What the gateway answers by itself: its own endpoints, what is not found, what is ambiguous, what is not allowed."""

from collections.abc import Iterator
from typing import Final

from soak.exchanges import Answer, Question
from soak.model import expect_fields, expect_json, expect_status
from soak.world import World

FRIEND: Final = "https://app.example"
AMBIGUOUS: Final = (
    "/public//small/1",
    "/public/small%2f1",
    "/public/small%5C1",
    "/public/small%00",
    "/public/%252e%252e/x",
    "/public/small%",
    "/public/small%zz",
    "/public/..;/admin",
    "/public/%c0%ae",
    "//public/small/1",
)
AROUND: Final = ("/public/../admin/x", "/public/%2e%2e/admin/x", "/%61dmin/x", "/admin/./x")
NOWHERE: Final = ("/nowhere", "/publi", "/publicx", "/_gatehouse/nothing", "/geo/DE/extra", "/Public/x")


def health(world: World, now: float) -> Question:
    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from expect_status(answer, 200)
        yield from expect_json(answer, {"status": "ok"})

    return Question("health", "GET", "/healthz", check)


def readiness(world: World, now: float) -> Question:
    """Not ready while the store fails, and then it says so."""

    def check(question: Question, answer: Answer) -> Iterator[str]:
        if answer.status == 503 and world.stores_fail:
            yield from expect_status(answer, 503, "not_ready")
        else:
            yield from expect_status(answer, 200)

    return Question("health", "GET", "/readyz", check)


def description(world: World, now: float) -> Question:
    """The API description is the same for everybody, always."""

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from expect_status(answer, 200)
        world.description = world.description or answer.content
        if answer.content != world.description:
            yield "the description should be what it was"

    return Question("description", "GET", "/openapi.json", check)


def nowhere(world: World, now: float) -> Question:
    target = world.random.choice(NOWHERE)
    return Question("not found", "GET", target, lambda _, answer: expect_status(answer, 404, "not_found"))


def ambiguous(world: World, now: float) -> Question:
    """A path that two readers could read differently, and spellings that would lead around a protected prefix."""
    if world.random.random() < 0.3:
        return Question("ambiguous", "GET", world.random.choice(AROUND), _kept_out)
    target = world.random.choice(AMBIGUOUS)
    return Question("ambiguous", "GET", target, lambda _, answer: expect_status(answer, 400, "ambiguous_path"))


def _kept_out(question: Question, answer: Answer) -> Iterator[str]:
    if answer.status not in (400, 401):
        yield "no spelling should lead around the token"


def not_allowed(world: World, now: float) -> Question:
    """A method that the route does not offer."""
    method = world.random.choice(("DELETE", "PATCH", "REPORT"))

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from expect_status(answer, 405, "method_not_allowed")
        yield from expect_fields(answer, allow="GET, PUT, HEAD")

    return Question("not allowed", method, "/documents/1", check)


def preflight(world: World, now: float) -> Question:
    """A page of the listed origin may ask; another may not."""
    friendly = world.random.random() < 0.5
    headers = {"origin": FRIEND if friendly else "https://evil.example", "access-control-request-method": "GET"}

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from expect_status(answer, 204)
        if friendly:
            yield from expect_fields(
                answer, access_control_allow_origin=FRIEND, access_control_allow_credentials="true"
            )
        elif "access-control-allow-origin" in answer.headers:
            yield "a strange page is not allowed in"

    return Question("preflight", "OPTIONS", "/api/me/1", check, headers)
