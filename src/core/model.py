"""What every model of the settings is made of.

Models reject unknown keys: a misspelt `rolse` must not become a route without roles.

pydantic takes 4 ms in the Worker for what a model validates by, so only a root has that from the beginning
(`defer_build=False`), and the models that it is composed of as parts of it (`model_schema.py`). What is made of values
that are known to be right asks for none: `model_construct`.
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

KIB, MIB = 1024, 1024 * 1024


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class SecretsSettings(Model):
    """What is told apart from everything else."""

    secrets: Mapping[str, str] = Field(default_factory=dict, repr=False, exclude=True)
    """Values of the secrets that the other settings name."""
