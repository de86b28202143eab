"""What selects among stored responses is what the origin sees: no other copy of a field, whoever sends it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Request, Response
from fields.names import canonical
from forwarding.header_rules import (
    CREDENTIALS,
    HOP_BY_HOP,
    VOUCHED_PREFIXES,
    WITHHELD,
    WITHHELD_PREFIXES,
    reaches_origin,
)
from tests.unit.caching.cache_house import FORWARDING, TOKEN_FIELD, CacheHouse, content_of, page, status_of

KEPT_FROM_ORIGINS = sorted(
    {*HOP_BY_HOP, *WITHHELD, *(prefix + "role" for prefix in (*VOUCHED_PREFIXES, *WITHHELD_PREFIXES)), "x-geo-region"}
)
"""One name of each kind that `header_rules` keeps from origins."""


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A name that may not reach an origin, with other separators, more of them, and a tail."""
    name = draw(st.sampled_from(KEPT_FROM_ORIGINS))
    spelt = "".join(draw(st.sampled_from(["-", "_", ".", "--", "-_"])) if char == "-" else char for char in name)
    return spelt + draw(st.sampled_from(["", "", "-x", "_2"]))


def telling(name: str, **settings: Any) -> CacheHouse:
    """An origin that answers with the field it varies on, as it sees it."""
    return CacheHouse(
        lambda request: page(request.headers.get(name.lower(), "none"), cache_control="max-age=60", vary=name),
        **settings,
    )


@given(spellings().filter(lambda name: not reaches_origin(name)), st.sampled_from(["admin", "", "a, b"]))
def test_a_copy_that_may_not_reach_the_origin_selects_nothing(name: str, forged: str) -> None:
    house = telling(name)
    house.get()
    assert status_of(house.get("/", {name: forged})).startswith("hit")
    assert len(house.asked) == 1


@given(spellings().filter(lambda name: not reaches_origin(name)))
def test_a_copy_that_may_not_reach_the_origin_poisons_nothing(name: str) -> None:
    house = telling(name)
    house.get("/", {name: "admin"})
    untouched = telling(name).get(vouched={name: "admin"})
    assert content_of(house.get(vouched={name: "admin"})) == content_of(untouched)


def test_an_anonymous_client_does_not_read_what_is_an_admins() -> None:
    house = telling("X-User-Role")
    assert content_of(house.get(vouched={"x-user-role": "admin"})) == "admin"
    assert content_of(house.get("/", {"x-user-role": "admin"})) == "none"


def test_an_anonymous_client_does_not_write_what_an_admin_reads() -> None:
    house = telling("X-User-Role")
    house.get("/", {"x-user-role": "admin"})
    assert content_of(house.get(vouched={"x-user-role": "admin"})) == "admin"


def test_a_forged_place_is_no_part_of_the_key() -> None:
    house = CacheHouse(
        lambda request: page(request.headers.get("x-geo-region", "none"), cache_control="max-age=60"),
        vary_on_locale=True,
    )
    house.get("/", {"x-geo-region": "11"})
    assert content_of(house.get(vouched={"x-geo-region": "11"})) == "11"
    assert content_of(house.get("/", {"x-geo-region": "11"})) == "none"


@pytest.mark.parametrize("name", ["accept-language", "cookie", "x-plain"])
def test_a_field_that_its_client_takes_back_selects_nothing(name: str) -> None:
    """`Connection` names what is for this hop alone: the origin does not see it."""
    house = telling(name)
    house.get("/", {name: "a=1", "connection": name})
    assert content_of(house.get("/", {name: "a=1"})) == "a=1"
    assert content_of(house.get("/", {name: "a=1", "connection": f"close, {name}"})) == "none"


@pytest.mark.parametrize("name", [*sorted(CREDENTIALS), TOKEN_FIELD])
def test_credentials_that_are_withheld_keep_apart_and_go_no_further(name: str) -> None:
    house = CacheHouse(vary_on_locale=False)
    house.answer = lambda request: page(str(len(house.asked)), cache_control="public, max-age=60", vary=name)
    assert [content_of(house.get("/", {name: token})) for token in ("a", "b", "a")] == ["1", "2", "1"]
    assert content_of(house.get()) == "3"
    assert all(name not in request.headers for request in house.asked)


def test_a_cookie_that_is_withheld_keeps_apart_and_goes_no_further() -> None:
    house = CacheHouse()
    house.answer = lambda request: page(str(len(house.asked)), cache_control="public, max-age=60", vary="Cookie")
    fields = [{"cookie": f"CF_Authorization={token}; a=1"} for token in "xyx"]
    assert [content_of(house.get("/", headers)) for headers in fields] == ["1", "2", "1"]
    assert {request.headers["cookie"] for request in house.asked} == {"a=1"}


def test_credentials_that_are_forwarded_select_as_the_origin_sees_them() -> None:
    """A client that takes its token back has the answer to none, and leaves it to those who send none."""
    house = CacheHouse(
        lambda request: page(
            request.headers.get("authorization", "none"), cache_control="public, max-age=60", vary="Authorization"
        )
    )
    house.target = FORWARDING
    assert content_of(house.get("/", {"authorization": "x", "connection": "authorization"})) == "none"
    assert content_of(house.get("/", {"authorization": "x"})) == "x"


@pytest.mark.parametrize("headers", [{TOKEN_FIELD: "x"}, {"authorization": "x"}, {"cookie": "CF_Authorization=x"}])
def test_a_token_in_any_field_that_carries_one_makes_a_request_authenticated(headers: dict[str, str]) -> None:
    house = CacheHouse(lambda request: page(cache_control="max-age=60"))
    assert status_of(house.get("/", headers)) == "fwd=uri-miss; detail=authorization"
    assert status_of(house.get()) == "fwd=uri-miss; stored"


@pytest.mark.parametrize(
    ("vary", "spelt"), [("X-Tenant", "x_tenant"), ("X-Tenant", "x.tenant"), ("x_tenant", "x-tenant")]
)
def test_what_an_origin_takes_for_the_field_it_varies_on_is_in_the_key(vary: str, spelt: str) -> None:
    """Servers that hand fields on as variables read `X_Tenant` where they vary on `X-Tenant`."""

    def folding(request: Request) -> Response:
        told = {canonical(name): value for name, value in request.headers.items()}
        return page(told.get("x-tenant", "nobody's"), cache_control="max-age=60", vary=vary)

    house = CacheHouse(folding)
    assert content_of(house.get("/", {spelt: "evil"})) == "evil"
    assert content_of(house.get("/")) == "nobody's"
    assert content_of(house.get("/", {spelt: "another"})) == "another"
    assert status_of(house.get("/", {spelt: "evil"})).startswith("hit")
