"""The development sign-in hands out tokens for the seeded users and for nobody else."""

import json
from typing import Any

import pytest

from devtools.application.function_url import HttpRequest, HttpResponse
from devtools.application.sign_in import LIFETIME, Mint, SignIn, User
from devtools.failure import Failure
from devtools.paths import ROOT

USERS = (User("ada", "Ada Lovelace", "admin"), User("zoe", "Zoë Müller", "user"))


def signed(subject: str, role: str) -> str:
    return f"token of {subject} as {role}"


THROUGH_THE_GATEWAY = {"host": "127.0.0.1:8788", "x-forwarded-host": "localhost:8787"}


def ask(target: str, method: str = "GET", mint: Mint = signed, **fields: str) -> HttpResponse:
    sign_in = SignIn(USERS, mint)
    headers = {**THROUGH_THE_GATEWAY, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return sign_in(HttpRequest(method, target, tuple(headers.items()), b"", "127.0.0.1"))


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


# --- other sites ------------------------------------------------------------------------------------------------------

PATHS = ("/dev/users", "/dev/token?user=ada", "/dev/sign-in.js", "/dev/absent")


def refused(response: HttpResponse) -> None:
    assert (response.status, content(response)["code"]) == (403, "foreign_site")
    assert b"token of" not in response.body


@pytest.mark.parametrize("target", PATHS)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "same-origin,cross-site", "Same-Origin"])
def test_another_site_gets_nothing(target: str, site: str) -> None:
    refused(ask(target, sec_fetch_site=site))


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:3000", "http://localhost", "http://localhost:8787.evil"],
)
def test_another_origin_gets_nothing_where_the_browser_does_not_name_the_site(origin: str) -> None:
    refused(ask("/dev/token?user=ada", origin=origin))


FOREIGN = (
    "evil.example",
    "evil.example:8787",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "0.0.0.0",
    "192.168.1.7",
    "",
)


@pytest.mark.parametrize("host", FOREIGN)
def test_a_name_that_somebody_pointed_to_this_machine_gets_nothing(host: str) -> None:
    """DNS rebinding: to the browser all of it is one site, and that site may set any field."""
    rebound: dict[str, Any] = {"sec_fetch_site": "same-origin", "origin": f"http://{host}"}
    refused(ask("/dev/token?user=ada", x_forwarded_host=host, **rebound))
    refused(ask("/dev/token?user=ada", host=host, **rebound))
    refused(ask("/dev/token?user=ada", host="localhost,evil.example"))


@pytest.mark.parametrize(
    "host", ["localhost:8787", "LOCALHOST:8787", "127.0.0.1:9000", "[::1]:8787", "gatehouse.localhost"]
)
def test_a_page_of_this_machine_is_answered(host: str) -> None:
    site: dict[str, Any] = {"sec_fetch_site": "same-origin", "origin": f"http://{host}"}
    assert ask("/dev/token?user=ada", x_forwarded_host=host, **site).status == 200
    assert ask("/dev/sign-in.js", x_forwarded_host=host, sec_fetch_site="none").status == 200
    assert ask("/dev/users", x_forwarded_host=host).status == 200
