"""Builds the peers: the Hono Worker bundled by esbuild, FastAPI's packages vendored from their hashed lock.

Everything lands in an ignored folder and is made again only when what it was made from has changed.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from bench.cases import LANGUAGES, PLACES
from devtools import node
from devtools.installing.stamps import Stamp, key_of
from devtools.installing.vendor import TARGET, swap_in
from devtools.paths import NODE_MODULES, ROOT, SOURCES, STATE, VENV_PYTHON, copy_sources
from devtools.steps import run_step

sys.path.insert(0, str(SOURCES))  # the gateway's own modules import each other flat

HERE: Final = Path(__file__).parent
BUILT: Final = STATE / "bench"

HONO: Final = BUILT / "hono" / "worker.mjs"
FASTAPI: Final = BUILT / "fastapi"
FASTAPI_PACKAGES: Final = BUILT / "fastapi_packages"
FASTAPI_LOCK: Final = HERE / "fastapi" / "requirements.txt"


def countries() -> dict[str, dict[str, Any]]:
    """What the peers know of the countries in the load, from the gateway's own tables."""
    from geo import territory

    rows = {code: territory(code) for code in PLACES}
    return {
        code: {
            "currency": row.currencies[0],
            "currencies": list(row.currencies),
            "languages": list(row.languages),
            "continent": row.continent,
            "isEU": row.is_eu,
        }
        for code, row in rows.items()
    }


def build_hono() -> Path:
    """The bundled Worker."""
    folder = HONO.parent
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "hono" / "index.ts", folder)
    (folder / "countries.json").write_text(json.dumps(countries()))
    (folder / "languages.json").write_text(json.dumps(LANGUAGES))
    chosen = node.locate()
    esbuild = NODE_MODULES / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--format=esm", "--minify", "--target=es2022", f"--outfile={HONO}"]
    run_step("bundle the Hono peer", [chosen.executable, esbuild, folder / "index.ts", *options])
    return HONO


def build_fastapi() -> tuple[Path, Path]:
    """The folder of the application and that of its packages."""
    FASTAPI.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "fastapi" / "entry.py", FASTAPI)
    (FASTAPI / "tables.py").write_text(f"COUNTRIES = {countries()!r}\nLANGUAGES = {LANGUAGES!r}\n")
    stamp = Stamp(BUILT / "fastapi_packages.stamp", witness=FASTAPI_PACKAGES / "fastapi")
    key = key_of([FASTAPI_LOCK], *TARGET)
    if not stamp.is_current(key):
        stamp.clear()
        _vendor(BUILT / "fresh")
        swap_in(BUILT / "fresh", FASTAPI_PACKAGES, BUILT / "old")
        shutil.rmtree(BUILT / "old", ignore_errors=True)
        stamp.write(key)
    return FASTAPI, FASTAPI_PACKAGES


def build_least() -> Path:
    """The folder of the least in Python, beside the gateway's own modules."""
    folder = BUILT / "least"
    shutil.rmtree(folder, ignore_errors=True)
    copy_sources(SOURCES, folder)
    shutil.copy(HERE / "floors" / "minimum.py", folder / "entry.py")
    return folder


def build_step(name: str) -> Path:
    """The folder of one of `bench/steps`, beside the gateway's own modules."""
    folder = BUILT / "steps" / name
    shutil.rmtree(folder, ignore_errors=True)
    copy_sources(SOURCES, folder)
    for shared in ("answer.py", "log.py"):
        shutil.copy(HERE / "steps" / shared, folder)
    shutil.copy(HERE / "steps" / f"{name}.py", folder / "entry.py")
    return folder


def _vendor(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    version, abi, platform = TARGET
    target: list[str | Path] = ["--target", folder, "--python-version", version, "--implementation", "cp", "--abi", abi]
    target += ["--platform", platform, "--only-binary", ":all:", "--no-deps", "--no-compile"]
    pip: list[str | Path] = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    run_step("FastAPI's packages", [*pip, *target, "--require-hashes", "-r", FASTAPI_LOCK.relative_to(ROOT)])
    shutil.rmtree(folder / "bin", ignore_errors=True)
