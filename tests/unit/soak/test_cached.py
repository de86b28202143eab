"""The soak's model of the cache notices what is wrong: every answer here is a right one with one thing spoilt."""

from dataclasses import replace

import pytest

from soak.cached import Asked, part_of, wrongs
from soak.content import SORTS, Resource, content, entity_tag
from soak.exchanges import Answer, Question
from soak.faults import FAULTS
from tests.unit.soak.soak_house import NOW, question, refused, right

SMALL = Resource("public", "small", 3)
MINE = Resource("mine", "small", 3, "https://hs.example|user-1")
GERMAN = Resource("public", "languages", 3, variant=(("accept-language", "de"),))
RESET, HANG, ERROR = FAULTS["reset"], FAULTS["hang"], FAULTS["error"]


def found(asked: Asked, answer: Answer, put: Question | None = None) -> str:
    """All complaints in one text; empty when there is none."""
    return "; ".join(wrongs(asked, put or question(), answer))


def by_right(answer: Answer, status: str) -> Answer:
    """The same answer with another `Cache-Status`."""
    return replace(answer, headers={**answer.headers, "cache-status": f"gatehouse; {status}"})


def just_over(resource: Resource, seconds: float) -> float:
    """A time at which the version was current that ended `seconds` before NOW."""
    period = SORTS[resource.sort].period
    version = resource.version(NOW - seconds - period)
    while resource.ends(version) < NOW - seconds:
        version += 1
    return resource.ends(version - 1) - period / 2


@pytest.mark.parametrize("resource", [SMALL, MINE, GERMAN, Resource("public", "picture", 1)])
def test_a_new_answer_is_right(resource: Resource) -> None:
    assert found(Asked(resource), right(resource)) == ""


def test_a_hit_is_right_as_long_as_it_is_fresh() -> None:
    assert found(Asked(SMALL), by_right(right(SMALL, NOW - 1), "hit; ttl=1")) == ""
    assert "too old" in found(Asked(SMALL), by_right(right(SMALL, just_over(SMALL, 2.1)), "hit; ttl=1"))


def test_what_went_to_the_origin_is_of_this_moment() -> None:
    assert "too old" in found(Asked(SMALL), right(SMALL, just_over(SMALL, 0.1)))


@pytest.mark.parametrize("other", ["https://hs.example|user-2", "https://rs.example|user-1", ""])
def test_another_users_answer_is_noticed(other: str) -> None:
    assert "another's" in found(Asked(MINE), right(replace(MINE, caller=other)))


def test_anothers_content_under_the_right_tag_is_noticed() -> None:
    answer = right(MINE)
    others = right(replace(MINE, caller="https://hs.example|user-2"))
    assert "the content should be" in found(Asked(MINE), replace(answer, content=others.content))


def test_another_variant_is_noticed() -> None:
    assert "another's" in found(Asked(GERMAN), right(replace(GERMAN, variant=(("accept-language", "fr"),))))


def test_another_resource_is_noticed() -> None:
    assert "another's" in found(Asked(SMALL), right(replace(SMALL, number=4)))


def test_a_purged_version_is_noticed() -> None:
    lasting = Resource("public", "lasting", 1)
    answer = by_right(right(lasting, NOW - 10), "hit; ttl=20")
    assert found(Asked(lasting, purged=NOW - 12), answer) == ""
    assert "purged" in found(Asked(lasting, purged=NOW - 2), answer)


def test_a_version_of_the_future_is_noticed() -> None:
    assert "future" in found(Asked(SMALL), right(SMALL, NOW + 10))


def test_a_hit_of_what_may_not_be_stored_is_noticed() -> None:
    unstored = Resource("public", "unstored", 1)
    assert "cannot be a hit" in found(Asked(unstored), by_right(right(unstored), "hit; ttl=1"))


def test_a_hit_without_the_validation_it_needs_is_noticed() -> None:
    checked = Resource("public", "checked", 1)
    assert "needs validation" in found(Asked(checked), by_right(right(checked), "hit; ttl=1"))
    assert "needs validation" in found(Asked(SMALL, directives={"no-cache": None}), by_right(right(SMALL), "hit"))


def test_a_client_that_wants_it_younger_is_obeyed() -> None:
    page = Resource("public", "page", 1)
    old = by_right(right(page, just_over(page, 1.5)), "hit; ttl=2")
    assert found(Asked(page), old) == ""
    assert "too old" in found(Asked(page, directives={"max-age": 1}), old)


def test_stale_answers_need_a_failure_that_permits_them() -> None:
    stale = by_right(right(SMALL, NOW - 10), "fwd=stale; detail=stale-if-error")
    assert "nothing permits" in found(Asked(SMALL), stale)
    assert found(Asked(SMALL), stale, question(fault=ERROR)) == ""
    assert found(Asked(SMALL, outage=True), stale) == ""
    assert "too old" in found(Asked(SMALL), replace_made(stale, NOW - 60), question(fault=ERROR))


def replace_made(answer: Answer, made: float) -> Answer:
    return by_right(right(SMALL, made), answer.headers["cache-status"].removeprefix("gatehouse; "))


def test_an_origin_that_answers_is_not_disconnected() -> None:
    page = Resource("public", "page", 1)
    stale = by_right(right(page, NOW - 20), "fwd=stale; detail=disconnected")
    assert found(Asked(page), stale, question(fault=HANG)) == ""
    assert "not disconnected" in found(Asked(page), stale, question(fault=ERROR))


def test_what_must_be_revalidated_is_never_stale() -> None:
    strict = Resource("public", "strict", 1)
    stale = by_right(right(strict, NOW - 10), "fwd=stale; detail=disconnected")
    assert "not disconnected" in found(Asked(strict), stale, question(fault=RESET))


def test_stale_while_revalidating_is_a_right_of_some_sorts_alone() -> None:
    stale = "hit; ttl=-1; detail=stale-while-revalidate"
    assert found(Asked(SMALL), by_right(right(SMALL, NOW - 3), stale)) == ""
    page = Resource("public", "page", 1)
    assert "no right" in found(Asked(page), by_right(right(page, NOW - 3), stale))


def test_the_fault_that_was_asked_for_must_show() -> None:
    assert found(Asked(SMALL), refused(502, "origin_unreachable"), question(fault=RESET)) == ""
    assert "was to fail" in found(Asked(SMALL), right(SMALL), question(fault=RESET))
    assert "neither" in found(Asked(SMALL), refused(504, "origin_timeout"), question(fault=RESET))
    assert "neither" in found(Asked(SMALL), refused(502, "origin_unreachable"))


def test_a_hit_hides_a_fault() -> None:
    assert found(Asked(SMALL), by_right(right(SMALL), "hit; ttl=2"), question(fault=RESET)) == ""


def test_an_outage_shows_while_it_may() -> None:
    assert found(Asked(SMALL, outage=True), refused(503, "origin_unavailable")) == ""
    assert "neither" in found(Asked(SMALL), refused(503, "origin_unavailable"))


def test_a_part_is_the_part_that_was_asked_for() -> None:
    asked = Asked(SMALL, part="bytes=10-19")
    answer = right(SMALL, range="bytes=10-19")
    assert answer.status == 206
    assert found(asked, answer) == ""
    assert "the content should be" in found(asked, replace(answer, content=b"0123456789"))
    assert "the part should be" in found(replace(asked, part="bytes=0-9"), answer)
    assert "not asked for" in found(Asked(SMALL), answer)


def test_an_unsatisfiable_range_is_nobody_elses_affair() -> None:
    answer = right(SMALL, range="bytes=9999999-")
    assert answer.status == 416
    assert found(Asked(SMALL, part="bytes=9999999-"), answer) == ""
    assert "can be satisfied" in found(Asked(SMALL), answer)


def test_304_is_about_what_the_client_has() -> None:
    version = SMALL.version(NOW)
    tag = entity_tag(content(SMALL, version), version)
    answer = right(SMALL, if_none_match=tag)
    assert answer.status == 304
    assert found(Asked(SMALL, tag=tag), answer) == ""
    assert "304 is about" in found(Asked(SMALL, tag='"1-other"'), answer)
    assert "304 is due" in found(Asked(SMALL, tag=tag), right(SMALL))


def test_head_has_the_length_and_no_content() -> None:
    answer = right(SMALL, method="HEAD")
    head = question(method="HEAD")
    assert found(Asked(SMALL), answer, head) == ""
    assert "the content should be 0 bytes" in found(Asked(SMALL), replace(answer, content=b"x"), head)
    shorter = replace(answer, headers={**answer.headers, "content-length": "7"})
    assert "length of the content" in found(Asked(SMALL), shorter, head)


def test_only_if_cached_is_504_or_a_hit() -> None:
    asked = Asked(SMALL, directives={"only-if-cached": None})
    assert found(asked, refused(504, "not_cached")) == ""
    assert found(asked, by_right(right(SMALL), "hit; ttl=2")) == ""
    assert "wanted nothing" in found(asked, right(SMALL))


def test_an_answer_that_says_nothing_of_the_cache_is_noticed() -> None:
    answer = right(SMALL)
    del answer.headers["cache-status"]
    assert "Cache-Status" in found(Asked(SMALL), answer)


def test_an_age_beyond_what_is_allowed_is_noticed() -> None:
    answer = by_right(right(SMALL), "hit; ttl=2")
    answer.headers["age"] = "9"
    assert "an age of 9" in found(Asked(SMALL), answer)


def test_a_tag_that_is_not_the_origins_is_noticed() -> None:
    answer = right(SMALL)
    answer.headers["etag"] = '"something else"'
    assert found(Asked(SMALL), answer) == "the entity tag should be the origin's"


def test_vary_must_not_be_lost() -> None:
    answer = right(GERMAN)
    del answer.headers["vary"]
    assert "Vary" in found(Asked(GERMAN), answer)


@pytest.mark.parametrize(
    ("field", "part"),
    [("bytes=0-9", (0, 9)), ("bytes=90-", (90, 99)), ("bytes=-10", (90, 99)), ("bytes=50-900", (50, 99))]
    + [("bytes=100-", None)],
)
def test_parts(field: str, part: tuple[int, int] | None) -> None:
    assert part_of(field, 100) == part
