"""What a visitor is told when nothing else decides, and what the choice is confined to, as `wrangler.toml` says it."""

from typing import Annotated

from pydantic import Field

from core.model import Model


class LocaleSettings(Model):
    """Defaults and the supported languages and currencies."""

    default_country: str = Field("US", pattern=r"^[A-Z]{2}$")
    """ISO 3166-1 code for visitors whose country is not known (XX, Tor)."""
    default_language: str = "en-US"
    """BCP 47 tag for when no rule finds a language."""
    default_currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    """ISO 4217 code for when no rule finds a currency."""
    supported_languages: tuple[str, ...] = ()
    """The answer is then always one of these BCP 47 tags; empty allows every language."""
    supported_currencies: tuple[Annotated[str, Field(pattern=r"^[A-Z]{3}$")], ...] = ()
    """The answer is then always one of these ISO 4217 codes; empty allows every currency in use."""
