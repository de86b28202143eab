"""GraphiQL on this machine: a page and the files of npm's packages, and nothing that is loaded from elsewhere.

Served below `/graphiql` by the local application, so no deployment has it. With `{"authorization": "Bearer …"}` among
its headers it asks as that caller, else as nobody. The page's policy lets it load from this gateway alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from devtools.application.function_url import HttpRequest, HttpResponse
from devtools.paths import NODE_MODULES

SEGMENT = "graphiql"

PACKAGES: Mapping[str, tuple[str, str]] = {
    "react.js": ("react/umd/react.production.min.js", "text/javascript"),
    "react-dom.js": ("react-dom/umd/react-dom.production.min.js", "text/javascript"),
    "graphiql.js": ("graphiql/graphiql.min.js", "text/javascript"),
    "graphiql.css": ("graphiql/graphiql.min.css", "text/css"),
}
"""Name in the URL: file below node_modules, media type."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>GraphiQL</title>
<link rel="icon" href="/favicon.svg">
<link rel="stylesheet" href="/graphiql/graphiql.css">
<style>html, body, #graphiql { height: 100%; margin: 0 }</style>
</head>
<body>
<div id="graphiql"></div>
<script src="/graphiql/react.js"></script>
<script src="/graphiql/react-dom.js"></script>
<script src="/graphiql/graphiql.js"></script>
<script src="/graphiql/page.js"></script>
</body>
</html>
"""

SCRIPT = """const fetcher = async ({ query, variables, operationName }, { headers = {} } = {}) => {
  const signedIn = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  const answer = await fetch(signedIn ? "/api/graphql" : "/api/public/graphql", {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ query, variables, operationName }),
  });
  return answer.json();
};
const defaultQuery = "{\\n  posts(limit: 5) {\\n    items { title author { name } }\\n  }\\n}\\n";
const options = { fetcher, defaultQuery, defaultEditorToolsVisibility: "headers" };
ReactDOM.createRoot(document.getElementById("graphiql")).render(React.createElement(GraphiQL, options));
"""


def graphiql(request: HttpRequest) -> HttpResponse:
    """The page at `/graphiql`, and its files below it; 404 for everything else."""
    name = request.path.removeprefix(f"/{SEGMENT}").strip("/")
    if not name:
        return _answer("text/html; charset=utf-8", PAGE.encode())
    if name == "page.js":
        return _answer("text/javascript", SCRIPT.encode())
    if name not in PACKAGES:
        headers = {"content-type": "text/plain", "cache-control": "no-store"}
        return HttpResponse(404, headers, (), b"There is no such file.")
    file, media_type = PACKAGES[name]
    return _answer(media_type, (NODE_MODULES / file).read_bytes())


def _answer(media_type: str, content: bytes) -> HttpResponse:
    headers = {
        "content-type": media_type,
        "cache-control": "no-store",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
    }
    return HttpResponse(200, headers, (), content)
