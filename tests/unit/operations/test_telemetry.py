"""One line per request, and nothing in it that could hurt anybody."""

import hashlib
import random

import pytest

from core.messages import Request, Response
from identity.principals import Principal
from operations.telemetry import (
    CallerLabels,
    Exchange,
    analytics_point,
    is_logged,
    log_fields,
    request_id,
    server_timing,
)
from tests.unit.in_memory import NOW, World

LABELS = CallerLabels("l" * 32).of


def request(**headers: str) -> Request:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", "https", "api.example", "/geo", "token=secret", fields)


def test_a_well_formed_request_id_is_kept() -> None:
    assert request_id(request(x_request_id="abc-123.DEF_~+/="), random.Random(1)) == "abc-123.DEF_~+/="


@pytest.mark.parametrize("given", ["", "a b", 'a"b', "a\nb", "é", "a" * 129, "a,b"])
def test_any_other_request_id_is_replaced(given: str) -> None:
    made = request_id(request(x_request_id=given), random.Random(1))
    assert len(made) == 32
    assert made != given


def test_request_ids_differ() -> None:
    source = random.Random(1)
    assert request_id(request(), source) != request_id(request(), source)


def test_the_log_line_leaves_out_queries_cookies_and_tokens() -> None:
    exchange = Exchange(
        request(cookie="session=secret", authorization="Bearer secret"), "id-1", 100.0, World().background
    )
    exchange.notes = {"origin_ms": 12.5}
    fields = log_fields(exchange, Response(200, {"cache-status": "gatehouse; hit"}, "five!"), 100.25, LABELS)
    assert fields == {
        "time": 100.25,
        "id": "id-1",
        "method": "GET",
        "path": "/geo",
        "status": 200,
        "ms": 250.0,
        "bytes": 5,
        "cache": "gatehouse; hit",
        "origin_ms": 12.5,
    }
    assert "secret" not in repr(fields)


def label_of(principal: Principal, labels: CallerLabels) -> str:
    exchange = Exchange(request(), "id-1", NOW, World().background)
    exchange.principal = principal
    return str(log_fields(exchange, Response(200), NOW, labels.of)["principal"])


CALLER = Principal("https://id.example", "u1")


def test_a_caller_is_a_short_keyed_hash_of_issuer_and_subject() -> None:
    labels = CallerLabels("l" * 32)
    label = label_of(CALLER, labels)
    assert len(label) == 16
    assert label == label_of(CALLER, CallerLabels("l" * 32)), "the same in every isolate"
    assert label != label_of(Principal("https://other.example", "u1"), labels)
    assert label != label_of(CALLER, CallerLabels("m" * 32))
    assert "u1" not in label


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_a_label_cannot_be_tried_names_against(secret: str | None) -> None:
    """Each isolate has a key of its own: who knows issuer and subject does not know the label."""
    isolates = [CallerLabels(secret) for _ in range(8)]
    assert len({label_of(CALLER, labels) for labels in isolates}) == 8
    assert label_of(CALLER, isolates[0]) == label_of(CALLER, isolates[0])
    assert hashlib.sha256(CALLER.key.encode()).hexdigest()[:16] not in {label_of(CALLER, own) for own in isolates}


def test_server_timing_names_what_was_waited_for() -> None:
    exchange = Exchange(request(), "id-1", NOW, World().background)
    assert server_timing(exchange) == ""
    exchange.cache_ms = 2.0499
    exchange.notes = {"origin_ms": 34.7}
    assert server_timing(exchange) == "cache;dur=2, origin;dur=34.7"


def test_failures_are_always_logged_and_successes_by_the_routes_share() -> None:
    exchange = Exchange(request(), "id-1", NOW, World().background)
    exchange.sample = 0.25
    source = random.Random(1)
    logged = sum(is_logged(exchange, Response(200), source) for _ in range(1000))
    assert 200 < logged < 300
    assert all(is_logged(exchange, Response(status), source) for status in (400, 404, 500, 503) for _ in range(50))


def test_a_point_is_filed_under_its_route_cut_to_what_an_index_may_hold() -> None:
    exchange = Exchange(request(), "id-1", NOW, World().background)
    exchange.route = "/" + "long/" * 30
    index, blobs, doubles = analytics_point(exchange, Response(404, {}, "five!"), NOW + 0.5)
    assert index == exchange.route[:96]
    assert blobs == [exchange.route, "GET", "", "", ""]
    assert doubles == [404.0, 500.0, 5.0, 0.0, 1.0]
    exchange.route = ""
    assert analytics_point(exchange, Response(404), NOW)[0] == "none"
