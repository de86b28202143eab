"""What the gateway's purge endpoint is asked, and what becomes of its answers; the token that IAM makes."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from application.catalogue.iam import GOOD_FOR, database_token
from application.common.purging import HttpGateway, NotPurged, purge_token
from sqlalchemy.engine import make_url


class Endpoint(ThreadingHTTPServer):
    """Answers with the next of `answers`, then with 200, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, object]] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), Answering)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, self.headers["authorization"], content))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        if status == 307:
            self.send_header("location", f"{self.server.url}/elsewhere")
        body = json.dumps({"code": f"code_{status}"}).encode()
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_tags_are_sent_with_the_credential(endpoint: Endpoint) -> None:
    HttpGateway(endpoint.url + "/", purge_token({"PURGE_TOKEN": "t"})).purge(["product-team", "products"])
    assert endpoint.asked == [("/_gatehouse/purge", "Bearer t", {"tags": ["product-team", "products"]})]


def test_a_failure_of_the_gateway_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.answers = [503]
    HttpGateway(endpoint.url, lambda: "t").purge(["a"])
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize(("answers", "asked"), [([503, 503], 2), ([401], 1), ([403], 1), ([400], 1), ([307], 1)])
def test_a_refusal_says_why_and_goes_nowhere_else(endpoint: Endpoint, answers: list[int], asked: int) -> None:
    endpoint.answers = list(answers)
    with pytest.raises(NotPurged, match=rf"{answers[-1]} \(code_{answers[-1]}\)"):
        HttpGateway(endpoint.url, lambda: "t").purge(["a"])
    assert [path for path, _, _ in endpoint.asked] == ["/_gatehouse/purge"] * asked


def test_a_gateway_that_is_not_there_is_a_failure() -> None:
    with pytest.raises(NotPurged, match="URLError"):
        HttpGateway("http://127.0.0.1:9", lambda: "t").purge(["a"])


def test_the_token_of_iam_is_the_one_that_amazons_own_client_makes() -> None:
    session = boto3.Session("AKIAEXAMPLE", "secret", region_name="eu-west-1")
    url = make_url("mysql+pymysql://catalogue@proxy.example:3307/catalogue")
    theirs = session.client("rds").generate_db_auth_token("proxy.example", 3307, "catalogue")
    parts, expected = (urlsplit(f"https://{token}") for token in (database_token(session, url)(), theirs))
    assert (parts.netloc, parts.path) == (expected.netloc, expected.path)
    asked, wanted = parse_qs(parts.query), parse_qs(expected.query)
    assert asked["X-Amz-Expires"] == [str(GOOD_FOR)]
    when = ("X-Amz-Date", "X-Amz-Signature")
    assert {name: value for name, value in asked.items() if name not in when} == {
        name: value for name, value in wanted.items() if name not in when
    }
