"""An origin's own addresses, in what it answers, as the client must see them: those of the gateway.

Pure. A `Location`, `Link` or `Refresh` at the origin's own host would lead the client past the gateway, to a host that
may refuse it or, worse, let it in. A cookie for a path that the gateway does not have never comes back, and one for a
wider path goes to other routes' origins.

With `https://api.example/v1` behind `/api`:

    Location: https://api.example/v1/users/7        https://gateway.example/api/users/7
    Link: </v1/users?page=2>; rel="next"            </api/users?page=2>; rel="next"
    Refresh: 5; url=https://api.example/v1          5; url=https://gateway.example/api
    Set-Cookie: a=1; Path=/v1; Domain=api.example   a=1; Path=/api

Other hosts, references relative to the request's path, and every other byte stay as they are.
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlunsplit

from core.lengths import RESPONSE_FIELDS
from core.messages import Request
from fields.links import with_targets
from fields.refresh import with_target
from fields.uri_references import split_reference
from forwarding.forwarded import DEFAULT_PORTS, Target

REFERENCES: Final = ("location", "content-location")
"""Fields that hold a URI reference to something the origin serves."""

WITHIN: Final[Mapping[str, Callable[[str, Callable[[str], str]], str]]] = {"link": with_targets, "refresh": with_target}
"""Fields that hold references among other words, and what changes those in them."""

ADDRESSED: Final = frozenset({*REFERENCES, *WITHIN})

BOUND_TO_HOST: Final = "__host-"
"""Browsers keep a cookie whose name begins so for `Path=/` alone (RFC 6265bis section 4.1.3.2), in any letter case."""

WHITE: Final = " \t"


def point_at_gateway(headers: dict[str, str], target: Target, request: Request) -> None:
    """Change the references in an origin's fields. A `Link` or `Refresh` that is too long to be read is dropped."""
    for name in REFERENCES:
        if name in headers:
            headers[name] = public_reference(headers[name], target, request)
    for name in WITHIN.keys() & headers.keys():
        if len(headers[name]) > RESPONSE_FIELDS[name].characters:
            del headers[name]
        else:
            headers[name] = WITHIN[name](headers[name], lambda found: public_reference(found, target, request))


def public_reference(reference: str, target: Target, request: Request) -> str:
    """A URI reference of the origin as the client must see it.

    With `https://api.example/v1` behind `/api`: `https://api.example/v1/users/7` and `/v1/users/7` become
    `https://gateway.example/api/users/7` and `/api/users/7`. Other hosts, and references relative to the request's
    path, stay as they are.
    """
    try:
        parts = split_reference(reference)
    except ValueError:
        return reference
    if not parts.scheme and not parts.netloc:
        moved = target.prefix or target.stripped
        if not moved or not parts.path.startswith("/"):
            return reference
        return urlunsplit(parts._replace(path=_public_path(parts.path, target)))
    if not _is_origin(parts.scheme or target.scheme, parts.netloc, target):
        return reference
    path = _public_path(parts.path or "/", target)
    return urlunsplit(parts._replace(scheme=request.scheme, netloc=request.host, path=path))


def _is_origin(scheme: str, netloc: str, target: Target) -> bool:
    return scheme in DEFAULT_PORTS and netloc.lower().removesuffix(DEFAULT_PORTS[scheme]) == target.host


def _public_path(path: str, target: Target) -> str:
    """A path at the origin as it is reached through the gateway.

    Without its prefix, `/v1//evil.example` must not become a reference to another host.
    """
    inside = path == target.prefix or path.startswith(target.prefix + "/")
    if not inside:
        return target.stripped + path
    public = target.stripped + path[len(target.prefix) :]
    return "/" + public.lstrip("/\\")


def public_cookies(cookies: list[str], target: Target) -> list[str]:
    """`Set-Cookie` values, one each. What is longer than browsers take is dropped."""
    longest = RESPONSE_FIELDS["set-cookie"].characters
    return [public_cookie(cookie, target) for cookie in cookies if len(cookie) <= longest]


def public_cookie(cookie: str, target: Target) -> str:
    """A `Set-Cookie` value (RFC 6265 section 5.2, to which a quote is a character like any other, and opens nothing).

    `Path` is moved as paths are; one above all that the route reaches becomes the route's own. `Domain` goes if it
    names the origin's host: the cookie is then the gateway's host's alone. Of several, browsers take the last.
    """
    pair, *attributes = cookie.split(";")
    if not attributes or pair.strip(WHITE)[: len(BOUND_TO_HOST)].lower() == BOUND_TO_HOST:
        return cookie
    domains = [attribute for attribute in attributes if _name(attribute) == "domain"]
    if domains and _is_origins(domains[-1], target):
        attributes = [attribute for attribute in attributes if _name(attribute) != "domain"]
    return ";".join([pair, *(_moved(one, target) if _name(one) == "path" else one for one in attributes)])


def _name(attribute: str) -> str:
    return attribute.partition("=")[0].strip(WHITE).lower()


def _is_origins(attribute: str, target: Target) -> bool:
    """Whether a `Domain` attribute names the origin's host, and no wider domain."""
    domain = attribute.partition("=")[2].strip(WHITE).lower().removeprefix(".")
    host = target.host if target.host.endswith("]") else target.host.rpartition(":")[0] or target.host
    return domain == host


def _moved(attribute: str, target: Target) -> str:
    """A `Path` attribute as the gateway's.

    Without a path, the request's own counts, which is the gateway's already; one with a quote, as where a semicolon
    cuts a quoted value, is no path.
    """
    name, _, value = attribute.partition("=")
    path = value.strip(WHITE)
    public = _public_cookie_path(path, target) if path.startswith("/") and '"' not in path else path
    if public == path:
        return attribute
    before, _, after = value.partition(path)
    return f"{name}={before}{public}{after}"


def _public_cookie_path(path: str, target: Target) -> str:
    """Where requests get a cookie that was meant for `path` and what is below it (RFC 6265 section 5.1.4)."""
    if path in ("/", target.prefix) or target.prefix.startswith(path.removesuffix("/") + "/"):
        return target.stripped or "/"
    inside = path.startswith(target.prefix + "/")
    return target.stripped + (path[len(target.prefix) :] if inside else path)
