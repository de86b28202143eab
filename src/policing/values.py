"""What a policy is told, as plain values that a test can write down: caller, place, secrets, its settings.

They are copies. Whatever a policy does with them, the gateway goes by its own.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Protocol, Self

from pydantic import GetCoreSchemaHandler, PlainValidator, ValidationInfo

from core.model import Model
from core.records import field, record


class Settings(Model):
    """What the `Settings` of a policy extend: unknown keys are faults, values never stand in a message."""


SECRET_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


class Verified(Protocol):
    """A caller as the gateway knows them; `auth.Principal` is one."""

    @property
    def issuer(self) -> str | None: ...
    @property
    def id(self) -> str: ...
    @property
    def roles(self) -> tuple[str, ...]: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def expires(self) -> float: ...
    @property
    def told(self) -> tuple[tuple[str, tuple[str, ...]], ...]: ...


class Located(Protocol):
    """Where a visitor is, as the gateway knows it; `geo.Locale` is one."""

    @property
    def country(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def region_code(self) -> str: ...
    @property
    def city(self) -> str: ...
    @property
    def timezone(self) -> str: ...
    @property
    def continent(self) -> str: ...
    @property
    def is_eu(self) -> bool: ...
    @property
    def currency(self) -> str: ...
    @property
    def language(self) -> str: ...


@record(sealed=True)
class Principal:
    """A verified caller: `Principal("https://id.example", "u1", roles=("admin",))`."""

    issuer: str | None = None
    """None for tokens without `iss`."""
    id: str = ""
    roles: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    expires: float = 0.0
    """When the token ends, in seconds since 1970."""
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What origins are told beside these (`forward_claims`), by field: `{"x-user-plan": ("pro",)}`."""

    @classmethod
    def of(cls, known: Verified) -> Self:
        return cls(known.issuer, known.id, known.roles, known.scopes, known.expires, dict(known.told))


@record(sealed=True)
class Locale:
    """Where the visitor is, what they pay in and read: `Locale(country="CH", currency="CHF", language="it-CH")`."""

    country: str = "US"
    """ISO 3166-1, or XK."""
    region: str = ""
    region_code: str = ""
    """ISO 3166-2 without the country: `ZH`."""
    city: str = ""
    timezone: str = ""
    continent: str = ""
    is_eu: bool = False
    currency: str = "USD"
    """ISO 4217."""
    language: str = "en-US"
    """BCP 47."""

    @classmethod
    def of(cls, known: Located) -> Self:
        return cls(**{name: getattr(known, name) for name in cls.__match_args__})


class Secret:
    """The value of one of the Worker's secrets. Settings name it: `secret = "STRIPE_WEBHOOK_SECRET"`.

        class Settings(policy.Settings):
            secret: Secret

    `Secret("whsec_…")` is one for a test.
    """

    __slots__ = ("name", "value")

    def __init__(self, value: str, name: str = "") -> None:
        self.value = value
        self.name = name

    def __repr__(self) -> str:
        return f"Secret(name={self.name!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler.generate_schema(Annotated[Any, PlainValidator(cls._named)])

    @classmethod
    def _named(cls, given: object, info: ValidationInfo) -> Self:
        if isinstance(given, cls):
            return given
        if not isinstance(given, str) or not SECRET_NAME.fullmatch(given):  # and never repeated: it may be the value
            raise ValueError("must be the name of a secret, in capitals as in STRIPE_WEBHOOK_SECRET, and not its value")
        value = (info.context or {}).get("secrets", {}).get(given)
        if not value:
            raise ValueError(f"the secret {given} is not set; run: wrangler secret put {given}")
        return cls(value, given)


def secrets_in(value: object) -> list[str]:
    """The values of every secret in settings, however deep."""
    if isinstance(value, Secret):
        return [value.value]
    if isinstance(value, Model):
        return [text for name in type(value).model_fields for text in secrets_in(getattr(value, name))]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in secrets_in(item)]
    if isinstance(value, list | tuple | set | frozenset):
        return [text for item in value for text in secrets_in(item)]
    return []
