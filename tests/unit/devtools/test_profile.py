"""What `devtools profile` makes of counts and times, on figures made by hand."""

import pytest

from bench import cases, tokens
from devtools.runtime import profile


def test_functions_of_the_bridge_are_summed_by_what_they_are_for() -> None:
    counts = {"JsvObject_CallMethod_js": 3.0, "JsProxy_GetAttr_js": 2.0, "hiwire_incref": 40.0, "js2python_js": 1.0}
    assert profile.summed_by_kind(counts) == {
        "calls of JavaScript functions": 3.0,
        "properties read": 2.0,
        "values to Python": 1.0,
        profile.REST: 40.0,
    }


def test_a_report_gives_every_figure_per_request() -> None:
    functions = [["/session/metadata/geo.py:1", "locate", 200, 0.002, 0.004]]
    text = profile.report("geo", {"js2python_js": 5.0}, 100, functions)
    assert "5.0  values to Python" in text
    assert "20.0          40.0     2.0  locate  geo.py:1" in text


def test_each_policy_stands_against_its_budget() -> None:
    functions = [
        ["/session/metadata/policies/tenant.py:22", "on_request", 100, 0.001, 0.002],
        ["/session/metadata/policies/slow.py:3", "on_request", 200, 0.05, 0.06],
        ["/session/metadata/policies/slow.py:9", "on_response", 100, 0.001, 0.001],
        ["/session/metadata/policies/slow.py:20", "within", 100, 0.04, 0.04],
        ["/session/metadata/gateway.py:9", "on_request", 100, 1.0, 1.0],
    ]
    costs = profile.policy_costs(100, functions)
    assert {name: round(cost) for name, cost in costs.items()} == {"tenant": 20, "slow": 610}
    told = profile.policies_report(costs).splitlines()
    assert told[2:] == ["     610.0  slow  over its budget", "      20.0  tenant"]


def test_policies_are_told_what_they_are_told_locally() -> None:
    given = {"vars": {"ROUTES": [{"path": "/*"}]}}
    changed = profile.with_policies(given, ["tenant", "stripe_webhook", "mine"])["vars"]
    assert changed["ROUTES"] == [{"path": "/*", "policies": ["tenant", "stripe_webhook", "mine"]}]
    assert set(changed["POLICIES"]) == {"tenant", "stripe_webhook"}
    assert changed["STRIPE_WEBHOOK_SECRET"] == profile.STAND_IN


def test_the_heaviest_imports_come_first_and_the_whole_last() -> None:
    rows = [("light", 1.0, 1.0), ("heavy", 30.0, 31.0), ("entry", 2.0, 33.0)]
    modules, spent = profile.imports_report(rows, {"patterns compiled": (9, 3.0)}).split("\n\n")
    *lines, whole = modules.splitlines()
    assert [line.split()[-1] for line in lines[2:]] == ["heavy", "entry", "light"]
    assert whole.split()[0] == "33.0"
    assert [line.split()[0] for line in spent.splitlines()] == ["spent", "3.0", "30.0"]


def test_a_case_of_the_benchmark_is_profiled_with_its_own_requests() -> None:
    assert profile.requests_of("geo") == cases.GEO.messages(tokens.keys())


@pytest.mark.parametrize("path", ["/healthz", "/geo/CH?lang=fr"])
def test_a_path_is_profiled_as_one_request(path: str) -> None:
    (message,) = profile.requests_of(path)
    assert message.startswith(f"GET {path} HTTP/1.1\r\n")
    assert "authorization: Bearer " in message
