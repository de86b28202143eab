"""Whether what a path names is the caller's own (OWASP API Security 2023, API1: broken object level authorization).

The value of a path parameter is compared with the caller's id as it is forwarded, or with what another claim of the
verified token holds: decoded once, to the letter. A value that servers read in several ways is nobody's: else whoever
is called `ada;x` would be let in to what some origin takes for `ada`'s. Who has no such claim owns nothing.
"""

from collections.abc import Mapping
from urllib.parse import unquote

from auth import Principal
from configuration.readings import IGNORABLE, segment_readings
from configuration.settings import RouteSettings
from core.problems import Problem


def require_own(route: RouteSettings, parameters: Mapping[str, str], principal: Principal | None) -> None:
    """Raise Problem 403 `not_yours` unless every parameter in the route's `match` is the caller's, or its role is
    excepted."""
    if principal is not None:
        if any(role in route.match_except_roles for role in principal.roles):
            return
        if all(
            principal.owns(claim, parameters[name]) and has_one_reading(parameters[name])
            for name, claim in route.match.items()
        ):
            return
    raise Problem(403, "not_yours", "The path names something of somebody else, which you may not ask for.")


def has_one_reading(text: str) -> bool:
    """Whether every server takes a decoded segment for the same. A plus is one to all but the oldest."""
    readings = {reading for reading, _ in segment_readings(text.replace("+", ""), last=False)}
    hides_nothing = text.isascii() or not IGNORABLE.search(text)
    return readings == {text.replace("+", "")} and unquote(text) == text and hides_nothing
