"""`keys`: makes, lists and revokes the API keys of a gateway.

    python -m devtools keys create --owner OWNER [--role ROLE]... [--scope "read write"] [--expires 90d]
    python -m devtools keys list
    python -m devtools keys revoke ID
                            [--env NAME [--local]] [--persist-to FOLDER]

Without --env it is about the gateway that `make dev` serves, in whose store on this machine the keys are; with it,
about the deployed one, through wrangler and by whoever is signed in there; --local is the store on this machine for
that environment, too. `--persist-to` is what `make dev` was given.

A key is shown once, when it is made: only its SHA-256 is stored. One that was revoked is dead within a minute or so,
when the last copy of its record in Cloudflare's network has expired, and ten seconds more in an isolate that knew it.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from devtools import namespaces
from devtools.configuration import local_vars
from devtools.failure import Failure
from devtools.identity.token import duration
from devtools.namespaces import Namespace, run_wrangler
from devtools.paths import ROOT, SOURCES, WRANGLER_TOML

sys.path.insert(0, str(SOURCES))

from pydantic import ValidationError

from core.flags import METADATA_BYTES
from identity.api_keys import STORE_PREFIX, read_record, write_record
from identity.issuer_spelling import role_fault
from identity.key_format import ALPHABET, ID_LENGTH, SECRET_BYTES, ApiKey, digest, write_key
from identity.settings import SCOPE_TOKEN, ApiKeySettings
from identity.tokens import InvalidToken

BINDING: Final = "KEYS"


def main(argv: list[str]) -> int:
    """`keys create | list | revoke`. Raises Failure."""
    options = _options(argv)
    settings = key_settings(ROOT / WRANGLER_TOML.name, options)
    folder = options.persist_to
    namespace = Namespace(BINDING, environment_of(options), is_deployed(options), folder, run_wrangler)
    if options.action == "create":
        key, told = create(namespace, settings.prefix, options)
        print(told, file=sys.stderr)
        print(key)
    elif options.action == "list":
        print(table(keys_in(namespace), time.time()))
    else:
        print(revoke(namespace, options.id))
    return 0


def create(namespace: Namespace, prefix: str, options: argparse.Namespace) -> tuple[str, str]:
    """A new key, and what is said of it. Raises Failure."""
    id = "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))
    text = write_key(prefix, id, secrets.token_bytes(SECRET_BYTES))
    now = int(time.time())
    public = {
        "owner": options.owner,
        "roles": list(dict.fromkeys(options.role)),
        "scopes": list(dict.fromkeys(scope for scopes in options.scope for scope in scopes.split())),
        "created": now,
        "expires": None if options.expires is None else now + options.expires,
    }
    record = write_record(ApiKey(id, digest(text)), public)
    for fault in _faults(id, record, public):
        raise Failure(fault, "mend it; nothing was made")
    if len(json.dumps(public, ensure_ascii=False).encode()) > METADATA_BYTES:
        raise Failure("these roles and scopes are too many for one key", "make one key for each purpose")
    namespace.put(STORE_PREFIX + id, record, metadata=public)
    return text, f"key {id} of {options.owner}; it is shown this once, and only its SHA-256 is stored:"


def revoke(namespace: Namespace, id: str) -> str:
    """Take a key back, by its id; a whole key will do. Raises Failure for one that is not there."""
    parts = id.rsplit("_", 3)
    id = parts[1] if len(parts) == 4 else id
    if id not in keys_in(namespace):
        raise Failure(f"there is no key {id!r}", "`python -m devtools keys list` has those that there are")
    namespace.delete(STORE_PREFIX + id)
    where = "a minute and ten seconds" if namespace.deployed else "ten seconds"
    return f"key {id} is revoked; the last isolate that knew it forgets it within {where}"


def keys_in(namespace: Namespace) -> dict[str, Mapping[str, Any]]:
    """What is told of each key, by its id."""
    return {name.removeprefix(STORE_PREFIX): told for name, told in namespace.list(STORE_PREFIX).items()}


def table(keys: Mapping[str, Mapping[str, Any]], now: float) -> str:
    """The keys that there are, a line each."""
    head = ("id", "owner", "roles", "scopes", "created", "expires")
    rows = [
        head,
        *(_row(id, told, now) for id, told in sorted(keys.items(), key=lambda item: item[1].get("created", 0))),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _row(id: str, told: Mapping[str, Any], now: float) -> tuple[str, ...]:
    expires = told.get("expires")
    ends = "never" if expires is None else _day(expires) + (" (over)" if expires <= now else "")
    names = (",".join(told.get(member, ())) or "-" for member in ("roles", "scopes"))
    return (id, str(told.get("owner", "?")), *names, _day(told.get("created", 0)), ends)


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(seconds))


def _faults(id: str, record: str, public: Mapping[str, Any]) -> list[str]:
    """Why the gateway would make nobody of such a key, or somebody else."""
    faults = [fault for role in public["roles"] if (fault := role_fault(role))]
    faults += [
        f"{scope!r} is no scope (RFC 6749 section 3.3)"
        for scope in public["scopes"]
        if not SCOPE_TOKEN.fullmatch(scope)
    ]
    try:
        read_record(id, record)
    except (ValueError, InvalidToken) as error:
        faults.append(f"the owner {public['owner']!r} is no id ({error})")
    return faults


def key_settings(wrangler_toml: Path, options: argparse.Namespace) -> ApiKeySettings:
    """API_KEYS of the environment that is meant. Raises Failure."""
    environment = environment_of(options)
    if environment and is_deployed(options):
        variables, bindings = local_vars.deployed(wrangler_toml, environment)
    else:
        variables, bindings = local_vars.read(wrangler_toml, environment)
    place = f"[env.{environment}.vars]" if environment else "[vars]"
    told = variables.get("API_KEYS")
    if not told:
        mend = f'write API_KEYS = {{ from = ["header:x-api-key", "authorization"], prefix = "gh" }} into {place}'
        raise Failure(f"API_KEYS is not set in {place} of {wrangler_toml.name}", mend)
    if BINDING not in bindings:
        create = f"wrangler kv namespace create {BINDING}" + (f" --env {environment}" if environment else "")
        raise Failure(f"no KV namespace is bound as {BINDING}", f"`{create}` makes one; add it to kv_namespaces")
    try:
        return ApiKeySettings.model_validate(json.loads(told) if isinstance(told, str) else told)
    except (ValueError, ValidationError):
        raise Failure("API_KEYS cannot be read", "`python -m devtools doctor` says what is wrong with it") from None


def environment_of(options: argparse.Namespace) -> str | None:
    """The environment of wrangler.toml that is meant. Raises Failure for an unknown one."""
    return local_vars.served(ROOT / WRANGLER_TOML.name, options.env)


def is_deployed(options: argparse.Namespace) -> bool:
    """Whether the keys are Cloudflare's to keep: those of `make dev` never are."""
    return options.env not in (None, local_vars.LOCAL) and not options.local


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devtools keys", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    actions = parser.add_subparsers(dest="action", required=True)
    made = actions.add_parser("create", help="make a key, and show it this once")
    made.add_argument("--owner", required=True, help="whose it is: the id that origins see")
    made.add_argument("--role", action="append", default=[], help="a role; may be given more than once")
    made.add_argument("--scope", action="append", default=[], help="scopes, delimited by spaces")
    made.add_argument("--expires", type=duration, help="90s, 15m, 1h, 7d (default: never)")
    listed = actions.add_parser("list", help="list the keys that there are")
    revoked = actions.add_parser("revoke", help="take a key back")
    revoked.add_argument("id", help="its id, as `list` shows it")
    for action in (made, listed, revoked):
        namespaces.add_options(action)
    return parser.parse_args(argv)
