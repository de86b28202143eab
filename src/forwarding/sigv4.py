"""AWS Signature Version 4, for origins behind IAM: Lambda function URLs and API Gateway.

Pure: takes the request line, the header fields, the hash of the content and the time, and gives back the fields to
add. It knows nothing of routes, of the network or of the clock, and signs nothing that somebody on the way may
rewrite: `host`, `x-amz-*`, `x-user-*` and `x-geo-*`, and no other field.

Source: AWS IAM User Guide, "Create a signed AWS API request". Two rules are easy to get wrong and decide whether AWS
agrees with us:

- Path: every service but S3 percent-encodes the path once more, as it stands on the request line. The gateway sends
  `/users/Zo%C3%AB`, so `/users/Zo%25C3%25AB` is signed. The path itself is sent byte for byte.
- Query: parameters are decoded, encoded by AWS's alphabet, and sorted by encoded name, then encoded value. `+` is a
  plus sign here and never a space. The query itself is sent byte for byte.

Content: a request with content is signed over its SHA-256, so the caller reads the content, up to the route's
`max_body` (6 MiB, what Lambda takes), before it forwards. Longer content is refused with 413 and never signed.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from core.records import field, record

ALGORITHM = "AWS4-HMAC-SHA256"

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

SIGNED_PREFIXES = ("x-amz-", "x-geo-", "x-user-")
"""Header fields that are signed, beside `host`."""

OWNED_HEADERS = frozenset({"authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"})
"""Fields that only the signer may set. The caller removes them from what the client sent: AWS takes a stray
`x-amz-security-token` for ours and refuses the request."""

ENDPOINTS = (
    (re.compile(r"[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn)"), "lambda"),
    (re.compile(r"[a-z0-9-]+\.execute-api\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"), "execute-api"),
)
"""Host names that tell the region and the service by themselves."""


@record
class Credentials:
    """An IAM access key. `session_token` goes with temporary credentials (AWS STS)."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@record
class Scope:
    """What a signature is good for: `Scope("eu-west-1", "lambda")`."""

    region: str
    service: str


def scope_of(host: str) -> Scope | None:
    """Region and service of an AWS endpoint by its host name, or None for any other host (a custom domain, say).

    scope_of("abc123.lambda-url.eu-west-1.on.aws") -> Scope("eu-west-1", "lambda")
    """
    name = _authority(host)
    for pattern, service in ENDPOINTS:
        if match := pattern.fullmatch(name):
            return Scope(match[1], service)
    return None


def sign(
    method: str,
    host: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body_sha256: str | None,
    credentials: Credentials,
    scope: Scope,
    now: float,
) -> dict[str, str]:
    """The header fields to add to a request so that AWS IAM accepts it.

    `path` (percent-encoded) and `query` (without "?") are exactly what will be sent; `headers` are all fields that
    will be sent, by lower-case name, of which only `SIGNED_PREFIXES` count; `body_sha256` is the content's SHA-256 in
    hexadecimal, or None without content; `now` is in seconds since 1970. AWS refuses what is older than 5 minutes.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    added = {"x-amz-date": stamp}
    if body_sha256 is not None:
        added["x-amz-content-sha256"] = body_sha256
    if credentials.session_token:
        added["x-amz-security-token"] = credentials.session_token
    signed = {
        "host": _authority(host),
        **{name: value for name, value in headers.items() if _is_signed(name)},
        **added,
    }
    content = EMPTY_SHA256 if body_sha256 is None else body_sha256
    request = canonical_request(method, path, query, signed, content)
    return {**added, "authorization": authorization(request, ";".join(sorted(signed)), credentials, scope, stamp)}


def canonical_request(method: str, path: str, query: str, signed: Mapping[str, str], body_sha256: str) -> str:
    """The request in the one spelling that both sides hash. `signed` maps lower-case names to values."""
    fields = "".join(f"{name}:{_trim(signed[name])}\n" for name in sorted(signed))
    return "\n".join(
        [method, _canonical_path(path), _canonical_query(query), fields, ";".join(sorted(signed)), body_sha256]
    )


def authorization(request: str, names: str, credentials: Credentials, scope: Scope, stamp: str) -> str:
    """The `Authorization` value for a canonical request; `names` are its signed fields, `stamp` its `x-amz-date`."""
    credential_scope = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    hashed = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{stamp}\n{credential_scope}\n{hashed}"
    key = _signing_key(credentials.secret_access_key, stamp[:8], scope.region, scope.service)
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{credential_scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )


@lru_cache(maxsize=8)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of one day, region and service. Four HMACs, worth keeping for the day."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _is_signed(name: str) -> bool:
    return name.startswith(SIGNED_PREFIXES) and name not in OWNED_HEADERS


def _authority(host: str) -> str:
    """The `Host` field as an https client sends it: lower case, without the default port."""
    return host.lower().removesuffix(":443")


def _trim(value: str) -> str:
    """No white space around the value and single spaces in it (AWS: "Trimall")."""
    return re.sub(r"[ \t]+", " ", value.strip(" \t"))


def _canonical_path(path: str) -> str:
    """RFC 3986 section 5.2.4 without dot segments and empty segments, then encoded once more."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    trailing = "/" if kept and path.endswith("/") else ""
    return quote("/" + "/".join(kept) + trailing, safe="/")


def _canonical_query(query: str) -> str:
    pairs = []
    for parameter in filter(None, query.split("&")):
        name, _, value = parameter.partition("=")
        pairs.append((_recode(name), _recode(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _recode(text: str) -> str:
    """Percent-encoded by AWS's alphabet: everything but letters, digits and `-._~`, in capitals."""
    return quote(unquote_to_bytes(text), safe="")
