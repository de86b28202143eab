"""`token`: prints a token that the gateway on this machine accepts.

    python -m devtools token --sub u1 --role admin [--alg RS256] [--expires 1h] [--scope "read write"]
                             [--issuer ISS] [--audience AUD] [--claim name=value] [--env NAME] [--like PROVIDER]

    curl -H "authorization: Bearer $(.venv/bin/python -m devtools token --sub u1)" localhost:8787/_gatehouse/whoami

The issuer is the first of ISSUERS that this machine has a key of for the algorithm, or the one named; `--issuer ''`
is the entry without a name. `--expires=-1h` makes a token that has expired. A value of `--claim` is JSON where it is
valid JSON, and else a string. `--like cognito` makes a token as that provider does
(`devtools/identity/shapes.py` has the names), for the entry that `make dev` puts into ISSUERS; `--sub` and `--claim`
change what it says.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt

from devtools.configuration import local_vars
from devtools.durations import seconds_of
from devtools.failure import Failure
from devtools.identity import local_keys
from devtools.identity.shapes import SHAPES
from devtools.paths import ROOT, SOURCES, WRANGLER_TOML

sys.path.insert(0, str(SOURCES))

from configuration.loading import load_settings
from configuration.settings import Settings
from core.faults import Misconfigured
from identity.hmacs import secret_bytes
from identity.jose import canonical_algorithm
from identity.settings import IssuerSettings
from identity.tenants import IssuerName


class Signer:
    """One issuer of ISSUERS and the key by which this machine can sign for it."""

    def __init__(self, issuer: IssuerSettings, algorithm: str, key: Any, kid: str | None) -> None:
        self.issuer = issuer
        self._algorithm = algorithm
        self._key = key
        self._headers = {"kid": kid} if kid else {}
        if issuer.typ:
            self._headers["typ"] = issuer.typ[0]

    def sign(self, subject: str, roles: list[str], *, lifetime: int, audience: str | None = None, **claims: Any) -> str:
        """A token for `subject`, its claims where the issuer's settings look for them."""
        now = int(time.time())
        issuer = self.issuer
        payload: dict[str, Any] = {"iat": now, "exp": now + lifetime}
        if issuer.issuer is not None:
            payload["iss"] = issuer.issuer
        if audience or issuer.audience:
            payload["aud"] = audience or issuer.audience[0]
        _put(payload, issuer.id_claim[0], subject)
        if roles:
            _put(payload, issuer.role_claim, roles[0] if len(roles) == 1 else roles)
        return self.encode(payload | claims)

    def encode(self, payload: Mapping[str, Any]) -> str:
        return jwt.encode(dict(payload), self._key, algorithm=self._algorithm, headers=self._headers or None)


def main(argv: list[str]) -> int:
    """Print one token. Raises Failure."""
    options = _options(argv)
    claims = dict(options.claim)
    if options.like is not None:
        claims = {**claims, **({} if options.sub is None else {"sub": options.sub})}
        print(token_like(local_settings(ROOT, options.env), options.like, claims, lifetime=options.expires))
        return 0
    signer = find_signer(local_settings(ROOT, options.env), options.issuer, options.alg)
    if options.scope:
        claims["scope"] = " ".join(options.scope)
    print(signer.sign(options.sub or "u1", options.role, lifetime=options.expires, audience=options.audience, **claims))
    return 0


def mint(subject: str, role: str, *, lifetime: int = 3600) -> str:
    """A token for a user of the demo page, as `devtools token` would print it. Raises Failure."""
    return find_signer(local_settings(ROOT, None)).sign(subject, [role], lifetime=lifetime)


def token_like(settings: Settings, name: str, claims: Mapping[str, Any], *, lifetime: int, root: Path = ROOT) -> str:
    """A token as the provider `name` makes them, signed with a key of this machine. Raises Failure."""
    shape = SHAPES.get(name)
    if shape is None:
        raise Failure(f"no provider is called {name!r}", f"choose one of {', '.join(SHAPES)}")
    now = int(time.time())
    payload = {"iat": now, "exp": now + lifetime, **shape.claims, **claims}
    for entry in settings.issuers:
        named = IssuerName(entry.issuer, entry.tenants).takes(shape.claims["iss"])
        signer = _signer(entry, shape.algorithm, settings.secrets, root) if named else None
        if signer is not None and shape.algorithm in entry.algorithms:
            return signer.encode(payload)
    mend = f"delete ISSUERS in {local_vars.DEV_VARS}; `make dev` makes one that has it"
    raise Failure(f"ISSUERS has no entry for {shape.claims['iss']} with a key of this machine", mend)


def local_settings(root: Path, environment: str | None) -> Settings:
    """The gateway's settings as this machine has them. Raises Failure."""
    path = root / WRANGLER_TOML.name
    variables, bindings = local_vars.read(path, local_vars.served(path, environment))
    try:
        return load_settings(variables, bindings)
    except Misconfigured as error:
        raise Failure(error.faults[0], "`python -m devtools doctor` lists every fault") from None


def find_signer(
    settings: Settings, issuer: str | None = None, algorithm: str | None = None, *, root: Path = ROOT
) -> Signer:
    """The first issuer that this machine can sign for, as far as `issuer` and `algorithm` leave a choice.

    Raises Failure.
    """
    if not settings.issuers:
        raise Failure("no issuer is configured", f"run `make dev` once: it makes one in {local_vars.DEV_VARS}")
    wanted = [entry for entry in settings.issuers if issuer is None or (entry.issuer or "") == issuer]
    if not wanted:
        known = ", ".join(repr(entry.issuer or "") for entry in settings.issuers)
        raise Failure(f"ISSUERS has no {issuer!r}", f"choose one of {known}")
    for entry in wanted:
        for name in entry.algorithms:
            if algorithm in (None, name) and (signer := _signer(entry, name, settings.secrets, root)):
                return signer
    raise Failure(
        f"this machine has no key to sign {algorithm or 'a token'} with for {_names(wanted)}",
        "choose another --alg or --issuer, or get a token from the provider itself",
    )


def _signer(entry: IssuerSettings, algorithm: str, secrets: Mapping[str, str], root: Path) -> Signer | None:
    if entry.secret is not None:
        return Signer(entry, algorithm, secret_bytes(secrets[entry.secret[0]], entry.secret_encoding), None)
    published = {key.get("kid") for key in (entry.jwks or {}).get("keys", []) if isinstance(key, dict)}
    for key in local_keys.stored_keys(root):
        if key["alg"] == canonical_algorithm(algorithm) and key["kid"] in published:
            return Signer(entry, key["alg"], jwt.PyJWK(key).key, key["kid"])
    return None


def _names(entries: list[IssuerSettings]) -> str:
    return " or ".join(entry.issuer or "the issuer without a name" for entry in entries)


def _put(payload: dict[str, Any], path: str | tuple[str, ...], value: Any) -> None:
    """Set a claim by its path, the way `ClaimPath` finds it; of one in a single text, a URL is one name."""
    *parents, last = path if isinstance(path, tuple) else [path] if "/" in path else path.split(".")
    for name in parents:
        payload = payload.setdefault(name, {})
    payload[last] = value


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devtools token", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sub", help="the subject (default u1)")
    parser.add_argument("--like", metavar="PROVIDER", help=f"a token of that shape: {', '.join(SHAPES)}")
    parser.add_argument("--role", action="append", default=[], help="a role; may be given more than once")
    parser.add_argument("--scope", action="append", default=[], help="scopes, delimited by spaces")
    parser.add_argument("--alg", help="HS256, RS256, ES256 or EdDSA (default: the issuer's first)")
    parser.add_argument("--expires", type=duration, default=3600, help="90s, 15m, 1h (default), 7d")
    parser.add_argument("--issuer", help="exact `iss`")
    parser.add_argument("--audience", help="`aud` (default: the issuer's first)")
    parser.add_argument("--claim", action="append", type=_claim, default=[], help="a further claim: name=value")
    parser.add_argument("--env", help="an environment of wrangler.toml (default: local)")
    return parser.parse_args(argv)


def duration(text: str) -> int:
    """Seconds of `1h`; of a number alone, too."""
    seconds = seconds_of(text, unit="s")
    if seconds is None:
        raise argparse.ArgumentTypeError("is written 90s, 15m, 1h or 7d")
    return seconds


def _claim(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("is written name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
