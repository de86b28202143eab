"""Routes that the gateway answers itself: `redirect` and `respond`. Whoever may not ask has been refused before."""

from configuration.settings import RouteSettings
from core.messages import Request, Response


def own_answer(route: RouteSettings, request: Request) -> Response | None:
    """The answer of a route without an origin; None where there is one to ask."""
    if route.redirect is not None:
        location = _location(route.redirect.to, route.path, request)
        return Response(route.redirect.status, {"location": location, "cache-control": "no-cache"})
    if route.respond is not None:
        said = {name.lower(): value for name, value in route.respond.headers.items()}
        headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store", **said}
        return Response(route.respond.status, headers, route.respond.body or None)
    return None


def _location(to: str, pattern: str, request: Request) -> str:
    """`/v2/*` for `/v1/*` makes `/v1/users?page=2` to `/v2/users?page=2`. Segments are counted: some are named."""
    if not to.endswith("/*"):
        return to
    above = pattern.removesuffix("/*").count("/") if pattern.endswith("/*") else request.path.count("/")
    rest = "".join("/" + segment for segment in request.path.split("/")[above + 1 :])
    query = f"?{request.query}" if request.query else ""
    return (to.removesuffix("/*") + rest or "/") + query
