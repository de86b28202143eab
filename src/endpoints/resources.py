"""Whose tokens each path takes, said to whoever asks, and where it is said, in every challenge (RFC 9728)."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from auth import ProtectedResources
from core.messages import Request
from core.problems import Problem
from identity.settings import AccessSettings, IdentitySettings

ANYBODY_KNOWN: Final = AccessSettings.model_construct(auth="required")
"""Whom `whoami` takes, and what a host asks that has no protected route of its own."""


class Resources:
    """The protected resources of one gateway."""

    def __init__(self, settings: IdentitySettings, accesses: Callable[[str, str], Sequence[AccessSettings]]) -> None:
        """`accesses` says whom the routes of a host let in at a path, or without one, anywhere."""
        self._accesses = accesses
        self._described = ProtectedResources(settings)
        self.are_published = settings.resource_metadata

    def describe(self, request: Request, path: str, own: AccessSettings | None) -> dict[str, Any]:
        """The metadata of what is at `path`; `own` is whom an endpoint of the gateway there lets in.

        Raises Problem 404 where nobody is asked who they are.
        """
        accesses = [own] if own else self._accesses(request.host, path)
        if not path and all(access.auth == "none" for access in accesses):
            accesses = [ANYBODY_KNOWN]
        described = self._described.describe(request, path, accesses)
        if described is None:
            raise Problem(404, "not_found", "There is no protected resource at that path.")
        return described

    def named(self, problem: Problem, request: Request) -> Problem:
        """A refusal whose challenge, if there is one, says where the metadata of what was asked for are."""
        challenge = problem.headers.get("www-authenticate")
        if challenge is not None and self.are_published:
            problem.headers["www-authenticate"] = self._described.named_in(challenge, request)
        return problem
