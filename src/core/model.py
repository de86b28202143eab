"""What every model of the settings is made of.

Models reject unknown keys: a misspelt `rolse` must not become a route without roles.
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

KIB, MIB = 1024, 1024 * 1024


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Part(Model):
    """What a larger model is composed of. Nothing is validated by a part alone, so what that takes is not built."""

    model_config = ConfigDict(defer_build=True)


class SecretsSettings(Part):
    """What is told apart from everything else."""

    secrets: Mapping[str, str] = Field(default_factory=dict, repr=False, exclude=True)
    """Values of the secrets that the other settings name."""
