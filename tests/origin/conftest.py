"""The application behind the gateway, deployed once for all tests of a process into an emulator of AWS."""

import hashlib
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from devtools.application.graphiql import SEGMENT, graphiql
from devtools.application.local_aws.application import LocalApplication, local_application
from devtools.application.local_aws.emulator import REGION
from devtools.application.local_aws.keys import Keys
from forwarding import sigv4
from tests.origin.purges import Purges
from tests.origin.purges import purges as listening

JWT_SECRET = "origin-tests-token-secret-of-enough-bytes"
DAY = 24 * 3600


def token(subject: str, role: str) -> str:
    """A token of the issuer that a gateway in front of the application believes."""
    return jwt.encode({"sub": subject, "role": role, "exp": int(time.time()) + DAY}, JWT_SECRET, algorithm="HS256")


KEYS = Keys(
    "AKIALOCALTESTS",
    "an-access-key-of-the-tests",
    "origin-tests-secret-of-enough-bytes-here",
    purge_token=token("catalogue", "gatehouse:purge"),
)
ADMIN = {"x-user-id": "ada", "x-user-role": "admin"}


def signed(
    port: int, method: str, path: str, *, query: str = "", body: bytes = b"", keys: Keys = KEYS, **fields: str
) -> httpx.Response:
    """What the application on `port` answers to a gateway with `sign = "sigv4"`; `fields` have "_" for "-"."""
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    digest = hashlib.sha256(body).hexdigest() if body else None
    credentials, scope = sigv4.Credentials(keys.access_key_id, keys.secret_access_key), sigv4.Scope(REGION, "lambda")
    host = f"127.0.0.1:{port}"
    added = sigv4.sign(method, host, path, query, headers, digest, credentials, scope, time.time())
    target = f"http://{host}{path}" + (f"?{query}" if query else "")
    return httpx.request(method, target, headers={**headers, **added}, content=body or None, timeout=180)


@dataclass(frozen=True)
class Gateway:
    """What a gateway is to the application."""

    application: LocalApplication

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return signed(self.application.port, method, path, **more)

    def as_admin(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.ask(method, path, x_user_id="ada", x_user_role="admin", **more)


@pytest.fixture(scope="session")
def log() -> io.StringIO:
    """What the functions log, as far as it was published."""
    return io.StringIO()


@pytest.fixture(scope="session")
def purges() -> Iterator[Purges]:
    with listening(KEYS.purge_token) as running:
        yield running


@pytest.fixture(scope="session")
def application(log: io.StringIO, purges: Purges) -> Iterator[LocalApplication]:
    more: dict[str, Any] = {"parameters": {"GatewayUrl": purges.url}, "special": {SEGMENT: graphiql}}
    with local_application(KEYS, seed=True, log=log, publishing=False, **more) as running:
        yield running


@pytest.fixture(scope="session")
def gateway(application: LocalApplication) -> Gateway:
    return Gateway(application)
