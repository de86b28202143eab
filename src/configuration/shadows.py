"""Routes that are never reached, because one before them takes all that they would.

A shadowed route is a mistake, and a dangerous one where it was meant to be the stricter of the two: the wide, public
route before it would let everybody in.
"""

from collections.abc import Sequence

from auth import refuses_some
from configuration.route_patterns import covers
from configuration.settings import RouteSettings


def shadow_faults(routes: Sequence[RouteSettings]) -> list[str]:
    """A fault for each route that no request reaches, with both paths."""
    faults = []
    for index, route in enumerate(routes):
        for earlier, other in enumerate(routes[:index]):
            if _shadows(other, route):
                faults.append(f"ROUTES[{index}].path: {_told(route, other, earlier)}")
                break
        else:
            if _is_taken(route, routes[:index]):
                faults.append(f"ROUTES[{index}].methods: routes before it have {route.path!r} with all its methods")
    return faults


def _shadows(other: RouteSettings, route: RouteSettings) -> bool:
    """Whether `other`, which stands before it, takes every path of `route`. Of one path, each method is its own."""
    return other.host == route.host and other.path != route.path and covers(other.path, route.path)


def _is_taken(route: RouteSettings, before: Sequence[RouteSettings]) -> bool:
    same = [other for other in before if (other.host, other.path) == (route.host, route.path)]
    return bool(same) and {*route.methods} <= {method for other in same for method in other.methods}


def _told(route: RouteSettings, other: RouteSettings, earlier: int) -> str:
    stricter = refuses_some(route, other)
    swallowed = ", which lets in whom this one refuses" if stricter else ""
    if covers(route.path, other.path):
        mend = f"name the parameter alike in both, as in {other.path!r}"
    else:
        mend = "write it before that one"
    return f"{route.path!r} is never reached: {other.path!r} (ROUTES[{earlier}]) takes its paths{swallowed}; {mend}"
