"""The embedded runtime's configuration is wrangler.toml, but for how the Worker is built."""

import json
from pathlib import Path

import pytest

from devtools.configuration import wrangler_config
from devtools.failure import Failure
from devtools.paths import ROOT, TEMPLATE_TOML

TOML = """
name = "gate"
main = "src/entry.py"
compatibility_date = "2026-11-01"
compatibility_flags = ["python_workers", "global_fetch_strictly_public", "disable_python_external_sdk"]
kv_namespaces = [{ binding = "CACHE", id = "one" }]
[vars]
ROUTES = [{ path = "/a", roles = ["x"] }]
[python_modules]
exclude = ["jwt/help.py"]
[assets]
directory = "./public"
binding = "ASSETS"
[triggers]
crons = ["*/5 * * * *"]
[observability]
enabled = true
[env.staging]
main = "other/start.py"
compatibility_flags = ["python_workers", "no_python_workflows_implicit_dependencies"]
[env.staging.vars]
NAME = "staging"
[env.staging.assets]
directory = "elsewhere"
"""

BUNDLE = wrangler_config.Bundle(Path("/packed"), "node pack.mjs", "../src")


@pytest.fixture
def config(tmp_path: Path) -> wrangler_config.Config:
    (tmp_path / "wrangler.toml").write_text(TOML)
    return wrangler_config.read(tmp_path / "wrangler.toml")


def test_what_describes_the_worker_is_taken_over_as_it_is(config: wrangler_config.Config) -> None:
    generated = wrangler_config.embedded(config, Path("/project"), BUNDLE)
    for key in ("name", "compatibility_date", "kv_namespaces", "vars", "triggers", "observability"):
        assert generated[key] == config[key]
    assert generated["env"]["staging"]["vars"] == {"NAME": "staging"}


def test_the_worker_becomes_the_packed_modules(config: wrangler_config.Config) -> None:
    generated = wrangler_config.embedded(config, Path("/project"), BUNDLE)
    assert generated["main"] == "/packed/host.mjs"
    assert generated["base_dir"] == "/packed"
    assert generated["no_bundle"] is True
    assert generated["build"] == {"command": "node pack.mjs", "watch_dir": "../src"}
    assert "python_modules" not in generated
    assert "main" not in generated["env"]["staging"]


def test_no_environment_inherits_the_build_since_wrangler_would_watch_another_folder(
    config: wrangler_config.Config,
) -> None:
    generated = wrangler_config.embedded(config, Path("/project"), BUNDLE)
    assert generated["env"]["staging"]["build"] == generated["build"]


def test_flags_of_cloudflares_python_go_and_all_others_stay(config: wrangler_config.Config) -> None:
    generated = wrangler_config.embedded(config, Path("/project"), BUNDLE)
    assert generated["compatibility_flags"] == ["global_fetch_strictly_public"]
    assert generated["env"]["staging"]["compatibility_flags"] == []


def test_gateways_of_tests_keep_them_for_the_official_runtime_which_needs_them(config: wrangler_config.Config) -> None:
    generated = wrangler_config.bindings_only(config, Path("/project"))
    assert generated["compatibility_flags"] == config["compatibility_flags"]
    assert generated["env"]["staging"]["compatibility_flags"] == config["env"]["staging"]["compatibility_flags"]


def test_paths_are_absolute_in_every_environment(config: wrangler_config.Config) -> None:
    generated = wrangler_config.bindings_only(config, Path("/project"))
    assert generated["assets"] == {"directory": "/project/public", "binding": "ASSETS"}
    assert generated["env"]["staging"]["assets"]["directory"] == "/project/elsewhere"


def test_tests_take_no_secrets_from_the_environment_of_the_process(config: wrangler_config.Config) -> None:
    """wrangler looks there for each secret that `secrets.required` names."""
    config["env"]["staging"]["secrets"] = {"required": ["JWT_SECRET"]}
    assert "secrets" not in wrangler_config.bindings_only(config, Path("/project"))["env"]["staging"]
    assert "secrets" in wrangler_config.embedded(config, Path("/project"), BUNDLE)["env"]["staging"]


def test_the_source_is_left_as_it_was_read(config: wrangler_config.Config) -> None:
    before = json.dumps(config)
    wrangler_config.embedded(config, Path("/project"), BUNDLE)
    assert json.dumps(config) == before


def test_an_environment_has_its_own_value_or_the_top_levels(config: wrangler_config.Config) -> None:
    assert wrangler_config.section(config, None, "main") == "src/entry.py"
    assert wrangler_config.section(config, "staging", "main") == "other/start.py"
    assert wrangler_config.section(config, "staging", "compatibility_date") == "2026-11-01"
    assert wrangler_config.excluded(config, "staging") == ["jwt/help.py"]


def test_an_unknown_environment_is_refused_with_the_known_ones(config: wrangler_config.Config) -> None:
    with pytest.raises(Failure, match=r"no environment 'stagin'.*staging"):
        wrangler_config.section(config, "stagin", "name")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"[vars\nA = 1\n", "line 1"), (b'A = "\xff"', "UTF-8"), (b'name = "a"\nname = "b"\n', "line 2")],
)
def test_a_broken_wrangler_toml_is_one_line_with_the_place(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "wrangler.toml"
    path.write_bytes(content)
    with pytest.raises(Failure) as raised:
        wrangler_config.read(path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_wrangler_toml_says_how_to_get_it_back(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"wrangler\.toml cannot be read.*git checkout"):
        wrangler_config.read(tmp_path / "wrangler.toml")


@pytest.mark.parametrize(
    ("date", "flags", "implicit", "commas"),
    [
        ("2026-11-01", [], True, True),
        ("2026-02-16", [], False, False),
        ("2026-02-17", [], False, True),
        ("2026-02-25", [], True, True),
        ("2025-01-01", ["python_request_headers_preserve_commas"], False, True),
        ("2026-11-01", ["no_python_workflows_implicit_dependencies"], False, True),
    ],
)
def test_the_sdks_flags_follow_date_and_flags(date: str, flags: list[str], implicit: bool, commas: bool) -> None:
    assert wrangler_config.sdk_flags(date, flags) == {
        "python_workflows_implicit_dependencies": implicit,
        "python_request_headers_preserve_commas": commas,
    }


def test_the_hosts_settings_name_the_entry_module_of_the_environment(config: wrangler_config.Config) -> None:
    assert wrangler_config.host_settings(config, None)["entry"] == "entry"
    settings = wrangler_config.host_settings(config, "staging", cf={"country": "DE"}, cf_header=False)
    assert (settings["entry"], settings["cf"], settings["cfHeader"]) == ("start", {"country": "DE"}, False)
    assert settings["compatibilityFlags"]["python_workflows_implicit_dependencies"] is False


def test_secrets_lie_beside_the_generated_configuration(config: wrangler_config.Config, tmp_path: Path) -> None:
    project, folder = tmp_path, tmp_path / "generated"
    (project / ".dev.vars").write_text("JWT_SECRET=one")
    (project / ".dev.vars.staging").write_text("JWT_SECRET=two")
    for _ in range(2):  # a second run finds the first one's links
        path = wrangler_config.write(config, folder, project)
    assert json.loads(path.read_text()) == config
    assert (folder / ".dev.vars").read_text() == "JWT_SECRET=one"
    assert (folder / ".dev.vars.staging").read_text() == "JWT_SECRET=two"


def test_the_projects_own_configuration_names_the_environments_of_the_design() -> None:
    config = wrangler_config.read(TEMPLATE_TOML)
    assert {"dev", "staging", "production"} <= set(config["env"])
    assert (ROOT / config["main"]).exists()
    assert (ROOT / config["assets"]["directory"]).is_dir()
