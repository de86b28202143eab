"""What every model of the settings is made of.

Models reject unknown keys: a misspelt `rolse` must not become a route without roles.

pydantic takes 4 ms in the Worker for what a model validates by, so none has that from the beginning: the settings as a
whole are read by what `model_schema.py` makes, and a model that is validated by itself, as by tools, has its own made
then. What is made of values that are known to be right asks for neither: `model_construct`.
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
