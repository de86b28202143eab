"""What may be asked of `/_gatehouse/revocations`, and what a mistake is told: none may take back nothing in silence."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from auth import LONGEST_MARK, Issuers, Revocation
from core.flags import LONGEST_SECONDS, METADATA_BYTES, MOST, PREFIX, Flags
from core.problems import Problem
from endpoints import revoking
from identity.tenants import IssuerName
from tests.unit.in_memory import NOW, World, run

ISSUER = "https://id.example"
ONE, TWO = Issuers([IssuerName(ISSUER)]), Issuers([IssuerName(ISSUER), IssuerName(None)])


def read(content: Any, issuers: Issuers = ONE) -> Revocation:
    return revoking.read(content if isinstance(content, bytes) else json.dumps(content).encode(), issuers, NOW + 0.5)


@pytest.mark.parametrize(
    ("body", "read_as"),
    [
        ({"subject": "u1"}, {"subject": "u1", "until": NOW + LONGEST_SECONDS}),
        ({"subject": 7, "issuer": ISSUER}, {"subject": "7", "until": NOW + LONGEST_SECONDS}),
        ({"token_id": "t1", "until": NOW + 60}, {"token_id": "t1", "until": NOW + 60}),
        ({"issued_before": NOW - 0.5}, {"issued_before": NOW - 0.5, "until": NOW + LONGEST_SECONDS}),
        (
            {"subject": "ü", "issued_before": "2027-01-15T07:00:00Z", "until": "2027-01-15T10:00:00+01:00"},
            {"subject": "ü", "issued_before": NOW - 3600, "until": NOW + 3600},
        ),
    ],
)
def test_a_revocation_is_read(body: dict[str, Any], read_as: dict[str, Any]) -> None:
    assert read(body).said() == {"issuer": ISSUER, "made": NOW, **read_as}


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (b"", "body", "JSON"),
        (b"[]", "body", "object"),
        (b"{", "body", "JSON"),
        ({}, "body", "name subject, token_id or issued_before"),
        ({"subject": "u1", "token_id": "t1"}, "body", "name subject, token_id or issued_before"),
        ({"issued_before": NOW, "token_id": "t1"}, "body", "name subject, token_id or issued_before"),
        ({"subject": None}, "body", "name subject, token_id or issued_before"),
        ({"sub": "u1"}, "sub", "not permitted"),
        ({"subject": ""}, "subject", f"1 to {LONGEST_MARK} characters"),
        ({"subject": "u" * (LONGEST_MARK + 1)}, "subject", f"1 to {LONGEST_MARK} characters"),
        ({"subject": "u\n1"}, "subject", "none of a name"),
        ({"subject": True}, "subject", "string"),
        ({"subject": 1.5}, "subject", "string"),
        ({"subject": ["u1"]}, "subject", "string"),
        ({"token_id": "ü" * LONGEST_MARK}, "body", f"{METADATA_BYTES} bytes"),
        ({"subject": "u1", "issuer": "https://id.example/"}, "issuer", "exactly this iss"),
        ({"subject": "u1", "issuer": None}, "issuer", "exactly this iss"),
        ({"subject": "u1", "issuer": 5}, "issuer", "string"),
        ({"issued_before": NOW + 61}, "issued_before", "in the future"),
        ({"issued_before": (NOW - 60) * 1000}, "issued_before", "seconds since 1970"),
        ({"issued_before": "yesterday"}, "issued_before", "seconds since 1970"),
        ({"issued_before": "2026-01-15T08:00:00"}, "issued_before", "with its offset"),
        ({"issued_before": "-0001-01-15T08:00:00Z"}, "issued_before", "seconds since 1970"),
        ({"issued_before": True}, "issued_before", "seconds since 1970"),
        ({"subject": "u1", "until": NOW}, "until", "in the past"),
        ({"subject": "u1", "until": "2020-01-01T00:00:00Z"}, "until", "in the past"),
        ({"subject": "u1", "until": NOW + LONGEST_SECONDS + 2}, "until", "366 days"),
        ({"subject": "u1", "until": 10**400}, "until", "seconds since 1970"),
        ({"subject": "u1", "until": "0001-01-01T00:00:00+23:00"}, "until", "seconds since 1970"),
    ],
)
def test_a_mistake_is_named(body: Any, field: str, says: str) -> None:
    with pytest.raises(Problem) as caught:
        read(body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_revocation")
    assert caught.value.members["field"] == field
    assert caught.value.detail.startswith(f"{field}: ")
    assert says in caught.value.detail


def test_where_there_are_several_issuers_one_is_named() -> None:
    with pytest.raises(Problem, match="name the one whose tokens are meant"):
        read({"subject": "u1"}, TWO)
    assert read({"subject": "u1", "issuer": None}, TWO).issuer is None
    assert read({"subject": "u1", "issuer": ISSUER}, TWO).issuer == ISSUER


@hypothesis_settings(max_examples=15)
@given(st.dictionaries(st.sampled_from([*revoking.RevocationRequest.model_fields, "x"]), st.none() | st.text() | st.integers() | st.floats() | st.booleans() | st.lists(st.text(), max_size=1)))  # fmt: skip # noqa: E501
def test_whatever_is_sent_is_a_revocation_or_a_bad_request(body: dict[str, Any]) -> None:
    try:
        found = read(body)
    except Problem as problem:
        status = problem.status
    else:
        status = 400
        assert Revocation.read(found.said()).until > NOW
    assert status == 400


def test_one_more_than_can_be_listed_is_refused() -> None:
    world = World()
    assert world.store is not None
    flags = Flags(world.store, world.clock, world.write_log)
    for number in range(MOST):
        world.store.values[f"{PREFIX}revoked:{number}"] = (b"", {"until": NOW + 600, "made": NOW}, None)
    run(flags.listed("revoked"))
    with pytest.raises(Problem) as caught:
        run(revoking.revoke(b'{"subject": "u1"}', flags, ONE, NOW))
    assert (caught.value.status, caught.value.code) == (409, "too_many_revocations")
