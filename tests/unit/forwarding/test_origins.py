"""Which origins are asked for a visitor, in which order."""

from typing import Any

import pytest

from forwarding.geography import NOWHERE, VisitorPlace
from forwarding.origins import Plan, Pool
from forwarding.settings import OriginSettings

GERMANY = VisitorPlace("DE", "EU", is_eu=True)
SWITZERLAND = VisitorPlace("CH", "EU", is_eu=False)
FRANCE = VisitorPlace("FR", "EU", is_eu=True)
CONTINENTS = {
    "AF": VisitorPlace("KE", "AF", is_eu=False),
    "AN": VisitorPlace("AQ", "AN", is_eu=False),
    "AS": VisitorPlace("JP", "AS", is_eu=False),
    "EU": GERMANY,
    "NA": VisitorPlace("US", "NA", is_eu=False),
    "OC": VisitorPlace("NZ", "OC", is_eu=False),
    "SA": VisitorPlace("BR", "SA", is_eu=False),
}


def origin(url: str, **settings: Any) -> OriginSettings:
    return OriginSettings(url=f"https://{url}.example", **settings)


def asked(place: VisitorPlace, *origins: OriginSettings, residency: bool = False, down: str = "") -> list[str]:
    return list(plan(place, *origins, residency=residency, down=down).asked)


def plan(place: VisitorPlace, *origins: OriginSettings, residency: bool = False, down: str = "") -> Plan[str]:
    names = {one.url: one.url.removeprefix("https://").removesuffix(".example") for one in origins}
    pool = Pool(origins, names, residency)
    return pool.plan(place, lambda: "caller", lambda url: names[url] not in down.split())


ALL = (
    origin("any"),
    origin("spare", backup=True),
    origin("eu", eu=True),
    origin("europe", continents=["EU"]),
    origin("de", countries=["DE"]),
    origin("us", continents=["NA"]),
)


@pytest.mark.parametrize(
    ("place", "order"),
    [
        (GERMANY, "de eu europe any spare us"),
        (FRANCE, "eu europe any spare"),
        (SWITZERLAND, "europe any spare"),
        (CONTINENTS["NA"], "us any spare"),
        (CONTINENTS["AS"], "any spare"),
        (NOWHERE, "any spare"),
    ],
)
def test_the_closest_that_names_the_place_comes_first_and_the_others_stand_in(place: VisitorPlace, order: str) -> None:
    found = asked(place, *ALL)
    assert " ".join(found).startswith(order)
    assert sorted(found) == sorted(["any", "spare", "eu", "europe", "de", "us"])


@pytest.mark.parametrize("continent", CONTINENTS)
@pytest.mark.parametrize("residency", [False, True])
def test_every_continent_is_led_to_its_own_origin(continent: str, residency: bool) -> None:
    origins = [origin(name.lower(), continents=[name]) for name in CONTINENTS]
    found = asked(CONTINENTS[continent], *origins, residency=residency)
    assert found[0] == continent.lower()
    assert len(found) == (1 if residency else len(CONTINENTS))


@pytest.mark.parametrize("down", ["de", "de eu", "de eu europe"])
def test_with_residency_nobody_leaves_the_geography_that_names_them(down: str) -> None:
    found = asked(GERMANY, *ALL, residency=True, down=down)
    assert found == [name for name in ("de", "eu", "europe") if name not in down.split()]


@pytest.mark.parametrize("place", [NOWHERE, CONTINENTS["AS"]])
def test_with_residency_whom_nobody_names_is_taken_by_an_origin_without_geography(place: VisitorPlace) -> None:
    assert asked(place, *ALL, residency=True) == ["any", "spare"]
    assert asked(place, *ALL[2:], residency=True) == []


def test_a_drained_origin_still_binds_those_it_names() -> None:
    assert asked(GERMANY, origin("de", countries=["DE"], weight=0), origin("any"), residency=True) == []


def test_an_origin_with_a_geography_may_be_the_default_as_well() -> None:
    origins = (origin("us", countries=["US"], default=True), origin("eu", eu=True))
    assert asked(NOWHERE, *origins, residency=True) == ["us"]
    assert asked(GERMANY, *origins, residency=True) == ["eu"]
    assert asked(CONTINENTS["AS"], *origins) == ["us", "eu"]


def test_an_exception_is_not_named() -> None:
    origins = (origin("europe", continents=["EU"]), origin("any"))
    excepting = OriginSettings.model_validate({"url": "https://europe.example", "continents": ["EU"], "except": ["CH"]})
    assert asked(SWITZERLAND, *origins) == ["europe", "any"]
    assert asked(SWITZERLAND, excepting, origins[1]) == ["any", "europe"]


def test_a_spare_that_names_the_place_comes_before_whom_it_would_stand_in_for() -> None:
    origins = (origin("de", countries=["DE"]), origin("de2", countries=["DE"], backup=True), origin("any"))
    assert asked(GERMANY, *origins) == ["de", "de2", "any"]
    assert asked(GERMANY, *origins, residency=True, down="de") == ["de2"]


def test_what_is_marked_down_is_left_out_unless_all_are() -> None:
    origins = (origin("a"), origin("b", backup=True))
    assert asked(NOWHERE, *origins, down="a") == ["b"]
    assert asked(NOWHERE, *origins, down="a b") == ["a", "b"]


def test_geography_parts_the_cache_by_the_origins_that_are_meant_and_weights_do_not() -> None:
    groups = {name: plan(place, *ALL).group for name, place in CONTINENTS.items()}
    assert len({groups["EU"], groups["NA"], groups["AS"]}) == 3
    assert groups["AS"] == groups["AF"] == plan(NOWHERE, *ALL).group
    assert plan(GERMANY, *ALL, down="de").group == groups["EU"]
    assert plan(GERMANY, origin("a", weight=9), origin("b")).group == ""


def test_whom_a_plan_means_is_told_from_who_stands_in() -> None:
    assert plan(GERMANY, *ALL).meant == 1
    assert plan(GERMANY, *ALL, down="de").meant == 0
    assert plan(GERMANY, origin("a"), origin("b")).meant == 2
