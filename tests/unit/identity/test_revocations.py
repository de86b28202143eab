"""What a revocation takes away, from whom, until when: and that it never gives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.problems import Problem
from identity.principals import LONGEST_MARK, Marks, Principal
from identity.revocations import Issuers, Revocation
from identity.settings import AccessSettings
from identity.tenants import IssuerName
from tests.unit.identity.identity_house import CLAIMS, RS, SECRET, Edge, hs
from tests.unit.in_memory import NOW

ISSUER = "https://id.example"
HS: dict[str, Any] = {"issuer": ISSUER, "audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"}
NAMED = {**CLAIMS, "iss": ISSUER, "jti": "t1", "iat": NOW - 100}
FOREVER = NOW + 1_000_000


def said(**what: Any) -> dict[str, Any]:
    return {"issuer": ISSUER, "until": FOREVER, "made": NOW, **what}


def taken_back(edge: Edge, *revocations: dict[str, Any]) -> None:
    edge.authenticator.take_back({str(number): one for number, one in enumerate(revocations)})


def is_refused(edge: Edge, claims: dict[str, Any]) -> bool:
    """Twice: the second time it may be remembered."""
    (told,) = {outcome_of(edge, claims) for _ in range(2)}
    assert told in ("", "invalid_token revoked The token has been revoked")
    return bool(told)


def outcome_of(edge: Edge, claims: dict[str, Any]) -> str:
    try:
        edge.bear(hs(claims))
    except Problem as problem:
        described = problem.headers["www-authenticate"].partition('error_description="')[2].rstrip('"')
        return f"{problem.code} {problem.members['reason']} {described}"
    return ""


@pytest.mark.parametrize(
    ("what", "claims", "refused"),
    [
        ({"subject": "u1"}, {}, True),
        ({"subject": "u2"}, {}, False),
        ({"subject": "7"}, {"sub": 7}, True),
        ({"token_id": "t1"}, {}, True),
        ({"token_id": "7"}, {"jti": 7}, True),
        ({"token_id": "t1"}, {"jti": ["t1"]}, False),
        ({"token_id": "u1"}, {}, False),
        ({"issued_before": NOW - 99}, {}, True),
        ({"issued_before": NOW - 100}, {}, False),
        ({"issued_before": NOW - 99.5}, {}, True),
        ({"issued_before": 1}, {"iat": None}, True),
        ({"subject": "u1", "issued_before": NOW - 99}, {}, True),
        ({"subject": "u1", "issued_before": NOW - 100}, {}, False),
        ({"subject": "u2", "issued_before": NOW - 99}, {}, False),
        ({"subject": "u1", "issuer": None}, {}, False),
        ({"subject": "u1", "issuer": "https://id.example/"}, {}, False),
        ({"subject": "u1", "until": NOW}, {}, False),
        ({"subject": "u1", "until": NOW + 0.5}, {}, True),
    ],
)
def test_what_a_revocation_takes_away(what: dict[str, Any], claims: dict[str, Any], refused: bool) -> None:
    presented = {name: value for name, value in {**NAMED, **claims}.items() if value is not None}
    edge = Edge([HS])
    assert not is_refused(edge, presented)
    taken_back(edge, said(**what))
    assert is_refused(edge, presented) == refused
    taken_back(edge)
    assert not is_refused(edge, presented)


def test_a_subject_is_the_forwarded_id_and_the_tokens_own_sub() -> None:
    for name in ("client-1", "u1"):
        edge = Edge([{**HS, "id_claim": ["client_id", "sub"]}])
        taken_back(edge, said(subject=name))
        assert is_refused(edge, {**NAMED, "client_id": "client-1"})
        assert not is_refused(edge, {**NAMED, "sub": "u2", "client_id": "client-2"})


def test_a_remembered_token_is_refused_from_then_on_and_again_good_when_it_ends() -> None:
    edge = Edge([HS])
    token = hs(NAMED)
    assert edge.bear(token) is not None
    taken_back(edge, said(subject="u1", until=NOW + 60), said(subject="u9"))
    assert edge.refusal(token) == "revoked"
    edge.world.clock.now += 60
    assert edge.bear(token) is not None


def test_a_public_keys_token_is_taken_back_like_any() -> None:
    edge = Edge()
    token = RS.token({**CLAIMS, "iss": ISSUER, "aud": "api"})
    assert edge.bear(token) is not None
    taken_back(edge, said(subject="u1"))
    assert [edge.refusal(token) for _ in range(2)] == ["revoked"] * 2
    taken_back(edge)
    assert edge.bear(token) is not None


def test_no_other_entry_takes_what_one_finds_revoked() -> None:
    """It might be somebody else there, who has not been taken back."""
    people = {**HS, "name": "people"}
    machines = {**HS, "name": "machines", "id_claim": "client_id", "role_claim": "machine_role"}
    edge = Edge([people, machines])
    claims = {**NAMED, "client_id": "client-1", "machine_role": "root"}
    taken_back(edge, said(subject="u1"))
    assert is_refused(edge, claims)
    for route in (AccessSettings(issuers=("machines",)), AccessSettings(issuers=("people",))):
        with pytest.raises(Problem) as caught:
            edge.bear(hs(claims), route)
        assert caught.value.members["reason"] == "revoked"


def test_a_forgery_is_not_told_that_what_it_imitates_was_revoked() -> None:
    edge = Edge([HS])
    taken_back(edge, said(subject="u1"))
    assert edge.refusal(hs(NAMED, key="z" * 64)) == "signature"
    assert edge.refusal(hs({**NAMED, "exp": NOW - 3600})) == "expired"


def test_a_token_that_counts_as_none_is_taken_back_as_well() -> None:
    edge = Edge([{**HS, "anonymous": {"role": "anon"}}])
    taken_back(edge, said(token_id="t1"))
    with pytest.raises(Problem) as caught:
        edge.bear(hs({**NAMED, "role": "anon"}), AccessSettings(auth="optional"))
    assert caught.value.members["reason"] == "revoked"


def test_any_credential_is_judged_by_its_principal() -> None:
    edge = Edge([HS])
    taken_back(edge, said(issuer="api-key", subject="k1"), said(issuer="api-key", issued_before=NOW))
    judged = edge.authenticator.is_revoked
    assert judged(Principal("api-key", "k1", marks=Marks(issued=NOW + 1)))
    assert judged(Principal("api-key", "k2", marks=Marks(issued=NOW - 1)))
    assert not judged(Principal("api-key", "k2", marks=Marks(issued=NOW)))
    assert not judged(Principal(ISSUER, "k1"))


def test_a_long_id_of_a_token_is_not_kept() -> None:
    principal = Edge([HS]).bear(hs({**NAMED, "jti": "j" * (LONGEST_MARK + 1)}))
    assert principal is not None
    assert principal.marks.token_id is None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        said(),
        said(subject=7),
        said(subject="u1", issuer=["x"]),
        {"issuer": ISSUER, "subject": "u1"},
        said(subject="u1", until="2030"),
        said(issued_before="1900000000"),
        said(subject="u1", made=None),
    ],
)
def test_what_is_no_revocation_takes_nothing_back_and_leaves_the_others(wrong: dict[str, Any]) -> None:
    edge = Edge([HS])
    taken_back(edge, wrong, said(subject="u2"))
    assert not is_refused(edge, NAMED)
    assert is_refused(edge, {**NAMED, "sub": "u2"})


def test_a_revocation_is_read_as_it_was_said_and_is_one_when_repeated() -> None:
    one = Revocation(ISSUER, FOREVER, NOW, subject="u1", issued_before=NOW)
    assert Revocation.read(one.said()) == one
    assert one.id == Revocation(ISSUER, FOREVER, NOW + 5, subject="u1", issued_before=NOW).id
    others = [Revocation(None, FOREVER, NOW, "u1", None, NOW), Revocation(ISSUER, FOREVER, NOW, None, "u1", None)]
    assert len({one.id, *(other.id for other in others), Revocation(ISSUER, FOREVER + 1, NOW, "u1", None, NOW).id}) == 4


def test_an_issuer_need_be_named_only_where_there_are_several() -> None:
    one, other, tenants = IssuerName(ISSUER), IssuerName(None), IssuerName("https://id.example/{tenantid}", ("*",))
    assert Issuers([one, one]).only is one
    assert Issuers([other]).only is other
    assert [Issuers(names).only for names in ([], [one, other], [tenants])] == [None] * 3
    assert Issuers([one, tenants]).has("https://id.example/t1")
    assert not Issuers([one, tenants]).has("https://id.example/{tenantid}")
    assert (Issuers([one, tenants]).has(None), Issuers([other]).has(None)) == (False, True)


NAMES = st.sampled_from(["u1", "u2", "t1", "c1"])
MOMENTS = st.sampled_from([NOW - 100, NOW - 50, NOW, NOW + 50])
REVOCATIONS = st.lists(
    st.fixed_dictionaries(
        {"issuer": st.sampled_from([ISSUER, None]), "until": MOMENTS},
        optional={"subject": NAMES, "token_id": NAMES, "issued_before": MOMENTS},
    ),
    max_size=4,
)
ENTRIES: list[dict[str, Any]] = [
    {**HS, "name": "people"},
    {**HS, "name": "machines", "id_claim": "client_id", "role_claim": "machine_role"},
    {**HS, "name": "strict", "require": {"level": 2}},
    {"name": "nobody", "audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
]


@hypothesis_settings(max_examples=15, deadline=None)
@given(
    revocations=REVOCATIONS,
    lifted=st.integers(0, 4),
    entries=st.permutations(ENTRIES).map(lambda found: found[:3]),
    claims=st.fixed_dictionaries(
        {"sub": NAMES, "exp": st.just(NOW + 600)},
        optional={
            "iss": st.just(ISSUER),
            "jti": NAMES,
            "client_id": NAMES,
            "iat": st.sampled_from([NOW - 75, NOW]),
            "role": st.just("user"),
            "machine_role": st.just("root"),
            "level": st.sampled_from([1, 2]),
        },
    ),
    trusted=st.sampled_from([None, ("people",), ("machines", "strict")]),
)
def test_a_revocation_only_ever_takes_away(
    revocations: list[dict[str, Any]],
    lifted: int,
    entries: list[dict[str, Any]],
    claims: dict[str, Any],
    trusted: tuple[str, ...] | None,
) -> None:
    """With revocations a token is refused, or it is what it was without them; and fewer refuse no more than more do."""
    route = AccessSettings(auth="required", issuers=trusted)

    def outcome(edge: Edge) -> Principal | str:
        try:
            principal = edge.bear(hs(claims), route)
        except Problem as problem:
            return str(problem.members["reason"])
        assert principal is not None
        return principal

    edge = Edge(entries, JWT_SECRET=SECRET)
    without = outcome(edge)
    flags = {str(number): one for number, one in enumerate(revocations)}
    edge.authenticator.take_back(flags)
    with_all = outcome(edge)
    edge.authenticator.take_back({name: one for name, one in flags.items() if int(name) < lifted})
    with_fewer = outcome(edge)
    assert with_all in (without, "revoked")
    assert with_fewer in (without, "revoked")
    assert isinstance(with_fewer, Principal) or with_fewer == with_all, "what fewer refuse, more refuse"
    edge.authenticator.take_back({})
    assert outcome(edge) == without
