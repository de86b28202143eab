"""What `preset` of an entry in ISSUERS fills in: one table, provider by provider, from their documentation.

    { preset = "cognito", region = "eu-west-1", user_pool = "eu-west-1_abc", clients = ["c1"] }

A preset is data: the names it needs, and the entries that these make, since one provider may need several (two
spellings of an issuer, two kinds of keys). A text `{name}` stands for what was given, `"{clients}"` alone for a whole
list. What the entry itself says comes before what a preset fills in; conditions add up, so that nobody loses the
preset's by adding one. No preset names an API's audience where the provider's tokens have one.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.records import field, record

DOMAIN: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
URL: Final = r"https://[^\s?#{}<>]*[^\s?#{}<>/]|http://(?:localhost|127\.0\.0\.1)(?::\d+)?[^\s?#{}<>]*[^\s?#{}<>/]"
ANYTHING: Final = r"[^\s{}<>]+"

PARAMETERS: Final[Mapping[str, tuple[str, str]]] = {
    "azp": (ANYTHING, "the origins of your pages, as in ['https://app.example']"),
    "clients": (ANYTHING, "the ids of your application's clients, a list"),
    "domain": (DOMAIN, "the tenant's host name, without https://"),
    "project": (NAME, "the project's id"),
    "realm": (NAME, "the realm's name"),
    "region": (r"[a-z]{2}(?:-[a-z]+)+-\d", "the region, as in 'eu-west-1'"),
    "team": (r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", "'<name before .cloudflareaccess.com>'"),
    "tenant": (NAME, "the tenant's id"),
    "url": (URL, "the server's address, as in 'https://sso.example' (with /auth, where it has that)"),
    "user_pool": (r"[a-z]{2}(?:-[a-z]+)+-\d_[A-Za-z0-9]+", "the user pool's id, as in 'eu-west-1_abc'"),
}
"""Name -> what it is like, and what it is in words."""

LISTS: Final = frozenset({"azp", "clients"})
KEY_SOURCES: Final = frozenset({"jwks_url", "jwks", "secret", "discovery"})


@record
class Preset:
    """One way to configure a provider."""

    needs: tuple[str, ...]
    """Names in PARAMETERS; one that is also a setting of the entry (`tenants`, `secret`) is told by itself."""
    fills: Mapping[str, Any]
    also: Sequence[Mapping[str, Any]] = field(default=())
    """What further entries have otherwise; one with a `secret` is made only where the entry names it."""


_LOGIN: Final = "https://login.microsoftonline.com"
_GOOGLE: Final = "https://accounts.google.com"
_SUPABASE: Final = "https://{project}.supabase.co/auth/v1"
_ACCESS: Final = "https://{team}.cloudflareaccess.com"
_RS: Final = ["RS256"]

PRESETS: Final[Mapping[str, Sequence[Preset]]] = {
    "auth0": [Preset(("domain",), {
        "issuer": "https://{domain}/", "jwks_url": "https://{domain}/.well-known/jwks.json", "algorithms": _RS,
        "scope_claim": "permissions",
    })],
    # Access tokens have no `aud`; an ID token of the same client says token_use = "id".
    "cognito": [Preset(("region", "user_pool", "clients"), {
        "issuer": "https://cognito-idp.{region}.amazonaws.com/{user_pool}",
        "jwks_url": "https://cognito-idp.{region}.amazonaws.com/{user_pool}/.well-known/jwks.json",
        "algorithms": _RS, "audience": [], "role_claim": "cognito:groups",
        "require": {"token_use": "access", "client_id": "{clients}"},
    })],
    # Version 2 tokens: an API says so in its manifest (requestedAccessTokenVersion).
    "entra": [
        Preset(("tenant",), {
            "issuer": _LOGIN + "/{tenant}/v2.0", "jwks_url": _LOGIN + "/{tenant}/discovery/v2.0/keys",
            "algorithms": _RS, "role_claim": "roles",
        }),
        Preset((), {  # with `tenants`
            "issuer": _LOGIN + "/{tenantid}/v2.0", "jwks_url": _LOGIN + "/common/discovery/v2.0/keys",
            "algorithms": _RS, "role_claim": "roles",
        }),
    ],
    "keycloak": [Preset(("url", "realm"), {
        "issuer": "{url}/realms/{realm}", "jwks_url": "{url}/realms/{realm}/protocol/openid-connect/certs",
        "algorithms": _RS, "role_claim": "realm_access.roles", "require": {"typ": "Bearer"},
    })],
    "okta": [Preset(("domain",), {
        "issuer": "https://{domain}/oauth2/default", "jwks_url": "https://{domain}/oauth2/default/v1/keys",
        "algorithms": _RS, "audience": ["api://default"], "role_claim": "groups",
    })],
    "firebase": [Preset(("project",), {
        "issuer": "https://securetoken.google.com/{project}", "audience": ["{project}"], "algorithms": _RS,
        "jwks_url": "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    })],
    # With `secret`, tokens of the time before signing keys, and the project's `anon` key, which is nobody.
    "supabase": [Preset(("project",), {
        "issuer": _SUPABASE, "jwks_url": _SUPABASE + "/.well-known/jwks.json",
        "algorithms": ["ES256", "RS256"], "audience": ["authenticated"],
    }, also=[
        {"secret": ..., "algorithms": ["HS256"]},
        {"secret": ..., "algorithms": ["HS256"], "issuer": "supabase", "audience": [],
         "require": {"ref": "{project}", "role": "anon"}, "anonymous": {"role": "anon"}},
    ])],
    # Session tokens have no `aud`; `azp` is the page that they were made for.
    "clerk": [Preset(("domain", "azp"), {
        "issuer": "https://{domain}", "jwks_url": "https://{domain}/.well-known/jwks.json", "algorithms": _RS,
        "audience": [], "require": {"azp": "{azp}"}, "role_claim": "o.rol",
    })],
    "google": [Preset(("clients",), {
        "issuer": _GOOGLE, "jwks_url": "https://www.googleapis.com/oauth2/v3/certs", "algorithms": _RS,
        "audience": "{clients}",
    }, also=[{"issuer": "accounts.google.com"}])],
    "zitadel": [Preset(("domain", "project"), {
        "issuer": "https://{domain}", "jwks_url": "https://{domain}/oauth/v2/keys", "algorithms": _RS,
        "audience": ["{project}"], "role_claim": "urn:zitadel:iam:org:project:roles",
    })],
    "apple": [Preset(("clients",), {
        "issuer": "https://appleid.apple.com", "jwks_url": "https://appleid.apple.com/auth/keys", "algorithms": _RS,
        "audience": "{clients}",
    })],
    # A service token's `sub` is empty; its `common_name` is the client's id.
    "cloudflare-access": [Preset(("team",), {
        "issuer": _ACCESS, "jwks_url": _ACCESS + "/cdn-cgi/access/certs", "algorithms": _RS,
        "header": "cf-access-jwt-assertion", "id_claim": ["sub", "common_name"],
    })],
}  # fmt: skip


def fills_in(preset: str | None, name: str, value: Any) -> bool:
    """Whether a setting of an entry has the value that its preset fills in."""
    return any(way.fills.get(name) == value for way in PRESETS.get(preset or "", ()))


def expanded(entries: Any) -> tuple[Any, list[int], list[str]]:
    """ISSUERS with every preset filled in; the place in ISSUERS that each entry is from; and faults."""
    if not isinstance(entries, list | tuple):
        return entries, [], []
    made: list[Any] = []
    places: list[int] = []
    faults: list[str] = []
    for place, entry in enumerate(entries):
        try:
            several = _entries(entry) if isinstance(entry, Mapping) else [entry]
        except ValueError as fault:
            faults.append(f"ISSUERS[{place}]: {fault}")
            continue
        made += several
        places += [place] * len(several)
    return made, places, faults


def _entries(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries that one stands for. Raises ValueError."""
    name = entry.get("preset")
    if name is None:
        if stray := next((key for key in entry if key in PARAMETERS), None):
            users = [repr(user) for user, ways in PRESETS.items() if any(stray in way.needs for way in ways)]
            raise ValueError(f"{stray!r} needs preset = {' or '.join(users)}")
        return [entry]
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"'preset' is one of {', '.join(PRESETS)}")
    ways = PRESETS[name]
    preset = next((way for way in ways if way.needs and all(need in entry for need in way.needs)), ways[-1])
    told = {need: _parameter(name, need, entry.get(need)) for need in preset.needs}
    own = {key: value for key, value in entry.items() if key not in preset.needs}
    fills = _told(preset.fills, told)
    with_secret = [one for one in preset.also if "secret" in one] if "secret" in own else []
    public = {key: value for key, value in own.items() if not with_secret or key not in ("secret", "secret_encoding")}
    also = [_merged({**fills, **_told(one, told)}, public) for one in preset.also if "secret" not in one]
    return [_merged(fills, public), *also, *(_symmetric(fills, _told(one, told), own) for one in with_secret)]


def _symmetric(fills: Mapping[str, Any], differing: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The entry for tokens signed with the secret that `own` names: without public keys, and as `differing` says."""
    public = KEY_SOURCES - {"secret"} | (differing.keys() - {"secret", "require"})
    keyless = {key: value for key, value in fills.items() if key not in KEY_SOURCES}
    differing = {key: value for key, value in differing.items() if key != "secret"}
    return _merged({**keyless, **differing}, {key: value for key, value in own.items() if key not in public})


def _parameter(preset: str, name: str, value: Any) -> str | list[str]:
    """What was given for a name that the preset needs. Raises ValueError."""
    pattern, words = PARAMETERS[name]
    texts = list(value) if name in LISTS and isinstance(value, list | tuple) else [value]
    if not texts or not all(isinstance(text, str) and re.fullmatch(pattern, text) for text in texts):
        raise ValueError(f"preset {preset!r} needs {name} = {words}")
    return texts if name in LISTS else texts[0]


def _told(value: Any, told: Mapping[str, str | list[str]]) -> Any:
    """`value` with every `{name}` in its place. `{tenantid}` is no name, and stays."""
    if isinstance(value, Mapping):
        return {key: _told(one, told) for key, one in value.items()}
    if isinstance(value, list):
        return [_told(one, told) for one in value]
    if not isinstance(value, str):
        return value
    for name, given in told.items():
        if isinstance(given, list) and value == f"{{{name}}}":
            return given
        value = value.replace(f"{{{name}}}", given) if isinstance(given, str) else value
    return value


def _merged(filled: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The entry's own settings before the preset's; another source of keys takes the place of the preset's."""
    if "from" in own:
        filled = {key: value for key, value in filled.items() if key != "header"}
    if KEY_SOURCES & own.keys():
        filled = {key: value for key, value in filled.items() if key not in KEY_SOURCES}
    merged = {**filled, **own}
    if isinstance(own.get("require"), Mapping) and "require" in filled:
        merged["require"] = {**own["require"], **filled["require"]}
    return merged
