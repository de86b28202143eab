"""Keys of this machine's own issuers, made once: so that `make dev` accepts the tokens that `devtools token` prints.

`ensure_local_keys` writes two files that git ignores, and never touches what is already set:

    .dev.vars (or what wrangler reads in its place)
                            JWT_SECRET, ORIGIN_SECRET, an AWS access key for the emulator, and ISSUERS with
                            entries: HS256 by JWT_SECRET for tokens without `iss`, LOCAL_ISSUER with three public keys,
                            DOWN_ISSUER, and one for each provider of `token --like`
    .gatehouse/keys.json    the private keys, as JWKs; readable by their owner alone

Each line made is marked as such, and gives way to the same name in wrangler.toml
(devtools/configuration/local_vars.py). They are worth nothing outside this machine: `.dev.vars` is not uploaded, and a
deployment names its own issuers.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from devtools.configuration import local_vars
from devtools.failure import Failure
from devtools.identity.shapes import SHAPES
from devtools.paths import ROOT

LOCAL_ISSUER: Final = "https://issuer.gatehouse.test/"
"""`.test` never resolves (RFC 6761): nobody else can be this issuer."""
LOCAL_AUDIENCE: Final = "gatehouse-local"
SESSION_COOKIE: Final = "__Host-session"
"""In which its tokens come as well, as those of a site's visitors would."""
DOWN_ISSUER: Final = "https://down.gatehouse.test/"
"""An issuer whose keys can never be had, to see what a caller is told then: nothing listens on port 9."""
DOWN_JWKS: Final = "http://127.0.0.1:9/jwks.json"
KEYS: Final = Path(".gatehouse") / "keys.json"

LIKENESSES: Final = (
    "auth0", "cognito", "entra-any", "keycloak", "okta", "firebase", "supabase-secret", "clerk", "google", "zitadel",
    "apple", "cloudflare-access",
)  # fmt: skip
"""Providers whose tokens are taken on this machine, by its own keys; `entra-any` takes those of one tenant as well."""

SECRETS: Final = ("JWT_SECRET", "ORIGIN_SECRET")
AWS_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""What the gateway signs with where `sign = "sigv4"`; made together, since one fits the other. Only for the environment
whose origin is on this machine: to AWS, a made one is nobody's."""
SECRET_BYTES: Final = 48
WEBHOOK_BYTES: Final = 32
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "key_ops"})
OWNER_ONLY: Final = 0o600

HEAD: Final = """\
# Settings of this machine: secrets, and what is to differ from wrangler.toml. Never committed, never uploaded.
# Delete a line made by `make dev` and the next `make dev` makes a new one.
"""


def ensure_local_keys(root: Path = ROOT, environment: str | None = None) -> list[str]:
    """Make what is missing for an environment, or the one `make dev` serves; gives the names of what was added.

    What is said already, in wrangler.toml or beside it, is left alone. Raises Failure.
    """
    wrangler_toml = root / "wrangler.toml"
    environment = local_vars.served(wrangler_toml, environment)
    path = local_vars.secrets_file(root, environment)
    variables = {**local_vars.told(root, environment).values, **local_vars.read(wrangler_toml, environment)[0]}
    added = {name: secrets.token_urlsafe(SECRET_BYTES) for name in SECRETS if not variables.get(name)}
    if environment == local_vars.LOCAL and not all(variables.get(name) for name in AWS_KEYS):
        made = (f"AKIALOCAL{secrets.token_hex(6).upper()}", secrets.token_urlsafe(SECRET_BYTES))
        added |= zip(AWS_KEYS, made, strict=True)
    if environment == local_vars.LOCAL:
        added |= {name: _webhook_secret() for name in _policies_secrets(variables) if not variables.get(name)}
    if not variables.get("ISSUERS"):
        added["ISSUERS"] = json.dumps(local_issuers(private_keys(root)), separators=(",", ":"))
    if added:
        _append(path, added)
    return list(added)


def private_keys(root: Path = ROOT) -> list[dict[str, Any]]:
    """The private keys of LOCAL_ISSUER as JWKs, made on the first call. Raises Failure for a broken file."""
    path = root / KEYS
    if not path.exists():
        _write_private(path, json.dumps({"keys": _generate()}, indent=1))
    return stored_keys(root)


def stored_keys(root: Path = ROOT) -> list[dict[str, Any]]:
    """The private keys that are there, none without the file. Raises Failure for a broken one."""
    path = root / KEYS
    if not path.exists():
        return []
    try:
        keys: list[dict[str, Any]] = json.loads(path.read_text())["keys"]
    except (ValueError, KeyError, TypeError):
        mend = f"delete it, and ISSUERS in {local_vars.DEV_VARS}; `make dev` makes both"
        raise Failure(f"{KEYS} is no key set", mend) from None
    return keys


def local_issuers(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The value of ISSUERS for this machine."""
    public = [{name: value for name, value in key.items() if name not in PRIVATE_MEMBERS} for key in keys]
    signing = {"jwks": {"keys": [key for key in public if key["alg"] != "EdDSA"]}, "algorithms": ["RS256", "ES256"]}
    likenesses = [{**SHAPES[name].entry, **signing} for name in LIKENESSES]
    return [
        {"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"},
        {
            "issuer": LOCAL_ISSUER,
            "from": ["authorization", f"cookie:{SESSION_COOKIE}"],
            "audience": [LOCAL_AUDIENCE],
            "algorithms": [key["alg"] for key in keys],
            "jwks": {"keys": public},
        },
        {"issuer": DOWN_ISSUER, "audience": [LOCAL_AUDIENCE], "algorithms": ["ES256"], "jwks_url": DOWN_JWKS},
        *likenesses,
    ]


def _generate() -> list[dict[str, Any]]:
    """Once a machine: `make dev`, which comes by every time, need not load the libraries."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

    made: list[tuple[str, dict[str, Any]]] = [
        ("RS256", RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048), as_dict=True)),
        ("ES256", ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)),
        ("EdDSA", OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True)),
    ]
    suffix = secrets.token_hex(4)
    return [{**jwk, "alg": alg, "use": "sig", "kid": f"local-{alg.lower()}-{suffix}"} for alg, jwk in made]


def _policies_secrets(variables: Mapping[str, Any]) -> Iterator[str]:
    """The secrets that policies name in a list `secrets`: what senders of webhooks sign with."""
    told = variables.get("POLICIES")
    for settings in told.values() if isinstance(told, dict) else ():
        named = settings.get("secrets") if isinstance(settings, dict) else None
        yield from (name for name in named or () if isinstance(name, str) and name.isidentifier())


def _webhook_secret() -> str:
    """As the senders spell theirs."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(WEBHOOK_BYTES)).decode()


def _append(path: Path, variables: dict[str, str]) -> None:
    before = path.read_text(encoding="utf-8") if path.exists() else HEAD
    lines = "".join(local_vars.line(name, value) for name, value in variables.items())
    _write_private(path, before + ("" if before.endswith("\n") else "\n") + lines)


def _write_private(path: Path, text: str) -> None:
    """Write `text` in one step, readable by the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
