"""Who adopts the project edits wrangler.toml and may delete the example origin: tools and tests then still work."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devtools.paths import ROOT, WRANGLER_TOML

INSTALLED = (".venv", "node_modules", "python_modules")
LEFT_BEHIND = shutil.ignore_patterns(*INSTALLED, "origin", ".git", ".gatehouse", ".wrangler", ".*_cache", "__pycache__")


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without the example, under a wrangler.toml that has nothing of the one it was shipped with."""
    project = tmp_path_factory.mktemp("adopted") / "project"
    shutil.copytree(ROOT, project, ignore=LEFT_BEHIND, symlinks=True)
    for name in INSTALLED:
        (project / name).symlink_to(ROOT / name)
    (project / "wrangler.toml").write_text('name = "mine"\n[env.mine.vars]\nISSUERS = "no JSON"\n')
    return project


def ran(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *options]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize("command", [("devtools", "origin"), ("soak",)])
def test_what_needs_the_example_says_so_in_one_line(adopted: Path, command: tuple[str, ...]) -> None:
    ended = ran(adopted, *command)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("gatehouse: ")
    assert "origin/, which is not here" in line


def test_the_tests_that_need_the_example_are_left_out_and_all_others_are_there(adopted: Path) -> None:
    about = re.compile(r"gatehouse_verifier|local_origin|origin/|\bsoak\b|mark\.example|tests\.unit\.application")
    modules = (adopted / "tests").rglob("test_*.py")
    others = [f"--ignore={path}" for path in modules if not about.search(path.read_text())]
    ended = ran(adopted, "pytest", "--collect-only", "-q", "-n0", "-p", "no:cacheprovider", "tests", *others)
    assert ended.returncode == 0, ended.stdout[-2000:]
    assert "devtools/test_audit.py::" in ended.stdout
    assert "test_docs.py::" not in ended.stdout
    assert "application/test_api.py::" not in ended.stdout
    assert "orders/" not in ended.stdout


def test_no_test_reads_the_configuration_that_whoever_deploys_edits() -> None:
    theirs = re.compile(r'\bWRANGLER_TOML\b|ROOT / "(wrangler\.toml|\.dev\.vars)"')
    excused = {Path(__file__), ROOT / "tests" / "unit" / "devtools" / "test_dev.py"}
    """This one, and one that puts another in its place."""
    modules = {file for folder in ("tests", "soak", "bench", "fuzz") for file in (ROOT / folder).rglob("*.py")}
    found = [file.name for file in modules - excused if theirs.search(file.read_text(encoding="utf-8"))]
    assert found == []
    assert WRANGLER_TOML.name == "wrangler.toml"
