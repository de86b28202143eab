"""Packing: only what changed, whole or not at all, also when two runs start at once."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from devtools import node
from devtools.paths import NODE_MODULES, ROOT

pytestmark = pytest.mark.stand_in

PACK = ROOT / "devtools" / "runtime" / "pack.mjs"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def make_project(folder: Path) -> Path:
    (folder / "src").mkdir()
    (folder / "src" / "entry.py").write_text("A = 1\n")
    (folder / "src" / "notes.txt").write_text("not uploaded\n")
    (folder / "packages" / "small").mkdir(parents=True)
    (folder / "packages" / "small" / "__init__.py").write_text("B = 2\n")
    (folder / "packages" / "small" / "types.pyi").write_text("B: int\n")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def packed_once(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make_project(tmp_path_factory.mktemp("packed"))
    pack(project, cache, "one")
    return project


@pytest.fixture
def packed(packed_once: Path, tmp_path: Path) -> Path:
    """A project of a test's own that was packed as `one`."""
    return shutil.copytree(packed_once, tmp_path, dirs_exist_ok=True)


def start_packing(project: Path, cache: Path, name: str) -> subprocess.Popen[str]:
    request = {
        "folder": str(project / name),
        "source": str(project / "src"),
        "settings": {"entry": "entry"},
        "cache": str(cache),
        "pyodide": str(NODE_MODULES / "pyodide"),
        "packages": str(project / "packages"),
        "exclude": ["**/*.pyi"],
    }
    chosen = node.locate()
    command = [str(chosen.executable), str(PACK), "bundle", json.dumps(request)]
    return subprocess.Popen(command, env=chosen.environment(), stderr=subprocess.PIPE, text=True)


def pack(project: Path, cache: Path, name: str) -> str:
    """What it said."""
    packing = start_packing(project, cache, name)
    _, said = packing.communicate(timeout=180)
    assert packing.returncode == 0, said
    return said


def unpack(path: Path) -> dict[str, bytes]:
    """The format of `worker/filesystem.mjs`."""
    content = path.read_bytes()
    length = int.from_bytes(content[:4], "little")
    offset = 4 + length
    files: dict[str, bytes] = {}
    for name, size in json.loads(content[4:offset]):
        files[name] = content[offset : offset + size]
        offset += size
    return files


def layers(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir() if path.name.startswith(("stdlib-", "packages-", "host-"))}


def contents(folder: Path) -> dict[str, Any]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_runs_at_once_on_an_empty_cache_pack_it_once_and_both_get_the_whole(project: Path, cache: Path) -> None:
    runs = [start_packing(project, cache, name) for name in ("one", "two")]
    said = [run.communicate(timeout=180)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert "".join(said).count("packing Python's standard library") == 1
    assert contents(project / "one") == contents(project / "two")
    assert len(layers(cache)) == 3
    assert not list(cache.glob(".*"))


def test_a_run_that_was_killed_at_work_is_not_waited_for(project: Path, cache: Path) -> None:
    pack(project, cache, "one")
    (layer,) = cache.glob("host-*")
    layer.rename(cache / "host-of-another")
    gone = subprocess.Popen(["true"])
    gone.wait()
    (cache / f".making-{layer.name}").write_text(str(gone.pid))
    pack(project, cache, "two")
    assert layer.exists()


def test_nothing_is_packed_twice(packed: Path, cache: Path) -> None:
    before = layers(cache)
    assert pack(packed, cache, "two") == ""
    assert layers(cache) == before


def test_a_changed_package_packs_the_packages_alone(packed: Path, cache: Path) -> None:
    before = layers(cache)
    (packed / "packages" / "small" / "__init__.py").write_text("B = 3\n")
    said = pack(packed, cache, "two")
    assert "the Worker's packages" in said
    assert "standard library" not in said
    (added,) = layers(cache) - before
    assert added.startswith("packages-")


def test_a_changed_source_packs_no_layer(packed: Path, cache: Path) -> None:
    (packed / "src" / "entry.py").write_text("A = 2\n")
    assert pack(packed, cache, "two") == ""
    assert unpack(packed / "two" / "application.bin") == {"entry.py": b"A = 2\n"}


def test_packages_are_packed_with_bytecode_and_without_what_is_not_uploaded(packed: Path) -> None:
    files = unpack(packed / "one" / "packages.bin")
    assert set(files) == {"small/__init__.py", "small/__pycache__/__init__.cpython-314.pyc"}


def test_a_save_replaces_the_application_and_leaves_the_cache_alone(packed: Path, cache: Path) -> None:
    before = contents(packed / "one")
    (packed / "src" / "entry.py").write_text("A = 5\n")
    chosen = node.locate()
    command = [str(chosen.executable), str(PACK), "application", str(packed / "src"), str(cache), str(packed / "one")]
    subprocess.run(command, check=True, timeout=60)
    after = contents(packed / "one")
    assert {name for name in after if after[name] != before.get(name)} == {"application.bin"}
    assert unpack(packed / "one" / "application.bin") == {"entry.py": b"A = 5\n"}


def test_a_layer_that_cannot_be_made_leaves_nothing_behind(project: Path, cache: Path) -> None:
    (project / "packages" / "broken.so").write_bytes(b"\0asm\1\0\0\0\7nothing")
    packing = start_packing(project, cache, "one")
    _, said = packing.communicate(timeout=60)
    assert packing.returncode != 0
    assert "broken.so is not a WebAssembly dynamic library" in said
    assert not list(cache.glob(".draft-*"))
