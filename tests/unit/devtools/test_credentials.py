"""Credentials of a deployment reach the command that deploys, and nothing that runs code of others on the way to it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import credentials, node, run, steps
from devtools.paths import ROOT

GIVEN = {"CLOUDFLARE_API_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1", "CLOUDFLARE_ENV": "dev"}
SETTINGS = {"AWS_REGION": "eu-west-1", "CLOUDFLARE_ENV": "dev"}
"""What is no secret stays: it says how something is to be done."""


@pytest.mark.parametrize(
    "argv",
    [["pytest"], ["cfn-lint", "x"], ["npm", "ci"], ["uv", "sync"], ["uv", "run", "pytest", "wrangler"], ["python"]],
)
def test_a_program_that_does_not_deploy_has_no_credentials(argv: list[str]) -> None:
    assert credentials.for_program(argv, GIVEN) == SETTINGS


@pytest.mark.parametrize("argv", [["wrangler", "deploy"], ["uv", "run", "--no-sync", "pywrangler", "deploy"], ["sam"]])
def test_a_program_that_deploys_has_them(argv: list[str]) -> None:
    assert credentials.for_program(argv, GIVEN) == GIVEN


def test_run_takes_the_credentials_away(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[dict[str, str]] = []
    monkeypatch.setattr(os, "execve", lambda _path, _argv, environment: became.append(environment))
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    run.main(["python", "-c", ""])
    run.main(["wrangler", "whoami"])
    assert [bool(credentials.NAMES & environment.keys()) for environment in became] == [False, True]


def test_no_step_of_the_set_up_or_of_a_build_has_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    tell = [sys.executable, "-c", "import os; print(*sorted(os.environ))"]
    for environment in (None, node.locate().environment()):
        seen = set(steps.run_step("environment", tell, env=environment).split())
        assert not seen & credentials.NAMES
        assert seen >= SETTINGS.keys()


def test_the_makefile_knows_the_same_names() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    listed = re.search(r"^CREDENTIALS := (.*)$", text, re.MULTILINE)
    assert listed
    assert set(listed[1].split()) == credentials.NAMES


@pytest.mark.parametrize(
    ("goals", "given"), [("lint", False), ("lint upload", False), ("deployable", False), ("upload", True)]
)
def test_make_gives_credentials_to_a_deployment_alone(tmp_path: Path, goals: str, given: bool) -> None:
    """The project's Makefile with recipes that tell their environment."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    head = text[: text.index(".DEFAULT_GOAL")]
    recipes = "".join(f"{goal}:\n\t@env\n" for goal in ("lint", "deployable", "upload"))
    (tmp_path / "Makefile").write_text(head + recipes, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], **GIVEN}
    told = subprocess.run(
        ["make", *goals.split()], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert bool(credentials.NAMES & {line.partition("=")[0] for line in told.stdout.splitlines()}) == given


def test_what_make_deploy_does_first_has_none(tmp_path: Path) -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    head = text[: text.index(".DEFAULT_GOAL")]
    deploy = text[text.index("environment:\n") : text.index("deployable: ")]
    recipes = "deployable:\n\t@echo checks; env\nupload:\n\t@echo uploads; env\n"
    (tmp_path / "Makefile").write_text(head + deploy + recipes, encoding="utf-8")
    command = ["make", "deploy", "ENV=staging"]
    told = subprocess.run(
        command, cwd=tmp_path, env={"PATH": os.environ["PATH"], **GIVEN}, capture_output=True, text=True, check=True
    )
    checks, _, uploads = told.stdout.partition("uploads\n")
    assert "CLOUDFLARE_API_TOKEN" not in checks
    assert "CLOUDFLARE_API_TOKEN=t" in uploads
