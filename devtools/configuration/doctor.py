"""`doctor`: names every fault of the configuration on this machine, with its path and the mend; exit code 1 if any.

    python -m devtools doctor [--env NAME [--deployed]]

Reads wrangler.toml and `.dev.vars` as wrangler does, and judges them as the gateway does. Beside faults, for which the
gateway would answer 503, it names what is allowed and better avoided; that leaves the exit code 0.

With `--deployed` the environment is judged as it will be deployed: without `.dev.vars`, with the secrets of
`secrets.required` set. What wrangler.toml still holds of placeholders is a fault then, too.
"""

from __future__ import annotations

import argparse
import re
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from devtools.configuration import local_vars, wrangler_config
from devtools.failure import Failure
from devtools.paths import ROOT, SOURCES, WRANGLER_TOML

sys.path.insert(0, str(SOURCES))

from configuration.loading import load_settings
from configuration.settings import Settings
from core.faults import Misconfigured
from devtools.configuration import deployment, doors
from endpoints import openapi, origins
from forwarding.settings import WebsocketSettings
from identity.publickeys import KeySet
from identity.settings import IssuerSettings
from places import tender

OTHERS = stat.S_IRWXG | stat.S_IRWXO


WRITTEN_BY_USERS = ("user_metadata", "unsafe_metadata")
"""Claims that a provider lets people write about themselves: Supabase's, Clerk's."""


def main(argv: list[str]) -> int:
    """Print what is found; 1 when the gateway could not work with it. Raises Failure for an unreadable file."""
    parser = argparse.ArgumentParser(prog="python -m devtools doctor", description=__doc__.partition("\n")[0])
    parser.add_argument("--env", help="an environment of wrangler.toml (default: local)")
    parser.add_argument("--deployed", action="store_true", help="judge it as a deployment has it, without .dev.vars")
    options = parser.parse_args(argv)
    if options.deployed and not options.env:
        raise Failure("--deployed needs an environment", "name it with --env", code=2)
    faults, advice = examine_deployed(ROOT, options.env) if options.deployed else examine(ROOT, options.env)
    for line in faults:
        print(f"fault   {line}")
    for line in advice:
        print(f"advice  {line}")
    if not faults:
        print("The gateway can work with this configuration.")
    return 1 if faults else 0


def examine(root: Path, environment: str | None) -> tuple[list[str], list[str]]:
    """Faults and advice, a line each. Raises Failure."""
    path = root / WRANGLER_TOML.name
    environment = local_vars.served(path, environment)
    variables, bindings = local_vars.read(path, environment)
    secrets = local_vars.secrets_file(root, environment)
    config = wrangler_config.read(path)
    mixed, lost = list(doors.faults(root, config, environment)), list(doors.advice(root, config, environment))
    try:
        settings = load_settings(variables, bindings)
    except Misconfigured as error:
        faults = [_told(fault, environment, secrets) for fault in error.faults]
        return [*mixed, *faults], [*lost, *local_vars.shadows(path, environment), *_about_files(secrets)]
    twice = local_vars.shadows(path, environment)
    told = [*_about_settings(settings, bindings), *_about_descriptions(settings, path, environment)]
    return mixed, [*lost, *twice, *told, *_about_files(secrets)]


def examine_deployed(root: Path, environment: str) -> tuple[list[str], list[str]]:
    """The same for a deployment. Raises Failure."""
    path = root / WRANGLER_TOML.name
    variables, bindings = local_vars.deployed(path, environment)
    config = wrangler_config.read(path)
    own = config["env"][environment]
    advice = list(deployment.advice(wrangler_config.section(config, environment, "observability")))
    advice += doors.advice(root, config, environment)
    mixed = list(doors.faults(root, config, environment))
    try:
        settings = load_settings(variables, bindings)
    except Misconfigured as error:
        faults = [deployment.told(fault, environment) for fault in error.faults]
        return [*mixed, *faults, *deployment.faults(None, own, environment)], advice
    advice += [*_about_settings(settings, bindings), *_about_descriptions(settings, path, environment)]
    observed = wrangler_config.section(config, environment, "observability")
    return [
        *mixed,
        *deployment.faults(settings, own, environment),
        *deployment.query_faults(settings, observed),
    ], advice


def _told(fault: str, environment: str | None, secrets: Path) -> str:
    """A fault, with a missing secret's mend on this machine before that of a deployment."""
    deployed = (
        ""
        if environment == local_vars.LOCAL
        else r" (of a deployment: wrangler secret put \1{})".format(f" --env {environment}" if environment else "")
    )
    return re.sub(r"run: wrangler secret put (\S+)", rf"put \1 into {secrets.name}{deployed}", fault)


def _about_settings(settings: Settings, bindings: set[str]) -> Iterator[str]:
    yield from _about_money(settings)
    yield from _about_issuers(settings)
    yield from _about_routes(settings, bindings)


def _about_money(settings: Settings) -> Iterator[str]:
    """Money that is nobody's any more, and money whose last day is decided."""
    today = tender.day_of(time.time())
    listed = [("SUPPORTED_CURRENCIES", code) for code in settings.supported_currencies]
    for name, code in [("DEFAULT_CURRENCY", settings.default_currency), *listed]:
        if row := tender.replaced(code):
            told = "was replaced" if row.day <= today else "will be replaced"
            yield f"{name}: {code} {told} by {row.successor} on {row.day}, which is answered from then on; name it"


def _about_issuers(settings: Settings) -> Iterator[str]:
    for path, entry in settings.entries():
        if entry.issuer is None:
            yield f"{path}.issuer: takes every token without `iss` that has the right signature; name the issuer"
        if not entry.audience and not entry.require:
            yield f"{path}.audience: a token made for another service is accepted; name this API's audience"
        yield from _about_inline_keys(path, entry)
        yield from _about_claim(f"{path}.role_claim", entry.role_claim)
        yield from _about_claim(f"{path}.scope_claim", entry.scope_claim or "")
        if any(way.kind == "query" for way in entry.carriers):
            yield f"{path}.from: a token in the query stays in browsers' histories and others' logs; prefer a cookie"
    if not settings.issuers:
        yield "ISSUERS: nobody can be identified; set ISSUERS or JWT_SECRET (`make dev` makes local ones)"


def _about_claim(place: str, claim: str | tuple[str, ...]) -> Iterator[str]:
    """A claim that decides something and says what people say of themselves."""
    member = claim.partition(".")[0] if isinstance(claim, str) else claim[0]
    if member in WRITTEN_BY_USERS:
        yield f"{place}: people can write {member} themselves; use a claim of the provider's alone, as in app_metadata"


def _about_inline_keys(path: str, entry: IssuerSettings) -> Iterator[str]:
    if entry.jwks is not None:
        for fault in KeySet.read(entry.jwks, entry.algorithms).faults:
            yield f"{path}.jwks.{fault}" + ("; it is left out" if "[" in fault.partition(":")[0] else "")


def _about_routes(settings: Settings, bindings: set[str]) -> Iterator[str]:
    if not settings.routes:
        yield "ROUTES: nothing is forwarded; add a route"
    if "CACHE" not in bindings:
        yield (
            "CACHE: no KV namespace is bound; nothing is cached, no token can be taken back, and key sets live in each "
            "isolate alone"
        )
    several, first = len(settings.issuers) > 1, _reference(settings)
    for index, route in enumerate(settings.routes):
        asks = route.roles or route.scopes or route.all_scopes
        if route.auth == "optional" and asks:
            yield f"ROUTES[{index}].auth: 'optional' lets callers without a token pass whatever roles and scopes say"
        if several and route.issuers is None and asks:
            yield f"ROUTES[{index}].issuers: every issuer can give these roles; name those that may, as in ['{first}']"
        if route.residency:
            yield (
                f"ROUTES[{index}].residency: binds which origin is asked; the Worker itself runs where the visitor "
                "enters Cloudflare's network, and its logs are where you send them"
            )
        lasts = isinstance(route.websocket, WebsocketSettings)
        if lasts and route.sign == "sigv4" and route.strip_prefix != route.path:
            whole = route.path.removesuffix("/*")
            yield (
                f"ROUTES[{index}].strip_prefix: API Gateway serves a WebSocket API at the path of its stage alone; "
                f"write path = strip_prefix = '{whole}'"
            )
        for name, claim in route.match.items():
            yield from _about_claim(f"ROUTES[{index}].match.{name}", claim)
        if route.path == "/*" and route.auth == "none":
            yield f"ROUTES[{index}].auth: every path is open to everybody; list the public paths instead"


def _about_descriptions(settings: Settings, path: Path, environment: str | None) -> Iterator[str]:
    """Documents that routes name and the gateway could not tell anything of: it describes those routes as any."""
    assets = wrangler_config.section(wrangler_config.read(path), environment, "assets")
    folder = path.parent / str((assets or {}).get("directory", ""))
    for name in dict.fromkeys(route.openapi for route in settings.routes if route.openapi):
        named = [index for index, route in enumerate(settings.routes) if route.openapi == name]
        where, mend = f"ROUTES[{named[0]}].openapi", "the routes that name it are described as any"
        try:
            source = origins.read(name, (folder / name.lstrip("/")).read_bytes())
            openapi.document(settings, {name: source})
        except OSError as error:
            yield f"{where}: {name} is not among the static assets ({error.strerror}); {mend}"
        except origins.MALFORMED as error:
            yield f"{where}: {name} cannot be read ({error}); {mend}"
        else:
            shown = [one.route for one in origins.shown(settings.routes, {name: source})]
            for index in named:
                if not any(route is settings.routes[index] for route in shown):
                    told = f"{name} says nothing of what the route leads to"
                    yield f"ROUTES[{index}].openapi: {told}; paths in it are those behind strip_prefix"


def _reference(settings: Settings) -> str:
    """What a route may call the first entry of ISSUERS by."""
    return next((entry.name or entry.issuer or "" for entry in settings.issuers), "")


def _about_files(secrets: Path) -> Iterator[str]:
    if secrets.exists() and secrets.stat().st_mode & OTHERS:
        yield f"{secrets.name}: others on this machine can read it; run: chmod 600 {secrets.name}"
