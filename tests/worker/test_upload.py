"""What a deployment would upload, as wrangler itself says."""

import re
import shutil
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from devtools.failure import Failure
from devtools.paths import LOGS, PYTHON_MODULES, ROOT, SOURCES, TEMPLATE_TOML
from devtools.releasing import sbom, size


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """wrangler's, for the project with wrangler.toml as it is shipped."""
    project = tmp_path_factory.mktemp("project")
    for part in (SOURCES, PYTHON_MODULES, ROOT / "public"):
        shutil.copytree(part, project / part.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TEMPLATE_TOML, project)
    return ["--config", str(project / TEMPLATE_TOML.name), "--env", "staging"]


@pytest.fixture(scope="module")
def uploaded(tmp_path_factory: pytest.TempPathFactory, options: list[str]) -> size.Upload:
    folder = tmp_path_factory.mktemp("upload")
    size.dry_run(folder, options)
    return size.measure(folder)


def names(upload: size.Upload) -> set[str]:
    return {module.name for module in upload.modules}


def test_the_upload_fits_the_free_plan_with_room_to_spare(uploaded: size.Upload) -> None:
    size.check(uploaded, 0.8 * size.FREE_PLAN)


def test_the_total_is_the_one_wrangler_reports(uploaded: size.Upload) -> None:
    found = re.search(r"Total Upload: ([\d.]+) KiB / gzip: ([\d.]+) KiB", (LOGS / "wrangler-dry-run.log").read_text())
    assert found is not None
    assert uploaded.size / 1024 == pytest.approx(float(found[1]), rel=0.001)
    assert uploaded.compressed / 1024 == pytest.approx(float(found[2]), rel=0.03)  # order of modules differs


def test_the_workers_modules_and_packages_are_uploaded_and_nothing_it_never_imports(uploaded: size.Upload) -> None:
    uploads = names(uploaded)
    assert {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py")} <= uploads
    library = "python_modules/pydantic_core/_pydantic_core.cpython-314-wasm32-emscripten.so"
    assert {library, "python_modules/pydantic/main.py", "python_modules/jwt/api_jwt.py"} <= uploads
    assert "python_modules/workers/entrypoints.py" in uploads
    useless = re.compile(r"\.pyi$|\.pyc$|\.dist-info/|/py\.typed$|pydantic/v1/|\.md$")
    assert not [name for name in uploads if useless.search(name)]


def test_everything_uploaded_that_is_not_our_source_is_in_the_bill_of_materials(uploaded: size.Upload) -> None:
    owners = {
        str(file): canonicalize_name(found.name)
        for found in distributions(path=[str(PYTHON_MODULES)])
        for file in found.files or []
    }
    packages = {name.removeprefix("python_modules/") for name in names(uploaded) if name.startswith("python_modules/")}
    listed = {canonicalize_name(component.name) for component in sbom.bill().components}
    assert {owners[name] for name in packages} == listed
    ours = {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py")}
    assert {name for name in names(uploaded) if not name.startswith("python_modules/")} == ours


def test_size_lists_every_module_and_fails_over_the_limit(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Failure, match=r"^the upload is \d\.\d\d MiB after gzip and may be 0\.5: "):
        size.main(["--limit", "0.5", *options])
    listed = capsys.readouterr().out
    assert "_pydantic_core.cpython-314-wasm32-emscripten.so" in listed
    assert " entry.py\n" in listed


def test_a_broken_wrangler_toml_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "wrangler.toml"
    broken.write_text('name = "gatehouse\nmain = 1\n')
    with pytest.raises(Failure) as failure:
        size.dry_run(tmp_path / "out", ["--config", str(broken)])
    said = str(failure.value)
    assert "\n" not in said
    assert "TOML" in said
    assert str(ROOT) not in said
