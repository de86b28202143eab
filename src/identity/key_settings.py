"""How API keys come and what they begin with, as `wrangler.toml` says it."""

from typing import Any

from pydantic import Field, field_validator

from core.model import Model
from identity.carriers import AUTHORIZATION, Carrier, carrier
from identity.key_format import prefix_fault

NO_PLACE_FOR_KEYS = {
    "cookie": "is where browsers keep what people sign in with, and a key is for machines",
    "query": "is part of a URL, which is logged on its way, and a key is good for long",
}
"""Kind of carrier -> why no key comes by it."""


class ApiKeySettings(Model):
    """Credentials of machines, which stand in the KV namespace bound as `KEYS`."""

    from_: tuple[str, ...] = Field(("header:x-api-key", AUTHORIZATION), alias="from", min_length=1)
    """How keys come: `authorization`, behind `Bearer`, and `header:<field>`, bare."""
    prefix: str = "gh"
    """What keys begin with, before the first `_`: by it they are told from tokens, and found where they leak."""

    @field_validator("from_", mode="before")
    @classmethod
    def _one_carrier_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("from_")
    @classmethod
    def _are_fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            if not carrier(text).is_field:
                raise ValueError(f"{text!r} {NO_PLACE_FOR_KEYS[carrier(text).kind]}; write 'header:x-api-key'")
        return value

    @field_validator("prefix")
    @classmethod
    def _tells_keys_from_tokens(cls, value: str) -> str:
        if fault := prefix_fault(value):
            raise ValueError(f"{value!r} {fault}")
        return value

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """How keys come."""
        return tuple(dict.fromkeys(map(carrier, self.from_)))
