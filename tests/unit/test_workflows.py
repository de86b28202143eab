"""The pipeline keeps to its own rules: pinned actions, least permissions, no deployment broken off."""

import re
from pathlib import Path

import pytest

from devtools.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def text(name: str) -> str:
    return (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_say_which_release_that_is(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
    for action, comment in used:
        if not action.startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_token_reads_only_unless_a_job_says_why(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert "\npermissions:\n  contents: read\n" in content
    writes = re.findall(r"^( +)\S+: write$", content, re.MULTILINE)
    assert all(len(indent) > 4 for indent in writes), "write access is a job's, never a workflow's"
    assert bool(writes) == (path.name == "refresh.yml")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_checkout_leaves_no_credentials_behind(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert content.count("actions/checkout@") == content.count("persist-credentials: false")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_the_pipeline_runs_what_a_developer_runs(path: Path) -> None:
    assert set(re.findall(r"run: make ([a-z-]+)", path.read_text(encoding="utf-8"))) <= TARGETS


def test_a_deployment_is_tested_and_never_broken_off() -> None:
    content = text("deploy-environment.yml")
    assert content.index("make deployable") < content.index("make upload") < content.index("make smoke")
    assert "cancel-in-progress: false" in content


def test_production_waits_for_staging_and_the_official_runtime_and_all_deployments_for_the_checks() -> None:
    jobs = dict(re.findall(r"^  (\w+):\n(.*?)(?=^  \w+:|\Z)", text("deploy.yml").split("jobs:\n")[1], re.M | re.S))
    needs = {name: re.findall(r"needs: \[?([\w, ]+)", job) for name, job in jobs.items()}
    assert needs == {
        "checks": [],
        "official": [],
        "dev": ["checks"],
        "staging": ["checks"],
        "production": ["staging, official"],
    }
    official = text("official.yml")
    assert "\n  schedule:\n" in official
    assert "\n  workflow_call:\n" in official
    assert "what: [snapshot, test RUNTIME=official, test RUNTIME=official SNAPSHOT=dedicated]\n" in official


def test_a_check_that_was_never_green_stops_no_deployment_and_one_that_was_does() -> None:
    production = text("deploy.yml").split("\n  production:\n")[1]
    assert "needs.staging.result == 'success'" in production
    assert "(needs.official.result == 'success' || vars.OFFICIAL_GATES != 'true')" in production


ALLOWED = {"make upload", "name: Open or renew the pull request"}
"""Beginnings of the steps that are given secrets."""


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_secret_is_given_to_the_step_that_needs_it_and_to_no_other(path: Path) -> None:
    _, *steps = re.split(r"^      - (?:run: )?", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    before = path.read_text(encoding="utf-8").partition("    steps:")[0]
    assert "secrets." not in before
    assert "\n    env:" not in before
    assert "\nenv:" not in before
    for step in steps:
        if "secrets." in step:
            assert any(step.startswith(beginning) for beginning in ALLOWED), step
