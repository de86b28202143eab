"""From where a route is asked: what the platform says of a visitor, held to the route's `allow` and `deny`."""

from typing import Final

from auth import Visitor, refuse_elsewhere
from configuration.settings import RouteSettings
from core.lengths import REQUEST_FIELDS
from core.messages import Request
from geo import territories, territory

LONGEST_ASN: Final = 10
"""Digits of the largest (RFC 6793)."""


def require_here(route: RouteSettings, request: Request) -> None:
    """Raise Problem `not_here` for visitors whom the route keeps out because of where they are."""
    refuse_elsewhere(route.allow, route.deny, visitor_of(request))


def visitor_of(request: Request) -> Visitor:
    """What is known of where a request comes from. The address is the one that Cloudflare's edge sets."""
    cf = request.cf
    country, continent, asn = cf.get("country"), cf.get("continent"), cf.get("asn")
    country = country if isinstance(country, str) else ""
    if not isinstance(continent, str):
        continent = territory(country).continent if country in territories.TERRITORIES else ""
    address = request.headers.get("cf-connecting-ip", "")
    if len(address) > REQUEST_FIELDS["cf-connecting-ip"].characters:
        address = ""
    number = asn if isinstance(asn, int) else 0
    if isinstance(asn, str) and asn.isascii() and asn.isdigit() and len(asn) <= LONGEST_ASN:  # as `--cf` says it
        number = int(asn)
    return Visitor(country, continent, address, number)
