"""What keeps an environment of wrangler.toml from being deployed, beside faults of its settings: part of `doctor`.

A placeholder left in place deploys without a word and then answers 502 to everybody, so each one is a fault here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from configuration.settings import RouteSettings, Settings

NAMESPACE_ID = re.compile("[0-9a-f]{32}")
"""How Cloudflare writes the id of a KV namespace."""

PLACEHOLDERS = ("placeholder.lambda-url.", "placeholder.execute-api.", "abc123.lambda-url.")
"""In the origins of this repository's wrangler.toml and documents, until somebody writes their own."""

RESERVED = re.compile(r"(^|\.)(example(\.(com|net|org))?|test|invalid|localhost|local|internal)\.?$")
"""Names that nobody can own (RFC 2606, 6761, 6762): of examples, and of one's own machine or network."""


def faults(settings: Settings | None, config: Mapping[str, Any], environment: str) -> Iterator[str]:
    """A line for each placeholder; `settings` is None where they cannot be read, `config` the environment's part."""
    yield from _about_namespaces(config.get("kv_namespaces", []), environment)
    if settings:
        yield from _about_addresses(settings)


def advice(observability: Mapping[str, Any] | None) -> Iterator[str]:
    """What is allowed and better avoided; `observability` is the environment's own or inherited table."""
    if logs_whole_urls(observability):
        yield (
            "observability.logs.invocation_logs: the platform logs whole URLs with their query values, and fields of "
            "requests; set it to false, the gateway has a line of its own for each request"
        )


def logs_whole_urls(observability: Mapping[str, Any] | None) -> bool:
    """Whether the platform keeps a log of its own, in which query values stand."""
    found = observability or {}
    logs = found.get("logs", {})
    return bool((found.get("enabled") or logs.get("enabled")) and logs.get("invocation_logs", True))


def query_faults(settings: Settings, observability: Mapping[str, Any] | None) -> Iterator[str]:
    """Tokens in queries where those are logged."""
    if logs_whole_urls(observability):
        for path, entry in settings.entries():
            if any(way.kind == "query" for way in entry.carriers):
                yield (
                    f"{path}.from: a token in the query would stand in the platform's own log; "
                    "set observability.logs.invocation_logs to false, or take 'query' out"
                )


def told(fault: str, environment: str) -> str:
    """A fault of the settings, with the mend as it is done for `environment`."""
    return re.sub(
        r"run: wrangler secret put (\S+)",
        rf"name it in secrets.required of [env.{environment}], and run: wrangler secret put \1 --env {environment}",
        fault,
    )


def _about_namespaces(namespaces: Sequence[Mapping[str, Any]], environment: str) -> Iterator[str]:
    for index, namespace in enumerate(namespaces):
        if not NAMESPACE_ID.fullmatch(str(namespace.get("id", ""))):
            create = f"wrangler kv namespace create {namespace.get('binding', 'CACHE')} --env {environment}"
            yield f"kv_namespaces[{index}].id: no namespace has this id; `{create}` prints one"


def _about_addresses(settings: Settings) -> Iterator[str]:
    for index, route in enumerate(settings.routes):
        for place, url in _addresses(route):
            if any(text in url for text in PLACEHOLDERS):
                yield f"ROUTES[{index}].{place}: still the placeholder; set your API's URL, `sam deploy` prints one"
            elif why := _unreachable(url):
                yield f"ROUTES[{index}].{place}: {why}; set your API's URL"
    for path, issuer in settings.entries():
        if why := _unreachable(issuer.issuer or ""):
            yield f"{path}.issuer: {why}; set your provider's"
        if why := _unreachable(issuer.jwks_url or ""):
            yield f"{path}.jwks_url: {why}; set your provider's"
    if why := _unreachable(settings.summary.webhook or ""):
        yield f"SUMMARY.webhook: {why}; set one that is told, or leave it out"


def _addresses(route: RouteSettings) -> Iterator[tuple[str, str]]:
    """Where a route leads, each with its place in the settings."""
    if route.origin is not None:
        yield "origin", route.origin
    yield from ((f"origins[{index}].url", origin.url) for index, origin in enumerate(route.origins))
    if route.mirror is not None:
        yield "mirror.url", route.mirror.url


def _unreachable(address: str) -> str | None:
    """Why nothing deployed finds this URL, or None where it may; what is no URL is none of our business."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return None
    if not host:
        return None
    try:
        public = ip_address(host).is_global
    except ValueError:
        public = not RESERVED.search(host) and "." in host
    return None if public else f"{host} is a placeholder or in a network of one's own: a deployment finds nothing there"
