"""The watch over all logs of the tests finds what is private, and nothing else."""

import socket
from collections.abc import Callable

import pytest

from tests.private_words import Watch

REQUEST = (
    b"POST /api/users?key=q-5c1a9f-key&next=a%20long-value%3D&flag&sort=currency HTTP/1.1\r\n"
    b"Host: 127.0.0.1:8787\r\n"
    b"Authorization: Bearer opaque-token.second-part\r\n"
    b"Cookie: session=c-77be02-cookie; short=1\r\n"
    b"Sec-WebSocket-Protocol: bearer, of-a-websocket, chat\r\n"
    b"\r\n"
    b"a body, that is not looked into"
)
LINE = (
    '{"event":"request","time":1795538196.893,"id":"5335636ddca168beb3c9c304a728dd86",'
    '"trace":"cc8bd17fa77f1fff375bd4732684d066","method":"POST","route":"/api/*","path":"/api/users/currency","status":200,'
    '"principal":"0f65ceb251de4e4d","cache":"gatehouse; fwd=uri-miss; stored; key=\\"7Rv0eQi1jv0jVulS\\""}'
)


@pytest.fixture
def watch() -> Watch:
    """One that saw a request and a gateway's configuration."""
    watch = Watch()
    watch.configured(
        {
            "JWT_SECRET": 'a secret of "thirty-two" bytes or so',
            "AWS_SECRET_ACCESS_KEY": "of-an-aws-account",
            "DEFAULT_COUNTRY": "Portugal, as a name",
            "ROUTES": [{"path": "/api/users"}],
        }
    )
    watch.sent(REQUEST)
    return watch


def found(watch: Watch, line: str) -> list[str]:
    watch.wrote(line)
    return [finding.what for finding in watch.findings()]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"error":"q-5c1a9f-key"}', "a query value"),
        ('{"next":"a long-value="}', "a query value"),
        ("a%20long-value%3D", "a query value"),
        ('{"token":"opaque-token"}', "a credential"),
        ("half of it: second-part", "a credential"),
        ("of-a-websocket", "a credential"),
        ("session=c-77be02-cookie;", "a cookie value"),
        ('a secret of "thirty-two" bytes or so', "the value of JWT_SECRET"),
        (r'{"reason":"a secret of \"thirty-two\" bytes or so"}', "the value of JWT_SECRET"),
        ("of-an-aws-account", "the value of AWS_SECRET_ACCESS_KEY"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln", "a JSON Web Token"),
        ('{"header":"eyJhbGciOiJub25lIn0."}', "a JSON Web Token"),
        ("authorization: bearer abcdefgh", "a bearer's credentials"),
        (f"t=1,kid=000000000000,v1={'0a' * 32}", "a signature"),
        ("Credential=AKIAIOSFODNN7EXAMPLE/20261124", "an AWS access key"),
        ("-----BEGIN EC PRIVATE KEY-----", "a private key"),
        ('{"kty":"EC","d":"jpsQnnGQmL-YBIffH1136cspYG6"}', "a private key"),
        ("GET https://origin.example/hook?key=1 failed", "a query"),
        ('{"event":"request","path":"/api/users?a=1"}', "a query"),
    ],
)
def test_what_is_private_is_found_wherever_it_is_written(watch: Watch, line: str, what: str) -> None:
    assert what in found(watch, f"{LINE}\n{line}")


def test_an_honest_log_is_found_innocent(watch: Watch) -> None:
    traceback = 'File "/session/metadata/gateway.py", line 81, in handle\n    response = await self._answer(exchange)'
    assert found(watch, f"{LINE}\n{traceback}\nReady on http://127.0.0.1:8787\nPortugal, as a name") == []


def test_what_is_reported_is_not_written_out_again_and_names_the_test(watch: Watch) -> None:
    watch.wrote("key: q-5c1a9f-key, token: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln")
    reported = [str(finding) for finding in watch.findings()]
    assert len(reported) == 2
    assert all(line.endswith(" is in a log: key: ***, token: ***") for line in reported)
    assert reported[1].startswith("a query value of tests/unit/test_private_words.py::test_what_is_reported")


def test_what_an_origin_logs_is_searched_too(watch: Watch) -> None:
    watch.text().write("verified opaque-token")
    assert [finding.what for finding in watch.findings()] == ["a credential"]


@pytest.mark.parametrize("send", [socket.socket.sendall, socket.socket.send], ids=lambda send: str(send.__name__))
def test_a_request_is_seen_on_any_socket_and_only_while_it_is_watched_for(
    send: Callable[[socket.socket, bytes], object],
) -> None:
    watch = Watch()
    one, other = socket.socketpair()
    with one, other:
        with watch.watching():
            getattr(one, send.__name__)(memoryview(REQUEST))
            one.sendall(b"")
        assert other.recv(65536) == REQUEST
        seen = dict(watch.words)
        one.sendall(REQUEST.replace(b"opaque", b"transparent"))
    assert "opaque-token" in seen
    assert watch.words == seen
