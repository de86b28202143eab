"""The gateway's purge endpoint, asked with a credential of the application's own: a token with the role
`gatehouse:purge` and no other.

GATEWAY_URL        where the gateway is; without it, nobody is told
PURGE_SECRET_ARN   a secret {"token": "…"}
PURGE_TOKEN        the token itself, where there is no Secrets Manager
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError

PURGE = "/_gatehouse/purge"

ANSWERS_WITHIN = 2.0
"""Seconds. An admin waits for this; what takes longer is the sweeper's."""

TRIES = 2

TOKEN_REREAD_AFTER = 300
"""Seconds; a token that was replaced is known everywhere this soon."""

Token = Callable[[], str]
"""Raises NotPurged where it cannot be had."""


class NotPurged(Exception):
    """The gateway did not take the purge, or its answer did not arrive. It may be asked again."""


class Gateway(Protocol):
    def purge(self, tags: Sequence[str]) -> None:
        """Everything that has one of these tags is asked for anew. Raises NotPurged."""


class NoGateway:
    """Implements `Gateway` where there is none to be told."""

    def purge(self, tags: Sequence[str]) -> None:
        """Nobody keeps anything."""


class HttpGateway:
    """Implements `Gateway`. `url` is where it is reached, without a path. It is asked directly, never by a proxy."""

    def __init__(self, url: str, token: Token) -> None:
        self._endpoint = url.rstrip("/") + PURGE
        self._token = token
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())

    def purge(self, tags: Sequence[str]) -> None:
        for left in reversed(range(TRIES)):
            try:
                return self._ask(tags)
            except urllib.error.HTTPError as error:
                reason = f"the gateway answered {error.code} ({_code(error)})"
                if error.code < 500 or not left:
                    raise NotPurged(reason) from error
            except (OSError, ValueError) as error:  # ValueError: what answers does not speak HTTP
                if not left:
                    raise NotPurged(f"{type(error).__name__}: {error}") from error
        return None

    def _ask(self, tags: Sequence[str]) -> None:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._token()}"}
        content = json.dumps({"tags": list(tags)}).encode()
        asked = urllib.request.Request(self._endpoint, content, headers, method="POST")
        with self._opener.open(asked, timeout=ANSWERS_WITHIN) as answer:
            answer.read()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A token is for the gateway alone, and a purge that was led elsewhere was none."""

    def redirect_request(self, *_: object) -> None:
        return None


def _code(error: urllib.error.HTTPError) -> str:
    """The problem's code, for the log."""
    try:
        return str(json.loads(error.read(4096)).get("code", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def gateway_of(environ: Mapping[str, str]) -> Gateway:
    url = environ.get("GATEWAY_URL")
    return HttpGateway(url, purge_token(environ)) if url else NoGateway()


def purge_token(environ: Mapping[str, str]) -> Token:
    arn = environ.get("PURGE_SECRET_ARN")
    if not arn:
        return lambda: environ.get("PURGE_TOKEN", "")

    def from_secrets_manager() -> str:
        try:
            kept = parameters.get_secret(arn, transform="json", max_age=TOKEN_REREAD_AFTER)
        except (GetParameterError, TransformParameterError) as error:
            raise NotPurged("the credential cannot be read") from error
        return str(kept.get("token", ""))

    return from_secrets_manager
