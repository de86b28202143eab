"""What is stored of a response, how a 304 updates it, and what is answered from it."""

import pytest

from caching.policy import PresentedRequest
from caching.stored_answer import answer_from
from caching.stored_response import StoredResponse, freshened, is_validated_by, storable_headers
from fields.dates import format_http_date
from fields.ranges import ByteRange

NOW = 1_800_000_000.0
DATE = format_http_date(NOW)


def test_fields_of_one_connection_are_not_stored() -> None:
    hop_by_hop = ["connection", "keep-alive", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization",
                  "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]  # fmt: skip
    assert storable_headers(dict.fromkeys([*hop_by_hop, "x-a"], "1"), NOW) == {"x-a": "1", "date": DATE}


def test_fields_that_connection_lists_are_not_stored() -> None:
    assert storable_headers({"connection": "A , b", "a": "1", "b": "2", "c": "3", "date": DATE}, NOW) == {
        "c": "3",
        "date": DATE,
    }


def test_every_other_field_is_stored_as_it_came() -> None:
    fields = {
        "date": DATE, "content-encoding": "odd", "content-range": "odd", "content-length": "10", "x-unknown": "1",
        "clear-site-data": '"cache"', "public-key-pins": "x", "cache-control": "max-age=60", "expires": "0",
    }  # fmt: skip
    assert storable_headers(fields, NOW) == fields


def test_a_response_without_a_date_gets_the_time_it_came() -> None:
    assert storable_headers({}, NOW) == {"date": DATE}
    assert storable_headers({"date": "foo"}, NOW) == {"date": DATE}


STORED = StoredResponse(
    200,
    {
        "date": DATE, "etag": '"v1"', "last-modified": DATE, "content-type": "text/plain", "content-length": "10",
        "content-encoding": "br", "cache-control": "max-age=60", "age": "5", "x-a": "old", "x-b": "kept",
    },
    NOW,
    NOW + 1,
    ("a=1",),
    10,
)  # fmt: skip


class TestFreshening:
    """RFC 9111 sections 3.2 and 4.3.4."""

    def test_fields_are_replaced_and_added_but_none_that_describes_the_content(self) -> None:
        later = format_http_date(NOW + 100)
        validation = {
            "date": later, "etag": '"v1"', "cache-control": "max-age=600", "x-a": "new", "x-c": "added",
            "content-length": "0", "content-encoding": "gzip", "content-range": "bytes 0-1/2",
            "content-type": "text/html",
        }  # fmt: skip
        updated = freshened(STORED, validation, NOW + 100, NOW + 101)
        assert updated.headers == {
            "date": later, "etag": '"v1"', "last-modified": DATE, "cache-control": "max-age=600", "x-a": "new",
            "x-b": "kept", "x-c": "added", "content-length": "10", "content-encoding": "br",
            "content-type": "text/html",
        }  # fmt: skip
        assert (updated.request_time, updated.response_time) == (NOW + 100, NOW + 101)
        assert (updated.status, updated.cookies, updated.length) == (200, ("a=1",), 10)

    def test_the_old_age_is_gone_and_a_new_one_counts(self) -> None:
        assert "age" not in freshened(STORED, {}, NOW, NOW).headers
        assert freshened(STORED, {"age": "3"}, NOW, NOW).headers["age"] == "3"

    def test_connection_options_of_the_304_cannot_remove_stored_fields(self) -> None:
        updated = freshened(STORED, {"connection": "x-b, x-d", "x-d": "1", "keep-alive": "5"}, NOW, NOW)
        assert updated.headers["x-b"] == "kept"
        assert {"connection", "x-d", "keep-alive"}.isdisjoint(updated.headers)

    def test_directives_of_the_304_are_in_force(self) -> None:
        assert STORED.directives.max_age == 60
        assert freshened(STORED, {"cache-control": 'max-age=5, private="x-b"'}, NOW, NOW).directives.max_age == 5
        assert "x-b" not in freshened(STORED, {"cache-control": 'max-age=5, private="x-b"'}, NOW, NOW).headers

    @pytest.mark.parametrize(
        ("validation", "same"),
        [
            ({}, True),
            ({"etag": '"v1"'}, True),
            ({"etag": 'W/"v1"'}, True),
            ({"etag": '"v2"'}, False),
            ({"etag": '"v1"', "last-modified": "another"}, True),
            ({"last-modified": DATE}, True),
            ({"last-modified": "another"}, True),
        ],
    )
    def test_a_304_about_something_else_updates_nothing(self, validation: dict[str, str], same: bool) -> None:
        assert is_validated_by(STORED, validation) is same

    def test_a_tag_that_was_not_stored_is_about_something_else_unless_the_date_is_the_same(self) -> None:
        untagged = StoredResponse(200, {"last-modified": DATE}, NOW, NOW)
        dates = [{"last-modified": DATE}, {}, {"last-modified": "another"}]
        assert [is_validated_by(untagged, {"etag": '"v1"', **date}) for date in dates] == [True, True, False]


def get(method: str = "GET", **headers: str) -> PresentedRequest:
    return PresentedRequest(method, {name.replace("_", "-"): value for name, value in headers.items()})


class TestAnswers:
    def test_the_whole(self) -> None:
        answer = answer_from(get(), STORED)
        assert (answer.status, answer.headers, answer.has_content, answer.part) == (200, STORED.headers, True, None)

    def test_head_has_the_fields_without_the_content(self) -> None:
        answer = answer_from(get("HEAD", range="bytes=0-1"), STORED)
        assert (answer.status, answer.headers, answer.has_content) == (200, STORED.headers, False)

    def test_304_keeps_what_a_client_may_want_to_update(self) -> None:
        answer = answer_from(get(if_none_match='"v1"', range="bytes=0-1"), STORED)
        assert (answer.status, answer.has_content) == (304, False)
        assert answer.headers["etag"] == '"v1"'
        assert {"date", "cache-control", "last-modified", "x-a"} <= answer.headers.keys()
        assert not any(name.startswith("content-") for name in answer.headers)

    def test_only_a_successful_response_is_conditional(self) -> None:
        missing = StoredResponse(404, STORED.headers, NOW, NOW)
        assert answer_from(get(if_none_match='"v1"'), missing).status == 404

    def test_206_describes_the_part(self) -> None:
        answer = answer_from(get(range="bytes=2-4"), STORED)
        assert (answer.status, answer.part) == (206, ByteRange(2, 4, 10))
        assert answer.headers["content-range"] == "bytes 2-4/10"
        assert answer.headers["content-length"] == "3"
        assert answer.headers["etag"] == '"v1"'

    def test_416_says_how_long_the_whole_is(self) -> None:
        answer = answer_from(get(range="bytes=10-"), STORED)
        assert (answer.status, answer.has_content) == (416, False)
        assert answer.headers["content-range"] == "bytes */10"

    def test_a_range_of_what_changed_meanwhile_is_the_whole(self) -> None:
        assert answer_from(get(range="bytes=2-4", if_range='"v0"'), STORED).status == 200
        assert answer_from(get(range="bytes=2-4", if_range='"v1"'), STORED).status == 206

    def test_no_part_of_an_error_or_of_an_unknown_length_is_served(self) -> None:
        for stored in (StoredResponse(404, {}, NOW, NOW, (), 10), StoredResponse(200, {}, NOW, NOW)):
            assert answer_from(get(range="bytes=2-4"), stored).part is None
