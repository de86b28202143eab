"""What is sent to the gateway's own endpoints, read by a model: as strict JSON, and with its first fault by name.

pydantic would read JSON itself, but keeps the last of duplicate members, and makes a dictionary of whatever it was sent
to show what is wrong with it.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from core import strictjson

LONGEST_NAME: Final = 64
"""Characters of a member's name that a refusal repeats."""
BODY: Final = "body"
"""The field that a fault names which is no member's."""

Model = TypeVar("Model", bound=BaseModel)


class Misread(ValueError):
    """`Misread(("urls", 0), "Input should be a valid string")`: where it is, and what is wrong there."""

    def __init__(self, place: Sequence[int | str], fault: str) -> None:
        self.field = ".".join(map(str, place))[:LONGEST_NAME] or BODY
        self.member = str(place[0])[:LONGEST_NAME] if place else BODY
        self.fault = fault
        super().__init__(f"{self.field}: {fault}")


def read_as(model: type[Model], content: bytes) -> Model:
    """The model of a JSON object. Raises Misread."""
    try:
        members: Any = strictjson.loads(content)
    except ValueError:
        raise Misread((), "send a JSON object that every reader reads alike") from None
    if not isinstance(members, dict):
        raise Misread((), "send a JSON object")
    try:
        return model.model_validate(members)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise Misread(fault["loc"], fault["msg"]) from None
