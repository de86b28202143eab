"""A visit to a site: what is decided of the request, and what its answer says of languages.

Pure. The cache and the origin stand between the two: a page is stored at the origin's path, once for all its readers,
and what is true of one reader alone is added after that. Two rules keep readers apart (RFC 9111 section 3):

- a redirect is stored by nobody;
- an answer at an address that leads others elsewhere is `private`, and varies by what decided.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from core.messages import Request, Response
from core.paths import normalise_path
from core.problems import Problem
from core.records import record
from fields.lists import split_list
from fields.uri_references import split_reference
from sites.routing import Address, Outcome, Page, Redirect, Site, host_name

DECIDED_BY: Final = ("Accept-Language", "Cookie")
"""Request fields that decide, beside the address and the place."""
MOST_ALTERNATES: Final = 8192
"""Characters of our `Link` members; with a query that makes them longer they are without it, or not there at all."""
DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
SHARED: Final = ("public", "s-maxage", "proxy-revalidate", "private", "immutable")
"""Directives that a private answer does not have, or has once."""

LOOP: Final = (502, "redirect_loop", "The origin leads this page away from its language, and so back to itself.")

Ours = Callable[[str], bool]
"""Whether a normalised path is one of the same route."""


@record
class Visit:
    """One request of a site: `outcome` says where it leads, the rest what its answer needs."""

    site: Site
    outcome: Outcome
    chosen: str
    """The language of the site that the reader reads best."""
    scheme: str
    host: str
    path: str
    """As asked for, normalised."""
    query: str
    switched: bool = False
    """Whether the visitor came here on purpose, to read another language than the one chosen."""

    @property
    def language(self) -> str:
        """What the origin is told of the reader's language: that of the page."""
        named = None if isinstance(self.outcome, Redirect) else self.outcome.language
        return named or self.chosen

    @property
    def names_language(self) -> bool:
        """Whether the address itself does."""
        outcome = self.outcome
        return outcome.prefixed if isinstance(outcome, Page) else self.language != self.chosen


def visited(site: Site, request: Request, chosen: str) -> Visit:
    """What is decided of a request whose path is normalised."""
    outcome = site.outcome(request.method, request.host, request.path, chosen)
    switched = isinstance(outcome, Page) and outcome.prefixed and outcome.language != chosen
    on_purpose = switched and site.settings.cookie and comes_on_purpose(request.headers)
    return Visit(site, outcome, chosen, request.scheme, request.host, request.path, request.query, on_purpose)


def comes_on_purpose(headers: Mapping[str, str]) -> bool:
    """Whether a page was asked for by a visitor who is here, and not by a link elsewhere, a prefetch or a crawler.

    Fetch Metadata says so where the browser sends it; a client that does not must at least have said what it reads.
    """
    if "sec-purpose" in headers or "prefetch" in (headers.get("purpose"), headers.get("x-moz")):
        return False
    return (
        headers.get("sec-fetch-site") != "cross-site"
        and headers.get("sec-fetch-mode", "navigate") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
        and ("accept-language" in headers or "cookie" in headers)
    )


def redirection(visit: Visit, redirect: Redirect) -> Response:
    """To the reader's page: 307, the query kept byte for byte, and stored by nobody."""
    location = f"{redirect.path}?{visit.query}" if visit.query else redirect.path
    headers = {"location": location, "cache-control": "private, no-store", "cdn-cache-control": "no-store"}
    return Response(307, {**headers, "vary": ", ".join(DECIDED_BY)})


def told(visit: Visit, response: Response, ours: Ours, remembering: Callable[[str], str]) -> Response:
    """The answer of the origin, or of the cache, as this reader may have it. Raises Problem 502 `redirect_loop`.

    `remembering` gives the `Set-Cookie` value that remembers a language.
    """
    page, headers = visit.outcome, response.headers
    if response.status in REDIRECTS and "location" in headers:
        headers["location"] = _led(visit, headers["location"], ours)
    if not isinstance(page, Page):
        return response
    found = 200 <= response.status < 300
    if found:
        headers.setdefault("content-language", page.language)
        if members := alternates(visit, page):
            headers["link"] = f"{headers['link']}, {members}" if headers.get("link") else members
    if found and visit.switched:
        response.cookies = [*response.cookies, remembering(page.language)]
    if page.personal or (found and visit.switched):
        keep_private(headers, varies=page.personal)
    return response


def keep_private(headers: dict[str, str], *, varies: bool) -> None:
    """The caching fields of an answer that is one reader's; with `varies`, by what decided whose."""
    said = [member for member in split_list(headers.get("cache-control", "")) if _name(member) not in SHARED]
    headers["cache-control"] = ", ".join(["private", *said])
    headers.pop("cloudflare-cdn-cache-control", None)
    headers.pop("surrogate-control", None)
    headers["cdn-cache-control"] = "no-store"
    if varies:
        named = split_list(headers.get("vary", ""))
        known = {name.lower() for name in named}
        headers["vary"] = ", ".join([*named, *(name for name in DECIDED_BY if name.lower() not in known)])


def _name(directive: str) -> str:
    return directive.partition("=")[0].strip(" \t").lower()


def alternates(visit: Visit, page: Page) -> str:
    """`Link` members for the page in every language, and for whoever reads none of them (RFC 8288, hreflang)."""
    query = f"?{visit.query}" if visit.query and visit.query.isascii() and not set(visit.query) & set('<>" ') else ""
    for kept in dict.fromkeys((query, "")):
        members = ", ".join(
            f'<{address}{kept}>; rel="alternate"; hreflang="{language}"' for language, address in addresses(visit, page)
        )
        if len(members) <= MOST_ALTERNATES:
            return members
    return ""


def addresses(visit: Visit, page: Page) -> list[tuple[str, str]]:
    """The absolute address of every translation, and as `x-default` that which leads readers to theirs."""
    site = visit.site
    address = Address(site.address(visit.path).base, page.language, page.rest)
    port = visit.host[len(host_name(visit.host)) :] if ":" in visit.host.rpartition("]")[2] else ""

    def absolute(host: str | None, path: str) -> str:
        return f"{visit.scheme}://{visit.host if host is None else host + port}{path}"

    found = [(one, absolute(*site.translations(visit.host, address, one))) for one in site.settings.languages]
    if site.host_language(visit.host) is None:
        return [*found, ("x-default", absolute(None, "/" + (address.base + address.rest).lstrip("/")))]
    return [*found, ("x-default", dict(found)[site.settings.default])]


def _led(visit: Visit, location: str, ours: Ours) -> str:
    """A `Location` of the origin's, led to where the reader would end: past our own redirects, which so close no loop.

    What is another host's, another route's or no path stays as it is.
    """
    page = visit.outcome if isinstance(visit.outcome, Page) else None
    try:
        parts = split_reference(location)
        if not parts.path or not _is_here(parts, visit):
            return location
        path = normalise_path(_resolved(parts.path, page.path if page else visit.path), keep_slashes=True)
    except (ValueError, Problem):
        return location
    if not ours(path):
        return location
    onward = visit.site.onward(visit.host, path, visit.language, visit.chosen, from_prefix=visit.names_language)
    if onward == path:
        return location
    itself = (onward, parts.query) == (visit.path, visit.query) and parts.scheme in ("", "http", visit.scheme)
    if page and itself:
        raise Problem(*LOOP)
    return urlunsplit(parts._replace(scheme=parts.scheme if parts.netloc else "", path=onward))


def _resolved(path: str, base: str) -> str:
    """A path as browsers resolve it, to whom a backslash is a slash and an encoded dot a dot (WHATWG URL)."""
    written = re.sub("%2e", ".", path.replace("\\", "/"), flags=re.IGNORECASE)
    return urlsplit(urljoin(f"http://host{base}", written)).path


def _is_here(parts: SplitResult, visit: Visit) -> bool:
    """Whether a reference leads to the host that was asked, however it is written."""
    if not parts.netloc:
        return parts.scheme in ("", visit.scheme)
    port = DEFAULT_PORTS.get(parts.scheme or visit.scheme, "")
    return parts.netloc.rpartition("@")[2].lower().removesuffix(port) == visit.host.lower().removesuffix(port)
