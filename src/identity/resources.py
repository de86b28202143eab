"""Protected resource metadata (RFC 9728): whose tokens a path takes, for a client that knows nothing but its URL.

    GET /.well-known/oauth-protected-resource/api/users

    {"resource": "https://api.example/api/users", "authorization_servers": ["https://id.example"],
     "scopes_supported": ["users:read"], "bearer_methods_supported": ["header"]}

Pure. Anybody may read it. So it says where tokens come from and how they are shown, and nothing of what is within: an
issuer that is no https URL is left out, and with it those of secrets that only have a name, and the tenants that share
an entry.

Scheme and host are those of the request's own URL, which the client wrote. On Cloudflare none but names that lead to
this Worker get here; whoever writes another one to a gateway elsewhere is the only one to be answered with it, since
neither this nor a challenge is stored. A host that could end the quoted text it stands in names nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from core.addresses import PLAIN_HOST, https_url
from core.messages import Request
from identity.api_keys import REFERENCES
from identity.carriers import AUTHORIZATION, Carrier
from identity.remembered import References, trusts
from identity.settings import AccessSettings, IdentitySettings, IssuerSettings

WELL_KNOWN: Final = "/.well-known/oauth-protected-resource"
"""RFC 9728 section 3.1: it stands between the host and the path of the resource."""

LONGEST_PATH: Final = 1024
"""Characters of a path that a challenge names; nobody's documentation has a longer one."""

QUERY_PARAMETER: Final = "access_token"
"""RFC 6750 section 2.3; a token in any other is none of its methods."""


class ProtectedResources:
    """The resources of one gateway."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._bearer = f'Bearer realm="{settings.realm}"'
        self._trusted: list[tuple[References, str | None, Sequence[str]]] = [
            (entry.references | {path}, _server(entry), _methods(entry.carriers)) for path, entry in settings.entries()
        ]
        self._key_methods = _methods(settings.key_ways)

    def describe(self, request: Request, path: str, accesses: Iterable[AccessSettings]) -> dict[str, Any] | None:
        """The metadata of the resource at `path`, which lets in whom `accesses` say; None where nobody is asked who
        they are, or the host is none that can be named. With an empty path it is the host as a whole."""
        base, protected = _base(request), [access for access in accesses if access.auth != "none"]
        if base is None or not protected:
            return None
        servers: dict[str, None] = {}
        methods: dict[str, None] = {}
        for references, server, ways in self._trusted:
            if any("token" in access.credentials and trusts(access, references) for access in protected):
                servers |= dict.fromkeys([server] if server else [])
                methods |= dict.fromkeys(ways)
        if any("key" in access.credentials and trusts(access, REFERENCES) for access in protected):
            methods |= dict.fromkeys(self._key_methods)
        scopes = dict.fromkeys(scope for access in protected for scope in (*access.all_scopes, *access.scopes))
        told = {"authorization_servers": [*servers], "scopes_supported": [*scopes]}
        return {
            "resource": base + path,
            **{name: values for name, values in told.items() if values},  # no empty lists (section 3.2)
            "bearer_methods_supported": sorted(methods),
        }

    def named_in(self, challenge: str, request: Request) -> str:
        """`challenge` with the address of the metadata (section 5.1), where it is one for a Bearer token.

        The resource there is the URL that was asked for, which clients compare (section 3.3), without its query.
        """
        base, path, bearer = _base(request), request.path, self._bearer
        if base is None or "%2F" in path or len(path) > LONGEST_PATH or not challenge.startswith(bearer):
            return challenge
        place = f"{base}{WELL_KNOWN}{path}" if path != "/" else base + WELL_KNOWN
        return f'{bearer}, resource_metadata="{place}"{challenge[len(bearer) :]}'


def _base(request: Request) -> str | None:
    """Scheme and host of the request's own URL."""
    host = request.host.lower()
    return f"{request.scheme}://{host}" if PLAIN_HOST.fullmatch(host) else None


def _server(entry: IssuerSettings) -> str | None:
    """The authorization server, where the issuer is the address of one (RFC 8414 section 2)."""
    if entry.issuer is None or entry.tenants or "?" in entry.issuer:
        return None
    try:
        return https_url(entry.issuer)
    except ValueError:
        return None


def _methods(carriers: Sequence[Carrier]) -> list[str]:
    """The methods of RFC 6750 among the ways by which credentials come."""
    found = ["header"] if any(way.kind == AUTHORIZATION for way in carriers) else []
    return found + (["query"] if any((way.kind, way.name) == ("query", QUERY_PARAMETER) for way in carriers) else [])
