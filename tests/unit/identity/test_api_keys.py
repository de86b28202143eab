"""API keys: how they are written, who they speak for, what is remembered of them, and what no key gets around."""

import json
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.faults import Misconfigured
from core.messages import Request
from core.problems import Problem
from identity import api_keys
from identity.key_format import ApiKey, base62, digest, read_key, shaped_like, write_key
from identity.principals import Marks, Principal
from identity.settings import AccessSettings
from tests.unit.identity.identity_house import CLAIMS, ISSUERS, REQUIRED, Edge, hs
from tests.unit.in_memory import NOW

ID = "0123456789AB"
KEY = write_key("gh", ID, bytes(range(32)))
API_KEYS: dict[str, Any] = {"from": ["header:x-api-key", "authorization"], "prefix": "gh"}
PUBLIC: dict[str, Any] = {"owner": "billing", "roles": ["reader"], "scopes": ["read"], "created": 1, "expires": None}


def stored(text: str = KEY, id: str = ID, **changes: Any) -> str:
    return api_keys.write_record(ApiKey(id, digest(text)), {**PUBLIC, **changes})


class House(Edge):
    """A gateway that takes keys as well, and counts its look-ups."""

    def __init__(self, *, issuers: list[dict[str, Any]] | None = None, **variables: Any) -> None:
        given = {"API_KEYS": API_KEYS, **variables}
        super().__init__(issuers, bindings={"KEYS"}, **given)
        self.looked_up: list[str] = []
        found = self.world.keys.get_text

        async def counted(key: str, *, timeout: float) -> str | None:
            self.looked_up.append(key)
            return await found(key, timeout=timeout)

        self.world.keys.get_text = counted  # type: ignore[method-assign]

    def has(self, text: str = KEY, id: str = ID, **changes: Any) -> "House":
        self.world.keys.values[f"key:{id}"] = (stored(text, id, **changes).encode(), {}, None)
        return self

    def reason(self, key: str = KEY, route: AccessSettings = REQUIRED, field: str = "x-api-key") -> str:
        with pytest.raises(Problem) as caught:
            self.ask(route, **{field: key if field != "authorization" else f"Bearer {key}"})
        assert key not in str(vars(caught.value))
        assert caught.value.status == 401
        return str(caught.value.members["reason"])


# --- how a key is written ---------------------------------------------------------------------------------------------


@hypothesis_settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.sampled_from(["gh", "acme_live", "k9"]))
def test_a_key_is_read_as_it_was_written(secret: bytes, prefix: str) -> None:
    text = write_key(prefix, ID, secret)
    assert read_key(text, prefix) == ApiKey(ID, digest(text))
    assert shaped_like(prefix).search(f"Bearer {text}")
    assert read_key(text, "other") is None


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.integers(0, len(KEY) - 1), st.characters(codec="utf-8"))
def test_a_key_with_one_character_changed_is_no_key(at: int, other: str) -> None:
    changed = KEY[:at] + other + KEY[at + 1 :]
    assert changed == KEY or read_key(changed, "gh") is None


@pytest.mark.parametrize(
    "text", ["", "gh_", KEY[:-1], KEY + "0", f" {KEY}", f"{KEY}\n", KEY.upper(), KEY.replace("_", "-")]
)
def test_what_is_cut_off_or_mistyped_is_no_key(text: str) -> None:
    assert read_key(text, "gh") is None


def test_every_secret_has_a_text_of_its_own() -> None:
    assert base62(2**256 - 1, 43) != base62(2**256 - 2, 43)
    assert len({write_key("gh", ID, bytes([n] * 32)) for n in range(256)}) == 256
    assert len(KEY) == len(write_key("gh", ID, b"\xff" * 32))


# --- who it speaks for ------------------------------------------------------------------------------------------------


def test_a_key_speaks_for_its_owner_by_either_field() -> None:
    house = House().has()
    expected = Principal("api-key", "billing", ("reader",), frozenset({"read"}), inf, marks=Marks("billing", ID, 1.0))
    assert house.ask(REQUIRED, x_api_key=KEY) == house.bear(KEY) == expected
    assert house.ask(REQUIRED, x_api_key=KEY, authorization=f"bearer {KEY}") == expected, "the same twice is one"
    assert expected.describe()["expires"] is None
    assert house.looked_up == [f"key:{ID}"], "once"


def test_a_malformed_key_is_refused_without_a_look_up() -> None:
    house = House().has()
    wrong = KEY[:-1] + ("0" if KEY[-1] != "0" else "1")
    for key in (wrong, "gh_x", "nonsense", KEY[:-1]):
        assert house.reason(key) == "key_malformed"
    assert house.reason(wrong, field="authorization") == "key_malformed"
    assert house.reason("nonsense", field="authorization") == "malformed", "what is no key is a token there"
    assert house.looked_up == []


def test_an_unknown_key_and_a_wrong_secret_are_told_the_same_and_remembered() -> None:
    house = House().has()
    wrong = write_key("gh", ID, b"x" * 32)
    unknown = write_key("gh", "BA9876543210", b"x" * 32)
    for _ in range(3):
        assert house.reason(wrong) == house.reason(unknown) == "key_unknown"
    assert len(house.looked_up) == 2
    house.world.clock.now += 29
    assert house.reason(unknown) == "key_unknown"
    assert len(house.looked_up) == 2
    house.has(unknown, "BA9876543210").world.clock.now += 1
    assert house.ask(REQUIRED, x_api_key=unknown) is not None


def test_a_revoked_key_is_dead_after_ten_seconds() -> None:
    house = House().has()
    assert house.bear(KEY) is not None
    house.world.keys.values.clear()
    house.world.clock.now += 9.9
    assert house.bear(KEY) is not None
    house.world.clock.now += 0.1
    assert house.reason() == "key_unknown"


@pytest.mark.parametrize("named", [{"subject": "billing"}, {"token_id": ID}, {"issued_before": 2}])
def test_a_key_is_taken_back_like_a_token_and_other_keys_stay(named: dict[str, Any]) -> None:
    house = House().has()
    assert house.bear(KEY) is not None
    flags = {"f": {**named, "issuer": "api-key", "until": NOW + 60}}
    house.authenticator.take_back(flags)
    assert house.reason() == "revoked"
    assert house.authenticator.issuers.has("api-key")
    assert house.reason(write_key("gh", ID, b"x" * 32)) == "key_unknown"
    house.authenticator.take_back({"f": {**flags["f"], "issuer": "https://id.example"}})
    assert house.bear(KEY) is not None


def test_a_key_ends_when_it_says_so() -> None:
    house = House().has(expires=NOW + 5)
    assert house.bear(KEY) is not None
    house.world.clock.now += 5
    assert house.reason() == "key_expired"
    assert house.reason(write_key("gh", ID, b"x" * 32)) == "key_unknown", "only who has the key is told"


def test_while_kv_fails_nobody_is_let_in_and_nothing_is_remembered() -> None:
    house = House().has()
    house.world.keys.failing.add("get")
    for route in (REQUIRED, AccessSettings(auth="optional")):
        with pytest.raises(Problem) as caught:
            house.ask(route, x_api_key=KEY)
        assert (caught.value.status, caught.value.code) == (503, "keys_unavailable")
        assert caught.value.headers == {"retry-after": "5"}
    assert {"event": "store_failed", "during": "api_key", "error": "get failed"} in house.world.log
    house.world.keys.failing.clear()
    assert house.bear(KEY) is not None
    house.world.keys.failing.add("get")
    house.world.clock.now += 9
    assert house.bear(KEY) is not None, "what was found is good for its ten seconds"
    house.world.clock.now += 1
    with pytest.raises(Problem, match="503"):
        house.bear(KEY)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '"x"', stored(id="BA9876543210"), stored(owner=""), stored(owner=True), stored(owner="a\nb"),
        stored(roles="admin"), stored(roles=["a\r\nb"]), stored(scopes=[1]), stored(expires="2030"),
        stored(expires=True),
        stored().replace(digest(KEY), ""), stored().replace(f'"{digest(KEY)}"', "null"), stored() + " " * 20_000,
        stored()[:-1] + ', "sha256": "' + "0" * 64 + '"}',
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_read_is_nobodys(text: str) -> None:
    house = House()
    house.world.keys.values[f"key:{ID}"] = (text.encode(), {}, None)
    assert house.reason() == "key_unknown"
    assert house.world.log[-1]["event"] == "api_key_unreadable"
    assert KEY not in json.dumps(house.world.log)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "REMEMBERED", 3)
    house = House().has()
    for number in range(9):
        assert house.reason(write_key("gh", f"{number:012}", b"x" * 32)) == "key_unknown"
    assert house.authenticator._keys is not None
    assert len(house.authenticator._keys._records) == 3


# --- beside tokens ----------------------------------------------------------------------------------------------------


def test_a_token_and_a_key_are_two_credentials() -> None:
    house = House(issuers=[{**ISSUERS[0], "from": ["authorization", "cookie:s", "query:t", "header:x-token"]}]).has()
    for fields in ({"authorization": f"Bearer {hs()}"}, {"x-token": hs()}):
        with pytest.raises(Problem) as caught:
            house.ask(REQUIRED, x_api_key=KEY, **fields)
        assert (caught.value.status, caught.value.members["reason"]) == (400, "repeated")
    for taken in ({"cookie:s": (hs(),)}, {"query:t": (hs(),)}):
        request = Request("GET", "https", "api.example", "/", headers={"x-api-key": KEY}, taken=taken)
        with pytest.raises(Problem, match="400"):
            house.authenticator.identify(request, REQUIRED)
    other = write_key("gh", ID, b"x" * 32)
    for fields in ({"x-api-key": f"{KEY}, {other}"}, {"x-api-key": KEY, "authorization": f"Bearer {other}"}):
        with pytest.raises(Problem, match="400"):
            house.ask(REQUIRED, **fields)
    assert house.ask(REQUIRED, x_api_key=f"{KEY}, {KEY}") is not None


def test_a_route_says_what_it_takes() -> None:
    house = House().has()
    tokens, keys = (AccessSettings(auth="required", credentials=(kind,)) for kind in ("token", "key"))
    for _ in range(2):
        assert house.bear(KEY, keys) is not None
        assert house.bear(hs(), tokens) is not None
        assert house.bear(hs()) is not None
        assert house.reason(KEY, tokens) == "credential"
        assert house.reason(hs(), keys, "authorization") in ("credential", "issuer")
    named = AccessSettings(auth="required", issuers=("https://id.example",))
    assert house.reason(KEY, named) == "credential", "a route that names whom it trusts does not trust keys by itself"
    assert house.bear(KEY, AccessSettings(auth="required", issuers=("https://id.example", "api-key"))) is not None


def test_a_key_is_no_token_where_no_keys_come() -> None:
    house = House(API_KEYS={"from": "header:x-api-key"}).has()
    assert house.reason(KEY, field="authorization") == "malformed"
    assert house.ask(AccessSettings(auth="optional"), x_key=KEY) is None
    assert house.looked_up == []


def test_refusals_name_what_a_route_takes() -> None:
    bearer, own = 'Bearer realm="gatehouse"', 'ApiKey realm="gatehouse", header="x-api-key"'
    token, key, bare = "'Authorization: Bearer <token>'", "'Authorization: Bearer <key>'", "'x-api-key: <key>'"
    cases: list[tuple[dict[str, Any], tuple[Any, ...], str, str]] = [
        ({}, ("token", "key"), f"{bearer}, {own}", f"an access token or an API key: send {token} or {key} or {bare}"),
        ({}, ("token",), bearer, f"an access token: send {token}"),
        ({"API_KEYS": {"from": "header:x-api-key"}}, ("key",), own, f"an API key: send {bare}"),
        ({"API_KEYS": {"from": "authorization"}}, ("key",), bearer, f"an API key: send {key}"),
    ]
    for settings, credentials, challenge, words in cases:
        with pytest.raises(Problem) as caught:
            House(**settings).ask(AccessSettings(auth="required", credentials=credentials))
        assert caught.value.headers["www-authenticate"] == challenge
        assert caught.value.detail == f"This resource needs {words}."
    with pytest.raises(Problem) as caught:
        House().ask(REQUIRED, x_api_key="gh_x")
    error = 'error="invalid_token", error_description="The API key is mistyped or cut off"'
    assert caught.value.headers["www-authenticate"] == f"{bearer}, {error}, {own}"
    assert caught.value.members["error"] == "Invalid or expired API key"


def test_roles_and_scopes_are_asked_of_keys_as_of_tokens() -> None:
    house = House().has()
    principal = house.bear(KEY)
    house.authenticator.authorize(principal, AccessSettings(roles=("reader",), scopes=("read",)))
    for access in (
        AccessSettings(roles=("admin",)), AccessSettings(scopes=("write",)), AccessSettings(all_scopes=("read", "x"))
    ):  # fmt: skip
        with pytest.raises(Problem, match="403"):
            house.authenticator.authorize(principal, access)


# --- properties -------------------------------------------------------------------------------------------------------

CREDENTIALS = [KEY, write_key("gh", ID, b"x" * 32), KEY[:-1], hs(), hs({**CLAIMS, "exp": NOW - 999}), "gh_", "x"]


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["authorization", "x-api-key", "x-token"]), st.sampled_from(CREDENTIALS), min_size=1
    ),
    st.sampled_from([("token",), ("key",), ("token", "key")]),
)
def test_whoever_is_let_in_showed_one_good_credential_of_a_kind_that_is_taken(
    shown: dict[str, str], taken: tuple[Any, ...]
) -> None:
    house = House(issuers=[{**ISSUERS[0], "from": ["authorization", "header:x-token"]}]).has()
    fields = {name: f"Bearer {text}" if name == "authorization" else text for name, text in shown.items()}
    route = AccessSettings(auth="required", credentials=taken)
    try:
        principal = house.ask(route, **fields)
    except Problem:
        return
    assert principal is not None
    (credential,) = set(shown.values())
    assert credential == {"billing": KEY, "u1": hs()}[principal.id]
    assert ("key" if principal.issuer == "api-key" else "token") in taken


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("api_keys", "fault"),
    [
        ({"from": ["cookie:key"]}, "API_KEYS.from: 'cookie:key' is where browsers keep what people sign in with"),
        ({"from": "query:key"}, "API_KEYS.from: 'query:key' is part of a URL, which is logged on its way"),
        ({"from": "query:key"}, "; write 'header:x-api-key'"),
        ({"from": []}, "API_KEYS.from: must have at least one item"),
        ({"from": ["header:cookie"]}, "API_KEYS.from: no token is read from 'cookie'"),
        ({"prefix": "GH"}, "API_KEYS.prefix: 'GH' must be two to sixteen small letters and digits"),
        ({"prefix": "ey1"}, "API_KEYS.prefix: 'ey1' is how tokens begin; choose letters"),
        ({"prefx": "gh"}, "API_KEYS.prefx: there is no such setting; check its spelling"),
    ],
)
def test_a_wrong_setting_is_a_fault_that_names_the_mend(api_keys: Any, fault: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        House(API_KEYS=api_keys)
    (only,) = caught.value.faults
    assert fault in only


STAFF = "https://id.example"


@pytest.mark.parametrize(
    ("route", "variables", "fault"),
    [
        ({}, {"bindings": set()}, "API_KEYS: no KV namespace is bound as KEYS; add binding = 'KEYS'"),
        ({"credentials": ["key"]}, {"API_KEYS": None}, "ROUTES[0].credentials: there are no keys; set API_KEYS"),
        ({"credentials": ["token"]}, {"ISSUERS": []}, "ROUTES[0].credentials: tokens need an issuer; set ISSUERS"),
        ({"auth": "none", "credentials": ["key"]}, {}, "ROUTES[0]: credentials need auth = 'required' or 'optional'"),
        ({"credentials": ["token"], "issuers": ["api-key"]}, {}, "ROUTES[0]: issuers names 'api-key', and credentials"),
        ({"credentials": ["token", "key"], "issuers": [STAFF]}, {}, "; add 'api-key' to issuers"),
        ({"credentials": ["token", "key"], "issuers": ["api-key"]}, {}, "; add theirs, or take 'token' out"),
        ({}, {"ISSUERS": [{**ISSUERS[0], "name": "api-key"}]}, "ISSUERS[0]: 'api-key' is the issuer of API keys"),
        ({"path": "/{id}", "match": {"id": "sub"}, "issuers": [STAFF, "api-key"]}, {}, "write credentials = ['token']"),
    ],
)
def test_settings_that_do_not_fit_together_are_a_fault(
    route: dict[str, Any], variables: dict[str, Any], fault: str
) -> None:
    routes = [{"path": "/a", "origin": "https://o.example", **route}]
    given: dict[str, Any] = {"bindings": {"KEYS"}, "API_KEYS": API_KEYS, "ROUTES": routes, **variables}
    with pytest.raises(Misconfigured) as caught:
        Edge(given.pop("ISSUERS", None), **given)
    (only,) = caught.value.faults
    assert fault in only


@pytest.mark.parametrize("access", [{"credentials": ["token"], "issuers": [STAFF]}, {"credentials": ["key"]}])
def test_what_a_path_names_may_be_of_owners_of_keys_or_of_subjects_of_tokens(access: dict[str, Any]) -> None:
    route = {"path": "/{id}", "origin": "https://o.example", "match": {"id": "sub"}, **access}
    Edge(None, bindings={"KEYS"}, API_KEYS=API_KEYS, ROUTES=[route])
