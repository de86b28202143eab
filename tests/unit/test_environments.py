"""wrangler.toml as it is shipped: what is deployed is complete, and holds nothing of a developer's machine."""

import base64
import hmac
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from configuration.loading import load_settings
from configuration.settings import Settings
from core.messages import Request, Response
from devtools.configuration import doctor, local_vars, wrangler_config
from devtools.failure import Failure
from devtools.paths import ROOT, TEMPLATE_TOML
from gateway import Gateway
from tests.unit.in_memory import World, run

CONFIG = tomllib.loads(TEMPLATE_TOML.read_text(encoding="utf-8"))
DEPLOYED = ("dev", "staging", "production")


def bindings(section: dict[str, Any]) -> set[str]:
    kv = {entry["binding"] for entry in section.get("kv_namespaces", [])}
    return kv | {entry["name"] for entry in section.get("ratelimits", [])}


def settings(name: str) -> Settings:
    return load_settings(*local_vars.deployed(TEMPLATE_TOML, name))


@pytest.mark.parametrize("name", DEPLOYED)
def test_an_environment_needs_nothing_but_its_required_secrets(name: str) -> None:
    assert settings(name).environment == name
    assert {fault.partition(": ")[0] for fault in doctor.examine_deployed(TEMPLATE_TOML.parent, name)[0]} == {
        "kv_namespaces[0].id",
        *(f"ROUTES[{index}].origin" for index in range(12)),
    }


@pytest.mark.parametrize("name", DEPLOYED)
def test_an_environment_has_every_binding_its_routes_name(name: str) -> None:
    bound = bindings(CONFIG["env"][name])
    limits = {route.rate_limit.binding for route in settings(name).routes if route.rate_limit}
    assert {"CACHE"} | limits <= bound


@pytest.mark.parametrize("name", DEPLOYED)
def test_nothing_of_a_developers_machine_is_deployed(name: str) -> None:
    for route in settings(name).routes:
        assert not route.path.startswith("/dev")
        assert all(origin.url.startswith("https://") for origin in route.every_origin)


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


def test_the_shipped_policies_do_their_work_in_the_local_environment() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    names = ("JWT_SECRET", "ORIGIN_SECRET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "STRIPE_WEBHOOK_SECRET")
    given = {**CONFIG["env"]["local"]["vars"], **dict.fromkeys((*names, "WEBHOOK_SECRET"), "s" * 64)}
    given |= {"STRIPE_WEBHOOK_SECRET": secret, "WEBHOOK_SECRET": secret}
    world = World(lambda request: Response(200, body="x"))
    gateway = Gateway(load_settings(given, bindings(CONFIG["env"]["local"]) | {"ASSETS"}), world.platform())

    def ask(method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(method, "http", "acme.tenants.localhost:8787", path, headers=fields, body=body)
        answer = run(gateway.handle(request, world.background))
        assert isinstance(answer, Response)
        return answer.status

    assert ask("GET", "/api/policies/tenant") == 200
    assert world.requests[-1].headers["x-tenant"] == "acme"
    assert ask("GET", "/api/policies/rollout", cf_connecting_ip="203.0.113.7") == 200
    assert world.requests[-1].headers["x-rollout"] in ("on", "off")
    at, content = str(int(world.clock())), b"{}"
    mac = hmac.new(secret.encode(), f"{at}.".encode() + content, "sha256").hexdigest()
    assert ask("POST", "/api/hooks/stripe", content, stripe_signature=f"t={at},v1={mac}") == 200
    assert ask("POST", "/api/hooks/stripe", b"[]", stripe_signature=f"t={at},v1={mac}") == 401
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"m.{at}.".encode() + content, "sha256")).decode()
    hook = {"webhook_id": "m", "webhook_timestamp": at, "webhook_signature": f"v1,{signature}"}
    assert ask("POST", "/api/hooks/standard", content, **hook) == 200
    assert ask("POST", "/api/hooks/standard", b"[]", **hook) == 401
    run(world.settle())


def test_local_routes_go_to_this_machine_alone() -> None:
    for route in CONFIG["env"]["local"]["vars"]["ROUTES"]:
        for url in [route.get("origin"), *(origin["url"] for origin in route.get("origins", []))]:
            assert url is None or url.startswith("http://127.0.0.1:")


def test_a_secret_that_is_not_required_is_missed_before_the_deployment(tmp_path: Path) -> None:
    text = TEMPLATE_TOML.read_text(encoding="utf-8").replace('"AWS_SECRET_ACCESS_KEY"', "")
    (tmp_path / "wrangler.toml").write_text(text, encoding="utf-8")
    (tmp_path / ".dev.vars").write_text("AWS_SECRET_ACCESS_KEY=of-this-machine", encoding="utf-8")
    faults, _ = doctor.examine_deployed(tmp_path, "staging")
    assert [fault.partition(":")[0] for fault in faults if "AWS_SECRET_ACCESS_KEY" in fault] == [
        f"ROUTES[{index}].sign" for index in range(12)
    ]


def examined(folder: Path, *changes: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Faults and advice for the deployment of staging, its placeholders replaced and then `changes` made."""
    text = TEMPLATE_TOML.read_text(encoding="utf-8")
    written = (
        ("stagingplaceholder.lambda-url", "7hx2.lambda-url"),
        ("stagingordersplaceholder.lambda-url", "8hx2.lambda-url"),
        ("staginggraphplaceholder.lambda-url", "9ab3.lambda-url"),
        ("stagingcatalogueplaceholder.lambda-url", "9hx2.lambda-url"),
        ("stagingroomsplaceholder.lambda-url", "6hx2.lambda-url"),
        ("stagingsocketsplaceholder.execute-api", "5hx2.execute-api"),
        ("gatehouse-cache-staging", "0f" * 16),
    )
    for before, after in (*written, *changes):
        assert before in text
        text = text.replace(before, after)
    (folder / "wrangler.toml").write_text(text, encoding="utf-8")
    return doctor.examine_deployed(folder, "staging")


def test_money_that_was_replaced_is_advice_with_its_successor_and_day(tmp_path: Path) -> None:
    money = 'DEFAULT_CURRENCY = "BGN"\nSUPPORTED_CURRENCIES = ["HRK", "BGN"]'
    faults, advice = examined(tmp_path, ('DEFAULT_CURRENCY = "USD"', money))
    assert faults == []
    assert [line for line in advice if "CURRENC" in line] == [
        "DEFAULT_CURRENCY: BGN was replaced by EUR on 2026-01-01, which is answered from then on; name it",
        "SUPPORTED_CURRENCIES: HRK was replaced by EUR on 2023-01-01, which is answered from then on; name it",
        "SUPPORTED_CURRENCIES: BGN was replaced by EUR on 2026-01-01, which is answered from then on; name it",
    ]


def test_a_placeholder_does_not_get_as_far_as_a_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    (tmp_path / "wrangler.toml").write_text(TEMPLATE_TOML.read_text(encoding="utf-8"), encoding="utf-8")
    assert doctor.main(["--env", "staging", "--deployed"]) == 1
    said = capsys.readouterr().out
    assert "fault   kv_namespaces[0].id: " in said
    assert "create CACHE --env staging" in said
    assert "fault   ROUTES[0].origin: still the placeholder" in said
    assert "fault   ROUTES[1].origin: still the placeholder" in said
    examined(tmp_path)
    assert doctor.main(["--env", "staging", "--deployed"]) == 0


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:8788", "http://[::1]:8788", "https://localhost", "https://10.0.0.7", "https://api.example.com"],
)
def test_an_address_that_no_deployment_can_reach_is_a_fault(tmp_path: Path, origin: str) -> None:
    usual = 'origin = "https://7hx2.lambda-url.eu-west-1.on.aws"\nstrip_prefix = "/api"\nauth = "none"\nsign = "sigv4"'
    faults, _ = examined(tmp_path, (usual, f'origin = "{origin}"\nauth = "none"'))
    assert [fault.partition(":")[0] for fault in faults] == ["ROUTES[0].origin"]


def test_an_issuer_out_of_the_documents_is_a_fault(tmp_path: Path) -> None:
    issuer = (
        '{ issuer = "https://id.example/", audience = "a", algorithms = ["RS256"], jwks_url = "https://id.example/" }'
    )
    faults, _ = examined(tmp_path, ('ENVIRONMENT = "staging"', f'ENVIRONMENT = "staging"\nISSUERS = [{issuer}]'))
    assert [fault.partition(":")[0] for fault in faults] == ["ISSUERS[0].issuer", "ISSUERS[0].jwks_url"]


def test_every_command_that_doctor_names_is_one_for_the_environment(tmp_path: Path) -> None:
    secrets = 'secrets.required = ["JWT_SECRET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]\n\n[env.staging.vars]'
    faults, _ = examined(tmp_path, (secrets, "[env.staging.vars]"), ("0f" * 16, "gatehouse-cache"))
    faults += doctor.examine(tmp_path, "staging")[0]
    named = [fault for fault in faults if "wrangler " in fault]
    assert len(named) > 1
    assert all("--env staging" in fault for fault in named)


@pytest.mark.parametrize("name", [None, "local", *DEPLOYED])
def test_the_platform_logs_no_urls_of_its_own(name: str | None) -> None:
    observability = wrangler_config.section(CONFIG, name, "observability")
    assert observability["enabled"]
    assert observability["logs"]["invocation_logs"] is False


def test_a_deployment_whose_platform_logs_urls_is_told(tmp_path: Path) -> None:
    assert not [line for line in examined(tmp_path)[1] if "invocation_logs" in line]
    changed = ("invocation_logs = false", "invocation_logs = true")
    assert [line for line in examined(tmp_path, changed)[1] if line.startswith("observability.logs.invocation_logs")]
    own = ("[env.staging.vars]", "[env.staging.observability]\nenabled = true\n\n[env.staging.vars]")
    assert [line for line in examined(tmp_path, own)[1] if line.startswith("observability.logs.invocation_logs")]


def test_a_deployment_is_one_of_an_environment() -> None:
    with pytest.raises(Failure, match="--env"):
        doctor.main(["--deployed"])


def test_a_document_of_an_origin_that_cannot_be_told_is_advice(tmp_path: Path) -> None:
    def advised() -> list[str]:
        return [line for line in examined(tmp_path)[1] if ".openapi: " in line]

    document = tmp_path / "public" / "openapi" / "application.json"
    document.parent.mkdir(parents=True)
    assert "is not among the static assets" in advised()[0]
    document.write_text("<html>")
    assert "cannot be read" in advised()[0]
    document.write_text('{"openapi": "3.1.1", "info": {"title": "", "version": ""}, "paths": {}}')
    assert len(advised()) == 11
    assert "says nothing of what the route leads to" in advised()[0]
    shutil.copy(ROOT / "public" / "openapi" / "application.json", document)
    assert advised() == []
