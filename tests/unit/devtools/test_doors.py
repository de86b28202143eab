"""Main module and compatibility flags of wrangler.toml are of the same door, or doctor says what is not called."""

from pathlib import Path
from typing import Any

import pytest

from devtools.configuration import doctor, doors, wrangler_config
from devtools.configuration.wrangler_config import CLASS_FLAG, FUNCTIONS_FLAG
from devtools.paths import ROOT, TEMPLATE_TOML

A_CLASS = "class Default(WorkerEntrypoint):\n    pass\n"
A_FUNCTION = "def on_fetch(request):\n    pass\n"
SINCE, BEFORE = "2025-08-14", "2025-08-13"


@pytest.mark.parametrize(
    ("date", "flags", "door"),
    [
        (SINCE, [], "class"),
        (SINCE, [FUNCTIONS_FLAG], "functions"),
        (BEFORE, [], "functions"),
        (BEFORE, [CLASS_FLAG], "class"),
    ],
)
def test_the_door_is_what_date_and_flags_make_it(date: str, flags: list[str], door: str) -> None:
    assert wrangler_config.door(date, flags) == door


def project(folder: Path, module: str, flags: list[str]) -> dict[str, Any]:
    (folder / "main.py").write_text(module)
    return {"main": "main.py", "compatibility_date": SINCE, "compatibility_flags": flags}


@pytest.mark.parametrize(
    ("module", "flags", "told"),
    [
        (A_FUNCTION, [], "no class Default"),
        (A_CLASS, [FUNCTIONS_FLAG], "has a class Default"),
        (A_CLASS + A_FUNCTION, [FUNCTIONS_FLAG], "has a class Default"),
        ("from entry import Default, on_fetch\n", [FUNCTIONS_FLAG], "has a class Default"),
        ("other = 1\n", [FUNCTIONS_FLAG], "no function on_fetch"),
    ],
)
def test_a_mix_is_a_fault_with_its_mend(tmp_path: Path, module: str, flags: list[str], told: str) -> None:
    (fault,) = doors.faults(tmp_path, project(tmp_path, module, flags), None)
    assert told in fault
    assert "src/entry" in fault


@pytest.mark.parametrize(
    ("module", "flags"),
    [
        (A_CLASS, []),
        ("import entry\n\nDefault = entry.Default\n", []),
        (A_FUNCTION, [FUNCTIONS_FLAG]),
        ("import entry\n\non_fetch, on_scheduled = entry.on_fetch, entry.on_scheduled\n", [FUNCTIONS_FLAG]),
        ("from elsewhere import *\n", []),
    ],
)
def test_what_fits_is_none(tmp_path: Path, module: str, flags: list[str]) -> None:
    config = project(tmp_path, module, flags)
    assert not [*doors.faults(tmp_path, config, None), *doors.advice(tmp_path, config, None)]


def test_what_functions_lose_is_advice(tmp_path: Path) -> None:
    module = A_FUNCTION + "class Inner(WorkerEntrypoint):\n    pass\n"
    (line,) = doors.advice(tmp_path, project(tmp_path, module, [FUNCTIONS_FLAG]), None)
    assert "named entrypoint Inner" in line
    assert "RPC" in line


@pytest.mark.parametrize("config", [wrangler_config.read(TEMPLATE_TOML), None], ids=["shipped", "class"])
def test_both_entry_files_fit_their_door(config: dict[str, Any] | None) -> None:
    assert not list(doors.faults(ROOT, config or wrangler_config.by_class(wrangler_config.read(TEMPLATE_TOML)), None))


def test_doctor_refuses_a_mix(tmp_path: Path) -> None:
    text = TEMPLATE_TOML.read_text().replace(f'"{FUNCTIONS_FLAG}",', "")
    (tmp_path / "wrangler.toml").write_text(text)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "entry_global.py").write_text((ROOT / "src" / "entry_global.py").read_text())
    faults, _ = doctor.examine(tmp_path, None)
    assert any("no class Default" in fault for fault in faults)
    faults, _ = doctor.examine_deployed(tmp_path, "production")
    assert any("no class Default" in fault for fault in faults)
