"""GraphiQL on a developer's machine: from npm, and nothing from elsewhere."""

import re

import pytest

from devtools.application.function_url import HttpRequest
from devtools.application.graphiql import PACKAGES, PAGE, SCRIPT, graphiql
from devtools.paths import ROOT


def get(path: str) -> tuple[int, str, bytes]:
    answer = graphiql(HttpRequest("GET", path, (), b"", "127.0.0.1"))
    return answer.status, answer.headers["content-type"], answer.body


def test_the_page_loads_what_is_served_beside_it_and_nothing_else() -> None:
    status, kind, content = get("/graphiql")
    assert (status, kind, content) == (200, "text/html; charset=utf-8", PAGE.encode())
    icon, *loaded = re.findall(r'(?:src|href)="([^"]+)"', PAGE)
    assert (ROOT / "public" / icon.lstrip("/")).is_file()
    assert set(loaded) == {f"/graphiql/{name}" for name in [*PACKAGES, "page.js"]}
    for path in loaded:
        assert get(path)[0] == 200
    assert "//" not in PAGE + SCRIPT


def test_its_policy_lets_it_load_from_nowhere_else() -> None:
    answer = graphiql(HttpRequest("GET", "/graphiql", (), b"", "127.0.0.1"))
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("path", ["/graphiql/x", "/graphiql/../package.json", "/graphiql/graphiql.min.js"])
def test_no_other_file_is_served(path: str) -> None:
    assert get(path)[0] == 404
