"""The size of an upload, and what is left out of it."""

import random
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from devtools.failure import Failure
from devtools.paths import PYTHON_MODULES, SOURCES, TEMPLATE_TOML
from devtools.releasing.size import MIB, Module, Upload, check, measure, report


def upload(compressed: int) -> Upload:
    return Upload((Module("python_modules/big.so", 4 * MIB, compressed - 10), Module("entry.py", 30, 10)), compressed)


def test_an_upload_of_just_the_limit_passes() -> None:
    check(upload(3 * MIB), 3.0)


def test_a_byte_over_the_limit_fails_and_names_the_largest_modules() -> None:
    with pytest.raises(
        Failure, match=r"3\.00 MiB after gzip and may be 3: .*largest are python_modules/big\.so, entry\.py"
    ):
        check(upload(3 * MIB + 1), 3.0)


def test_every_module_is_reported_with_its_sizes_and_the_total_against_the_limit() -> None:
    lines = report(upload(2 * MIB), 3.0).splitlines()
    assert lines[1].split() == ["4,194,304", "2,097,142", "python_modules/big.so"]
    assert lines[2].split() == ["30", "10", "entry.py"]
    assert lines[-1] == "2.00 MiB of 3 MiB after gzip (67%)"


def test_modules_are_measured_largest_first_and_compressed_together(tmp_path: Path) -> None:
    noise = random.Random(7).randbytes(20_000)
    (tmp_path / "python_modules").mkdir()
    (tmp_path / "python_modules" / "a.py").write_bytes(noise)
    (tmp_path / "python_modules" / "b.py").write_bytes(noise)  # within gzip's window of 32 KB: costs next to nothing
    (tmp_path / "entry.py").write_bytes(b"x" * 1000)
    (tmp_path / "README.md").write_text("wrangler's own note, not uploaded")

    measured = measure(tmp_path)

    assert [module.name for module in measured.modules] == ["python_modules/a.py", "python_modules/b.py", "entry.py"]
    assert measured.size == 41_000
    assert 20_000 < measured.compressed < 21_000
    assert sum(module.compressed for module in measured.modules) > 40_000


def excluded_modules() -> set[str]:
    """The importable modules that wrangler.toml keeps out of the upload, by dotted name."""
    patterns = tomllib.loads(TEMPLATE_TOML.read_text(encoding="utf-8"))["python_modules"]["exclude"]
    files = [path.relative_to(PYTHON_MODULES).as_posix() for path in PYTHON_MODULES.rglob("*.py")]
    left_out = {name for name in files if any(fnmatch(name, pattern) for pattern in patterns)}
    return {dotted(name) for name in left_out}


def dotted(file: str) -> str:
    """The name by which a module is imported: `jwt/__init__.py` -> `jwt`, `jwt/api_jwt.py` -> `jwt.api_jwt`."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def own_modules() -> list[str]:
    """The gateway's own modules that need no platform."""
    names = sorted(dotted(path.relative_to(SOURCES).as_posix()) for path in SOURCES.rglob("*.py"))
    return [name for name in names if name.partition(".")[0] not in ("edge", "entry", "entry_global")]


WITHOUT = """
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in absent:
            raise ModuleNotFoundError(f"{name} is not uploaded", name=name)
sys.meta_path.insert(0, Absent())
sys.path.insert(0, sources)
for module in modules:
    __import__(module)
from configuration import settings
settings.Settings.model_json_schema()
"""


def test_the_worker_imports_without_what_is_left_out_of_the_upload() -> None:
    absent = excluded_modules()
    assert {"pydantic.mypy", "pydantic.v1", "pydantic.v1.main"} <= absent
    script = f"absent, sources, modules = {absent!r}, {str(SOURCES)!r}, {own_modules()!r}\n{WITHOUT}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
