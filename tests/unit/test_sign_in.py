"""The development sign-in hands out tokens for the seeded users and for nobody else."""

import json
from typing import Any

import pytest

from devtools.failure import Failure
from devtools.function_url import HttpRequest, HttpResponse
from devtools.paths import ROOT
from devtools.sign_in import LIFETIME, Mint, SignIn, User

USERS = (User("ada", "Ada Lovelace", "admin"), User("zoe", "Zoë Müller", "user"))


def signed(subject: str, role: str) -> str:
    return f"token of {subject} as {role}"


def ask(target: str, method: str = "GET", mint: Mint = signed) -> HttpResponse:
    sign_in = SignIn(USERS, mint)
    return sign_in(HttpRequest(method, target, (), b"", "127.0.0.1"))


def content(response: HttpResponse) -> Any:
    assert response.headers["cache-control"] == "no-store"
    return json.loads(response.body)


def test_the_users_are_listed() -> None:
    users = content(ask("/dev/users"))["users"]
    assert users[1] == {"id": "zoe", "name": "Zoë Müller", "role": "user"}


def test_a_token_is_for_the_user_in_its_own_role() -> None:
    assert content(ask("/dev/token?user=zoe")) == {"token": "token of zoe as user", "expires_in": LIFETIME}


@pytest.mark.parametrize("query", ["", "?user=", "?user=root", "?user=zoe%20", "?role=admin"])
def test_nobody_else_gets_one(query: str) -> None:
    response = ask(f"/dev/token{query}")
    assert response.status == 404
    assert content(response)["code"] == "unknown_user"


def test_the_role_cannot_be_chosen() -> None:
    assert content(ask("/dev/token?user=zoe&role=admin"))["token"] == "token of zoe as user"


def test_without_an_issuer_the_page_is_told_the_mend() -> None:
    def nobody(subject: str, role: str) -> str:
        raise Failure("no issuer is configured", "run `make dev` once")

    response = ask("/dev/token?user=ada", mint=nobody)
    assert response.status == 503
    assert content(response)["detail"] == "no issuer is configured: run `make dev` once"


def test_the_panel_is_a_script() -> None:
    response = ask("/dev/sign-in.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert b"export async function mount" in response.body


def test_other_methods_are_refused() -> None:
    assert ask("/dev/token?user=zoe", "POST").status == 405


def test_the_demo_page_ships_without_the_panel() -> None:
    assert not [path for path in (ROOT / "public").rglob("*") if path.is_file() and b"/dev/token" in path.read_bytes()]
