"""The soak's checks notice what is wrong, whatever was asked."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from devtools.runtime.runner import CF_HEADER
from geo import visitor_response
from soak.exchanges import Answer, HangUp, Question
from soak.faults import FAULTS
from soak.letters import letter
from soak.mix import MIX, Mix
from soak.model import complaints, error_content
from soak.people import HS, RS, Person, person
from soak.questions import callers, contents, documents, plain, purges, visitors
from soak.schedule import SETTLED, TURN
from soak.world import World
from tests.unit.soak.soak_house import NOW, arrived, question, refused, world

JSON = {"content-type": "application/json"}


def found(asked: Question, answer: Answer) -> str:
    """All complaints in one text; empty when there is none."""
    asked.id = "soak-1"
    return "; ".join(complaints(asked, answer))


def until(ask: Callable[[World, float], Question], wanted: Callable[[Question], bool], house: World) -> Question:
    """The first such question that is drawn."""
    return next(drawn for _ in range(2000) if wanted(drawn := ask(house, NOW)))


# --- what holds for all -----------------------------------------------------------------------------------------------


def test_no_answer_is_wrong() -> None:
    assert "no answer: refused" in found(question(), Answer(trouble="refused"))


def test_a_client_that_hung_up_complains_of_nothing() -> None:
    assert found(question(hang_up=HangUp.AFTER_HEAD), Answer()) == ""


def test_an_answer_that_breaks_off_is_wrong_unless_the_origins_did() -> None:
    answer = replace(arrived(200, {}), complete=False)
    assert "breaks off" in found(question(), answer)
    assert found(question(fault=FAULTS["cut"]), answer) == ""


@pytest.mark.parametrize(
    ("spoilt", "complaint"),
    [
        ({"x-request-id": "soak-2"}, "x-request-id should be soak-1"),
        ({"keep-alive": "timeout=5"}, "another connection"),
        ({"cache-control": "max-age=60"}, "no-store"),
        ({"x-content-type-options": ""}, "nosniff"),
    ],
)
def test_a_spoilt_field_is_noticed(spoilt: dict[str, str], complaint: str) -> None:
    right = refused(404, "not_found")
    assert found(question(), right) == ""
    assert complaint in found(question(), replace(right, headers={**right.headers, **spoilt}))


def test_a_problem_about_another_request_is_noticed() -> None:
    assert "request_id" in found(question(), refused(404, "not_found", request_id="soak-2"))


def test_an_answer_that_nobody_can_read_is_wrong() -> None:
    who = callers.whoami(world(), NOW)
    assert "cannot be read" in found(who, arrived(200, JSON, b"<html>"))


def test_giving_up_after_as_long_as_one_may_is_a_slow_machine() -> None:
    asked = plain.nowhere(world(), NOW)
    late = refused(504, "origin_timeout")
    assert "should be 404" in found(asked, late)
    late.received = NOW + 5
    assert found(asked, late) == ""


def test_every_question_of_the_mix_can_be_drawn_and_sent() -> None:
    mix = Mix(world(), 0.5)
    drawn = [mix.question(NOW, 100.0) for _ in range(3000)]
    assert len({each.id for each in drawn}) == len(drawn)
    assert {each.fault.name for each in drawn} > set(FAULTS)
    assert all(each.head("gateway").endswith(b"\r\n\r\n") for each in drawn)
    assert len({each.kind for each in drawn}) >= len(MIX) - 5


def test_nobody_is_left_hanging_before_a_pause() -> None:
    mix = Mix(world(), 0.5)
    assert "hang" not in {mix.question(NOW, 1.0).fault.name for _ in range(2000)}


# --- callers ----------------------------------------------------------------------------------------------------------


def told(asked: Question, house: World, who: Person, **changed: str | None) -> Answer:
    """What the origin of `callers.me` says it was told; with some fields changed."""
    cf = json.loads(asked.headers[CF_HEADER])
    place = visitors.Visitor(cf, asked.headers.get("accept-language"), asked.headers.get("cookie"))
    locale = place.locale(house, asked.target.partition("?")[2])
    fields: dict[str, str | None] = {
        "x-user-id": who.id,
        "x-user-issuer": who.issuer,
        "x-user-role": ",".join(who.roles) or None,
        "x-geo-country": locale.country,
        "x-geo-currency": locale.currency,
        "x-geo-language": locale.language,
    }
    fields |= {name.replace("_", "-"): value for name, value in changed.items()}
    heard = {name: value for name, value in fields.items() if value is not None}
    return arrived(200, JSON, json.dumps({"target": asked.target.removeprefix("/api"), "fields": heard}).encode())


@pytest.fixture
def me(monkeypatch: pytest.MonkeyPatch) -> tuple[Question, World, Person]:
    """A question of one known person, who has no odd characters in the id."""
    house, who = world(), Person(HS, "user-1", ("user", "editor"))
    monkeypatch.setattr(callers, "anybody", lambda _: who)
    return callers.me(house, NOW), house, who


def test_what_the_origin_was_told_is_compared(me: tuple[Question, World, Person]) -> None:
    asked, house, who = me
    assert found(asked, told(asked, house, who)) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"x_user_id": "user-2"},
        {"x_user_id": None},
        {"x_user_role": "admin"},
        {"x_user_issuer": RS},
        {"x_geo_currency": "XAU"},
        {"x_geo_country": "ZZ"},
        {"authorization": "Bearer x"},
    ],
)
def test_an_origin_that_was_told_otherwise_is_noticed(
    me: tuple[Question, World, Person], changed: dict[str, str | None]
) -> None:
    asked, house, who = me
    assert "the origin should hear" in found(asked, told(asked, house, who, **changed))


def test_a_fault_of_the_origin_must_show_where_nothing_is_stored(me: tuple[Question, World, Person]) -> None:
    asked, house, who = me
    asked.fault = FAULTS["error"]
    broken = arrived(500, JSON, error_content(FAULTS["error"]))
    assert found(asked, broken) == ""
    assert "should show" in found(asked, told(asked, house, who))
    asked.fault = FAULTS["reset-once"]
    assert found(asked, told(asked, house, who)) == ""
    assert found(asked, broken) != ""


def test_a_refusal_has_its_code_its_reason_and_its_challenge() -> None:
    house = world()
    expired = until(callers.refused, lambda each: each.headers.get("authorization", "").count(".") == 2, house)
    assert "challenge" in found(expired, refused(401, "invalid_token", reason="expired"))
    assert "the status should be 401" in found(expired, arrived(200, JSON, b"{}"))


def test_a_guest_among_the_admins_is_noticed() -> None:
    house = world()
    guest = next(who for number in range(9) if "admin" not in (who := person(HS, number)).roles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callers, "anybody", lambda _: guest)
        asked = callers.admin(house, NOW)
    assert found(asked, refused(403, "insufficient_scope", reason="role")) == ""
    assert "should be 403" in found(asked, told(asked, house, guest))


@pytest.mark.parametrize(
    ("ahead", "within", "allowed"),
    [
        (1, 10.0, {200, 401, 503}),
        (-1, 10.0, {200}),
        (-2, 10.0, {200, 401, 503}),
        (-2, SETTLED, {401, 503}),
        (-3, 10.0, {401, 503}),
        (None, 10.0, {401}),
    ],
)
def test_a_key_is_believed_while_it_is_published(ahead: int | None, within: float, allowed: set[int]) -> None:
    house, at = world(), NOW + 5 * TURN + within
    answers = {
        200: arrived(200, JSON, b"{}"),
        401: refused(401, "invalid_token"),
        503: refused(503, "keys_unavailable"),
        500: refused(500, "internal_error"),
    }
    for answer in answers.values():
        answer.sent, answer.received = at, at + 0.01
    assert {
        status for status, answer in answers.items() if not [*callers._believed(house, ahead, at, answer)]
    } == allowed


# --- documents --------------------------------------------------------------------------------------------------------


def read(house: World, number: int) -> Question:
    return until(documents.read, lambda each: each.target == f"/documents/{number}", house)


def holding(number: int, count: int, name: str) -> Answer:
    return arrived(200, {"etag": f'"{count}-digest"', "cache-status": "gatehouse; hit"}, letter(number, name))


def wrote(house: World, number: int, count: int) -> str:
    """Somebody wrote a letter and was told its number; gives the letter's name."""
    asked = until(documents.write, lambda each: each.target == f"/documents/{number}", house)
    assert found(asked, arrived(200, JSON, json.dumps({"number": count}).encode())) == ""
    name: str = json.loads((asked.content or b"").partition(b"\n")[0])["letter"]
    return name


def test_a_document_is_read_as_it_was_written() -> None:
    house = world()
    assert found(read(house, 4), holding(4, 0, "")) == ""
    first = wrote(house, 4, 1)
    assert found(read(house, 4), holding(4, 1, first)) == ""


def test_a_document_from_before_an_acknowledged_write_is_noticed() -> None:
    house = world()
    asked_before = read(house, 4)
    wrote(house, 4, 1)
    assert "acknowledged before" in found(read(house, 4), holding(4, 0, ""))
    assert found(asked_before, holding(4, 0, "")) == ""


def test_a_letter_that_nobody_wrote_is_noticed() -> None:
    house = world()
    first = wrote(house, 4, 1)
    assert "nobody wrote" in found(read(house, 4), holding(4, 1, "invented"))
    assert "this is not the letter" in found(read(house, 4), holding(5, 1, first))


def test_two_letters_of_one_number_are_noticed() -> None:
    house = world()
    wrote(house, 4, 1)
    second = wrote(house, 4, 2)
    assert "was the letter" in found(read(house, 4), holding(4, 1, second))


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_a_visitor_in_another_country_is_noticed() -> None:
    house = world()
    asked = until(visitors.visitor_geo, lambda each: "?" not in each.target and "DE" in str(each.headers), house)
    who = visitors.Visitor({"country": "FR"}, None, None)
    other = visitor_response(house.locator.locate(who.cf, None, None))
    assert isinstance(other.body, bytes)
    assert "the content should be" in found(asked, arrived(200, other.headers, other.body))


def test_content_that_changed_on_the_way_is_noticed() -> None:
    asked = contents.mirrored(world(), NOW)
    sent = asked.content or b""
    assert found(asked, arrived(200, {}, sent)) == ""
    assert "the content should be" in found(asked, arrived(200, {}, sent[:-1] + b"?"))


def test_a_purge_counts_from_its_acknowledgement() -> None:
    house = world()
    everything = until(purges.purge, lambda each: each.content == b'{"everything": true}', house)
    generation = {"generation": int(NOW * 1000) + 5}
    assert found(everything, arrived(200, JSON, json.dumps(generation).encode())) == ""
    assert house.purged.everything == NOW


def test_a_way_around_the_token_is_noticed() -> None:
    asked = until(plain.ambiguous, lambda each: "admin/x" in each.target, world())
    assert "no spelling" in found(asked, arrived(200, JSON, b"{}"))
