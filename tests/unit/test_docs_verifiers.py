"""The verifiers of docs/origins.md, in Python and in Node, run on what the gateway signs."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import gatehouse_verifier
import pytest

from devtools import node
from devtools.paths import ROOT
from forwarding import signing
from tests.unit.forwarding.signed_requests import sign

SECRET = "a secret of more than thirty-two bytes"
NEXT = "another secret of more than thirty-two bytes"


def code(language: str) -> str:
    """The first block of that language on the page."""
    page = (ROOT / "docs" / "origins.md").read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert found, language
    return found[1]


HOST = "abc.lambda-url.eu-west-1.on.aws"
PATH, QUERY, BODY = "/users/Zo%C3%AB", "limit=2&next=", '{"name": "Zoë"}'
FIELDS = {
    "accept": "*/*",
    "content-type": "application/json",
    "x-geo-country": "CH",
    "x-tenant": "a",
    "x-user-id": "Zo%C3%AB",
    "x-user-role": "admin,a%2Cb",
}


def event(secret: str = SECRET, *, signed_at: float | None = None, host: str = HOST, **changes: Any) -> dict[str, Any]:
    """A function URL's event of a request signed by the gateway, and then changed. A field of None is taken away."""
    fields, key = {**FIELDS, "cookie": "a=1; b=2"}, signing.origin_key(secret)
    now = time.time() if signed_at is None else signed_at
    digest = hashlib.sha256(BODY.encode()).hexdigest()
    added = sign("POST", host, PATH, QUERY, {**fields, **changes.pop("fields", {})}, digest, key, now)
    made: dict[str, Any] = {
        "version": "2.0",
        "rawPath": PATH,
        "rawQueryString": QUERY,
        "cookies": ["a=1", "b=2"],
        "requestContext": {"http": {"method": changes.pop("method", "POST")}, "domainName": HOST},
        "body": BODY,
        "isBase64Encoded": False,
    }
    headers = {**FIELDS, "host": host, "cf-ray": "1", "x-amzn-trace-id": "2", **added, **changes.pop("headers", {})}
    return {**made, "headers": {name: text for name, text in headers.items() if text is not None}, **changes}


def good() -> list[dict[str, Any]]:
    """Signed now: a signature is good for five minutes."""
    return [event(), event(NEXT), event(isBase64Encoded=True, body="eyJuYW1lIjogIlpvw6sifQ==")]


def bad() -> list[dict[str, Any]]:
    return [
        event("a secret of somebody else, long enough"),
        event(signed_at=time.time() - 400),
        event(signed_at=time.time() + 400),
        event(host="other.lambda-url.eu-west-1.on.aws"),
        event(method="PUT"),
        event(rawPath="/users/ada"),
        event(rawQueryString="next=&limit=2"),
        event(body="{}"),
        event(cookies=["a=1"]),
        event(cookies=["b=2", "a=1"]),
        event(cookies=[]),
        event(headers={"cookie": "a=1; b=2; c=3"}),
        event(headers={"x-user-id": "ada"}),
        event(headers={"x-user-id": None}),
        event(headers={"x_user_role": "admin"}),
        event(headers={"content-type": "text/xml"}),
        event(headers={"Idempotency_Key": "k"}),
        event(headers={"x-http-method-override": "DELETE"}),
        event(headers={"x-tenant": "b"}),
        event(headers={"x-tenant": None}),
        event(fields={"x-tenant": "ä"}, headers={"x-tenant": "b"}),
        event(headers={"host": "evil.example"}),
        event(headers={"x-gateway-signature": "t=1,kid=000000000000,v1=00"}),
        event(headers={"x-gateway-signature": None}),
    ]


def node_answers(tmp_path: Path, events: list[dict[str, Any]]) -> list[str | None]:
    """What the verifier in Node says of events, one after the other, with one memory of nonces."""
    module = tmp_path / "verifier.mjs"
    run = """
        const used = new Set();
        const isNew = async (nonce) => !used.has(nonce) && Boolean(used.add(nonce));
        const answers = [];
        for (const event of JSON.parse(process.argv[2])) answers.push(await refusal(event, isNew));
        console.log(JSON.stringify(answers));"""
    module.write_text(f"{code('js')}\n{run}\n", encoding="utf-8")
    said = subprocess.run(
        [node.locate().executable, module, json.dumps(events)],
        env={**os.environ, "ORIGIN_SECRET": SECRET, "ORIGIN_SECRET_NEXT": NEXT, "ORIGIN_HOSTS": f"api.example,{HOST}"},
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[str | None] = json.loads(said.stdout)
    return answers


def test_the_node_verifier_takes_what_the_gateway_signed_and_nothing_else(tmp_path: Path) -> None:
    taken, refused = good(), bad()
    answers = node_answers(tmp_path, taken + refused)
    assert answers[: len(taken)] == [None] * len(taken)
    assert [type(answer) for answer in answers[len(taken) :]] == [str] * len(refused)


def test_both_verifiers_ask_for_the_same_fields() -> None:
    listed = code("js").split("ASKED_FOR = new Set([")[1].split("]);")[0]
    assert set(re.findall(r'"([\w-]+)"', listed)) == gatehouse_verifier.ASKED_FOR | {"x-tenant"}


def test_the_verifier_lets_pass_nothing_that_is_signed() -> None:
    assert not {name for name in gatehouse_verifier.ASKED_FOR if name in signing.REWRITTEN}


def test_the_node_verifier_takes_a_repetition_and_no_replay(tmp_path: Path) -> None:
    first, again = event(), event()
    answers = node_answers(tmp_path, [first, again, first, again])
    assert answers == [None, None, "the request was sent before", "the request was sent before"]


def test_the_python_handler_takes_what_the_gateway_signed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_SECRET", SECRET)
    monkeypatch.setenv("ORIGIN_HOSTS", f"api.example,{HOST}")
    monkeypatch.setattr(sys, "path", [str(ROOT / "origin"), *sys.path])
    names: dict[str, Any] = {}
    exec(code("python"), names)
    handler = names["handler"]
    assert handler(event(), None) == {"statusCode": 200, "body": "Zoë ['admin', 'a,b']"}
    assert {handler(one, None)["statusCode"] for one in bad()} == {401}
