"""Which access refuses somebody whom another lets in."""

import pytest

from configuration.settings import RouteSettings
from identity.access import ADMITS_THE_SAME, refuses_some
from identity.settings import AccessSettings

ANYBODY, SOMEBODY, KNOWN = (AccessSettings(auth=auth) for auth in ("none", "optional", "required"))


def roles(*names: str) -> AccessSettings:
    return AccessSettings(roles=names)


@pytest.mark.parametrize(
    ("other", "admitting"),
    [(KNOWN, ANYBODY), (KNOWN, SOMEBODY), (SOMEBODY, ANYBODY)]
    + [(roles("admin"), KNOWN), (roles("admin"), roles("user")), (roles("admin"), roles("admin", "user"))]
    + [(AccessSettings(issuers=("a",)), KNOWN), (AccessSettings(issuers=("a",)), AccessSettings(issuers=("a", "b")))]
    + [(AccessSettings(all_scopes=("a", "b")), AccessSettings(all_scopes=("a",)))]
    + [(AccessSettings(scopes=("write",)), KNOWN), (AccessSettings(auth="optional", roles=("a",)), KNOWN)],
)
def test_some_caller_is_let_in_by_one_and_refused_by_the_other(
    other: AccessSettings, admitting: AccessSettings
) -> None:
    assert refuses_some(other, admitting)


@pytest.mark.parametrize(
    ("other", "admitting"),
    [(ANYBODY, KNOWN), (SOMEBODY, KNOWN), (KNOWN, KNOWN), (KNOWN, roles("admin"))]
    + [(AccessSettings(all_scopes=("a",)), AccessSettings(all_scopes=("b", "a")))]
    + [(roles("admin", "user"), roles("user")), (AccessSettings(websocket_token=True), KNOWN)],
)
def test_nobody_is_refused_whom_the_other_lets_in(other: AccessSettings, admitting: AccessSettings) -> None:
    assert not refuses_some(other, admitting)


def test_what_a_route_does_besides_does_not_matter() -> None:
    one = RouteSettings(path="/a", origin="https://a.example", on_failure="open", max_body=1)
    assert not refuses_some(one, KNOWN)
    assert not refuses_some(KNOWN, one)


def test_every_other_setting_of_access_narrows_it() -> None:
    """A setting added to the model takes part at once: a list that admits some, beside none that admits all."""
    for name, info in AccessSettings.model_fields.items():
        if name not in ADMITS_THE_SAME and not info.default:
            narrower = AccessSettings().model_copy(update={name: {"some": "sub"} if name == "match" else ("some",)})
            assert refuses_some(narrower, KNOWN), name
            assert not refuses_some(KNOWN, narrower), name
