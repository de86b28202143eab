"""Presets, with tokens as each provider documents them: what is let in, what is nearly so, what is missing."""

from collections.abc import Mapping
from typing import Any

import pytest

from configuration.loading import load_settings
from core.faults import Misconfigured
from core.problems import Problem
from devtools.identity.shapes import SHAPES, Shape
from identity.presets import PRESETS, expanded
from identity.principals import Principal
from tests.provider_tokens import NEARLY, SEEN
from tests.unit.identity.identity_house import ES, RS, SECRET, Edge, hs
from tests.unit.in_memory import NOW

KEYS = {"jwks": {"keys": [RS.public_jwk, ES.public_jwk]}}


def token(shape: Shape, changes: Mapping[str, Any] | None = None) -> str:
    claims = {"iat": NOW, "exp": NOW + 600, **shape.claims, **(changes or {})}
    if shape.algorithm == "HS256":
        return hs(claims)
    return (ES if shape.algorithm == "ES256" else RS).token(claims)


def ask(shape: Shape, text: str) -> Principal | str:
    edge = Edge([{**shape.entry, **KEYS}])
    try:
        if shape.entry["preset"] == "cloudflare-access":
            found = edge.ask(cf_access_jwt_assertion=text)
        else:
            found = edge.bear(text)
    except Problem as problem:
        return str(problem.members["reason"])
    assert found is not None
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_a_token_of_the_documented_shape_is_let_in(name: str) -> None:
    shape = SHAPES[name]
    found = ask(shape, token(shape))
    assert isinstance(found, Principal), found
    assert (found.id, found.roles) == SEEN[name]
    assert found.issuer == shape.claims["iss"]


@pytest.mark.parametrize(("name", "at"), [(name, at) for name, several in NEARLY.items() for at in range(len(several))])
def test_a_token_that_is_nearly_right_is_not(name: str, at: int) -> None:
    changes, reason = NEARLY[name][at]
    assert ask(SHAPES[name], token(SHAPES[name], changes)) == reason


def test_every_preset_has_tokens_of_its_shape_and_three_that_are_nearly_so() -> None:
    assert {str(shape.entry["preset"]) for shape in SHAPES.values()} == set(PRESETS)
    assert set(NEARLY) == set(SEEN) == set(SHAPES)
    assert all(len(several) >= 3 for several in NEARLY.values())


def test_google_has_two_spellings_of_its_name() -> None:
    found = ask(SHAPES["google"], token(SHAPES["google"], {"iss": "accounts.google.com"}))
    assert isinstance(found, Principal)
    assert found.issuer == "accounts.google.com"


def test_supabases_anon_key_is_nobody_and_its_service_key_too_much() -> None:
    shape = SHAPES["supabase-secret"]
    key = {"iss": "supabase", "ref": "localprojectref", "iat": NOW, "exp": NOW + 10**8}
    assert ask(shape, hs({**key, "role": "anon"})) == "token_missing"
    assert ask(shape, hs({**key, "role": "service_role"})) == "claim"
    assert ask(shape, hs({**key, "role": "anon", "ref": "another"})) == "claim"
    assert ask(SHAPES["supabase"], hs({**key, "role": "anon"})) == "issuer"


def made(**entry: Any) -> list[Any]:
    return list(expanded([entry])[0])


def test_an_entry_comes_before_its_preset_and_conditions_add_up() -> None:
    cognito = dict(SHAPES["cognito"].entry)
    [entry] = made(**cognito, role_claim="custom:role", require={"scope": "x", "token_use": "id"}, leeway=5)
    assert (entry["role_claim"], entry["leeway"]) == ("custom:role", 5)
    assert entry["require"] == {"scope": "x", "token_use": "access", "client_id": ["local-client"]}
    [inline] = made(**cognito, **KEYS)
    assert "jwks_url" not in inline


def faults(*entries: Any) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        load_settings({"ISSUERS": list(entries), "JWT_SECRET": SECRET}, set())
    return caught.value.faults


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"preset": "cogito"}, "ISSUERS[1]: 'preset' is one of auth0, cognito, entra,"),
        ({"preset": ["auth0"]}, "ISSUERS[1]: 'preset' is one of auth0,"),
        ({"preset": "cognito", "region": "eu-west-1"}, "ISSUERS[1]: preset 'cognito' needs user_pool = the user pool"),
        ({"preset": "auth0", "domain": "https://x.auth0.com", "audience": "a"}, "ISSUERS[1]: preset 'auth0' needs dom"),
        ({"preset": "auth0", "domain": "x.auth0.com/@evil", "audience": "a"}, "ISSUERS[1]: preset 'auth0' needs dom"),
        ({"preset": "auth0", "domain": "x.auth0.com"}, "ISSUERS[1].audience: must be written"),
        ({"preset": "google", "clients": []}, "ISSUERS[1]: preset 'google' needs clients = the ids of your"),
        ({"preset": "entra", "audience": "a"}, "ISSUERS[1]: {tenantid} in 'issuer' needs 'tenants'"),
        ({"preset": "entra", "tenant": "a", "tenants": ["b"], "audience": "a"}, "ISSUERS[1]: 'tenants' needs {tenant"),
        ({"preset": "okta", "domain": "x.okta.com", "servr": "x"}, "ISSUERS[1].servr: there is no such setting"),
        ({"region": "eu-west-1"}, "ISSUERS[1]: 'region' needs preset = 'cognito'"),
    ],
)
def test_what_a_preset_lacks_is_told_at_the_place_it_is_written(entry: dict[str, Any], fault: str) -> None:
    """Google's stands for two entries: places are counted as in the settings."""
    found = faults(SHAPES["google"].entry, entry)
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_a_name_is_a_presets_as_a_whole() -> None:
    google = {**SHAPES["google"].entry, "name": "people"}
    settings = load_settings({"ISSUERS": [google], "ROUTES": [{"path": "/x", "origin": "https://o.example",
                                                                 "issuers": ["people"]}]}, set())  # fmt: skip
    assert [path for path, _ in settings.entries()] == ["ISSUERS[0]", "ISSUERS[0]"]
    assert faults(google, google) == ["ISSUERS[1].name: 'people' is listed twice"]
