"""From where a route may be asked: countries, continents, networks. Judged before anybody says who they are.

Pure. It keeps people out, not attackers: whoever has a computer elsewhere asks from there.
"""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from core.model import Model
from core.problems import Problem
from core.records import record

Country = Annotated[str, StringConstraints(pattern=r"^(?:[A-Z]{2}|T1)$")]
Network = IPv4Network | IPv6Network


def _network(value: str) -> str:
    ip_network(value)  # says what is wrong, host bits among it
    return value


@record
class Visitor:
    """Where a request comes from; empty, or 0, what is not known."""

    country: str
    """ISO 3166-1, `XX`, or `T1` for Tor."""
    continent: str
    address: str
    asn: int


class VisitorRule(Model):
    """Visitors by where they are: any one thing that is true of them is enough."""

    countries: tuple[Country, ...] = ()
    """ISO 3166-1 codes; `T1` is Tor."""
    continents: tuple[Literal["AF", "AN", "AS", "EU", "NA", "OC", "SA"], ...] = ()
    """`AF`, `AN`, `AS`, `EU`, `NA`, `OC`, `SA`."""
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    """Addresses and networks of both families: `203.0.113.0/24`, `2001:db8::/32`."""
    asns: tuple[Annotated[int, Field(ge=1, le=4_294_967_295)], ...] = ()
    """Numbers of autonomous systems."""
    status: Literal[403, 451] = 403
    """What those who are kept out are told with; 451 is for legal reasons (RFC 7725)."""

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not (self.countries or self.continents or self.addresses or self.asns):
            raise ValueError("must name countries, continents, addresses or asns")
        return self

    @cached_property
    def _networks(self) -> tuple[Network, ...]:
        return tuple(map(ip_network, self.addresses))

    def takes(self, visitor: Visitor) -> bool:
        """Whether the rule is about this visitor. Of whom nothing is known, nothing is true."""
        if visitor.country in self.countries or visitor.continent in self.continents or visitor.asn in self.asns:
            return True
        return bool(self.addresses) and self._has_address(visitor.address)

    def _has_address(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


def refuse_elsewhere(allow: VisitorRule | None, deny: VisitorRule | None, visitor: Visitor) -> None:
    """Raise Problem `not_here` for whom `deny` names, and for whom an `allow` does not."""
    for rule, is_kept_out in ((deny, True), (allow, False)):
        if rule is not None and rule.takes(visitor) == is_kept_out:
            raise Problem(rule.status, "not_here", "This cannot be asked for from where you are.")
