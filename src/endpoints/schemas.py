"""What the gateway's own endpoints take and answer, as pydantic models: the source of the schemas in `/openapi.json`.

The endpoints write their answers without these models, because a request should not pay for a description. Tests hold
every answer to its model, members that no model names included. Building a model's validator is put off until
somebody asks for a description, and descriptions are `Field`s: docstrings would have to be read from the source.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from endpoints.purging import Purge
from endpoints.revoking import RevocationRequest
from geo import CURRENCIES

LANGUAGE_PATTERN = "^(?:[A-Za-z]{2}|[Ff][Ii][Ll])(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?$"
"""Tags as they are used: language, script, region. The gateway takes every well-formed tag of a living language."""

CountryCode = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["CH"])]
CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$", examples=["CHF"])]
LanguageTag = Annotated[str, Field(examples=["de-CH"])]
Rule = Literal["query", "cookie", "accept-language", "region", "country", "default"]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Source(Answer):
    """The rule that decided each choice."""

    country: Rule
    currency: Rule
    language: Rule


def _without_default(schema: dict[str, Any]) -> None:
    """A member that is absent without being null."""
    del schema["default"]


class Formats(Answer):
    """How the people of a place write and count, in the words of BCP 47, which `Intl` takes."""

    currency_digits: int = Field(alias="currencyDigits", ge=0, le=4, description="After the decimal sign.")
    currency_symbol: str = Field(alias="currencySymbol", min_length=1, description="Of `currency`, in `language`.")
    numbering_system: str = Field(alias="numberingSystem", pattern="^[a-z]{3,8}$", examples=["latn"])
    decimal: str = Field(min_length=1, description="The decimal sign.")
    group: str = Field(min_length=1, description="The sign between thousands.")
    hour_cycle: Literal["h11", "h12", "h23", "h24"] = Field(alias="hourCycle")
    first_day_of_week: int = Field(alias="firstDayOfWeek", ge=1, le=7, description="Monday is 1.")
    weekend: list[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1, description="Monday is 1.")
    calendar: str = Field(pattern="^[a-z]{3,8}(?:-[a-z]{3,8})*$", examples=["gregory"])
    measurement_system: Literal["metric", "uksystem", "ussystem"] = Field(alias="measurementSystem")
    temperature_unit: Literal["celsius", "fahrenheit"] = Field(alias="temperatureUnit")
    paper_size: Literal["A4", "US-Letter"] = Field(alias="paperSize")
    calling_code: str = Field(alias="callingCode", pattern=r"^\+[1-9][0-9]{0,2}$", examples=["+41"])
    is_eea: bool = Field(alias="isEEA", description="Whether the country is in the European Economic Area.")


class Locale(Answer):
    """A visitor's place, money and language."""

    country: CountryCode = Field(description="ISO 3166-1, or XK.")
    region: str = Field(description="Name of the first-level subdivision; like `city`, empty when it is not known.")
    city: str
    timezone: str = Field(description="IANA name.")
    currency: CurrencyCode = Field(description="ISO 4217.")
    language: LanguageTag = Field(description="BCP 47.")
    region_code: str = Field(alias="regionCode", description="ISO 3166-2 without the country.")
    continent: Literal["AF", "AN", "AS", "EU", "NA", "OC", "SA"]
    is_eu: bool = Field(alias="isEU", description="Whether the country is a member of the European Union.")
    currencies: list[CurrencyCode] = Field(
        min_length=1, description="Every legal tender of the country, most used first."
    )
    languages: list[LanguageTag] = Field(
        min_length=1, description="Every official language of the country, most used first."
    )
    direction: Literal["ltr", "rtl"] = Field(description="How `language` is written.")
    source: Source
    formats: Formats | SkipJsonSchema[None] = Field(
        None, description="With `?include=formats`.", json_schema_extra=_without_default
    )


class Preferences(Answer):
    """The whole of a visitor's preferences: a member left out or null is one forgotten."""

    currency: Annotated[str, Field(json_schema_extra={"enum": sorted(CURRENCIES)})] | None = Field(
        None, description="ISO 4217 code of a currency in use."
    )
    language: Annotated[str, Field(pattern=LANGUAGE_PATTERN, examples=["fr-CA"])] | None = Field(
        None, description="BCP 47 tag."
    )


class Status(Answer):
    """Whether the Worker runs, or the gateway can do its work."""

    status: Literal["ok", "ready"]


class Caller(Answer):
    """Who the token or the key says the caller is; never what was shown itself."""

    issuer: str | None = Field(description="`iss`; null for tokens without one, `api-key` for API keys.")
    id: str
    roles: list[str]
    scopes: list[str]
    expires: int | None = Field(description="Seconds since 1970-01-01T00:00:00Z; null for a key that has no end.")
    claims: dict[str, list[str]] | SkipJsonSchema[None] = Field(
        None,
        description="What origins are told of its other claims, by field, where the issuer's entry forwards any.",
        json_schema_extra=_without_default,
    )


class ProtectedResource(Answer):
    """Whose tokens a path takes (RFC 9728 section 2)."""

    resource: str = Field(description="The URL that is asked for, without its query.")
    authorization_servers: list[str] | SkipJsonSchema[None] = Field(
        None,
        description="Issuers of tokens that are taken; not those that have no https URL.",
        json_schema_extra=_without_default,
    )
    scopes_supported: list[str] | SkipJsonSchema[None] = Field(
        None, description="Scopes that are asked for.", json_schema_extra=_without_default
    )
    bearer_methods_supported: list[str] = Field(description="`header`, `query`, or none of those of RFC 6750.")


class Purged(Answer):
    """What was purged, as it was understood."""

    urls: list[str]
    prefixes: list[str] = Field(description="Host and path.")
    tags: list[str]
    everything: bool
    generation: int = Field(description="Milliseconds since 1970; what was stored before is dead.")


class Revocation(Answer):
    """A revocation, as it was understood. Of `subject`, `token_id` and `issued_before`, those that it names."""

    id: str = Field(pattern="^[0-9a-f]{32}$", description="By which it is lifted.")
    subject: str | SkipJsonSchema[None] = Field(None, json_schema_extra=_without_default)
    token_id: str | SkipJsonSchema[None] = Field(None, json_schema_extra=_without_default)
    issued_before: float | SkipJsonSchema[None] = Field(
        None, description="Seconds since 1970-01-01T00:00:00Z, as all times here.", json_schema_extra=_without_default
    )
    issuer: str | None = Field(description="Null for tokens without `iss`.")
    until: float = Field(description="When it ends.")
    made: float


class RevocationList(Answer):
    """The revocations in force, the newest first."""

    revocations: list[Revocation]


class ProblemDetails(BaseModel):
    """RFC 9457. `code` is stable and for programs, `detail` a sentence for people."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    type: str
    title: str = Field(description="The status phrase.")
    status: int = Field(ge=400, le=599)
    code: str = Field(pattern="^[a-z0-9_]+$", examples=["token_missing"])
    detail: str
    request_id: str = Field(description="As in the `x-request-id` field, and in the log.")


COMPONENTS: tuple[type[BaseModel], ...] = (
    Locale, Preferences, Status, Caller, ProtectedResource, Purge, Purged, RevocationRequest, Revocation,
    RevocationList, ProblemDetails,
)  # fmt: skip
"""Everything that `/openapi.json` refers to by name."""


REFERENCE_PATTERN = "^(?:https?://[a-z0-9-]+(?:[.][a-z0-9-]+)*)?/(?:[A-Za-z0-9_~-]+(?:/[A-Za-z0-9_~-]+){0,14})?$"
TAG_PATTERN = "^[!-+.-~-]+$"
"""References and tags as they are used; the gateway takes more."""


def _names(member: str) -> dict[str, Any]:
    return {"required": [member], "properties": {member: {"minItems": 1}}}


CHECKED_IN_CODE: Mapping[str, Mapping[str, Any]] = {
    "Purge": {
        "anyOf": [
            *(_names(member) for member in ("urls", "prefixes", "tags")),
            {"required": ["everything"], "properties": {"everything": {"const": True}}},
        ],
    },
    "RevocationRequest": {
        "oneOf": [{"required": ["token_id"]}, {"anyOf": [{"required": ["subject"]}, {"required": ["issued_before"]}]}],
    },
}
"""What no type says: added to the schema of that name."""

CHECKED_ITEMS: Mapping[tuple[str, str], str] = {
    ("Purge", "urls"): REFERENCE_PATTERN,
    ("Purge", "prefixes"): REFERENCE_PATTERN,
    ("Purge", "tags"): TAG_PATTERN,
}
"""Patterns of the items of lists, by schema and member."""


def components(template: str) -> dict[str, Any]:
    """JSON Schemas (2020-12) of COMPONENTS and what they hold, by name; `template` makes references to them."""
    schemas: dict[str, Any] = {}
    for model in COMPONENTS:
        schema = model.model_json_schema(ref_template=template)
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = {**schema, **CHECKED_IN_CODE.get(model.__name__, {})}
    for (name, member), pattern in CHECKED_ITEMS.items():
        schemas[name]["properties"][member]["items"]["pattern"] = pattern
    return schemas
