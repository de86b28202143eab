"""The house's arrows: which room may import which. `devtools/generating/house.py` has the table and draws it.

python -c "from tests.unit.test_arrows import house; print(house.table())"
"""

from pathlib import Path

import pytest

from devtools.failure import Failure
from devtools.generating import house
from devtools.paths import SOURCES

MOST_AT_THE_TOP = 10
LONGEST_ROOM = 450
LONGEST_OF_THE_PLATFORM = 300
GENERATED = {"places/format_tables.py", "places/territories.py"}

NEEDED_BY_FEW = {
    "edge": {"events", "sockets"},
    "endpoints": {"contents", "openapi", "origins", "purging", "revoking", "schemas"},
    "fields": {"graphql", "structured", "targeted"},
    "operations": {"summaries"},
}
"""Rooms that hardly a request needs: the first that does imports them, and no start."""


def test_every_import_is_in_the_table() -> None:
    found = house.strays()
    assert not found, "\n".join(map(str, found))


def test_every_unit_of_the_house_is_in_the_table() -> None:
    assert {house.unit_of(module) for module in SOURCES.rglob("*.py")} == set(house.MAY_IMPORT)


def test_what_few_requests_need_is_imported_by_the_first_of_them() -> None:
    late = {SOURCES / wing / f"{room}.py" for wing, rooms in NEEDED_BY_FEW.items() for room in rooms}
    assert not late & house.at_once()
    assert late <= {other for module in SOURCES.rglob("*.py") for other in house.imported(module)}


def test_arrows_run_downwards() -> None:
    floors = list(house.MAY_IMPORT)
    for unit, may in house.MAY_IMPORT.items():
        upwards = [other for other in may if other not in house.SETTINGS and floors.index(other) <= floors.index(unit)]
        assert not upwards, unit


def test_no_wing_knows_another_that_has_a_front_door() -> None:
    for wing in house.FRONT_DOORS.values():
        assert not {*house.FRONT_DOORS, *house.FRONT_DOORS.values()} & set(house.MAY_IMPORT[wing])


def test_a_stray_names_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "ROOT", tmp_path)
    for name, text in {"caching/keys.py": "from identity.tokens import Token\n", "identity/tokens.py": ""}.items():
        file = tmp_path / "src" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    said = [str(stray) for stray in house.strays(tmp_path / "src")]
    assert said == ["src/caching/keys.py imports src/identity/tokens.py, and caching may not import identity"]


def test_the_picture_is_the_tables() -> None:
    assert house.main(["--check"]) == 0


def test_a_picture_that_drifted_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "MAY_IMPORT", {**house.MAY_IMPORT, "edge": ("core", "geo")})
    with pytest.raises(Failure, match="python -m devtools house"):
        house.main(["--check"])


def test_the_top_of_the_house_is_front_doors_only() -> None:
    assert len(list(SOURCES.glob("*.py"))) <= MOST_AT_THE_TOP


@pytest.mark.parametrize("room", sorted(SOURCES.rglob("*.py")), ids=lambda room: room.relative_to(SOURCES).as_posix())
def test_rooms_are_small(room: Path) -> None:
    name = room.relative_to(SOURCES).as_posix()
    most = LONGEST_OF_THE_PLATFORM if name.startswith("edge/") else LONGEST_ROOM
    assert name in GENERATED or len(room.read_text(encoding="utf-8").splitlines()) <= most
