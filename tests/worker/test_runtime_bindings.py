"""Every binding of a wrangler configuration reaches the Worker's `env` through the embedded runtime."""

import json
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from devtools.configuration import wrangler_config
from devtools.paths import TEMPLATE_TOML
from devtools.runtime.runner import Gateway
from tests.worker.injection import BY_CLASS

BINDINGS = Path(__file__).parent / "fixtures" / "bindings"

EVERY_KIND = """
name = "everything"
main = "src/entry.py"
compatibility_date = "2026-11-01"
compatibility_flags = ["python_workers"]
kv_namespaces = [{ binding = "CACHE", id = "cache" }]
services = [{ binding = "USERS", service = "users" }]
analytics_engine_datasets = [{ binding = "METRICS", dataset = "metrics" }]
ratelimits = [{ name = "LIMIT", namespace_id = "1", simple = { limit = 2, period = 60 } }]

[vars]
TEXT = "text"
NUMBER = 5
TABLE = { path = "/a", retries = 2 }
LIST = [{ path = "/a" }, { path = "/b", roles = ["x"] }]

[assets]
directory = "public"
binding = "ASSETS"

[env.staging]
kv_namespaces = [{ binding = "CACHE", id = "cache-staging" }]

[env.staging.vars]
TEXT = "staging text"
"""

# Key of the configuration -> (name of the binding in an entry, class of the object in `env`). `vars` and `assets` are
# tables and are treated by themselves. Whoever adds a kind to wrangler.toml adds it here.
KINDS = {
    "kv_namespaces": ("binding", "KvNamespace"),
    "services": ("binding", "Fetcher"),
    "analytics_engine_datasets": ("binding", "LocalAnalyticsEngineDataset"),
    "ratelimits": ("name", "Ratelimit"),
}
NOT_BINDINGS = {
    "name", "main", "compatibility_date", "compatibility_flags", "triggers", "observability", "env", "routes", "route",
    "workers_dev", "preview_urls", "placement", "limits", "logpush", "account_id", "keep_vars", "upload_source_maps",
    "secrets", "dev", "python_modules", "tail_consumers", "minify",
}  # fmt: skip


def expected(config: dict[str, Any]) -> dict[str, list[Any]]:
    """What `env` must hold for one level of a configuration. A key nobody accounts for fails the test."""
    env: dict[str, list[Any]] = {}
    for key, value in config.items():
        if key == "vars":
            env |= {name: _variable(var) for name, var in value.items()}
        elif key == "assets":
            env |= {value["binding"]: ["Fetcher", None]} if "binding" in value else {}
        elif key not in NOT_BINDINGS:
            assert key in KINDS, f"wrangler.toml has the new key {key!r}: say in this test what it must become"
            name, kind = KINDS[key]
            env |= {entry[name]: [kind, None] for entry in value}
    return env


def _variable(value: Any) -> list[Any]:
    if isinstance(value, str | int | float):
        return [type(value).__name__, value]
    return ["Object" if isinstance(value, dict) else "Array", value]


class Users(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.path} for {self.headers['x-outbound-url']}".encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def everything(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("everything")
    (folder / "wrangler.toml").write_text(EVERY_KIND)
    (folder / "public").mkdir()
    (folder / "public" / "hello.txt").write_text("hello")
    with ThreadingHTTPServer(("127.0.0.1", 0), Users) as users:
        Thread(target=users.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{users.server_address[1]}"
        options = {"vars": {"SECRET": "hidden"}, "services": {"USERS": address}}
        with worker(source=BINDINGS, config=folder / "wrangler.toml", **options) as gateway:
            yield gateway
        users.shutdown()


def test_every_kind_of_binding_reaches_env(everything: Gateway) -> None:
    config = tomllib.loads(EVERY_KIND)
    assert everything.get("/").json() == expected(config) | {"SECRET": ["str", "hidden"]}


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("kv", "b"),
        ("assets", "hello"),
        ("service", "/list?limit=2 for https://users.example/list?limit=2"),
        ("limit", [True, True, False]),
        ("dataset", True),
    ],
)
def test_a_binding_of_each_kind_works(everything: Gateway, call: str, answer: Any) -> None:
    assert everything.get("/", params={"call": call}).json() == answer


def test_static_assets_are_served_before_the_worker_is_asked(everything: Gateway) -> None:
    assert everything.get("/hello.txt").text == "hello"
    assert "CACHE" in everything.get("/absent.txt").json()


@pytest.mark.parametrize("environment", [None, *wrangler_config.read(TEMPLATE_TOML)["env"]])
def test_every_binding_of_the_projects_own_configuration_reaches_env(
    worker: Callable[..., Gateway], environment: str | None
) -> None:
    config = wrangler_config.read(TEMPLATE_TOML)
    level = config if environment is None else {"assets": config["assets"]} | config["env"][environment]
    with worker(source=BINDINGS, config=BY_CLASS, environment=environment) as gateway:
        # Some path that is no asset: those are answered by the platform.
        found = gateway.get("/tell-me-what-you-have").json()
    assert json.loads(json.dumps(found)) == expected(level)
