"""Which visitors an origin is meant for, and how closely it names them.

    { countries = ["DE"] }  >  { eu = true }  >  { continents = ["EU"] }  >  no geography, or `default = true`

Pure. A visitor whose place is not known (Tor, XX) is named by nobody.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from core.model import Model
from core.records import record

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Continent = Literal["AF", "AN", "AS", "EU", "NA", "OC", "SA"]

NOT_NAMED: Final = 0
BY_CONTINENT, BY_UNION, BY_COUNTRY = 1, 2, 3
"""How closely a visitor is named; the closest wins."""


@record
class VisitorPlace:
    """Where a visitor is: `VisitorPlace("DE", "EU", is_eu=True)`."""

    country: str
    """ISO 3166-1; empty where it is not known."""
    continent: str
    is_eu: bool


NOWHERE: Final = VisitorPlace("", "", is_eu=False)


class GeographySettings(Model):
    """Which visitors something is meant for."""

    countries: tuple[Country, ...] = ()
    """Visitors of these countries: ISO 3166-1 codes."""
    continents: tuple[Continent, ...] = ()
    """Visitors of these continents: `AF`, `AN`, `AS`, `EU`, `NA`, `OC`, `SA`."""
    eu: bool = False
    """Visitors of the European Union's member states."""
    except_: tuple[Country, ...] = Field((), alias="except")
    """Countries that are not meant although their continent or union is."""

    @model_validator(mode="after")
    def _excepts_from_something(self) -> Self:
        if self.except_ and not self.names_somebody:
            raise ValueError("except needs continents or eu, from which it excepts")
        if both := sorted({*self.except_} & {*self.countries}):
            raise ValueError(f"{both[0]} stands in countries and in except; leave one out")
        return self

    @property
    def names_somebody(self) -> bool:
        return bool(self.countries or self.continents or self.eu)

    def names(self, place: VisitorPlace) -> int:
        """How closely a visitor is named: `NOT_NAMED` to `BY_COUNTRY`."""
        if not place.country or place.country in self.except_:
            return NOT_NAMED
        if place.country in self.countries:
            return BY_COUNTRY
        if self.eu and place.is_eu:
            return BY_UNION
        return BY_CONTINENT if place.continent in self.continents else NOT_NAMED

    @property
    def words(self) -> str:
        """`DE,AT`, `EU`: a label for logs."""
        return ",".join([*self.countries, *(["eu"] if self.eu else []), *self.continents])
