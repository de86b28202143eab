"""Where a request may be moved to after it has been let in: to no path that somebody else is in charge of."""

from collections.abc import Callable

from auth import Principal
from configuration.hosts import HostRoutes
from configuration.ownership import require_own
from configuration.route_patterns import Pattern
from configuration.settings import RouteSettings
from core.messages import Request
from core.paths import refuse_encoded_slash
from core.problems import Problem


def require_staying(
    routes: HostRoutes,
    is_of: Callable[[Pattern, str], bool],
    route: RouteSettings,
    request: Request,
    principal: Principal | None,
    path: str,
) -> None:
    """Raise Problem unless a normalised `path` is the same route's, has one meaning there, and is the caller's own."""
    pattern = routes.table.find(request.path)
    if pattern is None or not is_of(pattern, path):
        raise Problem(403, "not_here", "another route is in charge of that path, and of who may ask for it")
    if route.encoded_slashes != "keep":
        refuse_encoded_slash(path)
    routes.readings.require_one_meaning(pattern.pattern, request.method, path)
    if route.match:
        require_own(route, pattern.parameters(path), principal)
