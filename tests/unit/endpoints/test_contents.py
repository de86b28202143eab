"""What is sent to the gateway's own endpoints: whatever it is, a bad request that says so, and never a slow one."""

from collections.abc import Callable

import pytest

from auth import Issuers
from core.problems import Problem
from endpoints import purging, revoking
from identity.tenants import IssuerName
from places.preferences import from_body
from tests.unit.in_memory import NOW

READERS: dict[str, Callable[[bytes], object]] = {
    "purge": purging._parse,
    "revocation": lambda content: revoking.read(content, Issuers([IssuerName("https://id.example")]), NOW),
    "preferences": from_body,
}

MEMBER = {"purge": b"urls", "revocation": b"subject", "preferences": b"language"}

ODD: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"%s": "\xff"}',
    "a list": b"[]",
    "a list of objects": b"[" + b",".join(b'{"n%x": 1}' % n for n in range(1000)) + b"]",
    "a number as a name": b"{1: 2}",
    "a member twice": b'{"%s": "/a", "%s": "/a"}',
    "a member without a name": b'{"": 1}',
    "names that hash alike": b"{" + b",".join(b'"n%x":1' % n for n in range(1025)) + b"}",
    "deep nesting": b'{"%s":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "as deep as may be": b'{"%s":' + b"[" * 31 + b"]" * 31 + b"}",
    "a huge integer": b'{"%s":' + b"9" * 4000 + b"}",
    "a huger integer": b'{"%s":' + b"9" * 5000 + b"}",
    "a huge exponent": b'{"%s": 1e400}',
    "no number": b'{"%s": NaN}',
    "half a character": b'{"%s": ["\\ud800"]}',
    "half a character as a name": b'{"\\udfff": 1}',
    "an object where none is read": b'{"%s": {"a": {"b": 1}}}',
}


@pytest.mark.parametrize("what", ODD)
@pytest.mark.parametrize("reader", READERS)
def test_whatever_cannot_be_read_is_a_bad_request_that_names_a_field(reader: str, what: str) -> None:
    with pytest.raises(Problem) as caught:
        READERS[reader](ODD[what].replace(b"%s", MEMBER[reader]))
    assert caught.value.status == 400
    assert isinstance(caught.value.members["field"], str)
    caught.value.detail.encode()
