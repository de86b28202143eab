"""SigV4 as AWS publishes it, and as botocore, the SDK's own signer, computes it."""

import hashlib
from typing import Any
from urllib.parse import quote, quote_plus

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forwarding import sigv4
from forwarding.sigv4 import Credentials, Scope, scope_of, sign
from tests.unit.forwarding.sigv4_vectors import (
    ACCESS_KEY_ID,
    REGION,
    SECRET_ACCESS_KEY,
    SESSION_TOKEN,
    SIGNED_AT,
    STAMP,
    VECTORS,
    Vector,
)

CREDENTIALS = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
HOST = "abc123.lambda-url.eu-west-1.on.aws"
LAMBDA = Scope("eu-west-1", "lambda")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_agrees_with_the_vectors_aws_publishes(vector: Vector) -> None:
    signed = {"host": vector.host, "x-amz-date": STAMP, **vector.headers}
    body_sha256 = hashlib.sha256(vector.body).hexdigest()
    request = sigv4.canonical_request(vector.method, vector.path, vector.query, signed, body_sha256)
    names = ";".join(sorted(signed))

    value = sigv4.authorization(request, names, CREDENTIALS, Scope(REGION, vector.service), STAMP)

    assert value == (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/{REGION}/{vector.service}/aws4_request, "
        f"SignedHeaders={names}, Signature={vector.signature}"
    )


def test_get_vanilla_through_the_whole_signer() -> None:
    added = sign("GET", "example.amazonaws.com", "/", "", {}, None, CREDENTIALS, Scope(REGION, "service"), SIGNED_AT)
    assert set(added) == {"x-amz-date", "authorization"}
    assert added["x-amz-date"] == STAMP
    assert added["authorization"].endswith(VECTORS[0].signature)


def test_session_token_vector_through_the_whole_signer() -> None:
    credentials = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN)
    added = sign("GET", "example.amazonaws.com", "/", "", {}, None, credentials, Scope(REGION, "service"), SIGNED_AT)
    assert added["x-amz-security-token"] == SESSION_TOKEN
    assert added["authorization"].endswith("07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8")


# --- botocore as an oracle ------------------------------------------------------------------------


class _SignerAt(botocore.auth.SigV4Auth):
    """botocore's signer at a given time; its own `add_auth` reads the clock."""

    def __init__(self, credentials: Credentials, scope: Scope) -> None:
        keys = BotocoreCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
        super().__init__(keys, scope.service, scope.region)

    def authorization(self, request: Any, stamp: str) -> str:
        request.context["timestamp"] = stamp
        if self.credentials.token:
            request.headers["x-amz-security-token"] = self.credentials.token
        request.headers["x-amz-date"] = stamp
        to_sign = self.string_to_sign(request, self.canonical_request(request))
        names = self.signed_headers(self.headers_to_sign(request))
        signature = self.signature(to_sign, request)
        return f"AWS4-HMAC-SHA256 Credential={self.scope(request)}, SignedHeaders={names}, Signature={signature}"


segments = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8).filter(
    lambda text: text not in (".", "..")
)
paths = st.lists(segments, max_size=5).map(lambda parts: "/" + "/".join(quote(part, safe="") for part in parts))
words = st.text(st.characters(codec="utf-8"), max_size=6)
parameters = st.lists(st.tuples(words.filter(bool), words), max_size=5)
field_values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
fields = st.dictionaries(
    st.sampled_from(["x-user-id", "x-user-role", "x-user-email", "x-amz-meta-a", "x-amz-trace", "x-amz-b"]),
    st.lists(field_values, min_size=1, max_size=3).map("  ".join),
)
scopes = st.tuples(st.sampled_from(["eu-west-1", "us-gov-west-1"]), st.sampled_from(["lambda", "execute-api"]))
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]),
        "path": paths,
        "parameters": parameters,
        "headers": fields,
        "body": st.none() | st.binary(max_size=64),
        "token": st.none() | st.text("abcDEF+/=", min_size=1, max_size=20),
        "scope": scopes.map(lambda pair: Scope(*pair)),
        "now": st.integers(0, 4_102_444_800),
    }
)


def _expected(request: dict[str, Any], url: str, added: dict[str, str], **query: Any) -> str:
    """What botocore makes of the same request."""
    headers = {**request["headers"], "host": HOST}
    if "x-amz-content-sha256" in added:
        headers["x-amz-content-sha256"] = added["x-amz-content-sha256"]
    body = request["body"] or b""
    asked = AWSRequest(method=request["method"], url=url, headers=headers, data=body, **query)
    credentials = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, request["token"])
    return _SignerAt(credentials, request["scope"]).authorization(asked, added["x-amz-date"])


def _sign(request: dict[str, Any], query: str) -> dict[str, str]:
    body = request["body"]
    return sign(
        request["method"], HOST, request["path"], query, request["headers"],
        None if body is None else hashlib.sha256(body).hexdigest(),
        Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, request["token"]), request["scope"], request["now"],
    )  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(requests)
def test_agrees_with_botocore_on_generated_requests(request: dict[str, Any]) -> None:
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in request["parameters"])
    added = _sign(request, query)
    assert added["authorization"] == _expected(request, f"https://{HOST}{request['path']}?{query}", added)


@settings(max_examples=200, deadline=None)
@given(requests)
@example(
    {
        "method": "GET", "path": "/", "parameters": [("a", "b+c d")], "headers": {}, "body": None, "token": None,
        "scope": LAMBDA, "now": 1,
    }
)  # fmt: skip
def test_a_query_spelt_unlike_aws_is_signed_as_aws_reads_it(request: dict[str, Any]) -> None:
    """Lower-case hexadecimal and characters left as they are: botocore is given the decoded parameters instead."""
    loose = "!'()*:@,;/?$"
    query = "&".join(
        f"{_lower_hex(quote(name, safe=loose))}={_lower_hex(quote(value, safe=loose))}"
        for name, value in request["parameters"]
    )
    added = _sign(request, query)
    url = f"https://{HOST}{request['path']}"
    assert added["authorization"] == _expected(request, url, added, params=request["parameters"])


def _lower_hex(encoded: str) -> str:
    head, *rest = encoded.split("%")
    return head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in rest)


# --- rules of the query and the path that neither covers ------------------------------------------


def _request(path: str = "/", query: str = "") -> str:
    return sigv4.canonical_request("GET", path, query, {"host": HOST}, sigv4.EMPTY_SHA256)


def test_plus_in_a_query_is_a_plus_sign_not_a_space() -> None:
    assert _request(query="q=a+b") == _request(query="q=a%2Bb")
    assert _request(query="q=a+b") != _request(query="q=a%20b")
    assert quote_plus(" ") == "+"  # what a form would have meant by it


@pytest.mark.parametrize("query", ["flag", "flag=", "flag&", "&flag", "flag&&"])
def test_a_parameter_without_value_is_signed_with_an_equals_sign(query: str) -> None:
    assert _request(query=query).split("\n")[2] == "flag="


def test_a_percent_encoded_path_is_encoded_once_more() -> None:
    assert _request("/users/Zo%C3%AB").split("\n")[1] == "/users/Zo%25C3%25AB"


# --- which fields are signed ----------------------------------------------------------------------


def _signed_headers(headers: dict[str, str], body_sha256: str | None = None) -> list[str]:
    value = sign("POST", HOST, "/", "", headers, body_sha256, CREDENTIALS, LAMBDA, SIGNED_AT)["authorization"]
    return value.split("SignedHeaders=")[1].split(",")[0].split(";")


def test_only_host_amz_identity_and_locale_fields_are_signed() -> None:
    headers = {
        "accept": "*/*", "content-type": "text/plain", "via": "1.1 x", "x-forwarded-for": "192.0.2.1",
        "x-geo-country": "PT", "x-user-id": "u1", "x-user-role": "admin", "x-amz-meta": "1",
    }  # fmt: skip
    assert _signed_headers(headers) == [
        "host", "x-amz-date", "x-amz-meta", "x-geo-country", "x-user-id", "x-user-role",
    ]  # fmt: skip


def test_a_client_cannot_put_the_signers_own_fields_under_the_signature() -> None:
    planted = dict.fromkeys(sigv4.OWNED_HEADERS, "planted")
    bare = sign("GET", HOST, "/", "", {}, None, CREDENTIALS, LAMBDA, SIGNED_AT)
    assert sign("GET", HOST, "/", "", planted, None, CREDENTIALS, LAMBDA, SIGNED_AT) == bare


def test_content_is_bound_by_its_hash() -> None:
    digest = hashlib.sha256(b"{}").hexdigest()
    added = sign("POST", HOST, "/", "", {}, digest, CREDENTIALS, LAMBDA, SIGNED_AT)
    other = sign("POST", HOST, "/", "", {}, hashlib.sha256(b"[]").hexdigest(), CREDENTIALS, LAMBDA, SIGNED_AT)
    assert added["x-amz-content-sha256"] == digest
    assert "x-amz-content-sha256" in _signed_headers({}, digest)
    assert added["authorization"] != other["authorization"]


def test_the_host_is_signed_as_it_will_be_sent() -> None:
    def signature(host: str) -> str:
        return sign("GET", host, "/", "", {}, None, CREDENTIALS, LAMBDA, SIGNED_AT)["authorization"]

    assert signature(f"{HOST.upper()}:443") == signature(HOST)
    assert signature(f"{HOST}:8443") != signature(HOST)


def test_secrets_do_not_show_in_a_representation() -> None:
    assert "hush" not in repr(Credentials("AKID", "hush", "hush"))


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("abc123.lambda-url.eu-west-1.on.aws", Scope("eu-west-1", "lambda")),
        ("ABC123.Lambda-URL.us-gov-west-1.on.aws:443", Scope("us-gov-west-1", "lambda")),
        ("abc123.lambda-url.cn-north-1.on.amazonwebservices.com.cn", Scope("cn-north-1", "lambda")),
        ("a1b2c3.execute-api.us-east-1.amazonaws.com", Scope("us-east-1", "execute-api")),
        ("a1b2c3-vpce-0f.execute-api.us-east-1.amazonaws.com", Scope("us-east-1", "execute-api")),
        ("a1b2c3.execute-api.cn-north-1.amazonaws.com.cn", Scope("cn-north-1", "execute-api")),
        ("a1b2c3.execute-api.eu-west-1.api.aws", Scope("eu-west-1", "execute-api")),
        ("api.example.com", None),
        ("abc123.lambda-url.eu-west-1.on.aws.example.com", None),
        ("evil.example/abc.lambda-url.eu-west-1.on.aws", None),
        ("lambda-url.eu-west-1.on.aws", None),
        ("", None),
    ],
)
def test_region_and_service_are_read_from_the_host_name(host: str, scope: Scope | None) -> None:
    assert scope_of(host) == scope
