"""Locale routing of a route, as `wrangler.toml` says it."""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from core.model import Model
from core.patterns import rare

HOST: Final = rare(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
EXCLUDED: Final = re.compile(r"/[^*?#\s\\]*|/(?:[^*?#\s\\]+/)?\*|\*\.[^*/?#\s\\]+")

Tag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,7}$")]
"""A language tag that is a segment of a path as it stands; `loading.py` asks whether there is such a language."""


class SiteSettings(Model):
    """The languages of a site, and where its pages are in each."""

    languages: tuple[Tag, ...] = Field(min_length=1)
    """BCP 47 tags, spelled as they stand in paths: `/pt-BR/pricing`."""
    default: str
    """One of them: for who reads none of them, and for crawlers, which send no `Accept-Language`."""
    mode: Literal["redirect", "rewrite"] = "redirect"
    """What a path without a language leads to: the reader's page by a 307, or its content at that very address."""
    cookie: bool = True
    """Whether a visitor who switches is remembered, in the cookie of `POST /geo/preferences`."""
    exclude: tuple[str, ...] = ()
    """Paths without language: `/robots.txt` itself, `/api/*` the subtree and its bare prefix, `*.png` what ends so."""
    default_prefix: bool = True
    """`false`: pages of the default language have no prefix, neither here nor at the origin."""
    hosts: dict[str, str] = Field(default_factory=dict)
    """Host -> the language that needs no prefix there: `{ "example.de" = "de" }`."""

    @field_validator("exclude")
    @classmethod
    def _exclude_is_read(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            if not EXCLUDED.fullmatch(pattern):
                raise ValueError(f"{pattern!r} is none of '/robots.txt', '/api/*' and '*.png'")
        return value

    @field_validator("hosts")
    @classmethod
    def _hosts_are_names(cls, value: dict[str, str]) -> dict[str, str]:
        for host in value:
            if not HOST.fullmatch(host):
                raise ValueError(f"{host!r} is not a host name in lower case, without scheme, port and path")
        return value

    @model_validator(mode="after")
    def _languages_are_the_sites(self) -> Self:
        lower = [language.lower() for language in self.languages]
        for index, language in enumerate(self.languages):
            if lower.index(language.lower()) != index:
                raise ValueError(f"languages: {language!r} is listed twice")
        named = {"default": self.default, **{f"hosts[{host!r}]": language for host, language in self.hosts.items()}}
        for name, language in named.items():
            if language not in self.languages:
                raise ValueError(f"{name}: {language!r} is not one of languages: {', '.join(self.languages)}")
        return self
