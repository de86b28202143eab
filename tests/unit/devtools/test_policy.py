"""`devtools policy new`: what it writes passes as it is, and it writes over nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from devtools.failure import Failure
from devtools.generating import policy
from devtools.paths import ROOT


def test_what_is_written_passes_lint_types_and_its_own_tests_at_once(tmp_path: Path) -> None:
    said = policy.new("rate_card", tmp_path)
    module, test = tmp_path / "src" / "policies" / "rate_card.py", tmp_path / "tests/unit/policies/test_rate_card.py"
    assert "src/policies/rate_card.py" in said
    assert 'policies = ["rate_card"]' in said
    (tmp_path / "conftest.py").write_text(
        f"import policies\npolicies.__path__.append({str(module.parent)!r})\n", encoding="utf-8"
    )
    settings = ["--config", str(ROOT / "pyproject.toml")]
    for command in (
        ["ruff", "check", *settings, str(tmp_path / "src"), str(tmp_path / "tests")],
        ["ruff", "format", "--check", *settings, str(tmp_path / "src"), str(tmp_path / "tests")],
        [
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            str(ROOT / "pyproject.toml"),
            "--rootdir",
            str(tmp_path),
            str(test),
        ],
    ):
        done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_written_is_typed_strictly(tmp_path: Path) -> None:
    policy.new("typed", tmp_path)
    checked = tmp_path / "src" / "policies" / "typed.py"
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")]
    done = subprocess.run([*command, str(checked)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["", "Tenant", "a-b", "../x", "class", "match", "_own", "9lives", "a" * 41, "tenant"])
def test_a_name_that_is_none_or_taken_is_refused(name: str, tmp_path: Path) -> None:
    policy.new("tenant", tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Failure):
        policy.new(name, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
