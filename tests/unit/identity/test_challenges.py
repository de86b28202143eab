"""What a refused caller is told, byte for byte."""

import json
import re

import pytest

from core.problems import problem_response
from identity.challenges import CONDITION, OF_KEYS, REASONS, REQUEST_FAULTS, Challenges

QUOTABLE = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")
"""RFC 6750 section 3: what `error_description` may hold."""

REFUSALS = Challenges("gatehouse")


def test_no_token_names_no_error() -> None:
    """RFC 6750 section 3.1: no error code for a request without any authentication information."""
    problem = REFUSALS.token_missing()
    assert (problem.status, problem.code) == (401, "token_missing")
    assert problem.headers == {"www-authenticate": 'Bearer realm="gatehouse"'}
    assert problem.members["error"] == "Authorization token required"


@pytest.mark.parametrize("reason", REQUEST_FAULTS)
def test_a_malformed_request_is_400(reason: str) -> None:
    problem = REFUSALS.invalid_request(reason)
    assert (problem.status, problem.code) == (400, "invalid_request")
    assert problem.headers == {"www-authenticate": 'Bearer realm="gatehouse", error="invalid_request"'}
    assert problem.members["reason"] == reason


@pytest.mark.parametrize("reason", REASONS)
def test_a_refused_token_is_401_with_its_reason(reason: str) -> None:
    problem = REFUSALS.invalid_token(reason)
    assert (problem.status, problem.code) == (401, "invalid_token")
    assert problem.headers == {
        "www-authenticate": f'Bearer realm="gatehouse", error="invalid_token", error_description="{REASONS[reason]}"'
    }
    assert QUOTABLE.fullmatch(REASONS[reason])
    kind = "API key" if reason in OF_KEYS else "token"
    assert problem.members == {"error": f"Invalid or expired {kind}", "reason": reason}


def test_a_condition_that_does_not_hold_is_a_claim_with_a_description_of_its_own() -> None:
    problem = REFUSALS.invalid_token("condition")
    assert problem.members["reason"] == "claim"
    assert f'error_description="{CONDITION}"' in problem.headers["www-authenticate"]
    assert QUOTABLE.fullmatch(CONDITION)


def test_an_expired_token_reads_like_this() -> None:
    header = REFUSALS.invalid_token("expired").headers["www-authenticate"]
    assert header == ('Bearer realm="gatehouse", error="invalid_token", error_description="The token has expired"')


def test_a_missing_scope_is_403_and_names_the_scopes() -> None:
    problem = REFUSALS.insufficient_scope("scope", ("users:read", "users:write"))
    assert (problem.status, problem.code) == (403, "insufficient_scope")
    assert problem.headers == {
        "www-authenticate": 'Bearer realm="gatehouse", error="insufficient_scope", scope="users:read users:write"'
    }


def test_a_missing_role_names_no_scope_where_there_is_none() -> None:
    """`scope=""` would not be a scope (RFC 6749 section 3.3)."""
    problem = REFUSALS.insufficient_scope("role", ())
    assert problem.headers == {"www-authenticate": 'Bearer realm="gatehouse", error="insufficient_scope"'}
    assert problem.members["reason"] == "role"


def test_missing_keys_are_not_the_callers_fault() -> None:
    problem = REFUSALS.keys_unavailable(17)
    assert (problem.status, problem.code) == (503, "keys_unavailable")
    assert problem.headers == {"retry-after": "17"}


def test_a_refusal_is_a_problem_that_no_cache_keeps() -> None:
    response = problem_response(REFUSALS.invalid_token("expired"), "r1")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert isinstance(response.body, str)
    body = json.loads(response.body)
    assert body["error"] == "Invalid or expired token"
    assert (body["code"], body["reason"], body["request_id"]) == ("invalid_token", "expired", "r1")
