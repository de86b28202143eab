"""AWS Signature Version 4, verified as AWS does it for a function URL with `AuthType: AWS_IAM`.

The expected signature is computed by botocore, AWS's own implementation, and not by the one the gateway signs with:
the two have to agree. Only what AWS does before it computes is here: the query brought into AWS's spelling, the
content held against its hash, the age.

Source: AWS IAM User Guide, "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from devtools.application.function_url import HttpRequest

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[\w-]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z-]+)"
    r"/aws4_request, ?SignedHeaders=(?P<signed>[a-z0-9;._-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
SERVICE = "lambda"
LARGEST_SKEW = 300
"""Seconds between the signer's clock and ours."""

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


class Forbidden(Exception):
    """AWS would answer 403 with this message, before any function is called."""


@dataclass(frozen=True)
class AccessKey:
    """The access key of an IAM principal, and who that is."""

    id: str
    secret: str = field(repr=False)
    principal: str
    session: str | None = field(default=None, repr=False)
    """The token of temporary credentials, which are good only together with it."""

    @property
    def iam(self) -> dict[str, str | None]:
        """`requestContext.authorizer.iam`, as a handler finds it in its event."""
        return {
            "accessKey": self.id,
            "accountId": self.principal.split(":")[4],
            "callerId": "AIDALOCAL",
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": self.principal,
            "userId": "AIDALOCAL",
        }


def key_named(request: HttpRequest) -> str:
    """The id of the key that a request says it is signed with. Raises Forbidden."""
    found = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        raise Forbidden("Forbidden")
    return found["key"]


@dataclass(frozen=True)
class Scope:
    """What a signature is good for."""

    region: str
    service: str


def verify(request: HttpRequest, key: AccessKey, region: str, now: float, service: str = SERVICE) -> None:
    """Returns when `key` signed this request a moment before `now` (seconds since 1970), all of it. Else: Forbidden."""
    headers = request.headers
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise Forbidden("Forbidden")
    if found["key"] != key.id or headers.get("x-amz-security-token") != key.session:
        raise Forbidden("The security token included in the request is invalid.")
    stamp = headers.get("x-amz-date", "")
    if (found["region"], found["service"]) != (region, service) or found["date"] != stamp[:8]:
        raise Forbidden("Credential should be scoped to a valid region, service and date.")
    _check_age(stamp, now)
    signed = found["signed"].split(";")
    must = {"host", *(name for name in headers if name.startswith("x-amz-"))}
    if not must <= set(signed) <= set(headers):
        raise Forbidden(MISMATCH)
    expected = _signature(request, {name: headers[name] for name in signed}, key, Scope(region, service), stamp)
    if not hmac.compare_digest(expected, found["signature"]):
        raise Forbidden(MISMATCH)


def _check_age(stamp: str, now: float) -> None:
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise Forbidden("Date must be in ISO-8601 'basic format'.") from None
    if abs(now - signed_at) > LARGEST_SKEW:
        raise Forbidden(f"Signature expired: {stamp} is more than {LARGEST_SKEW} seconds away.")


def _signature(request: HttpRequest, signed: dict[str, str], key: AccessKey, scope: Scope, stamp: str) -> str:
    digest = hashlib.sha256(request.body).hexdigest()
    if signed.get("x-amz-content-sha256", digest) != digest:
        raise Forbidden(MISMATCH)
    url = f"http://{signed['host']}{request.path}?{_spelt_by_aws(request.query)}"
    asked = AWSRequest(request.method, url, signed, request.body)
    asked.context["timestamp"] = stamp
    signer = SigV4Auth(Credentials(key.id, key.secret, key.session), scope.service, scope.region)
    signature: str = signer.signature(signer.string_to_sign(asked, signer.canonical_request(asked)), asked)
    return signature


def _spelt_by_aws(query: str) -> str:
    """Each parameter decoded and encoded by AWS's alphabet; `+` is a plus sign. botocore then sorts them."""
    pairs = (parameter.partition("=") for parameter in query.split("&") if parameter)
    return "&".join(f"{_recode(name)}={_recode(value)}" for name, _, value in pairs)


def _recode(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")
