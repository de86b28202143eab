"""wrangler.toml: what is deployed is complete, and holds nothing that belongs on a developer's machine."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from configuration import load_settings
from devtools import doctor, local_vars
from devtools.failure import Failure
from devtools.paths import ROOT, WRANGLER_TOML
from settings import Settings

CONFIG = tomllib.loads(WRANGLER_TOML.read_text(encoding="utf-8"))
DEPLOYED = ("dev", "staging", "production")


def bindings(section: dict[str, Any]) -> set[str]:
    kv = {entry["binding"] for entry in section.get("kv_namespaces", [])}
    return kv | {entry["name"] for entry in section.get("ratelimits", [])}


def settings(name: str) -> Settings:
    return load_settings(*local_vars.deployed(WRANGLER_TOML, name))


@pytest.mark.parametrize("name", DEPLOYED)
def test_an_environment_needs_nothing_but_its_required_secrets(name: str) -> None:
    assert settings(name).environment == name
    assert doctor.examine_deployed(ROOT, name)[0] == []


@pytest.mark.parametrize("name", DEPLOYED)
def test_an_environment_has_every_binding_its_routes_name(name: str) -> None:
    bound = bindings(CONFIG["env"][name])
    limits = {route.rate_limit.binding for route in settings(name).routes if route.rate_limit}
    assert {"CACHE"} | limits <= bound


@pytest.mark.parametrize("name", DEPLOYED)
def test_nothing_of_a_developers_machine_is_deployed(name: str) -> None:
    for route in settings(name).routes:
        assert not route.path.startswith("/dev")
        assert route.origin.startswith("https://")


def test_environments_share_neither_stores_nor_counters() -> None:
    sections = [CONFIG, *CONFIG["env"].values()]
    ids = [entry["id"] for section in sections for entry in section.get("kv_namespaces", [])]
    counters = [entry["namespace_id"] for section in sections for entry in section.get("ratelimits", [])]
    assert len(set(ids)) == len(ids)
    assert len(set(counters)) == len(counters)


def test_the_figures_told_to_clients_are_those_that_are_counted() -> None:
    for section in CONFIG["env"].values():
        counted = {entry["name"]: entry["simple"] for entry in section.get("ratelimits", [])}
        for route in section["vars"].get("ROUTES", []):
            if limit := route.get("rate_limit"):
                assert {"limit": limit["limit"], "period": limit["period"]} == counted[limit["binding"]]


def test_local_routes_go_to_this_machine_alone() -> None:
    for route in CONFIG["env"]["local"]["vars"]["ROUTES"]:
        assert route["origin"].startswith("http://127.0.0.1:")


def test_a_secret_that_is_not_required_is_missed_before_the_deployment(tmp_path: Path) -> None:
    text = WRANGLER_TOML.read_text(encoding="utf-8").replace('"AWS_SECRET_ACCESS_KEY"', "")
    (tmp_path / "wrangler.toml").write_text(text, encoding="utf-8")
    (tmp_path / ".dev.vars").write_text("AWS_SECRET_ACCESS_KEY=of-this-machine", encoding="utf-8")
    faults, _ = doctor.examine_deployed(tmp_path, "staging")
    assert faults
    assert all("AWS_SECRET_ACCESS_KEY" in fault for fault in faults)


def test_what_is_still_a_placeholder_is_named_before_the_deployment(tmp_path: Path) -> None:
    text = WRANGLER_TOML.read_text(encoding="utf-8")
    (tmp_path / "wrangler.toml").write_text(text, encoding="utf-8")
    _, advice = doctor.examine_deployed(tmp_path, "staging")
    assert any(line.startswith("kv_namespaces[0].id: ") and "create CACHE --env staging" in line for line in advice)
    assert [line.partition(":")[0] for line in advice if "placeholder" in line] == [
        "ROUTES[0].origin",
        "ROUTES[1].origin",
    ]
    replaced = text.replace("stagingplaceholder", "abc123").replace("gatehouse-cache-staging", "0f" * 16)
    (tmp_path / "wrangler.toml").write_text(replaced, encoding="utf-8")
    _, advice = doctor.examine_deployed(tmp_path, "staging")
    assert not [line for line in advice if line.startswith(("kv_namespaces", "ROUTES"))]


def test_a_deployment_is_one_of_an_environment() -> None:
    with pytest.raises(Failure, match="--env"):
        doctor.main(["--deployed"])
