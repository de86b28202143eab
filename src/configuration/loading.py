"""The configuration: read once per isolate, checked as a whole.

Fails closed. Anything wrong raises `Misconfigured` with every fault by its path (`ROUTES[2].timeout_ms: ...`), and the
gateway then answers 503 on every route but `/healthz`. Nothing here opens a route because something is missing.

Every structured setting is accepted as a TOML/JSON value and as a JSON string, so that `--var`, `.dev.vars` and secrets
can carry it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from jwt.exceptions import InvalidKeyError
from pydantic import ValidationError

from auth import HASHES, TENANT_CLAIM, Hmac, KeySet, expanded, secret_bytes
from configuration.settings import RouteSettings, Settings, read_settings
from configuration.shadows import shadow_faults
from core import strictjson
from core.faults import Misconfigured
from geo import Locator, canonical
from identity.settings import HS_KEY_BYTES, KEY_ISSUER, IssuerSettings
from policing.modules import policy_faults

STRUCTURED = (
    "ROUTES",
    "ISSUERS",
    "SUPPORTED_LANGUAGES",
    "SUPPORTED_CURRENCIES",
    "CORS_ORIGINS",
    "SUMMARY",
    "OPERATOR_ISSUERS",
    "MAINTENANCE_ROLES",
    "POLICIES",
    "API_KEYS",
)
SIMPLE = (
    "REALM",
    "RESOURCE_METADATA",
    "DEFAULT_COUNTRY",
    "DEFAULT_LANGUAGE",
    "DEFAULT_CURRENCY",
    "ENVIRONMENT",
    "HELD_BYTES",
    "CORS_PRIVATE_NETWORK",
)
SIGNING_SECRETS = {"sigv4": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "hmac": ("ORIGIN_SECRET",)}
OPTIONAL_SECRETS = {
    "LOG_SECRET": "optional, at least 32 bytes: with it, a caller has the same label in the logs of all isolates",
    "AWS_SESSION_TOKEN": "optional, beside the two for temporary credentials",
    "ORIGIN_SECRET_NEXT": "origins alone, while a secret is exchanged; the gateway signs with `ORIGIN_SECRET`",
}

KEYS = "KEYS"
"""The binding of the namespace that holds API keys."""
ASSETS = "ASSETS"
"""The binding of the static assets."""

SHORTEST_LOG_SECRET = 32
"""Bytes: what stands behind a label must not be guessed, either."""

WORDS = {
    "missing": "must be written",
    "extra_forbidden": "there is no such setting; check its spelling",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "too_short": "must have at least one item",
    "string_too_short": "must not be empty",
}
"""pydantic's type of an error -> the fault, where pydantic speaks of Python and not of a configuration."""


def load_settings(variables: Mapping[str, Any], bindings: Collection[str]) -> Settings:
    """Read and check the configuration.

    `variables` holds vars and secrets by name, `bindings` the names of everything else bound to the Worker.
    Raises Misconfigured with every fault found.
    """
    values, faults = _parse(variables)
    values["issuers"], places, wrong = expanded(values.get("issuers", ()))
    faults += wrong
    if not faults:
        try:
            settings = read_settings(values).placed(places)
        except ValidationError as error:
            faults = _model_faults(error, places)
        else:
            faults = [*_issuer_faults(settings), *_route_faults(settings, bindings), *_locale_faults(settings)]
            faults += _key_faults(settings, bindings)
            faults += shadow_faults(settings.routes)
            faults += [*_log_faults(settings), *_network_faults(settings), *_policy_faults(settings)]
    if faults:
        raise Misconfigured(faults)
    return settings


def _parse(variables: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name in (*STRUCTURED, *SIMPLE):
        value = variables.get(name)
        if value is None or value == "":
            continue
        if name in STRUCTURED and isinstance(value, str):
            try:
                value = strictjson.loads(value.encode(), names=None)
            except ValueError as error:
                faults.append(f"{name}: is not valid JSON ({error})")
                continue
        values[name.lower()] = value
    if "issuers" not in values and variables.get("JWT_SECRET"):
        values["issuers"] = [{"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"}]
    named = {*STRUCTURED, *SIMPLE}
    values["secrets"] = {n: value for n, value in variables.items() if isinstance(value, str) and n not in named}
    return values, faults


def _issuer_faults(settings: Settings) -> list[str]:
    faults: list[str] = []
    issuers = [entry.issuer for entry in settings.issuers]
    named: dict[str, str] = {}
    for path, entry in settings.entries():
        if entry.name is not None and named.setdefault(entry.name, path) != path:
            faults.append(f"{path}.name: {entry.name!r} is listed twice")
        if entry.name is not None and entry.name in issuers:
            faults.append(f"{path}.name: {entry.name!r} is an issuer as well; choose a word that is none")
        if entry.jwks is not None:
            faults += [f"{path}.jwks: {fault}" for fault in _inline_key_faults(entry.jwks, entry.algorithms)]
        for name in entry.secret or ():
            faults += [f"{path}.secret: {fault}" for fault in _secret_faults(name, settings.secrets, entry)]
    faults += _trust_faults("OPERATOR_ISSUERS", settings.operator_issuers, settings)
    return list(dict.fromkeys(faults))  # entries of one preset have the same


def _trust_faults(path: str, trusted: Collection[str] | None, settings: Settings) -> list[str]:
    known = {reference for entry in settings.issuers for reference in entry.references}
    known |= {KEY_ISSUER} if settings.api_keys else set()
    return [
        f"{path}: no entry of ISSUERS has the name or the issuer {reference!r}"
        for reference in trusted or ()
        if reference not in known
    ]


def _key_faults(settings: Settings, bindings: Collection[str]) -> Iterator[str]:
    if settings.api_keys is None:
        return
    if KEYS not in bindings:
        yield f"API_KEYS: no KV namespace is bound as {KEYS}; add binding = '{KEYS}' to [[kv_namespaces]]"
    for path, entry in settings.entries():
        if KEY_ISSUER in entry.references:
            yield f"{path}: {KEY_ISSUER!r} is the issuer of API keys; choose another name"


def _secret_faults(name: str, secrets: Mapping[str, str], entry: IssuerSettings) -> list[str]:
    longest = max(entry.algorithms, key=HS_KEY_BYTES.__getitem__)
    text, needed = secrets.get(name, ""), HS_KEY_BYTES[longest]
    if not text:
        return [f"the secret {name} is not set; run: wrangler secret put {name}"]
    try:
        key = secret_bytes(text, entry.secret_encoding)
    except ValueError as fault:
        return [f"the secret {name} {fault}, which secret_encoding says it is; write 'utf-8' for text as it stands"]
    if len(key) < needed:
        return [
            f"the secret {name} has {len(key)} bytes; {longest} needs at least {needed} (RFC 7518 section 3.2), "
            "as from: openssl rand -base64 48"
        ]
    try:
        Hmac(HASHES[longest], key)
    except InvalidKeyError:
        return [
            f"the secret {name} is a public key, a certificate or a JWK; use random text, or 'jwks' for public keys"
        ]
    return []


def _inline_key_faults(document: Any, algorithms: Collection[str]) -> list[str]:
    try:
        keys = KeySet.read(document, algorithms)
    except ValueError as error:
        return [str(error)]
    if keys.keys:
        return []
    return ["holds no key that can verify a signature", *keys.faults]


def _route_faults(settings: Settings, bindings: Collection[str]) -> list[str]:
    faults = []
    for index, route in enumerate(settings.routes):
        path = f"ROUTES[{index}]"
        if fault := _credentials_fault(route, settings):
            faults.append(f"{path}.{fault}")
        else:
            faults += _trust_faults(f"{path}.issuers", route.issuers, settings)
        if route.match and (fault := _owner_fault(route, settings)):
            faults.append(f"{path}.issuers: {fault}")
        if fault := route.fault_beside(settings.cors_origins):
            faults.append(f"{path}.{fault}")
        faults += [f"{path}.{fault}" for fault in _binding_faults(route, bindings)]
        if route.openapi and ASSETS not in bindings:
            faults.append(f"{path}.openapi: the Worker has no binding {ASSETS}; bind the static assets as in [assets]")
        if route.sign and route.max_body > settings.held_bytes:
            faults.append(
                f"{path}.max_body: what is signed is held, and {route.max_body} bytes are more than HELD_BYTES "
                f"({settings.held_bytes}); lower the one or raise the other"
            )
        faults.extend(
            f"{path}.sign: {route.sign!r} needs the secret {name}; run: wrangler secret put {name}"
            for name in SIGNING_SECRETS.get(route.sign or "", ())
            if not settings.secrets.get(name)
        )
    return faults


def _credentials_fault(route: RouteSettings, settings: Settings) -> str | None:
    """Why nobody could show what a route asks for; None where somebody can."""
    if route.auth == "none":
        return None
    if "key" in route.credentials and "credentials" in route.model_fields_set and settings.api_keys is None:
        return "credentials: there are no keys; set API_KEYS, or take 'key' out"
    if "token" in route.credentials and not settings.issuers and "credentials" in route.model_fields_set:
        return "credentials: tokens need an issuer; set ISSUERS or JWT_SECRET, or take 'token' out"
    if not settings.issuers and settings.api_keys is None:
        return f"auth: {route.auth!r} needs an issuer; set ISSUERS or JWT_SECRET"
    return None


def _binding_faults(route: RouteSettings, bindings: Collection[str]) -> list[str]:
    named = {f"origins[{index}].url": origin.url for index, origin in enumerate(route.origins)}
    named |= {"origin": route.origin or "", "mirror.url": route.mirror.url if route.mirror else ""}
    return [
        f"{place}: the Worker has no binding {url.removeprefix('binding:')}"
        for place, url in named.items()
        if url.startswith("binding:") and url.removeprefix("binding:") not in bindings
    ]


def _owner_fault(route: RouteSettings, settings: Settings) -> str | None:
    """Why `match` could take one issuer's caller for another's; None where it cannot."""
    named = route.issuers
    trusted = {entry.issuer for entry in settings.issuers if named is None or not entry.references.isdisjoint(named)}
    trusted = trusted if "token" in route.credentials else set()
    if settings.api_keys and "key" in route.credentials and (named is None or KEY_ISSUER in named):
        if not trusted:
            return None
        return (
            "match compares ids, and whoever makes keys chooses their owners' freely; write credentials = ['token'], "
            "or ['key']"
        )
    if len(trusted) <= 1:
        return _tenants_fault(route, settings) if trusted else None
    return "match compares ids, which mean something only with their issuer; name one, whose callers own what is here"


def _tenants_fault(route: RouteSettings, settings: Settings) -> str | None:
    """The same of the tenants of one entry: each writes the ids of its own people."""
    named = route.issuers
    trusted = [entry for entry in settings.issuers if named is None or not entry.references.isdisjoint(named)]
    if not any(entry.has_several_tenants for entry in trusted) or TENANT_CLAIM in route.match.values():
        return None
    return (
        "match compares ids, which mean something only with their tenant; name it in the path as well, as in "
        f"match = {{ tenant = '{TENANT_CLAIM}', … }}, or trust an entry with one tenant"
    )


def _locale_faults(settings: Settings) -> list[str]:
    try:
        Locator.configured(settings)
    except ValueError as error:
        return [str(error)]
    return [
        f"ROUTES[{index}].locale.languages: {fault}"
        for index, route in enumerate(settings.routes)
        if route.locale
        for fault in _language_faults(route.locale.languages)
    ]


def _language_faults(tags: Collection[str]) -> Iterator[str]:
    """What is wrong with the languages of a site: two names of one would be two addresses of each page."""
    named: dict[str, str] = {}
    for tag in tags:
        known = canonical(tag)
        if known is None:
            yield f"{tag!r} is not a language tag (BCP 47)"
        elif named.setdefault(known, tag) != tag:
            yield f"{tag!r} is another name of {named[known]!r}; leave one out"


def _log_faults(settings: Settings) -> list[str]:
    size = len(settings.secrets.get("LOG_SECRET", "").encode())
    if 0 < size < SHORTEST_LOG_SECRET:
        return [f"LOG_SECRET: has {size} bytes; needs {SHORTEST_LOG_SECRET} or none, as from: openssl rand -base64 48"]
    return []


def _network_faults(settings: Settings) -> list[str]:
    lists = [settings.cors_origins, *(route.cors_origins for route in settings.routes)]
    if not settings.cors_private_network or any(lists):
        return []
    return ["CORS_PRIVATE_NETWORK: says nothing without sites that may read; write CORS_ORIGINS"]


def _policy_faults(settings: Settings) -> list[str]:
    return [_fault(fault.place, WORDS.get(fault.kind, fault.says)) for fault in policy_faults(settings)]


def _model_faults(error: ValidationError, places: Sequence[int]) -> list[str]:
    """One line each. A list that is too short because of an item that is wrong is that item's fault alone.

    `places` are those in ISSUERS as it is written.
    """
    found = error.errors(include_url=False)
    within = {item["loc"][:-1] for item in found}
    tables = {item["loc"][: _table(item["loc"])] for item in found if _table(item["loc"]) is not None}
    faults = [
        _fault(_as_written(item["loc"], places), WORDS.get(item["type"], item["msg"]))
        for item in found
        if (item["type"] != "too_short" or item["loc"] not in within) and not _is_beside(item["loc"], tables)
    ]
    return list(dict.fromkeys(faults))


def _as_written(location: tuple[int | str, ...], places: Sequence[int]) -> tuple[int | str, ...]:
    """A location as it is in the configuration: `("cache", "CacheSettings", "query")` -> `("cache", "query")`."""
    match location:
        case ("issuers", int(index), *rest) if index < len(places):
            location = ("issuers", places[index], *rest)
    return tuple(part for part in location if not str(part).endswith("Settings"))


def _table(location: tuple[int | str, ...]) -> int | None:
    """Where a location has the name of a model, as it has for a setting that is a table or something simple."""
    return next((place for place, part in enumerate(location) if str(part).endswith("Settings")), None)


def _is_beside(location: tuple[int | str, ...], tables: set[tuple[int | str, ...]]) -> bool:
    """Whether it is only that a table is nothing simple: what is wrong in the table is said."""
    return location[:-1] in tables and location[-1] in ("bool", "str")


def _fault(location: tuple[int | str, ...], message: str) -> str:
    """`("routes", 2, "timeout_ms")` -> `ROUTES[2].timeout_ms: ...`."""
    path = str(location[0]).upper() if location else "settings"
    for part in location[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return f"{path}: {message.removeprefix('Value error, ')}"
