"""`origin`: the application behind the gateway on this machine, deployed into an emulator of AWS.

    python -m devtools origin --seed [--gateway http://localhost:8787] [--services]

It takes requests that are signed with the access key of .dev.vars, as its deployment takes those of the gateway's IAM
user. `/echo` answers with what arrived, header by header, and says whether the gateway's own signature holds; it and
`/dev/`, the demo page's sign-in, are part of this server and of nothing that is deployed.

`--gateway` is told which of its copies a write has outdated, with a token of this machine's issuer. `--services`
starts MariaDB and Redis for the catalogue, instead of a file and a cache in its processes.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from dataclasses import replace
from typing import Any

from devtools import example, ports
from devtools.application import site
from devtools.application.function_url import LOOPBACK, Special
from devtools.application.graphiql import SEGMENT, graphiql
from devtools.application.local_aws.emulator import RUNS, SERVED
from devtools.application.local_aws.keys import Keys
from devtools.application.origin import SEED, echo, sign_in
from devtools.application.sign_in import LIFETIME
from devtools.configuration import local_vars
from devtools.failure import Failure
from devtools.identity.local_keys import ensure_local_keys
from devtools.paths import WRANGLER_TOML
from devtools.serving.companion import GIVEN

DEFAULT_PORT = 8788
SECRET, NEXT_SECRET = "ORIGIN_SECRET", "ORIGIN_SECRET_NEXT"
PURGER, PURGES_FOR = "gatehouse:purge", 30 * 24 * 3600
"""Role and lifetime, in seconds, of the application's credential."""
KEY = ("GATEWAY_ACCESS_KEY_ID", "GATEWAY_SECRET_ACCESS_KEY")


def main(argv: list[str]) -> int:
    """`origin [--port N] [--seed] [--gateway URL] [--services]`: serve until interrupted."""
    options = _options(argv)
    example.require("the origin")
    keys = _keys()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        _serve(options, keys, stopped)
    except OSError as error:
        where = f"{LOOPBACK}:{options.port}"
        raise Failure(f"the origin cannot listen on {where} ({error.strerror})", "choose another --port") from error
    except ValueError as error:
        raise Failure(str(error), f"make {SECRET} longer, e.g. with `openssl rand -base64 48`") from error
    return 0


def _keys() -> Keys:
    """What the gateway signs with: what the environment says, else what `make dev` is told, made if need be."""
    found = {name: os.environ.get(name) for name in GIVEN}
    if not all(found[name] for name in GIVEN if name != NEXT_SECRET):
        ensure_local_keys()
        variables, _ = local_vars.read(WRANGLER_TOML, local_vars.served(WRANGLER_TOML))
        found |= {name: variables.get(mine) for name, mine in GIVEN.items() if not found[name]}
    if not all(found[name] for name in KEY):
        what = "the gateway has no AWS access key to sign with"
        raise Failure(what, "put AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY into .dev.vars; any values will do")
    key_id, key_secret, secret = (str(found[name]) for name in (*KEY, SECRET))
    return Keys(key_id, key_secret, secret, found[NEXT_SECRET])


def _serve(options: argparse.Namespace, keys: Keys, stopped: threading.Event) -> None:
    from devtools.application.local_aws.application import local_application  # imports what is in origin/

    hosts = [f"{name}:{options.port}" for name in (LOOPBACK, "localhost")]
    special: dict[str, Special] = {"echo": echo([text for text in (keys.secret, keys.next_secret) if text], hosts)}
    special |= {SEGMENT: graphiql, site.SEGMENT: site.site}
    if options.seed:
        special["dev"] = sign_in(_mint)
    told: dict[str, Any] = {}
    if options.gateway:
        keys, told = replace(keys, purge_token=_purge_token()), {"parameters": {"GatewayUrl": options.gateway}}
    served: dict[str, Any] = {"port": options.port, "seed": options.seed, "special": special, **told}
    with local_application(keys, servers=options.services, **served) as application:
        seeded = f", users {', '.join(row[0] for row in SEED)}" if options.seed else ""
        print(f"origin: {application.url} (AWS at {application.deployment.url}{seeded})", flush=True)
        (RUNS / f"{os.getpid()}-{application.deployment.url.rpartition(':')[2]}" / SERVED).touch()
        stopped.wait()


def _mint(subject: str, role: str) -> str:
    """A token of this machine's issuer, for the demo page. Raises Failure when there is none."""
    from devtools.identity import token  # reads the gateway's settings, which nothing else here needs

    return token.mint(subject, role, lifetime=LIFETIME)


def _purge_token() -> str:
    """The application's credential, of this machine's issuer; "" where it has no key of one, and a line says so."""
    from devtools.identity import token

    try:
        return token.mint("application", PURGER, lifetime=PURGES_FOR)
    except Failure as failure:
        print(f"gatehouse: the application cannot purge: {failure}", file=sys.stderr, flush=True)
        return ""


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devtools origin", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=ports.port, default=DEFAULT_PORT, help=f"on {LOOPBACK} (default {DEFAULT_PORT})")
    parser.add_argument("--seed", action="store_true", help="begin with a few users, and something to sell")
    parser.add_argument("--gateway", metavar="URL", help="which is told what writes have outdated")
    parser.add_argument("--services", action="store_true", help="MariaDB and Redis for the catalogue")
    options = parser.parse_args(argv)
    options.port = options.port or ports.free_port()  # the signatures cover the address, so it is known beforehand
    return options
