"""`POST /geo/preferences`: what may be saved, the cookie that saves it, the cookie as it comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.problems import Problem
from geo import Locator
from places import preferences
from places.preferences import COOKIE, NO_WISH, Wish, from_body, from_cookie, set_cookie

SHOP = Locator(supported_languages=["en-US", "fr"], supported_currencies=["USD", "CAD"])


def refusal(body: bytes, locator: Locator) -> tuple[int, str]:
    with pytest.raises(Problem) as raised:
        locator.preferences(body)
    return raised.value.status, raised.value.members["field"]


def test_a_body_is_the_whole_of_the_preferences() -> None:
    assert from_body(b'{"currency": "cad", "language": "FR-ca"}') == Wish("CAD", "fr-CA")
    assert from_body(b'{"currency": "CAD"}') == Wish("CAD", None)
    assert from_body(b'{"language": "fr", "currency": null}') == Wish(None, "fr")
    assert from_body(b"{}") == NO_WISH


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"CAD", "body"),
        (b"[]", "body"),
        (b'"CAD"', "body"),
        (b"null", "body"),
        (b'{"currency": "CAD"', "body"),
        (b'{"currency": "CAD", "currency": "EUR"}', "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 4000, "body"),
        (b"currency=CAD", "body"),
        (b'{"currency": "XXQ"}', "currency"),
        (b'{"currency": ""}', "currency"),
        (b'{"currency": 7}', "currency"),
        (b'{"currency": ["CAD"]}', "currency"),
        (b'{"currency": "CAD\\u0000"}', "currency"),
        (b'{"language": "\\u0000"}', "language"),
        (b'{"language": "de; Domain=example.com"}', "language"),
        (b'{"language": "de\\r\\nSet-Cookie: a=b"}', "language"),
        (b'{"language": true}', "language"),
        (b'{"country": "DE"}', "country"),
        (b'{"lang": "de"}', "lang"),
    ],
)
def test_a_wrong_body_is_a_400_naming_the_field(body: bytes, field: str) -> None:
    assert refusal(body, Locator()) == (400, field)


def test_only_what_is_offered_can_be_preferred() -> None:
    assert SHOP.preferences(b'{"currency": "CAD", "language": "fr-CA"}') == Wish("CAD", "fr-CA")
    assert refusal(b'{"currency": "EUR"}', SHOP) == (400, "currency")
    assert refusal(b'{"language": "de"}', SHOP) == (400, "language")


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http() -> None:
    name, *attributes = set_cookie(Wish("CAD", "fr-CA")).split("; ")
    assert name == f"{COOKIE}=currency=CAD&language=fr-CA"
    assert attributes == ["Max-Age=31536000", "Path=/", "SameSite=Lax", "Secure", "HttpOnly"]


def test_an_empty_wish_forgets() -> None:
    assert set_cookie(NO_WISH) == f"{COOKIE}=; Max-Age=0; Path=/; SameSite=Lax; Secure; HttpOnly"
    assert from_cookie(f"{COOKIE}=") == NO_WISH


@given(
    st.sampled_from([None, *sorted(preferences.CURRENCIES)]),
    st.sampled_from(
        [None, "de", "fr-CA", "zh-Hant-TW", "ca-ES-valencia", "de-u-co-phonebk", "en-x-" + "-".join(["a"] * 29)]
    ),
)
def test_what_was_saved_comes_back(currency: str | None, language: str | None) -> None:
    wish = Wish(currency, language)
    pair = set_cookie(wish).partition(";")[0]
    assert from_cookie(pair) == wish
    assert from_cookie(f"a=b; {pair}; c=d") == wish
    assert from_cookie(f"a=b;{pair}") == wish


@pytest.mark.parametrize(
    ("cookie", "wish"),
    [
        (None, NO_WISH),
        ("", NO_WISH),
        ("session=1", NO_WISH),
        (f"{COOKIE}", NO_WISH),
        (f"{COOKIE}=currency=XXQ&language=fr", Wish(None, "fr")),
        (f"{COOKIE}=currency=CAD&language=-", Wish("CAD", None)),
        (f"{COOKIE}=currency=CAD&language=_", NO_WISH),
        (f"{COOKIE}=currency=BGN", NO_WISH),
        (f"{COOKIE}=currency=CAD%00", NO_WISH),
        (f'{COOKIE}="currency=CAD"', NO_WISH),
        (f"{COOKIE}=currency=CAD&x=y&", Wish("CAD", None)),
        (f"x{COOKIE}=currency=CAD", NO_WISH),
        (f"{COOKIE}x=currency=CAD", NO_WISH),
        (f"a={COOKIE}=currency=CAD", NO_WISH),
        (f"{COOKIE}=currency=CAD; {COOKIE}=currency=EUR", Wish("CAD", None)),
        (f"{COOKIE}={'a' * 5000}", NO_WISH),
    ],
)
def test_a_cookie_that_means_nothing_any_more_is_no_wish(cookie: str | None, wish: Wish) -> None:
    assert from_cookie(cookie) == wish


@given(st.text(max_size=200).map(lambda text: f"{COOKIE}={text}") | st.text(max_size=200))
def test_no_cookie_raises(cookie: str) -> None:
    assert isinstance(from_cookie(cookie), Wish)


@given(st.binary(max_size=200))
def test_no_body_raises_anything_but_a_problem(body: bytes) -> None:
    refused = 0
    try:
        from_body(body)
    except Problem as problem:
        refused = problem.status
    assert refused in (0, 400)
