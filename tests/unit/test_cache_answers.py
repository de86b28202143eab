"""The cache in front of an origin, as a client and the origin see it."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.messages import Arrived, Request, Response
from core.problems import Problem
from fields.dates import format_http_date
from tests.unit.caching.cache_house import CLIENT, UNREACHABLE, CacheHouse, content_of, page, status_of
from tests.unit.in_memory import NOW, BytesBody, run


def failing(request: Request) -> Response:
    raise UNREACHABLE


def counting(**headers: Any) -> Iterator[Response]:
    number = 0
    while True:
        number += 1
        yield page(f"answer {number}", **headers)


def counter(**headers: Any) -> CacheHouse:
    """An origin that counts its answers."""
    answers = counting(**headers)
    return CacheHouse(lambda request: next(answers))


class BrokenBody(BytesBody):
    """A stream that fails after three bytes; the client has had these."""

    def __init__(self) -> None:
        super().__init__(b"")

    async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
        raise ConnectionError("the origin hung up")

    def tee(self) -> tuple[BytesBody, BytesBody]:
        return BytesBody(b"par"), BrokenBody()


def stored_names(house: CacheHouse) -> list[str]:
    return [name for name in house.store.values if name.startswith("cache2:")]


def test_a_miss_is_stored_and_then_hit() -> None:
    house = counter(cache_control="max-age=60")
    first = house.get()
    assert (status_of(first), content_of(first)) == ("fwd=uri-miss; stored", "answer 1")
    assert "age" not in first.headers
    house.later(20)
    second = house.get()
    assert (status_of(second), content_of(second)) == ("hit; ttl=40", "answer 1")
    assert second.headers["age"] == "20"
    assert second.headers["date"] == format_http_date(NOW)
    assert len(house.asked) == 1


def test_a_hit_survives_the_isolate() -> None:
    house = counter(cache_control="max-age=60")
    house.get()
    house.restart()
    assert status_of(house.get()) == "hit; ttl=60"
    house.later(6)  # memory asks the store again
    assert status_of(house.get()) == "hit; ttl=54"
    assert len(house.asked) == 1


def test_a_refusal_to_store_is_named() -> None:
    house = counter(cache_control="no-store")
    assert status_of(house.get()) == "fwd=uri-miss; detail=no-store"
    assert status_of(house.get()) == "fwd=uri-miss; detail=no-store"
    assert stored_names(house) == []


def test_different_queries_are_different_resources() -> None:
    house = counter(cache_control="max-age=60")
    assert [content_of(house.get(path)) for path in ("/?a", "/?b", "/?a")] == ["answer 1", "answer 2", "answer 1"]


def test_upstream_caches_keep_their_members() -> None:
    house = counter(cache_control="max-age=60", cache_status="Upstream; hit")
    assert house.get().headers["cache-status"].startswith("Upstream; hit, gatehouse; fwd=uri-miss")
    assert house.get().headers["cache-status"] == "Upstream; hit, gatehouse; hit; ttl=60"


def test_only_if_cached_is_504_without_a_stored_response() -> None:
    house = counter(cache_control="max-age=60")
    with pytest.raises(Problem) as refusal:
        house.get("/", {"cache-control": "only-if-cached"})
    assert (refusal.value.status, refusal.value.code) == (504, "not_cached")
    assert refusal.value.headers["cache-status"] == "gatehouse; fwd=uri-miss"
    assert house.asked == []


@pytest.mark.parametrize(
    ("headers", "status"), [({"if-match": '"v0"'}, 412), ({"range": "bytes=9999-"}, 416), ({"if-none-match": "*"}, 304)]
)
def test_a_refused_precondition_or_range_is_nobody_elses_answer(headers: dict[str, str], status: int) -> None:
    """Or one request would put a resource out of service for everybody."""

    def answer(request: Request) -> Response:
        hampered = not headers.keys().isdisjoint(request.headers)
        return page("hello", status if hampered else 200, cache_control="public, max-age=60")

    house = CacheHouse(answer)
    assert house.get("/", headers).status == status
    assert content_of(house.get()) == "hello"
    house.get("/", headers)
    assert content_of(house.get()) == "hello"


class TestVariants:
    def test_each_variant_is_stored_and_selected(self) -> None:
        house = counter(cache_control="max-age=60", vary="Accept-Language")
        for _ in range(2):
            assert content_of(house.get("/", {"accept-language": "en"})) == "answer 1"
            assert content_of(house.get("/", {"accept-language": "de"})) == "answer 2"
            assert content_of(house.get("/")) == "answer 3"
            house.restart()

    def test_the_first_request_for_another_variant_is_a_vary_miss(self) -> None:
        house = counter(cache_control="max-age=60", vary="Accept-Language")
        house.get("/", {"accept-language": "en"})
        assert status_of(house.get("/", {"accept-language": "de"})) == "fwd=vary-miss; stored"

    def test_fields_that_the_gateway_vouches_for_select_a_variant(self) -> None:
        house = counter(cache_control="max-age=60", vary="x-geo-currency")
        for _ in range(2):
            assert content_of(house.get(vouched={"x-geo-currency": "EUR"})) == "answer 1"
            assert content_of(house.get(vouched={"x-geo-currency": "USD"})) == "answer 2"

    def test_a_forged_copy_of_such_a_field_selects_nothing(self) -> None:
        house = counter(cache_control="max-age=60", vary="x-geo-currency")
        house.get("/", {"x-geo-currency": "USD"}, vouched={"x-geo-currency": "EUR"})
        assert content_of(house.get(vouched={"x-geo-currency": "USD"})) == "answer 2"

    def test_a_url_that_varies_on_more_than_before_is_told_apart_by_all(self) -> None:
        vary = iter(["accept", "accept, foo", "accept"])
        house = CacheHouse()
        house.answer = lambda request: page(str(len(house.asked)), cache_control="max-age=60", vary=next(vary))
        house.get("/", {"accept": "a"})
        house.get("/", {"accept": "b", "foo": "1"})
        assert content_of(house.get("/", {"accept": "b", "foo": "1"})) == "2"
        assert content_of(house.get("/", {"accept": "b", "foo": "2"})) == "3"
        assert content_of(house.get("/", {"accept": "b", "foo": "1"})) == "2"


class TestValidation:
    def house(self, validation: Response | None = None, **headers: Any) -> CacheHouse:
        fields: dict[str, Any] = {"cache_control": "max-age=10", "etag": '"v1"', "x_a": "old", **headers}

        def answer(request: Request) -> Response:
            if "if-none-match" in request.headers:
                return validation or Response(304, {"etag": '"v1"', "cache-control": "max-age=100", "x-a": "new"})
            return page("hello", **fields)

        return CacheHouse(answer, set_cookie="keep")

    def test_a_304_makes_the_stored_response_fresh_again(self) -> None:
        house = self.house()
        house.get()
        house.later(11)
        validated = house.get()
        assert status_of(validated) == "fwd=stale; fwd-status=304; stored"
        assert (validated.status, content_of(validated), validated.headers["x-a"]) == (200, "hello", "new")
        assert "age" not in validated.headers
        house.restart()
        assert status_of(house.get()) == "hit; ttl=100"
        assert len(house.asked) == 2

    def test_our_preconditions_replace_the_clients_and_its_range(self) -> None:
        house = self.house(last_modified=format_http_date(NOW - 99))
        house.get()
        house.later(11)
        response = house.get("/", {"if-none-match": '"mine"', "range": "bytes=1-2", "if-range": '"v1"', "accept": "a"})
        sent = house.asked[-1].headers
        assert sent["if-none-match"] == '"v1"'
        assert sent["if-modified-since"] == format_http_date(NOW - 99)
        assert sent["accept"] == "a"
        assert {"range", "if-range"}.isdisjoint(sent)
        assert (response.status, content_of(response)) == (206, "el")

    def test_a_client_whose_copy_still_holds_gets_304(self) -> None:
        house = self.house()
        house.get()
        house.later(11)
        response = house.get("/", {"if-none-match": '"v1"'})
        assert (response.status, response.body) == (304, None)
        assert status_of(house.get()) == "hit; ttl=100"

    def test_a_cookie_of_the_304_replaces_the_stored_one(self) -> None:
        validation = Response(304, {"etag": '"v1"', "cache-control": "max-age=100"}, cookies=["a=2"])
        house = self.house(validation, cookies=["a=1"])
        house.get()
        house.later(11)
        assert house.get().cookies == ["a=2"]
        assert house.get().cookies == ["a=2"]

    def test_a_cookie_of_the_304_that_was_made_for_a_user_is_not_stored(self) -> None:
        validation = Response(304, {"etag": '"v1"', "cache-control": "public, max-age=100"}, cookies=["session=anna"])
        house = self.house(validation, cache_control="public, max-age=10")
        house.get()
        house.later(11)
        assert house.get("/", {"authorization": "Bearer x"}).cookies == ["session=anna"]
        validation.cookies = []
        assert house.get().cookies == []

    def test_a_304_with_another_date_of_modification_is_believed(self) -> None:
        """Servers of one site disagree in it; asking each time a second time would cost more than no cache at all."""
        dates = [format_http_date(NOW - 99 - step) for step in range(2)]

        def answer(request: Request) -> Response:
            if "if-modified-since" in request.headers:
                return Response(304, {"last-modified": dates[1], "cache-control": "max-age=100"})
            return page(cache_control="max-age=10", last_modified=dates[0])

        house = CacheHouse(answer)
        house.get()
        house.later(11)
        response = house.get()
        assert (status_of(response), response.headers["last-modified"]) == (
            "fwd=stale; fwd-status=304; stored",
            dates[1],
        )
        assert len(house.asked) == 2

    def test_a_304_about_something_else_is_not_believed(self) -> None:
        house = self.house(Response(304, {"etag": '"v2"'}))
        house.get()
        house.later(11)
        response = house.get()
        assert (response.status, content_of(response)) == (200, "hello")
        assert "if-none-match" not in house.asked[-1].headers
        assert len(house.asked) == 3

    def test_a_new_response_replaces_the_stored_one(self) -> None:
        house = self.house(page("changed", cache_control="max-age=10", etag='"v2"'))
        house.get()
        house.later(11)
        response = house.get()
        assert (status_of(response), content_of(response)) == ("fwd=stale; fwd-status=200; stored", "changed")
        assert content_of(house.get()) == "changed"

    def test_a_client_that_has_the_new_response_already_gets_304_and_the_store_the_content(self) -> None:
        house = self.house(page("changed", cache_control="max-age=10", etag='"v2"'))
        house.get()
        house.later(11)
        response = house.get("/", {"if-none-match": '"v2"'})
        assert (response.status, response.body) == (304, None)
        assert content_of(house.get()) == "changed"

    def test_a_validation_that_forbids_storing_drops_the_response(self) -> None:
        house = self.house(Response(304, {"etag": '"v1"', "cache-control": "no-store"}))
        house.get()
        house.later(11)
        response = house.get()
        assert (status_of(response), content_of(response)) == ("fwd=stale; fwd-status=304; detail=no-store", "hello")
        assert status_of(house.get()) == "fwd=uri-miss; stored"

    def test_a_response_that_is_validated_every_time_is_written_once(self) -> None:
        house = self.house(
            Response(304, {"etag": '"v1"', "cache-control": "no-cache"}), cache_control="no-cache", x_a="a"
        )
        house.get()
        house.store.failing.add("put")
        for _ in range(3):
            response = house.get()
            assert (status_of(response), content_of(response)) == ("fwd=stale; fwd-status=304", "hello")
        assert house.world.log == []

    def test_a_miss_forwards_the_clients_preconditions(self) -> None:
        house = self.house()
        response = house.get("/", {"if-none-match": '"v1"'})
        assert (response.status, status_of(response)) == (304, "fwd=uri-miss; detail=status")
        assert house.asked[0].headers["if-none-match"] == '"v1"'

    def test_head_may_validate_what_get_stored(self) -> None:
        house = self.house()
        house.get()
        house.later(11)
        response = house.get(method="HEAD")
        assert (response.status, response.body, house.asked[-1].method) == (200, None, "HEAD")
        hit = house.get()
        assert (status_of(hit), content_of(hit)) == ("hit; ttl=100", "hello")


class TestStale:
    def test_while_revalidating_the_answer_is_immediate_and_the_next_one_fresh(self) -> None:
        house = counter(cache_control="max-age=10, stale-while-revalidate=60")
        house.get()
        house.later(15)
        second = house.get(settle=False)
        assert status_of(second) == "hit; ttl=-5; detail=stale-while-revalidate"
        assert (content_of(second), second.headers["age"], len(house.asked)) == ("answer 1", "15", 1)
        run(house.world.settle())
        third = house.get()
        assert (status_of(third), content_of(third), len(house.asked)) == ("hit; ttl=10", "answer 2", 2)

    def test_one_refresh_at_a_time(self) -> None:
        house = counter(cache_control="max-age=10, stale-while-revalidate=60")
        house.get()
        house.later(15)
        for _ in range(3):
            house.get(settle=False)
        house.get()
        assert len(house.asked) == 2

    def test_a_refresh_validates(self) -> None:
        house = CacheHouse()
        house.answer = lambda request: (
            Response(304, {"etag": '"v1"', "cache-control": "max-age=30"})
            if "if-none-match" in request.headers
            else page(cache_control="max-age=10, stale-while-revalidate=60", etag='"v1"')
        )
        house.get()
        house.later(15)
        house.get()
        assert [request.headers.get("if-none-match") for request in house.asked] == [None, '"v1"']
        response = house.get()
        assert (status_of(response), content_of(response)) == ("hit; ttl=30", "hello")

    def test_a_refresh_does_not_end_when_the_client_hangs_up(self) -> None:
        house = counter(cache_control="max-age=10, stale-while-revalidate=60")
        house.get()
        house.later(11)
        house.get()
        assert [request.client for request in house.asked] == [CLIENT, None]

    def test_a_refresh_that_fails_leaves_the_stale_response(self) -> None:
        house = counter(cache_control="max-age=10, stale-while-revalidate=60")
        house.get()
        for answer in (failing, lambda request: page("oops", 503, cache_control="max-age=60")):
            house.later(11)
            house.answer = answer
            assert content_of(house.get()) == "answer 1"

    def test_a_refresh_that_forbids_storing_ends_it(self) -> None:
        house = counter(cache_control="max-age=10, stale-while-revalidate=60")
        house.get()
        house.later(11)
        house.answer = lambda request: page("secret", cache_control="no-store")
        assert content_of(house.get()) == "answer 1"
        assert content_of(house.get()) == "secret"

    @pytest.mark.parametrize(
        "now",
        [
            {"content": "gone", "status": 404},
            {"content": "moved", "status": 302, "location": "/new"},
            {"content": "new", "cache_control": "no-cache"},
            {"content": "new", "vary": "*"},
            {"content": "x" * 3000, "cache_control": "max-age=60"},
            {"content": "x" * 3000, "cache_control": "max-age=60", "content_length": "3000"},
        ],
    )
    def test_what_took_its_place_without_being_stored_itself_ends_it(self, now: dict[str, Any]) -> None:
        house = CacheHouse(
            lambda request: page("old", cache_control="max-age=1, stale-while-revalidate=86400"), max_size=2999
        )
        house.get()
        house.later(11)
        house.answer = lambda request: page(**now)
        assert content_of(house.get()) == "old"
        assert content_of(house.get()) == now["content"]

    def test_it_does_not_come_back_when_the_origin_fails(self) -> None:
        house = counter(cache_control="max-age=1, stale-if-error=86400")
        house.get()
        house.later(11)
        house.answer = lambda request: page("new", cache_control="no-store")
        assert content_of(house.get()) == "new"
        house.answer = failing
        with pytest.raises(Problem):
            house.get()

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 403),
            ({}, 429),
            ({"range": "bytes=1-2"}, 206),
            ({"cache-control": "no-store"}, 200),
            ({"if-match": "x"}, 200),
        ],
    )
    def test_what_became_of_one_request_leaves_it(self, headers: dict[str, str], status: int) -> None:
        house = counter(cache_control="max-age=1, stale-if-error=86400")
        house.get()
        house.later(11)
        house.answer = lambda request: page("mine", status)
        assert content_of(house.get("/", headers)) == "mine"
        house.answer = failing
        assert content_of(house.get()) == "answer 1"

    def test_a_stale_response_answers_an_error_with_permission(self) -> None:
        house = counter(cache_control="max-age=10, stale-if-error=60")
        house.get()
        house.later(15)
        house.answer = lambda request: page("oops", 503)
        response = house.get()
        assert (status_of(response), content_of(response)) == (
            "fwd=stale; fwd-status=503; ttl=-5; detail=stale-if-error",
            "answer 1",
        )
        house.answer = failing
        assert status_of(house.get()) == "fwd=stale; ttl=-5; detail=stale-if-error"
        house.later(60)
        with pytest.raises(Problem):
            house.get()

    def test_without_permission_the_error_is_passed_on(self) -> None:
        house = counter(cache_control="max-age=10, must-revalidate")
        house.get()
        house.later(15)
        house.answer = failing
        with pytest.raises(Problem):
            house.get()
        house.answer = lambda request: page("oops", 503)
        assert house.get().status == 503

    def test_a_refusal_of_the_gateway_is_not_an_origins_failure(self) -> None:
        house = counter(cache_control="max-age=10, stale-if-error=60")
        house.get()
        house.later(15)

        def refused(request: Request) -> Response:
            raise Problem(413, "content_too_large", "Too long.")

        house.answer = refused
        with pytest.raises(Problem):
            house.get()


class TestChanges:
    def test_an_unsafe_method_makes_its_url_and_what_it_points_to_outdated(self) -> None:
        house = counter(cache_control="max-age=60")
        for path in ("/users", "/users/7", "/other"):
            house.get(path)
        house.answer = lambda request: page("", 201, location="/users/7")
        assert status_of(house.get("/users", method="POST")) == "fwd=method"
        house.answer = lambda request: page("new")
        assert [content_of(house.get(path)) for path in ("/users", "/users/7", "/other")] == ["new", "new", "answer 3"]

    def test_it_holds_in_other_isolates_too(self) -> None:
        house = counter(cache_control="max-age=60", vary="accept")
        house.get("/", {"accept": "a"})
        house.get("/", {"accept": "b"})
        house.later(1)
        house.get(method="DELETE")
        house.restart()
        assert content_of(house.get("/", {"accept": "a"})) == "answer 4"

    def test_an_error_changes_nothing(self) -> None:
        house = counter(cache_control="max-age=60")
        house.get()
        house.answer = lambda request: page("", 500)
        house.get(method="POST")
        assert content_of(house.get()) == "answer 1"

    def test_a_response_that_was_under_way_during_the_change_is_not_stored(self) -> None:
        house = counter(cache_control="max-age=60")
        slow = house.get(settle=False)
        assert content_of(slow) == "answer 1"
        house.later(0.001)
        house.get(method="PUT")
        assert content_of(house.get()) == "answer 3"

    def test_a_response_to_post_is_never_reused(self) -> None:
        house = counter(cache_control="max-age=60")
        house.get(method="POST")
        assert content_of(house.get()) == "answer 2"

    def test_a_head_that_differs_makes_the_stored_get_outdated(self) -> None:
        house = counter(cache_control="max-age=60", etag='"v1"')
        house.get()
        house.later(1)
        house.answer = lambda request: page("", etag='"v2"', cache_control="max-age=60")
        house.get("/", {"cache-control": "no-cache"}, method="HEAD")
        assert status_of(house.get()) == "fwd=uri-miss; stored"

    @pytest.mark.parametrize("fields", [{"etag": '"v1"'}, {"last_modified": "then", "content_length": "8"}])
    def test_a_head_that_agrees_updates_it(self, fields: dict[str, Any]) -> None:
        house = counter(cache_control="max-age=10", x_a="old", **fields)
        house.get()
        house.later(11)
        house.answer = lambda request: page("", cache_control="max-age=100", x_a="new", **fields)
        assert house.get(method="HEAD").headers["x-a"] == "new"
        house.restart()
        hit = house.get()
        assert (status_of(hit), content_of(hit), hit.headers["x-a"]) == ("hit; ttl=100", "answer 1", "new")

    def test_a_head_that_cannot_tell_makes_nothing_fresh(self) -> None:
        """Or whoever asks HEAD every minute would keep an old content fresh for everybody."""
        house = counter(cache_control="max-age=10", content_length="8")
        house.get()
        house.later(11)
        house.get(method="HEAD")
        assert status_of(house.get()) == "fwd=stale; stored"

    def test_a_head_is_told_that_what_it_has_is_what_there_is(self) -> None:
        """By its own validator; the origin was asked by the stored response's (RFC 9110 section 13.1.2)."""
        house = counter(cache_control="max-age=10", etag='"v1"')
        house.get()
        house.later(11)
        house.answer = lambda request: page("", etag='"v2"', cache_control="max-age=60")
        told = [house.get("/", {"if-none-match": tag}, method="HEAD").status for tag in ('"v2"', '"v3"')]
        assert told == [304, 200]

    def test_a_head_about_another_response_than_the_validated_one_stores_nothing(self) -> None:
        house = counter(cache_control="max-age=10", etag='"v1"')
        house.get()
        house.later(11)
        answers = iter([Response(304, {"etag": '"v2"'}), page("", cache_control="max-age=60", etag='"v2"')])
        house.answer = lambda request: next(answers)
        assert house.get(method="HEAD").headers["etag"] == '"v2"'
        house.answer = lambda request: page("second", cache_control="max-age=60", etag='"v2"')
        assert content_of(house.get()) == "second"


class TestAround:
    """What goes around the cache leaves it as it is."""

    CONDITIONS = pytest.mark.parametrize(
        "fields", [{"if-match": '"v1"'}, {"if-match": "*"}, {"if-unmodified-since": "Fri, 01 Jan 2100 00:00:00 GMT"}]
    )

    @CONDITIONS
    def test_an_answer_to_a_condition_for_origins_replaces_nothing(self, fields: dict[str, str]) -> None:
        house = counter(cache_control="max-age=60", etag='"v1"')
        house.get()
        assert content_of(house.get("/", fields)) == "answer 2"
        assert status_of(house.get("/", fields)) == "fwd=bypass; detail=origin-condition"
        assert content_of(house.get()) == "answer 1"

    @CONDITIONS
    def test_it_is_not_stored_where_nothing_is(self, fields: dict[str, str]) -> None:
        house = counter(cache_control="max-age=60", etag='"v1"')
        house.get("/", fields)
        assert stored_names(house) == []

    @CONDITIONS
    @pytest.mark.parametrize("control", ["max-age=600", "no-store", "private"])
    def test_a_head_with_one_changes_nothing(self, fields: dict[str, str], control: str) -> None:
        house = counter(cache_control="max-age=60", etag='"v1"')
        house.get()
        before = house.get().headers
        house.answer = lambda request: page("", cache_control=control, etag='"v1"', x_a="new")
        house.get("/", fields, method="HEAD")
        house.answer = lambda request: page("", cache_control=control, etag='"v2"')
        house.get("/", fields, method="HEAD")
        house.restart()
        assert house.get().headers == before

    @pytest.mark.parametrize("status", [200, 304])
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("content-type", "text/html"),
            ("content-encoding", "br"),
            ("content-language", "en"),
            ("content-disposition", "attachment"),
            ("content-location", "/evil"),
            ("content-security-policy", "default-src *"),
            ("content-anything", "x"),
            ("repr-digest", "x"),
            ("link", "</x>; rel=preload"),
            ("x-content-type-options", ""),
        ],
    )
    def test_head_never_changes_what_describes_the_content(self, name: str, value: str, status: int) -> None:
        house = counter(cache_control="max-age=10", etag='"v1"', content_type="application/json")
        house.get()
        before = house.get().headers.get(name)
        house.later(11)
        house.answer = lambda request: Response(
            status, {"etag": '"v1"', "cache-control": "max-age=60", "x-a": "new", name: value}
        )
        house.get(method="HEAD")
        hit = house.get()
        assert (status_of(hit), hit.headers["x-a"]) == ("hit; ttl=60", "new")
        assert hit.headers.get(name) == before


class TestContent:
    def test_head_is_answered_from_a_stored_get(self) -> None:
        house = counter(cache_control="max-age=60", content_length="8")
        house.get()
        response = house.get(method="HEAD")
        assert (status_of(response), response.body, response.headers["content-length"]) == ("hit; ttl=60", None, "8")

    def test_a_head_is_not_stored(self) -> None:
        house = counter(cache_control="max-age=60")
        assert status_of(house.get(method="HEAD")) == "fwd=uri-miss"
        assert status_of(house.get()) == "fwd=uri-miss; stored"

    def test_a_range_is_served_from_memory_and_from_the_store(self) -> None:
        house = counter(cache_control="max-age=60")
        house.get()
        for _ in range(2):
            response = house.get("/", {"range": "bytes=-1"})
            assert (response.status, content_of(response)) == (206, "1")
            assert response.headers["content-range"] == "bytes 7-7/8"
            house.restart()
        assert house.get("/", {"range": "bytes=8-"}).status == 416

    def test_a_partial_response_is_passed_on_and_not_stored(self) -> None:
        house = CacheHouse(lambda request: page("h", 206, cache_control="max-age=60", content_range="bytes 0-0/5"))
        assert status_of(house.get("/", {"range": "bytes=0-0"})) == "fwd=uri-miss; detail=status"
        assert house.asked[0].headers["range"] == "bytes=0-0"

    def test_cookies_are_replayed_only_with_content(self) -> None:
        house = CacheHouse(
            lambda request: page(cookies=["a=1", "b=2"], cache_control="max-age=60", etag='"v1"'), set_cookie="keep"
        )
        assert house.get().cookies == ["a=1", "b=2"]
        assert house.get().cookies == ["a=1", "b=2"]
        assert house.get("/", {"if-none-match": '"v1"'}).cookies == []

    @pytest.mark.parametrize("announced", ["4", "6"])
    def test_a_content_shorter_or_longer_than_announced_leaves_nothing_behind(self, announced: str) -> None:
        house = counter(cache_control="max-age=60", content_length=announced)
        assert content_of(house.get()) == "answer 1"
        assert status_of(house.get()) == "fwd=uri-miss; stored"

    @pytest.mark.parametrize("fields", [{}, {"content_length": "3000"}])
    def test_a_content_over_the_cap_is_passed_on_and_not_stored(self, fields: dict[str, Any]) -> None:
        house = CacheHouse(lambda request: page("x" * 3000, cache_control="max-age=60", **fields), max_size=2999)
        assert content_of(house.get()) == "x" * 3000
        assert stored_names(house) == []

    @pytest.mark.parametrize("fields", [{}, {"content-length": "3"}, {"content-length": "100000"}])
    def test_a_content_that_fails_on_the_way_leaves_nothing_behind(self, fields: dict[str, str]) -> None:
        house = CacheHouse(lambda request: Response(200, {"cache-control": "max-age=60", **fields}, BrokenBody()))
        assert content_of(house.get()) == "par"
        assert stored_names(house) == []
        assert [line["event"] for line in house.world.log] == ["cache_write_failed"]

    def test_a_long_content_goes_to_the_store_as_a_stream(self) -> None:
        house = CacheHouse(lambda request: page("x" * 100_000, cache_control="max-age=60", content_length="100000"))
        house.get()
        response = house.get()
        assert status_of(response) == "hit; ttl=60"
        assert not isinstance(response.body, bytes | str | None)
        assert content_of(response) == "x" * 100_000

    def test_a_response_without_content_is_stored(self) -> None:
        house = CacheHouse(lambda request: Response(204, {"cache-control": "max-age=60"}))
        house.get()
        response = house.get()
        assert (response.status, status_of(response)) == (204, "hit; ttl=60")
