"""Where a request for a page leads: pure, and a table (docs/geo.md has it with examples, which are the tests).

    path                    of whom                              GET and HEAD lead to
    excluded                anybody                              the origin, as it came
    /de/x                   anybody                              the page: German
    /DE/x                   anybody                              307 /de/x
    /x                      on a host of German                  the page: German
    /de/x                   on that host                         307 /x
    /x, redirect            a reader of German                   307 /de/x
    /x, rewrite             a reader of German                   the page: German, at this address
    and with default_prefix = false, English being the default:
    /x                      a reader of English                  the page: English
    /en/x                   a reader of English                  307 /x
    /en/x                   who would be led away from /x        the page: English, at this address

A redirect leads to an address that is not redirected again for the same reader, with cookies or without: so there is
never more than one, and never a loop. Every path that is led to begins with one slash, so no host but this one is.
"""

from typing import Final

from core.records import record
from sites.settings import SiteSettings

METHODS: Final = frozenset({"GET", "HEAD"})
"""What is redirected and rewritten: a form is sent where its page said."""


@record
class Redirect:
    """The reader's page is elsewhere on this host."""

    path: str


@record
class Page:
    """The origin has the page, at `path`."""

    path: str
    language: str
    rest: str
    """The path without its language: the same of every translation."""
    prefixed: bool
    """Whether the address itself names the language."""
    personal: bool
    """Whether the same address leads another reader elsewhere."""


@record
class Aside:
    """Not a page: it passes as it came. `language` is what its path names, if it does."""

    language: str | None = None


Outcome = Redirect | Page | Aside


@record
class Address:
    """A path, taken apart: `/shop/de/boots` of the route `/shop/*` is `("/shop", "de", "/boots")`."""

    base: str
    language: str | None
    """As the settings spell it, whatever its letter case in the path."""
    rest: str


class Site:
    """The addresses of one route's pages, compiled once.

    Site(settings, "/*").outcome("GET", "example.com", "/pricing", "de") == Redirect("/de/pricing")
    """

    def __init__(self, settings: SiteSettings, route: str) -> None:
        """`route` is the route's path, which ends in `/*`."""
        self.settings = settings
        self._depth = route.removesuffix("/*").count("/")
        self._spelling = {language.lower(): language for language in settings.languages}
        self._exact = frozenset(pattern.removesuffix("/*") or "/" for pattern in settings.exclude if pattern[0] == "/")
        self._subtrees = tuple(pattern[:-1] for pattern in settings.exclude if pattern.endswith("/*"))
        self._endings = tuple(pattern[1:] for pattern in settings.exclude if pattern[0] == "*")
        self.host_of = {language: host for host, language in reversed(settings.hosts.items())}

    def outcome(self, method: str, host: str, path: str, chosen: str) -> Outcome:
        """Where a request leads. `path` is normalised; `chosen` the language of the site that its reader reads best."""
        if self.excludes(path):
            return Aside()
        address = self.address(path)
        if method not in METHODS:
            return Aside(address.language)
        at_home = self.host_language(host)
        language = address.language or at_home or chosen
        canonical = self._canonical(address, language, at_home, chosen)
        if canonical != path and (address.language or self.settings.mode == "redirect"):
            return Redirect(canonical)
        # Without a prefix the default language has two addresses, and which of them answers depends on who asks.
        personal = at_home is None and (address.language is None or self._bare(language))
        return Page(self._origin(address, language), language, address.rest, address.language is not None, personal)

    def onward(self, host: str, path: str, language: str, chosen: str, *, from_prefix: bool) -> str:
        """Where a redirect of the origin's to `path` leads in the end: past every redirect of ours.

        `language` is that of the answer which redirects, `from_prefix` whether the address it was asked at names it.
        """
        if self.excludes(path):
            return path
        address = self.address(path)
        if address.language is None and not from_prefix and self.settings.mode == "rewrite":
            return path
        at_home = self.host_language(host)
        return self._canonical(address, address.language or at_home or language, at_home, chosen)

    def translations(self, host: str, address: Address, language: str) -> tuple[str | None, str]:
        """The host of a page in that language, if it has one of its own, and its path there."""
        home = self.host_of.get(language)
        if home is not None:
            return home, self._addressed(address, language, bare=True)
        bare = self._bare(language) and self.host_language(host) is None
        return None, self._addressed(address, language, bare=bare)

    def excludes(self, path: str) -> bool:
        return path in self._exact or path.startswith(self._subtrees) or path.endswith(self._endings)

    def host_language(self, host: str) -> str | None:
        """The language that needs no prefix on a host, whatever its port."""
        return self.settings.hosts.get(host_name(host)) if self.settings.hosts else None

    def address(self, path: str) -> Address:
        parts = path.split("/", self._depth + 2)
        base = "/".join(parts[: self._depth + 1])
        below = parts[self._depth + 1 :]
        language = self._spelling.get(below[0].lower()) if below else None
        if language is None:
            return Address(base, None, path[len(base) :])
        return Address(base, language, path[len(base) + 1 + len(below[0]) :])

    def _bare(self, language: str) -> bool:
        """Whether pages of a language have no prefix at the origin, nor on hosts of no language."""
        return not self.settings.default_prefix and language == self.settings.default

    def _canonical(self, address: Address, language: str, at_home: str | None, chosen: str) -> str:
        """The address at which this reader reads a page in that language."""
        bare = language == at_home or (at_home is None and self._bare(language) and language == chosen)
        return self._addressed(address, language, bare=bare)

    def _addressed(self, address: Address, language: str, *, bare: bool) -> str:
        """With its prefix, or `bare` of it: but of `/en/de/x` no other would be left than `/de/x`."""
        alone = _joined(address.base, address.rest)
        return (
            alone if bare and not self.address(alone).language else _joined(address.base, f"/{language}{address.rest}")
        )

    def _origin(self, address: Address, language: str) -> str:
        return _joined(address.base, address.rest if self._bare(language) else f"/{language}{address.rest}")


def _joined(base: str, rest: str) -> str:
    """A path that begins with one slash: `//evil.example` would name a host."""
    return "/" + (base + rest).lstrip("/\\")


def host_name(host: str) -> str:
    """Without the port, in lower case: `Example.de:8787` -> `example.de`."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower().removesuffix(".")
