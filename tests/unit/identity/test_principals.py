"""Claims -> principal: dates, audience, subject, roles and scopes, read by type and never guessed."""

import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.claim_paths import ClaimPath
from identity.principals import LATEST_DATE, ClaimRules, Principal
from identity.settings import IssuerSettings
from identity.tokens import InvalidToken
from tests.unit.in_memory import NOW

CLAIMS: dict[str, Any] = {"sub": "u1", "aud": "https://api.example", "exp": NOW + 60}


def read(now: float = NOW, settings: dict[str, Any] | None = None, **claims: Any) -> Principal:
    """The principal of CLAIMS with `claims` on top; `...` leaves a claim out."""
    options = {"audience": "https://api.example", "algorithms": ["HS256"], "secret": "S", **(settings or {})}
    given_claims = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    return ClaimRules(IssuerSettings(**options)).read(given_claims, now)


def refusal(now: float = NOW, settings: dict[str, Any] | None = None, **claims: Any) -> str:
    with pytest.raises(InvalidToken) as caught:
        read(now, settings, **claims)
    return caught.value.reason


def only(claim: str, value: Any) -> dict[str, Any]:
    return {claim: value}


def test_a_principal_is_what_the_claims_say() -> None:
    principal = read(role="admin", scope="read write", settings={"issuer": "https://id.example"})
    assert principal == Principal("https://id.example", "u1", ("admin",), frozenset({"read", "write"}), NOW + 60)


def test_a_principal_describes_itself_without_its_token() -> None:
    assert read(role=["b", "a"], scope="y x").describe() == {
        "issuer": None,
        "id": "u1",
        "roles": ["b", "a"],
        "scopes": ["x", "y"],
        "expires": NOW + 60,
    }


def test_one_id_of_two_issuers_is_two_callers() -> None:
    assert Principal("a", "u1").key != Principal("b", "u1").key != Principal(None, "u1").key


# --- dates ------------------------------------------------------------------------------------------------------------


def test_a_token_without_expiry_is_refused() -> None:
    assert refusal(exp=...) == "no_expiry"


def test_the_leeway_ends_with_its_last_second() -> None:
    assert read(now=NOW + 119.9).id == "u1"
    assert refusal(now=NOW + 120) == "expired"


def test_the_leeway_is_configured() -> None:
    assert refusal(now=NOW + 60, settings={"leeway": 0}) == "expired"


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_a_token_of_the_future_is_refused_beyond_the_leeway(claim: str) -> None:
    assert read(**only(claim, NOW + 60)).id == "u1"
    assert refusal(**only(claim, NOW + 61)) == "not_yet_valid"


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value", ["1900000000", "2027-01-15T08:00:00Z", True, False, None, [], {}, -1, -0.5, LATEST_DATE, 10**400]
)
def test_a_date_is_a_number_of_seconds(claim: str, value: Any) -> None:
    assert refusal(**only(claim, value)) == "claim"


def test_dates_may_have_fractions() -> None:
    """NumericDate allows them (RFC 7519 section 2)."""
    assert read(exp=NOW + 0.5, nbf=NOW - 0.5, iat=NOW - 0.25).expires == NOW + 0.5


def test_a_lifetime_longer_than_accepted_is_refused() -> None:
    limited = {"max_lifetime": 3600}
    assert read(settings=limited, iat=NOW, exp=NOW + 3600).id == "u1"
    assert refusal(settings=limited, iat=NOW, exp=NOW + 3601) == "lifetime"
    assert refusal(settings=limited, exp=NOW + 10) == "lifetime"


# --- audience ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["https://api.example", ["https://api.example"], ["x", "https://api.example"]])
def test_any_one_audience_is_enough(value: Any) -> None:
    assert read(aud=value).id == "u1"


@pytest.mark.parametrize("value", [..., "", "https://api.example/", "HTTPS://API.EXAMPLE", [], ["x"], None])
def test_another_audience_is_refused(value: Any) -> None:
    assert refusal(aud=value) == "audience"


@pytest.mark.parametrize("value", [7, {"a": 1}, [7], ["https://api.example", 7], True])
@pytest.mark.parametrize("audience", [[], ["https://api.example"]])
def test_an_audience_that_is_no_string_is_refused(value: Any, audience: list[str]) -> None:
    assert refusal(aud=value, settings={"audience": audience}) == "claim"


@pytest.mark.parametrize("value", [..., "anything", ["any", "thing"]])
def test_an_empty_audience_checks_none(value: Any) -> None:
    assert read(aud=value, settings={"audience": []}).id == "u1"


# --- subject, roles, scopes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [..., "", 7.0, 7.5, None, True, False, ["u1"], {"id": "u1"}, [], {}])
def test_a_subject_is_a_string_that_says_something(value: Any) -> None:
    assert refusal(sub=value) == "subject"


@pytest.mark.parametrize("value", ["u1\r\nx-user-role: admin", "u1\x00", "\x7f", "a\tb"])
@pytest.mark.parametrize("claim", ["sub", "role", "scope"])
def test_control_characters_never_reach_a_header(claim: str, value: str) -> None:
    assert refusal(**only(claim, value)) == "claim"
    if claim != "sub":
        assert refusal(**only(claim, [value])) == "claim"


def test_the_id_may_be_another_claim_at_any_depth() -> None:
    settings = {"id_claim": "user.id"}
    assert read(settings=settings, user={"id": "u7"}).id == "u7"
    assert read(settings=settings, **only("user.id", "u8"), user={"id": "u7"}).id == "u8"
    assert refusal(settings=settings, user="u7") == "subject"
    assert refusal(settings=settings, user=["id"]) == "subject"


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        (..., ()),
        (None, ()),
        ("", ()),
        ("admin", ("admin",)),
        ("pending admin", ("pending admin",)),
        ("guest,admin", ("guest,admin",)),
        (" admin", (" admin",)),
        (["admin", "site editor", "admin"], ("admin", "site editor")),
        ([], ()),
        ([""], ()),
    ],
)
def test_a_role_string_is_one_role_and_a_list_is_several(value: Any, roles: tuple[str, ...]) -> None:
    assert read(role=value).roles == roles


@pytest.mark.parametrize(
    ("separator", "value", "roles"),
    [
        (" ", "admin editor  admin", ("admin", "editor")),
        (" ", "admin,editor", ("admin,editor",)),
        (" ", "  ", ()),
        (",", "admin, site editor ,,admin", ("admin", "site editor")),
        (",", "pending admin", ("pending admin",)),
        (" ", ["pending admin"], ("pending admin",)),
        (",", ["pending,admin"], ("pending,admin",)),
    ],
)
def test_a_role_string_is_split_only_where_the_issuer_says_so(
    separator: str, value: Any, roles: tuple[str, ...]
) -> None:
    assert read(settings={"role_separator": separator}, role=value).roles == roles


def test_scopes_are_separated_by_spaces_whatever_separates_roles() -> None:
    for settings in ({}, {"role_separator": ","}):
        assert read(settings=settings, scope="read write,all").scopes == {"read", "write,all"}


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        (7, ("7",)),
        (7.5, ("7.5",)),
        (0, ("0",)),
        (True, ("true",)),
        (False, ("false",)),
        (["admin", 7, True, None], ("admin", "7", "true")),
        ({"admin": {"1234": "acme.example"}, "editor": None}, ("admin", "editor")),
        ({}, ()),
        ([["admin"]], ()),
        (["admin", {"name": "editor"}], ()),
    ],
)
def test_roles_are_read_in_every_shape_that_issuers_write_and_what_has_no_reading_is_none(
    value: Any, roles: tuple[str, ...]
) -> None:
    assert read(role=value).roles == roles
    assert read(settings={"role_separator": " "}, role=value).roles == roles


@pytest.mark.parametrize("value", [{"a\nb": 1}, ["admin", "a\rb"]])
def test_a_role_with_a_control_character_makes_the_token_invalid_in_every_shape(value: Any) -> None:
    assert refusal(role=value) == "claim"


@pytest.mark.parametrize("value", [7, 0, -3, 2**70])
def test_an_integer_is_an_id_by_its_decimal_text(value: int) -> None:
    assert read(sub=value).id == str(value)


def test_the_first_id_that_is_not_empty_wins() -> None:
    settings = {"id_claim": ["sub", ["client", "id"], "common_name"]}
    assert read(settings=settings, common_name="c").id == "u1"
    for sub in ("", None, ...):
        assert read(settings=settings, sub=sub, common_name="c").id == "c"
        assert read(settings=settings, sub=sub, client={"id": 7}, common_name="c").id == "7"
        assert refusal(settings=settings, sub=sub) == "subject"
    assert refusal(settings=settings, sub=["u1"], common_name="c") == "subject", (
        "what cannot be read is not passed over"
    )


def test_a_token_that_is_nobodys_is_verified_and_counts_as_none() -> None:
    settings = {"anonymous": {"role": ["anon", "guest"]}}
    assert read(settings=settings, role="anon", sub=...).anonymous
    assert not read(settings=settings, role="user").anonymous
    assert refusal(settings=settings, role="anon", exp=NOW - 3600) == "expired"
    assert refusal(settings={**settings, "require": {"ref": "x"}}, role="anon") == "condition"


def test_origins_are_told_what_the_entry_says() -> None:
    told = {"email": "x-user-email", "org.id": "x-user-org", "groups": "x-user-groups", "name": "x-user-name"}
    principal = read(
        settings={"forward_claims": told}, email="a@b.example", org={"id": 7}, groups=["a", True, None], name="A\r\nB"
    )
    assert dict(principal.told) == {
        "x-user-email": ("a@b.example",),
        "x-user-org": ("7",),
        "x-user-groups": ("a", "true"),
    }
    assert principal.unfound == ("forward_claims.x-user-name",), "what somebody chose as a name keeps nobody out"
    assert principal.describe()["claims"]["x-user-org"] == ["7"]


def test_a_path_that_was_written_down_and_finds_nothing_is_told() -> None:
    settings = {"role_claim": "realm_access.rolez", "scope_claim": "permissions", "forward_claims": {"a": "x-user-a"}}
    assert read(settings=settings).unfound == ("role_claim", "scope_claim", "forward_claims.x-user-a")
    assert read(settings=settings, realm_access={"rolez": []}, permissions=[], a="").unfound == ()
    assert read().unfound == (), "nobody wrote down where roles are"


def test_roles_may_be_nested_or_named_by_a_url() -> None:
    nested = {"role_claim": "realm_access.roles"}
    assert read(settings=nested, realm_access={"roles": ["admin"]}).roles == ("admin",)
    assert read(
        settings={"role_claim": "https://api.example/roles"}, **only("https://api.example/roles", "a")
    ).roles == ("a",)


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "read write"}, {"read", "write"}),
        ({"scp": "read write"}, {"read", "write"}),
        ({"scp": ["read", "write"]}, {"read", "write"}),
        ({"scope": "read", "scp": "write"}, {"read", "write"}),
        ({"scope": "read", "permissions": ["write"]}, {"read"}),
        ({}, set()),
    ],
)
def test_scopes_come_from_scope_or_scp(claims: dict[str, Any], scopes: set[str]) -> None:
    assert read(**claims).scopes == scopes


def test_scopes_come_from_a_claim_of_the_entry_as_well() -> None:
    settings = {"scope_claim": "permissions"}
    assert read(settings=settings, scope="read", permissions=["write", "all"]).scopes == {"read", "write", "all"}
    assert refusal(settings=settings, permissions={"write": True}) == "claim"


@pytest.mark.parametrize(
    ("path", "claims", "found"),
    [
        ("a", {"a": 1}, 1),
        ("a.b", {"a": {"b": 1}}, 1),
        ("a.b", {"a.b": 1, "a": {"b": 2}}, 1),
        ("a.b.c", {"a.b": {"c": 1}, "a": {"b.c": 2}}, 1),
        ("a.b.c", {"a": {"b.c": 2}}, 2),
        ("a.b.c", {"a.b": {}, "a": {"b": {"c": 1}}}, None),
        ("https://hasura.io/jwt/claims.x-role", {"https://hasura.io/jwt/claims": {"x-role": "a"}}, "a"),
        ("https://hasura.io/jwt/claims.x.role", {"https://hasura.io/jwt/claims": {"x.role": "a"}}, "a"),
        (["a.b", "c"], {"a.b": {"c": 1}, "a": {"b": {"c": 2}}}, 1),
        (["a.b"], {"a": {"b": 1}}, None),
        (["a", "b.c"], {"a": {"b": {"c": 1}}}, None),
        ("a.b", {"a": ["b"]}, None),
        ("a..b", {"a": {"": {"b": 1}}}, 1),
    ],
)
def test_a_path_is_split_at_dots_and_the_longest_name_that_is_there_wins(path: Any, claims: Any, found: Any) -> None:
    assert ClaimPath(path).find(claims) == found


# --- against PyJWT ----------------------------------------------------------------------------------------------------

SOME_VALUE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.text(max_size=3))
)
DATE = st.integers(-100, 100).map(lambda seconds: int(NOW) + seconds) | SOME_VALUE


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "sub": st.just("u1") | SOME_VALUE,
            "exp": DATE,
            "nbf": DATE,
            "iat": DATE,
            "aud": st.just("https://api.example") | SOME_VALUE,
        },
    )
)
def test_whatever_is_accepted_pyjwt_accepts(claims: dict[str, Any]) -> None:
    """PyJWT is the reference for what a claim means; this is stricter, never laxer but for ids that are integers."""
    rules = ClaimRules(
        IssuerSettings(audience=("https://api.example",), algorithms=("HS256",), secret=("S",), leeway=0)
    )
    now = int(NOW)
    try:
        rules.read(claims, now)
    except InvalidToken:
        return
    shifted = {
        name: value - now + int(time.time()) if name in ("exp", "nbf", "iat") else value
        for name, value in claims.items()
    }
    key = "k" * 32
    decoded = jwt.decode(
        jwt.encode(shifted, key),
        key,
        algorithms=["HS256"],
        audience="https://api.example",
        leeway=2,
        options={"require": ["exp"], "verify_sub": type(claims["sub"]) is not int},
    )
    assert decoded["sub"] == claims["sub"]
