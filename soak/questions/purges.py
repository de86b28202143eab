"""Purges: what was acknowledged must not be answered from an older copy any more."""

import json
from collections.abc import Iterator
from typing import Any, Final

from soak.content import SORTS, Resource
from soak.exchanges import Answer, Question
from soak.model import expect_status
from soak.people import HS, PURGER, person
from soak.world import World

PURGED: Final = ("lasting", "lasting", "small", "page", "picture", "languages", "currencies")
MILLISECONDS: Final = 1000


def purge(world: World, now: float) -> Question:
    """By URL, by prefix, by tag, or everything; now and then by somebody who may not."""
    chance = world.random
    sort = chance.choice(PURGED)
    place = chance.choice(("public", "public", "brittle"))
    resource = Resource(place, sort, chance.randrange(SORTS[sort].count))
    what: dict[str, Any] = chance.choice(
        (
            {"urls": [resource.path]},
            {"urls": [resource.path]},
            {"prefixes": [f"/{place}/{sort}"]},
            {"tags": [resource.tags[1]]},
            {"tags": [resource.tags[0].upper()]},
            {"everything": True},
        )
    )
    allowed = chance.random() < 0.9
    who = PURGER if allowed else person(HS, chance.randrange(20))
    headers = {"authorization": f"Bearer {world.tokens.good(who, now)}", "content-type": "application/json"}

    def check(question: Question, answer: Answer) -> Iterator[str]:
        if not allowed:
            yield from expect_status(answer, 403, "insufficient_scope", reason="role")
        elif answer.status == 503 and world.stores_fail:
            yield from expect_status(answer, 503, "store_unavailable")
        else:
            yield from _done(world, what, answer)

    return Question("purge", "POST", "/_gatehouse/purge", check, headers, json.dumps(what).encode())


def _done(world: World, what: dict[str, Any], answer: Answer) -> Iterator[str]:
    """From now on the world knows of it."""
    yield from expect_status(answer, 200)
    generation = json.loads(answer.content)["generation"]
    if not answer.sent * MILLISECONDS - 2 <= generation <= answer.received * MILLISECONDS + 2:
        yield "the generation should be the time of the purge"
    purged, since = world.purged, answer.sent
    for path in what.get("urls", ()):
        purged.paths[path] = max(since, purged.paths.get(path, 0.0))
    for prefix in what.get("prefixes", ()):
        purged.prefixes[prefix] = max(since, purged.prefixes.get(prefix, 0.0))
    for tag in what.get("tags", ()):
        purged.tags[tag.lower()] = max(since, purged.tags.get(tag.lower(), 0.0))
    if what.get("everything"):
        purged.everything = max(since, purged.everything)
