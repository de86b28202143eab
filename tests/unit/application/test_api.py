"""The users API as its gateway sees it: signed requests over a socket, a real handler, a DynamoDB behind it."""

import hashlib
import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from devtools.application.origin import LocalOrigin, local_origin
from forwarding.signing import identity_value, origin_key
from tests.unit.forwarding.signed_requests import sign

SECRET = "origin-api-tests-secret-of-enough-bytes"
NEXT = "origin-api-tests-second-secret-long-enough"

ADMIN = {"x-user-id": "ada", "x-user-role": "admin"}
GRACE = {"x-user-id": "grace", "x-user-role": "user"}
NEW = {"name": "Katherine Johnson", "email": "katherine@example.com"}


class Gateway:
    """Sends what the gateway would send."""

    def __init__(self, origin: LocalOrigin, log: io.StringIO) -> None:
        self.origin = origin
        self.log = log
        self.client = httpx.Client()

    def send(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        content: bytes = b"",
        *,
        secret: str = SECRET,
        age: float = 0,
        after_signing: dict[str, str] | None = None,
    ) -> httpx.Response:
        path, _, query = target.partition("?")
        headers = headers or {}
        signature = sign(
            method, f"127.0.0.1:{self.origin.port}", path, query, headers,
            hashlib.sha256(content).hexdigest() if content else None, origin_key(secret), time.time() - age,
        )  # fmt: skip
        sent = {**headers, **signature, **(after_signing or {})}
        return self.client.request(method, self.origin.url + target, headers=sent, content=content)

    def create(self, user: Any, headers: dict[str, str] | None = None, key: str | None = None) -> httpx.Response:
        sent = {"content-type": "application/json", **(ADMIN if headers is None else headers)}
        if key is not None:
            sent["idempotency-key"] = key
        return self.send("POST", "/users", sent, json.dumps(user).encode())

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    log = io.StringIO()
    with local_origin(secret=SECRET, next_secret=NEXT, seed=True, log=log) as origin:
        yield Gateway(origin, log)


@pytest.fixture
def gateway(running: Gateway) -> Gateway:
    running.log.seek(0)
    running.log.truncate()
    return running


# --- identity comes from the gateway's signature and from nothing else ---------------------------


def test_a_request_without_signature_learns_nothing(gateway: Gateway) -> None:
    for target in ("/users", "/users/ada", "/prices", "/nowhere"):
        answer = httpx.get(gateway.origin.url + target, headers=ADMIN)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_from_gateway")
        assert answer.headers["cache-control"] == "no-store"
    assert {line["refused"] for line in gateway.log_lines()} == {"no signature"}


@pytest.mark.parametrize(
    "forged",
    [
        {"x-user-role": "admin"},
        {"X-User-Role": "admin"},
        {"x_user_role": "admin"},
        {"x-user-id": "ada"},
        {"x-geo-currency": "JPY"},
    ],
)
def test_a_field_forged_after_signing_is_refused(gateway: Gateway, forged: dict[str, str]) -> None:
    answer = gateway.send("GET", "/users", GRACE, after_signing=forged)
    assert answer.status_code == 401
    refused = gateway.log_lines()[-1]["refused"]
    assert refused == "the request is not what was signed" or refused.endswith("is not signed")


def test_a_replay_after_five_minutes_is_refused(gateway: Gateway) -> None:
    assert gateway.send("GET", "/users/ada", ADMIN, age=290).status_code == 200
    assert gateway.send("GET", "/users/ada", ADMIN, age=310).status_code == 401


def test_a_replayed_creation_is_refused(gateway: Gateway) -> None:
    """Also without an Idempotency-Key, and by whichever instance: what was taken is known to the table."""
    headers = {**ADMIN, "content-type": "application/json"}
    content = json.dumps({**NEW, "email": "replayed@example.com"}).encode()
    first = gateway.send("POST", "/users", headers, content)
    sent = first.request
    assert first.status_code == 201
    assert gateway.client.send(sent).status_code == 401
    assert gateway.log_lines()[-1]["refused"] == "the request was sent before"
    assert gateway.send("POST", "/users", headers, content).status_code == 201


def test_a_read_may_be_repeated_as_it_is(gateway: Gateway) -> None:
    first = gateway.send("GET", "/users/ada", ADMIN)
    assert gateway.client.send(first.request).status_code == 200


def test_changed_content_is_refused(gateway: Gateway) -> None:
    content = json.dumps(NEW).encode()
    headers = {**ADMIN, "content-type": "application/json"}
    path_signed = sign(
        "POST", f"127.0.0.1:{gateway.origin.port}", "/users", "", headers,
        hashlib.sha256(content).hexdigest(), origin_key(SECRET), time.time(),
    )  # fmt: skip
    changed = content.replace(b"Katherine", b"Catherine")
    answer = gateway.client.post(f"{gateway.origin.url}/users", headers={**headers, **path_signed}, content=changed)
    assert answer.status_code == 401


def test_both_secrets_are_accepted_during_rotation(gateway: Gateway) -> None:
    assert gateway.send("GET", "/users/ada", ADMIN, secret=NEXT).status_code == 200


def test_the_log_shows_the_caller_and_the_verified_signature(gateway: Gateway) -> None:
    gateway.send("GET", "/users/grace", {**GRACE, "x-request-id": "r-1", "x-geo-country": "PT"})
    line = gateway.log_lines()[-1]
    assert line["verified"] is True
    assert line["verified_by"] == f"gateway-signature kid={origin_key(SECRET).id}"
    assert (line["x-user-id"], line["x-user-role"], line["x-geo-country"]) == ("grace", "user", "PT")
    assert (line["method"], line["path"], line["status"], line["x-request-id"]) == ("GET", "/users/grace", 200, "r-1")


def test_neither_content_nor_query_is_logged(gateway: Gateway) -> None:
    gateway.create({**NEW, "email": "private@example.com"})
    gateway.send("GET", "/users?next=private-key", ADMIN)
    assert "private" not in gateway.log.getvalue()


# --- reading -----------------------------------------------------------------------------------


def test_an_admin_reads_everybody_oldest_first(gateway: Gateway) -> None:
    users = gateway.send("GET", "/users?limit=100", ADMIN).json()["users"]
    assert [user["id"] for user in users[:4]] == ["ada", "grace", "alan", "zoe"]
    assert set(users[0]) == {"id", "name", "email", "role", "created_at", "created_by", "issuer"}


def test_pages_join_up_to_the_whole_list(gateway: Gateway) -> None:
    whole = gateway.send("GET", "/users?limit=100", ADMIN).json()
    assert whole["next"] is None
    pages: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page: dict[str, Any] = gateway.send("GET", f"/users?limit=3{cursor and '&next=' + cursor}", ADMIN).json()
        assert 1 <= len(page["users"]) <= 3
        pages += page["users"]
        cursor = page["next"]
    assert pages == whole["users"]


def test_a_cursor_never_leads_to_an_empty_page(gateway: Gateway) -> None:
    count = len(gateway.send("GET", "/users?limit=100", ADMIN).json()["users"])
    assert gateway.send("GET", f"/users?limit={count}", ADMIN).json()["next"] is None


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "x", "", "1e1", "%D9%A1", "9" * 5000, "0000000019999"])
def test_a_bad_limit_is_refused(gateway: Gateway, limit: str) -> None:
    answer = gateway.send("GET", f"/users?limit={limit}", ADMIN)
    assert (answer.status_code, answer.json()["field"]) == (400, "limit")


@pytest.mark.parametrize(
    "cursor", ["", "x", "%00", "bnVsbA", "W10", "WzEsMl0", "WyIiLCIiXQ", "Zm9v", "%F0%9F%92%A5", "W1tb" * 400]
)
def test_a_bad_next_key_is_refused(gateway: Gateway, cursor: str) -> None:
    answer = gateway.send("GET", f"/users?next={cursor}", ADMIN)
    assert (answer.status_code, answer.json()["field"]) == (400, "next")


def test_a_user_reads_itself(gateway: Gateway) -> None:
    answer = gateway.send("GET", "/users/grace", GRACE)
    assert (answer.status_code, answer.json()["email"]) == (200, "grace@example.com")
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("target", ["/users/ada", "/users/nobody", "/users"])
def test_a_user_reads_nobody_else_and_does_not_learn_who_exists(gateway: Gateway, target: str) -> None:
    answer = gateway.send("GET", target, GRACE)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("role", ["", "Admin", "admins", "user", "administrator, user", identity_value("user,admin")])
def test_only_the_exact_role_is_an_admin(gateway: Gateway, role: str) -> None:
    assert gateway.send("GET", "/users", {"x-user-id": "grace", "x-user-role": role}).status_code == 403


@pytest.mark.parametrize("roles", ["user,admin", "user, admin", "admin,user"])
def test_one_of_several_roles_is_enough(gateway: Gateway, roles: str) -> None:
    assert gateway.send("GET", "/users", {"x-user-id": "grace", "x-user-role": roles}).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"x-user-role": "admin"}, {"x-user-id": "", "x-user-role": "admin"}])
def test_a_role_without_an_identity_is_nobody(gateway: Gateway, headers: dict[str, str]) -> None:
    for method, target in (("GET", "/users"), ("GET", "/users/ada"), ("POST", "/users")):
        answer = gateway.send(method, target, headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "identity_required")


def test_another_issuers_user_of_the_same_id_is_somebody_else(gateway: Gateway) -> None:
    """An id means something only with its issuer: each reads its own record, whatever the query says."""
    for issuer in ("https://staff.example", "https://customers.example"):
        created = gateway.create({**NEW, "id": "shared"}, {**ADMIN, "x-user-issuer": issuer})
        assert (created.status_code, created.json()["issuer"]) == (201, issuer)
        own = {"x-user-id": "shared", "x-user-issuer": issuer, "x-user-role": "user"}
        assert gateway.send("GET", "/users/shared", own).json() == created.json()
    for issuer in ("https://other.example", "", "https%3A%2F%2Fstaff.example%2F"):
        stranger = {"x-user-id": "shared", "x-user-issuer": issuer, "x-user-role": "user"}
        assert gateway.send("GET", "/users/shared", stranger).json()["code"] == "unknown_user"
        for target in ("/users/shared?issuer=https%3A%2F%2Fstaff.example", "/users/grace?issuer="):
            assert gateway.send("GET", target, stranger).json()["code"] == "forbidden"


def test_an_admin_names_the_issuer_of_a_user(gateway: Gateway) -> None:
    created = gateway.create({**NEW, "id": "elsewhere", "issuer": "https://customers.example/"})
    assert created.headers["location"] == "/users/elsewhere?issuer=https%3A%2F%2Fcustomers.example%2F"
    assert gateway.send("GET", created.headers["location"], ADMIN).json() == created.json()
    assert gateway.send("GET", "/users/elsewhere", ADMIN).status_code == 404


def test_an_admin_gets_404_for_nobody(gateway: Gateway) -> None:
    assert gateway.send("GET", "/users/nobody", ADMIN).json()["code"] == "unknown_user"


def test_an_identity_that_is_not_utf8_is_refused(gateway: Gateway) -> None:
    answer = gateway.send("GET", "/users/ada", {"x-user-id": "%FF", "x-user-role": "admin"})
    assert answer.status_code == 401


@pytest.mark.parametrize("user_id", ["auth0|42", "google-oauth2|1:2", "a%41", "o'neil@example.com", "50+1"])
def test_ids_of_identity_providers_arrive_whole(gateway: Gateway, user_id: str) -> None:
    """`a%41` in a token must not read the user `aA`."""
    caller = {"x-user-id": identity_value(user_id), "x-user-role": "user"}
    answer = gateway.send("GET", f"/users/{quote(user_id, safe='')}", caller)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_user")


def test_an_escaped_escape_in_an_id_is_not_unfolded_twice(gateway: Gateway) -> None:
    assert gateway.create({**NEW, "id": "aA"}).status_code == 201
    assert gateway.send("GET", "/users/a%2541", ADMIN).status_code == 404
    assert gateway.send("GET", "/users/a%41", ADMIN).status_code == 200


def test_head_is_get_without_content(gateway: Gateway) -> None:
    get = gateway.send("GET", "/users/ada", ADMIN)
    head = gateway.send("HEAD", "/users/ada", ADMIN)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


# --- creating ----------------------------------------------------------------------------------


def test_an_admin_creates_a_user_who_can_then_read_itself(gateway: Gateway) -> None:
    created = gateway.create(NEW)
    assert created.status_code == 201
    user = created.json()
    assert created.headers["location"] == f"/users/{user['id']}"
    assert (user["role"], user["created_by"]) == ("user", "ada")
    own = gateway.send("GET", created.headers["location"], {"x-user-id": user["id"], "x-user-role": "user"})
    assert own.json() == user


@pytest.mark.parametrize("headers", [GRACE, {"x-user-id": "grace", "x-user-role": "editor"}])
def test_others_may_not_create(gateway: Gateway, headers: dict[str, str]) -> None:
    answer = gateway.create(NEW, headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("user", "fields"),
    [
        ({}, ["name", "email"]),
        ({**NEW, "name": ""}, ["name"]),
        ({**NEW, "name": "   "}, ["name"]),
        ({**NEW, "name": "x" * 101}, ["name"]),
        ({**NEW, "name": "a\nb"}, ["name"]),
        ({**NEW, "name": "\ud800"}, ["name"]),
        ({**NEW, "name": 7}, ["name"]),
        ({**NEW, "email": "nobody"}, ["email"]),
        ({**NEW, "email": "a@b@c"}, ["email"]),
        ({**NEW, "email": "a@-b.example"}, ["email"]),
        ({**NEW, "email": "a" * 64 + "@" + "b" * 60 + ("." + "c" * 60) * 3 + ".example"}, ["email"]),
        ({**NEW, "role": "root"}, ["role"]),
        ({**NEW, "id": "a/b"}, ["id"]),
        ({**NEW, "id": ".."}, ["id"]),
        ({**NEW, "id": ""}, ["id"]),
        ({**NEW, "created_by": "grace"}, ["created_by"]),
        ({"name": "", "email": "", "role": ""}, ["name", "email", "role"]),
        ([NEW], ["body"]),
        ("text", ["body"]),
        (None, ["body"]),
    ],
)
def test_every_field_at_fault_is_named(gateway: Gateway, user: Any, fields: list[str]) -> None:
    answer = gateway.create(user)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [fault["field"] for fault in answer.json()["errors"]] == fields


@pytest.mark.parametrize("name", ["x", "x" * 100, "Zoë Müller", "王秀英", "O'Brien-Smith, Jr."])
def test_names_of_1_to_100_characters_are_kept(gateway: Gateway, name: str) -> None:
    created = gateway.create({**NEW, "name": name})
    assert (created.status_code, created.json()["name"]) == (201, name)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xff\xff", b"[" * 100_000])
def test_content_that_is_not_json_is_refused(gateway: Gateway, content: bytes) -> None:
    answer = gateway.send("POST", "/users", {**ADMIN, "content-type": "application/json"}, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


def test_another_media_type_is_refused(gateway: Gateway) -> None:
    answer = gateway.send("POST", "/users", {**ADMIN, "content-type": "text/plain"}, json.dumps(NEW).encode())
    assert answer.status_code == 415


def test_an_id_is_given_once(gateway: Gateway) -> None:
    assert gateway.create({**NEW, "id": "auth0|once"}).status_code == 201
    again = gateway.create({**NEW, "id": "auth0|once", "name": "Somebody Else"})
    assert (again.status_code, again.json()["code"]) == (409, "user_exists")
    kept = gateway.send("GET", "/users/auth0%7Conce", ADMIN).json()
    assert kept["name"] == NEW["name"]


def test_an_idempotency_key_makes_a_repetition_harmless(gateway: Gateway) -> None:
    first, second = (gateway.create(NEW, key="key-1") for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert gateway.create(NEW, key="key-2").json()["id"] != first.json()["id"]


def test_without_a_key_every_creation_is_one(gateway: Gateway) -> None:
    assert gateway.create(NEW).json()["id"] != gateway.create(NEW).json()["id"]


def test_an_idempotency_key_is_good_for_one_content(gateway: Gateway) -> None:
    gateway.create(NEW, key="key-3")
    answer = gateway.create({**NEW, "name": "Somebody Else"}, key="key-3")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_an_idempotency_key_belongs_to_its_caller(gateway: Gateway) -> None:
    other = {"x-user-id": "root", "x-user-role": "admin"}
    mine = gateway.create(NEW, key="key-4").json()
    theirs = gateway.create(NEW, other, key="key-4").json()
    assert (mine["created_by"], theirs["created_by"]) == ("ada", "root")
    namesake = gateway.create(NEW, {**ADMIN, "x-user-issuer": "https://other.example"}, key="key-4").json()
    assert (namesake["created_by"], namesake["issuer"]) == ("ada", "https://other.example")
    assert len({mine["id"], theirs["id"], namesake["id"]}) == 3


def test_a_creation_that_failed_may_be_tried_again_under_its_key(gateway: Gateway) -> None:
    taken = {**NEW, "id": "ada"}
    for _ in range(2):
        assert gateway.create(taken, key="key-5").json()["code"] == "user_exists"


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_bad_idempotency_key_is_refused(gateway: Gateway, key: str) -> None:
    assert gateway.create(NEW, key=key).json()["code"] == "invalid_idempotency_key"


def test_creations_in_parallel_all_succeed_and_one_id_is_given_once(gateway: Gateway) -> None:
    codes: list[int] = []
    threads = [
        threading.Thread(target=lambda: codes.append(gateway.create({**NEW, "id": "raced"}).status_code))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201] + [409] * 11


# --- methods and paths -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "allow"),
    [
        ("/users", "GET, HEAD, POST, OPTIONS"),
        ("/users/ada", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("/prices", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_and_405_tell_what_is_allowed(gateway: Gateway, target: str, allow: str) -> None:
    options = gateway.send("OPTIONS", target)
    assert (options.status_code, options.headers["allow"], options.content) == (204, allow, b"")
    for method in ("PUT", "PURGE", "PROPFIND"):
        refused = gateway.send(method, target, ADMIN)
        assert (refused.status_code, refused.headers["allow"]) == (405, allow)


@pytest.mark.parametrize("target", ["/", "/users/", "/users/ada/", "/users/ada/x", "/Users", "/usersx", "/price"])
def test_other_paths_are_not_found(gateway: Gateway, target: str) -> None:
    answer = gateway.send("GET", target, ADMIN)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# --- the price list ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "shown", "team"),
    [
        ("EUR", "EUR", "11.00"),
        ("JPY", "JPY", "1800"),
        ("KWD", "KWD", "3.500"),
        ("XAU", "USD", "12.00"),
        ("", "USD", "12.00"),
    ],
)
def test_prices_are_in_the_visitors_currency(gateway: Gateway, currency: str, shown: str, team: str) -> None:
    prices = gateway.send("GET", "/prices", {"x-geo-currency": currency}).json()
    assert (prices["currency"], prices["plans"][1]["amount"]) == (shown, team)


def test_the_gateway_may_cache_prices_once_a_currency(gateway: Gateway) -> None:
    answer = gateway.send("GET", "/prices", {"x-geo-currency": "EUR"})
    assert answer.headers["cdn-cache-control"].startswith("max-age=30, stale-while-revalidate=60")
    assert answer.headers["cache-control"] == "private, no-cache", "nobody else knows the visitor's currency"
    assert answer.headers["vary"] == "x-geo-currency"


def test_prices_already_known_are_not_sent_again(gateway: Gateway) -> None:
    headers = {"x-geo-currency": "EUR"}
    tag = gateway.send("GET", "/prices", headers).headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        answer = gateway.send("GET", "/prices", {**headers, "if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert answer.headers["vary"] == "x-geo-currency"
    assert gateway.send("GET", "/prices", {"x-geo-currency": "USD", "if-none-match": tag}).status_code == 200


# --- faults ------------------------------------------------------------------------------------


def test_a_failing_database_is_a_500_that_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    import boto3
    from application.users.app import Settings, create_handler
    from aws_lambda_powertools import Logger, Metrics
    from botocore.config import Config

    from devtools.application.function_url import Context, HttpRequest, event_of

    config = Config(region_name="us-east-1", connect_timeout=1, retries={"total_max_attempts": 1})
    nowhere = boto3.client(
        "dynamodb", endpoint_url="http://127.0.0.1:1", config=config, aws_access_key_id="x", aws_secret_access_key="x"
    )
    settings = Settings(users_table="u", posts_table="p", idempotency_table="i", secrets=lambda: [SECRET])
    handler = create_handler(settings, nowhere, Logger(service="users-api-down"), Metrics(namespace="x", service="x"))
    signature = sign(
        "GET", "gatehouse.lambda-url.us-east-1.on.aws", "/users", "", ADMIN, None, origin_key(SECRET), time.time()
    )
    fields = tuple({**ADMIN, **signature, "host": "gatehouse.lambda-url.us-east-1.on.aws"}.items())

    answer = handler(event_of(HttpRequest("GET", "/users", fields, b"", "127.0.0.1")), Context())

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["code"] == "internal_error"
    assert "127.0.0.1:1" not in answer["body"]
    assert "127.0.0.1:1" in capsys.readouterr().out  # the log says what happened
