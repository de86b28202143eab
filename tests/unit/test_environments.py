"""wrangler.toml: what is deployed is complete, and holds nothing that belongs on a developer's machine."""

import tomllib
from typing import Any

import pytest

from configuration import load_settings
from devtools.paths import WRANGLER_TOML
from settings import Settings

CONFIG = tomllib.loads(WRANGLER_TOML.read_text(encoding="utf-8"))
DEPLOYED = ("dev", "staging", "production")


def bindings(section: dict[str, Any]) -> set[str]:
    kv = {entry["binding"] for entry in section.get("kv_namespaces", [])}
    return kv | {entry["name"] for entry in section.get("ratelimits", [])}


def settings(name: str, **secrets: str) -> Settings:
    section = CONFIG["env"][name]
    required = dict.fromkeys(section["secrets"]["required"], "s" * 32)
    return load_settings({**section["vars"], **required, **secrets}, bindings(section))


@pytest.mark.parametrize("name", DEPLOYED)
def test_an_environment_needs_nothing_but_its_required_secrets(name: str) -> None:
    assert settings(name).environment == name


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
