"""Errors become RFC 9457 problem details in one place."""

import json

from core.problems import Problem, problem_response


def test_a_problem_names_status_code_and_request() -> None:
    response = problem_response(Problem(404, "unknown_country", "XQ is no country.", field="country"), "id-1")
    assert response.status == 404
    assert isinstance(response.body, str)
    assert json.loads(response.body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "unknown_country",
        "detail": "XQ is no country.",
        "field": "country",
        "request_id": "id-1",
    }


def test_a_problem_is_never_stored_and_keeps_its_headers() -> None:
    response = problem_response(Problem(405, "method_not_allowed", "No.", headers={"allow": "GET"}), "id-1")
    assert response.headers == {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "allow": "GET",
    }


def test_a_status_without_a_phrase_still_has_a_title() -> None:
    response = problem_response(Problem(599, "odd", "Odd."), "id-1")
    assert isinstance(response.body, str)
    assert json.loads(response.body)["title"] == "Error"
