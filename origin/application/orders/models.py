"""What the messages of the queues say, as far as their readers want to know."""

from __future__ import annotations

from typing import Annotated, Literal

from aws_lambda_powertools.utilities.parser import BaseModel
from pydantic import ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=4096)]


class Model(BaseModel):
    """More than what is named here may be there: later versions say more."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


class Named(Model):
    """An order, by its id."""

    id: Text


class ToProcess(Model):
    """In the orders' queue."""

    type: Literal["ProcessOrder"]
    order: Named


class ToFulfil(Model):
    """On the fulfilment topic."""

    type: Literal["OrderFulfilled"]
    order: Named


class Who(Model):
    issuer: Annotated[str, Field(max_length=2048)]
    id: Text


class Amount(Model):
    currency: Text
    minor: int
    decimal: Text


class Told(Named):
    state: Text
    total: Amount
    parcel: Text | None = None
    reason: Text | None = None


class ToNotify(Model):
    """On the notification topic."""

    id: Text
    type: Text
    at: Text
    owner: Who
    order: Told
