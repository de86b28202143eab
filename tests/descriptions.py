"""Whether a description is OpenAPI 3.1, and whether answers are as it says: asked of packages that are not ours.

They are imported when something is asked of them. Every process of a run collects every test, and these take it longer
than any other package.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

MODES: Final = ("positive", "negative")
"""Requests as they are described, and requests as they should not be."""


def read(url: str) -> Any:
    """The description at `url`, as schemathesis reads it."""
    import schemathesis

    return schemathesis.openapi.from_url(url)


def requests_of(operation: Any, mode: str) -> Any:
    """A strategy of requests of one of MODES."""
    from schemathesis.generation import GenerationMode

    return operation.as_strategy(generation_mode=GenerationMode(mode))


def answered_as_described(case: Any, headers: Mapping[str, str], not_held_to: Collection[str] = ()) -> Any:
    """The answer to a request; raises when it is not as described. `not_held_to` names checks of schemathesis."""
    from schemathesis.checks import CHECKS

    return case.call_and_validate(excluded_checks=CHECKS.get_by_names(list(not_held_to)), headers=headers)
