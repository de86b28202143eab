"""The function URLs' check of SigV4: what the gateway signs is taken, and nothing that differs from it in any part."""

import hashlib
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools.application.function_url import HttpRequest
from devtools.application.local_aws.signatures import LARGEST_SKEW, AccessKey, Forbidden, verify
from forwarding import sigv4

KEY = AccessKey("AKIALOCAL1", "a-secret-access-key", "arn:aws:iam::000000000000:user/gatehouse")
HOST = "127.0.0.1:8788"
NOW = 1_790_000_000.0
LAMBDA = sigv4.Scope("us-east-1", "lambda")
FIELDS = {"x-user-id": "ada", "x-user-role": "admin,editor", "accept": "*/*"}


def signed(
    method: str = "GET",
    path: str = "/users",
    query: str = "",
    body: bytes = b"",
    *,
    fields: dict[str, str] | None = None,
    secret: str = KEY.secret,
    scope: sigv4.Scope = LAMBDA,
) -> HttpRequest:
    """A request as the gateway's own signer makes it."""
    sent = FIELDS if fields is None else fields
    digest = hashlib.sha256(body).hexdigest() if body else None
    credentials = sigv4.Credentials(KEY.id, secret)
    added = sigv4.sign(method, HOST, path, query, sent, digest, credentials, scope, NOW)
    target = f"{path}?{query}" if query else path
    return HttpRequest(method, target, tuple({"host": HOST, **sent, **added}.items()), body, "127.0.0.1")


def without(request: HttpRequest, name: str) -> HttpRequest:
    return replace(request, fields=tuple(field for field in request.fields if field[0] != name))


def with_field(request: HttpRequest, name: str, value: str) -> HttpRequest:
    return replace(request, fields=(*without(request, name).fields, (name, value)))


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/users", "", b""),
        ("GET", "/users/Zo%C3%AB", "", b""),
        ("GET", "/users", "limit=2&next=a%2Bb&x=1&x=0", b""),
        ("GET", "/users", "a+b=c+d&empty=&bare&%e9=%E9", b""),
        ("POST", "/users", "", b'{"name": "Ada"}'),
        ("PUT", "/a//b/", "q=%27", bytes(range(256))),
    ],
)
def test_what_the_gateway_signs_is_taken(method: str, path: str, query: str, body: bytes) -> None:
    verify(signed(method, path, query, body), KEY, "us-east-1", NOW + 5)


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=4), st.text(max_size=8))
def test_any_query_and_path_the_gateway_signs_is_taken(pairs: list[tuple[str, str]], segment: str) -> None:
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    verify(signed(path=f"/users/x{quote(segment, safe='')}", query=query), KEY, "us-east-1", NOW)


@pytest.mark.parametrize(
    "changed",
    [
        replace(signed(), method="DELETE"),
        replace(signed(), target="/users/ada"),
        replace(signed(), target="/users?admin=1"),
        replace(signed("POST", body=b"one"), body=b"two"),
        replace(signed(), body=b"where there was none"),
        with_field(signed(), "host", "127.0.0.1:9999"),
        with_field(signed(), "x-user-id", "grace"),
        without(signed(), "x-user-role"),
        with_field(signed(), "x-amz-security-token", "somebody else's"),
        signed(secret="another"),
    ],
    ids=["method", "path", "query", "content", "content-added", "host", "identity", "role-removed", "token", "secret"],
)
def test_a_request_that_is_not_what_was_signed_is_refused(changed: HttpRequest) -> None:
    with pytest.raises(Forbidden, match=r"does not match|security token .* is invalid"):
        verify(changed, KEY, "us-east-1", NOW)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (without(signed(), "authorization"), "^Forbidden$"),
        (with_field(signed(), "authorization", "Bearer abc"), "^Forbidden$"),
        (signed(scope=sigv4.Scope("eu-west-1", "lambda")), "scoped"),
        (signed(scope=sigv4.Scope("us-east-1", "execute-api")), "scoped"),
        (with_field(signed(), "x-amz-date", "20200101T000000Z"), "scoped"),
    ],
)
def test_a_request_for_nobody_or_somewhere_else_is_refused(request_: HttpRequest, said: str) -> None:
    with pytest.raises(Forbidden, match=said):
        verify(request_, KEY, "us-east-1", NOW)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(Forbidden, match="invalid"):
        verify(signed(), replace(KEY, id="AKIAOTHER"), "us-east-1", NOW)


@pytest.mark.parametrize("late", [LARGEST_SKEW + 1, -LARGEST_SKEW - 1])
def test_a_signature_of_another_time_is_refused(late: float) -> None:
    with pytest.raises(Forbidden, match="expired"):
        verify(signed(), KEY, "us-east-1", NOW + late)


def test_a_field_that_must_be_signed_and_is_not_is_refused() -> None:
    """`x-amz-*` is AWS's own: one that came along unsigned would be somebody else's word."""
    with pytest.raises(Forbidden, match="does not match"):
        verify(with_field(signed(), "x-amz-target", "Other"), KEY, "us-east-1", NOW)
