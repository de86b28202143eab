"""Which sites may read answers, and on what terms, as `wrangler.toml` says it."""

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from browsers.web_origins import ALL, origin_fault
from core.model import Model
from fields.names import TOKEN

Owner = Literal["gateway", "origin"]
"""Who says which sites may read an answer."""

PREFLIGHT_SECONDS: Final = 7200
"""Chromium keeps a preflight's answer no longer than two hours."""


class CorsSettings(Model):
    """The allow-list of cross-origin resource sharing."""

    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may read answers with credentials: exact ones (`https://app.example`, `capacitor://localhost`)
    and patterns for one label (`https://*.preview.example`); or `*` alone, for every origin without credentials. Where
    it is set, the gateway alone says who may read: an origin's `Access-Control-*` is taken off. Where it is not, CORS
    is the origins' own."""
    cors_private_network: bool = False
    """Whether pages of the public internet may ask a gateway in a private network: whether those on the list are told
    so in preflights (`Access-Control-Allow-Private-Network`)."""

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_serialised(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _as_browsers_write_them(value)


class RouteCorsSettings(Model):
    """What a route says otherwise of cross-origin resource sharing."""

    cors: Owner | None = None
    """Who says which sites may read: the `gateway`, by a list, or the route's `origin`: preflights are then sent on to
    it, without anybody's identity and before anybody is asked for it, and its fields come back untouched. Without it,
    the gateway where there is a list; else an origin's fields pass, and a preflight is a request like any other."""
    cors_origins: tuple[str, ...] | None = None
    """In place of `CORS_ORIGINS`, also for whose pages may use cookies with tokens and open WebSockets. `[]` is no
    site at all."""
    cors_headers: tuple[str, ...] | None = None
    """Request fields that pages may send; without it, whatever they ask for."""
    cors_expose: tuple[str, ...] = ()
    """Response fields that pages may read, beside the gateway's own and those that the origin exposes."""
    cors_max_age: int = Field(PREFLIGHT_SECONDS, ge=0, le=86_400)
    """Seconds for which browsers may keep a preflight's answer. Chromium keeps none longer than the default."""
    cors_private_network: bool | None = None
    """In place of `CORS_PRIVATE_NETWORK`."""

    @field_validator("cors_origins")
    @classmethod
    def _origins_are_serialised(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if value is None else _as_browsers_write_them(value)

    @field_validator("cors_headers", "cors_expose")
    @classmethod
    def _fields_are_named(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in value or ():
            if name == "*":
                raise ValueError("'*' is no name where credentials are allowed; write each, in a list")
            if not TOKEN.fullmatch(name):
                raise ValueError(f"{name!r} is not a header field name")
        return value and tuple(dict.fromkeys(name.lower() for name in value))

    @model_validator(mode="after")
    def _terms_are_the_owners(self) -> "RouteCorsSettings":
        if self.cors == "origin" and self.terms:
            raise ValueError(f"cors = 'origin' leaves that to the origin; take out {', '.join(self.terms)}")
        return self

    @property
    def terms(self) -> list[str]:
        """Which of these settings the configuration has, beside `cors`."""
        return [name for name in RouteCorsSettings.model_fields if name in self.model_fields_set and name != "cors"]

    def owner(self, listed: Sequence[str]) -> Owner | None:
        """Who says which sites may read; None where the gateway stays out. `listed` is `CORS_ORIGINS`."""
        if self.cors is not None:
            return self.cors
        return "gateway" if self.cors_origins is not None or listed else None

    def fault_beside(self, listed: Sequence[str]) -> str | None:
        """What is wrong with them beside `CORS_ORIGINS`."""
        if self.cors_origins is not None or listed or self.cors == "origin":
            return None
        given = (["cors"] if self.cors else []) + self.terms
        if not given:
            return None
        return f"{given[0]}: says nothing without sites that may read; write cors_origins beside it, or CORS_ORIGINS"


def _as_browsers_write_them(value: tuple[str, ...]) -> tuple[str, ...]:
    for entry in value:
        if entry != ALL and (fault := origin_fault(entry)):
            raise ValueError(f"{entry!r} never matches: {fault}")
    if ALL in value and len(value) > 1:
        raise ValueError("'*' cannot be combined with named origins")
    return value
