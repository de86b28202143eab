"""`smoke URL`: the integration test of a running gateway, wherever it runs.

    python -m devtools smoke http://localhost:8787
    GATEHOUSE_TOKEN=… python -m devtools smoke https://staging.example

Asks the gateway for its own description and checks what every deployment must hold: it is up and configured, answers
geo with the right caching, lets nobody past a protected route, cannot be talked into an identity, and refuses paths
that mean two things. With a token in `GATEHOUSE_TOKEN` the caller is looked up, too. Nothing is written anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from devtools.failure import Failure, one_line

TOKEN_VARIABLE = "GATEHOUSE_TOKEN"
TIMEOUT = 15.0
"""Seconds for one answer; a first request may start an isolate."""

FORGED = {
    "x-user-id": "root",
    "x-user-role": "admin",
    "x_user_role": "admin",
    "x-gateway-signature": "forged",
}
GARBAGE = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0."
"""A well-formed JWS with algorithm none."""

SIX_KEYS = ("country", "region", "city", "timezone", "currency", "language")


NOT_AS_DESCRIBED = (ValueError, LookupError, TypeError, AttributeError)
"""What reading an answer raises that is of another shape: no JSON, a list for an object, a header that is missing."""


class Wrong(Exception):
    """A check found something else than it must."""


@dataclass(frozen=True)
class Gateway:
    """The gateway under test, as the checks see it."""

    client: httpx.Client
    description: Mapping[str, Any]

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


Check = Callable[[Gateway], None]


def main(argv: list[str]) -> int:
    """Run every check against the URL and print a line for each; exit code 1 when one fails."""
    if len(argv) != 1 or not argv[0].startswith(("http://", "https://")):
        raise Failure("smoke needs the gateway's address", "python -m devtools smoke http://localhost:8787", code=2)
    url = argv[0].rstrip("/")
    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT, follow_redirects=False) as client:
            gateway = Gateway(client, _description(client))
            failed = sum(not passed for passed in _run(gateway))
    except httpx.InvalidURL as error:
        raise Failure(
            f"{url} is no address ({error})", "python -m devtools smoke http://localhost:8787", code=2
        ) from error
    except httpx.TransportError as error:
        raise Failure(f"{url} does not answer ({error})", "start it, or mend the address") from error
    print(f"{len(CHECKS)} checks, {failed} failed" if failed else f"{len(CHECKS)} checks passed: {url}")
    return 1 if failed else 0


def _description(client: httpx.Client) -> Mapping[str, Any]:
    response = client.get("/openapi.json")
    if response.status_code != httpx.codes.OK:
        raise Failure(
            f"/openapi.json answers {response.status_code}: {response.text[:200]}",
            "if it says misconfigured, `python -m devtools doctor` names every fault",
        )
    try:
        description: Mapping[str, Any] = response.json()
        _protected(description)
    except NOT_AS_DESCRIBED as error:
        raise Failure("/openapi.json is not a gateway's description", "mend the address") from error
    return description


def _run(gateway: Gateway) -> Iterator[bool]:
    for check in CHECKS:
        said = (check.__doc__ or check.__name__).rstrip(".")
        try:
            check(gateway)
        except Wrong as wrong:
            print(f"FAILED  {said}: {wrong}")
            yield False
        except NOT_AS_DESCRIBED as error:
            print(f"FAILED  {said}: an answer is not the gateway's ({type(error).__name__}: {one_line(str(error))})")
            yield False
        else:
            print(f"ok      {said}")
            yield True


# --- Checks ------------------------------------------------------------------------------------------------------


def alive_and_ready(gateway: Gateway) -> None:
    """It is alive, and ready to work."""
    for path in ("/healthz", "/readyz"):
        _is(gateway.get(path).status_code, 200, path)


def geo_is_one_visitors_own(gateway: Gateway) -> None:
    """/geo answers six strings and is kept by no shared cache."""
    response = gateway.get("/geo", accept_language="fr-CH")
    answer = response.json()
    for key in SIX_KEYS:
        _is(type(answer.get(key)), str, f"the type of {key}")
    if answer["source"]["language"] == "accept-language":
        _has(answer["language"], "fr")
    _has(response.headers.get("cache-control", ""), "private")
    _is(gateway.get("/geo", accept_language="fr-CH", if_none_match=response.headers["etag"]).status_code, 304, "again")


def a_country_is_everybodys(gateway: Gateway) -> None:
    """/geo/CH is Swiss francs, and every cache may keep it."""
    response = gateway.get("/geo/CH")
    _is(response.json().get("currencies"), ["CHF"], "currencies")
    _has(response.headers.get("cache-control", ""), "public")


def wrong_input_is_named(gateway: Gateway) -> None:
    """Wrong input is refused with a problem that names the field."""
    response = gateway.get("/geo?currency=XXQ")
    _is(response.status_code, 400, "status")
    _is(response.headers.get("content-type"), "application/problem+json", "content type")
    _is(response.json().get("field"), "currency", "field")
    plain = gateway.client.post("/geo/preferences", content="lang=de", headers={"content-type": "text/plain"})
    _is(plain.status_code, 415, "status of a text body")


def nothing_unknown_is_open(gateway: Gateway) -> None:
    """What no route names is refused, and every answer has a request id."""
    response = gateway.get("/no-such-route-of-the-smoke-test", x_request_id="smoke-1")
    if not 400 <= response.status_code < 500:
        raise Wrong(f"answered {response.status_code}")
    _is(response.headers.get("x-request-id"), "smoke-1", "x-request-id")


def ambiguous_paths_are_refused(gateway: Gateway) -> None:
    """A path that could mean two things is refused."""
    for path in ("/geo%2fCH", "/geo/%5cCH", "/geo/%252e%252e"):
        response = gateway.get(path)
        _is((response.status_code, response.json().get("code")), (400, "ambiguous_path"), path)


def protected_means_protected(gateway: Gateway) -> None:
    """No protected operation lets in a caller without a token, with a worthless one, or with forged headers."""
    for path, field in _protected(gateway.description):
        missing = gateway.get(path)
        _is(missing.status_code, 401, f"{path} without a token")
        _is(missing.json().get("code"), "token_missing", f"{path} without a token")
        _is(gateway.client.get(path, headers=FORGED).status_code, 401, f"{path} with forged headers")
        worthless = f"Bearer {GARBAGE}" if field == "authorization" else GARBAGE
        _is(gateway.client.get(path, headers={field: worthless}).status_code, 401, f"{path} with a worthless token")


def own_answers_are_guarded(gateway: Gateway) -> None:
    """The gateway's own answers carry their security headers."""
    for path in ("/healthz", "/", "/docs"):
        headers = gateway.get(path).headers
        policy = headers.get("content-security-policy", "")
        _has(policy, "default-src 'none'")
        if "unsafe-" in policy:
            raise Wrong(f"{path}: {policy}")
        _is(headers.get("x-content-type-options"), "nosniff", f"x-content-type-options of {path}")
        _is(headers.get("referrer-policy"), "no-referrer", f"referrer-policy of {path}")


def a_given_token_holds(gateway: Gateway) -> None:
    """The token in GATEHOUSE_TOKEN, if there is one, names its caller."""
    token = os.environ.get(TOKEN_VARIABLE)
    if token:
        response = gateway.get("/_gatehouse/whoami", authorization=f"Bearer {token}")
        _is(response.status_code, 200, "status")
        if not response.json().get("id"):
            raise Wrong("whoami names nobody")


CHECKS: tuple[Check, ...] = (
    alive_and_ready,
    geo_is_one_visitors_own,
    a_country_is_everybodys,
    wrong_input_is_named,
    nothing_unknown_is_open,
    ambiguous_paths_are_refused,
    protected_means_protected,
    own_answers_are_guarded,
    a_given_token_holds,
)


def _protected(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Paths with a GET that needs a token, each with the field the token goes in."""
    schemes = description["components"]["securitySchemes"]
    found = []
    for path, item in description["paths"].items():
        security = item.get("get", {}).get("security", [])
        if security and {} not in security:
            scheme = schemes[next(iter(security[0]))]
            found.append((path.replace("{path}", "smoke"), scheme.get("name", "authorization")))
    return found


def _is(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        raise Wrong(f"{what} is {found!r}, not {wanted!r}")


def _has(found: str, wanted: str) -> None:
    if wanted not in found:
        raise Wrong(f"{found!r} lacks {wanted!r}")
