"""Which routes a host has, and that no spelling of a host or a path leads around the stricter of them."""

from typing import Any

import pytest

from configuration.hosts import Hosts, plain_host
from configuration.readings import Readings
from configuration.settings import RouteSettings
from core.paths import normalise_path
from core.problems import Problem


def route(path: str, host: str | None = None, **more: Any) -> RouteSettings:
    return RouteSettings(**{"path": path, "host": host, "origin": "https://origin.example", "auth": "none", **more})


def hosts(*routes: RouteSettings) -> Hosts:
    return Hosts(routes, lambda table: Readings((one.pattern, one.by_method) for one in table.patterns))


ALL = hosts(
    route("/*"),
    route("/a/*", "api.example"),
    route("/b", "*.tenants.example"),
    route("/b", "acme.tenants.example"),
    route("/c", "*.tenants.example"),
)


@pytest.mark.parametrize(
    ("host", "path", "label"),
    [
        ("api.example", "/a/x", "api.example/a/*"),
        ("API.Example.:8787", "/a/x", "api.example/a/*"),
        ("api.example", "/b", "/*"),
        ("other.example", "/a/x", "/*"),
        ("x.api.example", "/a/x", "/*"),
        ("zoe.tenants.example", "/b", "*.tenants.example/b"),
        ("acme.tenants.example", "/b", "acme.tenants.example/b"),
        ("acme.tenants.example:443", "/c", "*.tenants.example/c"),
        ("acme.tenants.example", "/d", "/*"),
        ("a.b.tenants.example", "/b", "/*"),
        ("tenants.example", "/b", "/*"),
        ("[::1]:8787", "/b", "/*"),
    ],
)
def test_an_exact_host_comes_before_a_wildcard_and_that_before_none(host: str, path: str, label: str) -> None:
    pattern = ALL.of(host).table.find(path)
    assert pattern is not None
    assert pattern.label == label


def test_what_only_another_host_has_does_not_exist() -> None:
    only = hosts(route("/a", "api.example"))
    assert only.of("other.example").table.find("/a") is None
    assert only.cache_settings_of("https://other.example/a") is None
    assert only.cache_settings_of("https://api.example:8787/a") is not None


@pytest.mark.parametrize("host", ["api.example", "API.EXAMPLE", "api.example.", "api.example:1", "Api.Example.:99"])
def test_every_spelling_of_a_host_is_one_host(host: str) -> None:
    assert plain_host(host) == "api.example"


@pytest.mark.parametrize("path", ["/Admin/x", "/admin;x/y", "/index.php/admin/x", "/admin%20/x"])
def test_a_hosts_own_stricter_route_is_guarded_on_that_host(path: str) -> None:
    table = hosts(route("/*"), route("/admin/*", "api.example", auth="required", roles=["admin"]))

    def asked(host: str) -> None:
        table.of(host).readings.require_one_meaning("/*", "GET", normalise_path(path))

    asked("www.example")
    with pytest.raises(Problem, match="ambiguous_path"):
        asked("api.example")


def test_a_method_that_a_hosts_own_route_lacks_falls_through_to_no_other() -> None:
    table = hosts(route("/a", methods=["GET", "POST"]), route("/a", "api.example", methods=["GET"]))
    pattern = table.of("api.example").table.find("/a")
    assert pattern is not None
    assert [*pattern.by_method] == ["GET", "HEAD"]
