"""Resources that are cached: everybody's, one user's, one role's, those of an origin that is out now and then."""

from collections.abc import Iterator
from typing import Final

from soak.cached import Asked, wrongs
from soak.content import SORTS, Resource, spelt_variant
from soak.exchanges import Answer, Question
from soak.people import person
from soak.questions.callers import anybody, bearer
from soak.questions.visitors import visitor
from soak.world import World

PUBLIC: Final = (
    *("small", "small", "small", "languages", "languages", "currencies", "currencies", "lasting", "lasting"),
    *("page", "picture", "checked", "strict", "targeted", "unstored"),
)
PRIVATE: Final = ("small", "small", "lasting", "strict", "languages", "checked")
"""Sorts of resources that are one user's or one role's."""
SPELLINGS: Final = ("{}", "{}", " {} ", "{},")
"""The same wish in another spelling is the same variant."""
PARTS: Final = ("bytes=0-99", "bytes=100-", "bytes=-50", "bytes=10-10", "bytes=9999999-")
FEW: Final = 5
"""Users whose own resources are asked for, so that some are asked for twice."""


def public(world: World, now: float) -> Question:
    """A resource for everybody, in the variant that the visitor's fields select."""
    return _about(world, "resource", Resource("public", world.random.choice(PUBLIC), 0), {})


def strange(world: World, now: float) -> Question:
    """A resource that nobody asks for again."""
    resource = Resource("public", "strange", world.stranger())
    return _put(world, "stranger", resource, "GET", {}, {}, {})


def of_one_user(world: World, now: float) -> Question:
    """A user's own: no other user's content may come."""
    who = person(anybody(world).issuer, world.random.randrange(FEW))
    resource = Resource("mine", world.random.choice(PRIVATE), 0, who.key)
    return _about(world, "own resource", resource, bearer(world, who, now))


def of_one_role(world: World, now: float) -> Question:
    """What is shared by those of the same roles and the same issuer, and by nobody else."""
    who = anybody(world)
    key = f"{who.issuer}|{','.join(sorted(who.roles))}"
    resource = Resource("team", world.random.choice(PRIVATE), 0, key)
    return _about(world, "role's resource", resource, bearer(world, who, now))


def brittle(world: World, now: float) -> Question:
    """A resource of an origin that drops every connection for some seconds of each minute."""
    return _about(world, "brittle resource", Resource("brittle", world.random.choice(("small", "lasting")), 0), {})


def _about(world: World, kind: str, like: Resource, headers: dict[str, str]) -> Question:
    """One of the resources of a sort, asked for in one of many ways."""
    chance = world.random
    number = chance.randrange(SORTS[like.sort].count if like.place == "public" else 2)
    place = visitor(world)
    headers = {**place.headers, **headers}
    variant = []
    for name in SORTS[like.sort].vary:
        if name == "accept-language":
            if place.accepted and chance.random() < 0.5:
                headers[name] = chance.choice(SPELLINGS).format(place.accepted.upper())
            variant.append((name, spelt_variant(name, place.accepted)))
        else:
            variant.append((name, place.locale(world).currency))
    resource = Resource(like.place, like.sort, number, like.caller, tuple(variant))
    method = "HEAD" if chance.random() < 0.08 else "GET"
    directives = _directives(world)
    extra: dict[str, str] = {}
    roll = chance.random()
    if roll < 0.15 and (tag := world.remembered_tag(resource)):
        extra["if-none-match"] = tag
    elif roll < 0.25 and method == "GET":
        extra["range"] = chance.choice(PARTS)
    return _put(world, kind, resource, method, directives, headers, extra)


def _directives(world: World) -> dict[str, int | None]:
    """The client's `Cache-Control`: most say nothing."""
    roll = world.random.random()
    if roll < 0.04:
        return {"no-cache": None}
    if roll < 0.07:
        return {"max-age": 1}
    if roll < 0.08:
        return {"only-if-cached": None}
    return {}


def _put(
    world: World,
    kind: str,
    resource: Resource,
    method: str,
    directives: dict[str, int | None],
    headers: dict[str, str],
    extra: dict[str, str],
) -> Question:
    purged = world.purged.floor(resource)
    if directives:
        words = (name if value is None else f"{name}={value}" for name, value in directives.items())
        extra = {**extra, "cache-control": ", ".join(words)}
    target = resource.path
    if resource.place == "public" and world.random.random() < 0.1:
        target += f"?utm_source={world.random.randrange(10)}"  # the route does not count it

    def check(question: Question, answer: Answer) -> Iterator[str]:
        outage = resource.place == "brittle" and world.schedule.may_be_out(answer.sent, answer.received)
        asked = Asked(resource, purged, directives, extra.get("if-none-match"), extra.get("range"), outage)
        found = list(wrongs(asked, question, answer))
        if not found and answer.status == 200 and "etag" in answer.headers:
            world.remember_tag(resource, answer.headers["etag"])
        yield from found

    return Question(kind, method, target, check, {**headers, **extra})
