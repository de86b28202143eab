"""Which of people's own policies a route has, and what each is told."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import field_validator

from core.model import Model

POLICY_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""A module of `src/policies/`. One that begins with "_" is for the others to share."""

POLICY_NAME_FAULT: Final = "is not a policy's name: small letters, digits and '_', a letter first"


class PolicedSettings(Model):
    """Which policies a route has."""

    policies: tuple[str, ...] = ()
    """Modules of `src/policies/` that each request passes, in this order, and each answer, in the opposite one."""

    @field_validator("policies")
    @classmethod
    def _policies_are_named_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not POLICY_NAME.fullmatch(name):
                raise ValueError(f"{name!r} {POLICY_NAME_FAULT}")
            if value.count(name) > 1:
                raise ValueError(f"{name!r} is listed twice")
        return value


class PoliciesSettings(Model):
    """What policies are told."""

    policies: Mapping[str, Mapping[str, Any]] = {}
    """By the policy's name, what its own `Settings` take: `{ tenant = { domain = "tenants.example.com" } }`."""

    @field_validator("policies")
    @classmethod
    def _policies_have_names(cls, value: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
        for name in value:
            if not POLICY_NAME.fullmatch(name):
                raise ValueError(f"{name!r} {POLICY_NAME_FAULT}")
        return value
