"""Callers: tokens that are good, and tokens that are not; what the origin is told of who called."""

import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from soak.exchanges import Answer, Check, Question
from soak.model import code_of, expect_status, uncached
from soak.people import HS, PEOPLE, REFUSED, RS, Person, person
from soak.questions.visitors import Visitor, visitor
from soak.world import World

NEW_TOKENS: Final = 0.25
"""Share of tokens that were never seen before: what is remembered of them must be let go."""

FORGED: Final = {"x-user-id": "root", "X-User-Role": "admin", "x_user_id": "root", "x-geo-currency": "XAU"}
"""What a client may say and no origin may hear."""


def anybody(world: World) -> Person:
    """A person of either issuer."""
    return person(world.random.choice((HS, RS)), world.random.randrange(PEOPLE))


def bearer(world: World, who: Person, now: float) -> dict[str, str]:
    """The field that proves `who`."""
    return {"authorization": f"Bearer {world.tokens.good(who, now, new=world.random.random() < NEW_TOKENS)}"}


def me(world: World, now: float) -> Question:
    """A good token: the origin must be told whose it is, where the visitor is, and nothing that the client made up."""
    who, place = anybody(world), visitor(world)
    number = world.random.randrange(1000)
    headers = {**place.headers, **bearer(world, who, now)}
    if world.random.random() < 0.3:
        headers |= FORGED | {"connection": "x-user-id, x-geo-country"}

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from uncached(question, answer, _told(world, who, place, answer, f"/me/{number}?n={number}"))

    return Question("caller", "GET", f"/api/me/{number}?n={number}", check, headers)


def _told(world: World, who: Person | None, place: Visitor, answer: Answer, target: str) -> Iterator[str]:
    """What the origin says it was told."""
    yield from expect_status(answer, 200)
    told = json.loads(answer.content)
    fields: dict[str, str] = told["fields"]
    if told["target"] != target:
        yield f"the origin should be asked for {target}"
    locale = place.locale(world, target.partition("?")[2])
    expected = {
        "x-user-id": who.id if who else None,
        "x-user-issuer": who.issuer if who else None,
        "x-user-role": ",".join(who.roles) or None if who else None,
        "x-geo-country": locale.country,
        "x-geo-currency": locale.currency,
        "x-geo-language": locale.language,
        "authorization": None,
        "x_user_id": None,
    }
    for name, value in expected.items():
        heard = fields.get(name)
        if (heard if heard is None else unquote(heard)) != value:
            yield f"the origin should hear {name}: {value}"


def maybe(world: World, now: float) -> Question:
    """A route where a token is optional: nobody is nobody, a bad token is still refused."""
    place = visitor(world)
    name = world.random.choice(("", "", "expired", "tampered"))
    if name:
        refused = REFUSED[name]
        headers = {"authorization": world.tokens.bad(name, person(HS, world.random.randrange(PEOPLE)))}
        return Question(
            "refused",
            "GET",
            "/maybe/x",
            lambda question, answer: expect_status(answer, refused.status, refused.code, reason=refused.reason),
            {**place.headers, **headers},
        )

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from uncached(question, answer, _told(world, None, place, answer, "/maybe/x"))

    return Question("caller", "GET", "/maybe/x", check, {**place.headers, **FORGED})


def refused(world: World, now: float) -> Question:
    """Credentials that are wrong: 401 or 400, never more."""
    name = world.random.choice(("", *REFUSED))
    if not name:
        check = challenged(401, "token_missing", "token_missing")
        return Question("refused", "GET", "/api/me/1", check)
    way = REFUSED[name]
    headers = {"authorization": world.tokens.bad(name, person(HS, world.random.randrange(PEOPLE)))}
    return Question("refused", "GET", "/api/me/1", challenged(way.status, way.code, way.reason), headers)


def challenged(status: int, code: str, reason: str) -> Check:
    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from expect_status(answer, status, code, reason=reason)
        if not answer.headers.get("www-authenticate", "").startswith('Bearer realm="gatehouse"'):
            yield "there should be a challenge"

    return check


def admin(world: World, now: float) -> Question:
    """A route for one issuer's admins: everybody else is told that the role is missing, or the issuer another."""
    who, place = anybody(world), visitor(world)

    def check(question: Question, answer: Answer) -> Iterator[str]:
        if who.issuer != HS:
            yield from expect_status(answer, 401, "invalid_token", reason="issuer")
        elif "admin" not in who.roles:
            yield from expect_status(answer, 403, "insufficient_scope", reason="role")
        else:
            yield from uncached(question, answer, _told(world, who, place, answer, "/admin/x"))

    return Question("admin", "GET", "/admin/x", check, {**place.headers, **bearer(world, who, now)})


def turning_keys(world: World, now: float) -> Question:
    """Tokens of keys that the provider has not published yet, publishes no more, or never did."""
    who = person(RS, world.random.randrange(20))
    turn = world.schedule.turn(now)
    ahead = world.random.choice((1, -1, -2, -3, None))
    token = world.tokens.forged(who, now) if ahead is None else world.tokens.by_key(who, turn + ahead)

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from _believed(world, ahead, now, answer)

    return Question("turning keys", "GET", "/_gatehouse/whoami", check, {"authorization": f"Bearer {token}"})


def _believed(world: World, ahead: int | None, asked: float, answer: Answer) -> Iterator[str]:
    """By the key's number, counted from the key of the minute; a question that saw two minutes may have either's.

    Signed with the key of the last minute it is good. With the key of the next, or of the last but one, it is good or
    not, according to when the gateway last asked; settled, that is known. An unknown key may be sought in vain.
    """
    unknown = (401, "invalid_token") if answer.status == 401 else (503, "keys_unavailable")
    is_unknown = (answer.status, code_of(answer)) == unknown
    turned = world.schedule.turn(asked) != world.schedule.turn(answer.received)
    if ahead is None:
        yield from () if answer.status == 401 or turned else expect_status(answer, 401, "invalid_token")
    elif ahead == -1:
        yield from expect_status(answer, 200) if not turned else ()
    elif ahead == -3 or (ahead == -2 and world.schedule.is_settled(asked)):
        yield from () if is_unknown else ("a key that is published no more should not be believed",)
    elif answer.status != 200 and not is_unknown:
        yield "the token should be believed, or its key unknown"


def whoami(world: World, now: float) -> Question:
    """The gateway's own word for who is asking."""
    who = anybody(world)

    def check(question: Question, answer: Answer) -> Iterator[str]:
        yield from expect_status(answer, 200)
        told = json.loads(answer.content)
        if (told["issuer"], told["id"], told["roles"]) != (who.issuer, who.id, list(who.roles)):
            yield f"the caller should be {who}"

    return Question("whoami", "GET", "/_gatehouse/whoami", check, bearer(world, who, now))
