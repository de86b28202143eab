"""Packing: only what changed, whole or not at all, also when two runs start at once."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devtools import node
from devtools.paths import NODE_MODULES
from devtools.serving.dev import SAVES
from tests.worker.patience import until

pytestmark = pytest.mark.stand_in

PATIENCE = 180.0
"""Seconds until it must have said something, or ended."""


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
        "mark": str(project / f"{name}.mark"),
        "source": str(project / "src"),
        "settings": {"entry": "entry"},
        "cache": str(cache),
        "pyodide": str(NODE_MODULES / "pyodide"),
        "packages": str(project / "packages"),
        "exclude": ["**/*.pyi"],
    }
    chosen = node.locate()
    command = [str(chosen.executable), str(SAVES), json.dumps(request)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=chosen.environment(), stdout=pipe, stderr=pipe, text=True)


def end_packed(packing: subprocess.Popen[str]) -> str:
    """What it said, once all is packed."""
    until_said(packing, "packed")
    packing.terminate()
    return packing.communicate(timeout=PATIENCE)[1]


def until_said(packing: subprocess.Popen[str], last: str) -> list[str]:
    """Its lines to the first that is this."""
    assert packing.stdout is not None
    patience = threading.Timer(PATIENCE, packing.kill)
    patience.start()
    said: list[str] = []
    while last not in said:
        line = packing.stdout.readline()
        assert line, (said, packing.communicate()[1])
        said.append(line.rstrip())
    patience.cancel()
    return said


def pack(project: Path, cache: Path, name: str) -> str:
    """What it said."""
    return end_packed(start_packing(project, cache, name))


@contextmanager
def kept_packed(project: Path, cache: Path, name: str) -> Iterator[subprocess.Popen[str]]:
    packing = start_packing(project, cache, name)
    until_said(packing, "packed")
    yield packing
    packing.terminate()
    packing.communicate(timeout=PATIENCE)


def application(folder: Path) -> dict[str, bytes]:
    """The application that a start begins with; its memory lies behind."""
    content = (folder / "start.bin").read_bytes()
    return unpack(content[4:])


def unpack(content: bytes) -> dict[str, bytes]:
    """The format of `worker/filesystem.mjs`."""
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
    said = [end_packed(run) for run in runs]
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
    assert application(packed / "two") == {"entry.py": b"A = 2\n"}


def test_packages_are_packed_with_bytecode_and_without_what_is_not_uploaded(packed: Path) -> None:
    files = unpack((packed / "one" / "packages.bin").read_bytes())
    assert set(files) == {"small/__init__.py", "small/__pycache__/__init__.cpython-314.pyc"}


def test_a_save_replaces_the_application_alone_and_is_told_when_all_is_in_place(packed: Path, cache: Path) -> None:
    """Of a file that is there, one in a new folder, which is saved again, and one that goes: each in one moment."""
    source, draft, mark = packed / "src", packed / "draft.py", packed / "one.mark"
    entry, deep = "entry.py", "new/deep/one.py"
    with kept_packed(packed, cache, "one") as packing:
        before = contents(packed / "one")
        for name, content, in_place in (
            (entry, b"A = 5\n", {entry: b"A = 5\n"}),
            (deep, b"N = 1\n", {entry: b"A = 5\n", deep: b"N = 1\n"}),
            (deep, b"N = 2\n", {entry: b"A = 5\n", deep: b"N = 2\n"}),
            (deep, None, {entry: b"A = 5\n"}),
            (entry, b"A = 6\n", {entry: b"A = 6\n"}),
        ):
            mark.unlink(missing_ok=True)
            if content is None:
                shutil.rmtree(source / "new")
            else:
                draft.write_bytes(content)
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                draft.replace(source / name)
            until_said(packing, f"saved {name}")
            assert until(mark.exists)
            assert application(packed / "one") == in_place
        after = contents(packed / "one")
    assert {name for name in after if after[name] != before.get(name)} == {"start.bin"}


def test_a_layer_that_somebody_is_picking_up_is_not_removed(tmp_path: Path) -> None:
    """Whoever picks it up has its lock, and when the lock is gone it counts as used."""
    script = f"""
        import fs from 'node:fs';
        import {{ keepNewest, pickUp }} from {json.dumps(str(SAVES.with_name("layers.mjs")))};
        const cache = {json.dumps(str(tmp_path))};
        for (let age = 0; age < 3; age++) {{
          fs.mkdirSync(`${{cache}}/x-${{age}}`);
          fs.utimesSync(`${{cache}}/x-${{age}}`, 1e6 - age, 1e6 - age);
        }}
        fs.writeFileSync(`${{cache}}/.making-x-2`, String(process.pid));
        keepNewest(cache, 'x', 1);
        const left = fs.readdirSync(cache).filter((name) => name.startsWith('x')).sort();
        fs.rmSync(`${{cache}}/.making-x-2`);
        const picked = [await pickUp(`${{cache}}/x-1`), await pickUp(`${{cache}}/x-2`)];
        keepNewest(cache, 'x', 0);
        console.log(JSON.stringify([left, picked, fs.readdirSync(cache).sort()]));
    """
    chosen = node.locate()
    command = [str(chosen.executable), "--input-type=module", "--eval", script]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    assert json.loads(said) == [["x-0", "x-2"], [None, str(tmp_path / "x-2")], ["x-2"]]


def test_a_layer_that_cannot_be_made_leaves_nothing_behind(project: Path, cache: Path) -> None:
    (project / "packages" / "broken.so").write_bytes(b"\0asm\1\0\0\0\7nothing")
    packing = start_packing(project, cache, "one")
    _, said = packing.communicate(timeout=PATIENCE)
    assert packing.returncode != 0
    assert "broken.so is not a WebAssembly dynamic library" in said
    assert not list(cache.glob(".draft-*"))
