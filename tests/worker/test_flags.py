"""Tokens taken back and routes closed, over HTTP and workerd's own KV: soon everywhere, never in a request's way.

The gateway's clock stands where a test puts it (`fixtures/timed`). What another isolate did a test writes into KV.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import pytest

from configuration.settings import RouteSettings
from core.flags import ASLEEP_SECONDS, CHANGED, LOOK_SECONDS, PREFIX
from devtools.namespaces import Namespace
from devtools.operating import maintenance
from devtools.runtime.runner import Gateway
from tests.worker.challenges import challenge_of
from tests.worker.injection import beside_the_sources
from tests.worker.origins import ScriptedOrigin, answer_head
from tests.worker.patience import until

SECRET, STAFF_SECRET = "a secret of thirty-two bytes or so", "the staff's secret of thirty-two bytes"
ISSUER, STAFF = "https://id.example", "https://staff.example"
START = int(time.time())
"""KV lets values expire by the machine's time."""
OK = answer_head(200, "content-length: 2") + b"ok"
NEVER = {"delay": 3_600_000}
REVOKED = 'Bearer realm="gatehouse", error="invalid_token", error_description="The token has been revoked"'


class House:
    def __init__(self, gateway: Gateway, namespace: Namespace, routes: list[dict[str, Any]]) -> None:
        self.gateway, self.namespace = gateway, namespace
        self.routes = [RouteSettings.model_validate(route) for route in routes]
        self.now = float(START)
        self._names = itertools.count()

    def somebody(self) -> str:
        return f"user-{next(self._names)}"

    def token(self, subject: str, **claims: Any) -> str:
        return jwt.encode({"iss": ISSUER, "sub": subject, "exp": START + 86_400, **claims}, SECRET)

    def get(self, token: str, path: str = "/api") -> httpx.Response:
        return self.gateway.get(path, headers={"authorization": f"Bearer {token}", "x-now": str(self.now)})

    def is_refused(self, token: str) -> bool:
        response = self.get(token)
        if response.status_code == 200:
            return False
        assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
        assert (response.json()["reason"], challenge_of(response)) == ("revoked", REVOKED)
        return True

    def operate(self, method: str, below: str = "", *, issuer: str = STAFF, **options: Any) -> httpx.Response:
        claims = {"iss": issuer, "sub": "ops", "role": "gatehouse:revoke", "exp": START + 86_400}
        token = jwt.encode(claims, STAFF_SECRET if issuer == STAFF else SECRET)
        headers = {"authorization": f"Bearer {token}", "x-now": str(self.now)}
        return self.gateway.request(method, f"/_gatehouse/revocations{below}", headers=headers, **options)

    def revoke(self, **what: Any) -> dict[str, Any]:
        response = self.operate("POST", json={"issuer": ISSUER, **what})
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-store"), response.text
        made: dict[str, Any] = response.json()
        return made

    def listed(self) -> dict[str, dict[str, Any]]:
        response = self.operate("GET")
        assert response.status_code == 200
        return {one["id"]: one for one in response.json()["revocations"]}

    def elsewhere(self, name: str, **what: Any) -> None:
        """What another isolate writes when it takes something back."""
        said = {"issuer": ISSUER, "until": START + 86_400, "made": START, **what}
        self.gateway.kv_put(f"{PREFIX}revoked:{name}", "", metadata=said)
        self.gateway.kv_put(CHANGED, name)


@pytest.fixture(scope="module")
def house(worker: Callable[..., Gateway], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    symmetric = {"audience": [], "algorithms": ["HS256"]}
    with ScriptedOrigin(OK) as origin:
        variables: dict[str, Any] = {
            "ISSUERS": [
                {"issuer": STAFF, "secret": "STAFF_SECRET", **symmetric},
                {"issuer": ISSUER, "secret": "JWT_SECRET", **symmetric},
            ],
            "ROUTES": [
                {"path": "/api", "origin": origin.url, "cache": False},
                {"path": "/open", "origin": origin.url, "auth": "none", "cache": False},
                {"path": "/shop", "origin": origin.url, "auth": "none"},
                {"path": "/shop/orders/{id}", "origin": origin.url, "methods": ["GET", "POST"]},
            ],
            "JWT_SECRET": SECRET,
            "STAFF_SECRET": STAFF_SECRET,
        }
        folder = tmp_path_factory.mktemp("revocations")
        options = beside_the_sources(folder, "timed")
        with worker(vars=variables, faults=True, kv_persist=folder / "v3", **options) as gateway:
            namespace = Namespace("CACHE", None, deployed=False, folder=folder)  # wrangler adds that "v3"
            yield House(gateway, namespace, variables["ROUTES"])


@pytest.fixture(autouse=True)
def _well_again(house: House) -> Iterator[None]:
    yield
    house.gateway.kv_faults()


@pytest.mark.parametrize(
    ("what", "claims", "others"),
    [
        ("subject", {}, {"sub": "somebody else"}),
        ("token_id", {"jti": "t1"}, {"jti": "t2"}),
        ("issued_before", {"iat": START - 100}, {"iat": START}),
    ],
)
def test_what_is_taken_back_is_refused_at_once_listed_and_good_again_when_lifted(
    house: House, what: str, claims: dict[str, Any], others: dict[str, Any]
) -> None:
    subject = house.somebody()
    token, other = house.token(subject, **claims), house.token(**{"subject": subject, **claims, **others})
    assert not house.is_refused(token)
    named = {"subject": subject, "token_id": "t1", "issued_before": START - 50}[what]
    made = house.revoke(**{what: named}, until=START + 600)
    assert [house.is_refused(token) for _ in range(2)] == [True, True], "remembered or not"
    assert not house.is_refused(other)
    assert house.listed()[made["id"]] == made == {**made, what: named, "issuer": ISSUER, "until": START + 600}
    refused = house.get(token, "/_gatehouse/whoami")
    assert refused.status_code == 401
    line = house.gateway.wait_for_log(lambda line: line.get("id") == refused.headers["x-request-id"])
    assert (line["code"], line["reason"]) == ("invalid_token", "revoked")
    lifted = house.operate("DELETE", f"/{made['id']}")
    assert (lifted.status_code, lifted.content) == (204, b"")
    assert not house.is_refused(token)
    assert made["id"] not in house.listed()
    assert house.operate("DELETE", f"/{made['id']}").status_code == 404


def test_many_made_at_once_all_hold_here_and_in_an_isolate_that_starts(house: House) -> None:
    subjects = [house.somebody() for _ in range(12)]
    with ThreadPoolExecutor(12) as crowd:
        made = list(crowd.map(lambda subject: house.revoke(subject=subject), subjects))
    assert {one["id"] for one in made} <= set(house.listed())
    assert all(house.is_refused(house.token(subject)) for subject in subjects)
    house.gateway.restart()
    assert house.is_refused(house.token(subjects[0])), "the first request of all"
    assert all(house.is_refused(house.token(subject)) for subject in subjects)
    assert not house.is_refused(house.token(house.somebody()))


def test_what_another_isolate_took_back_is_refused_after_ten_seconds(house: House) -> None:
    subject = house.somebody()
    token = house.token(subject)
    assert not house.is_refused(token)
    house.elsewhere("another", subject=subject)
    house.now += LOOK_SECONDS
    assert until(lambda: house.is_refused(token))
    house.gateway.kv_delete(f"{PREFIX}revoked:another")
    house.gateway.kv_put(CHANGED, "lifted")
    house.now += LOOK_SECONDS
    assert not until(lambda: house.is_refused(token), lambda refused: not refused)


@pytest.mark.stand_in
def test_a_store_that_fails_leaves_in_force_what_is_known_and_never_answers_late(house: House) -> None:
    gone, kept = house.somebody(), house.token(house.somebody())
    house.revoke(subject=gone)
    for fault in ({"fail": "KV failed: 500"}, NEVER):
        house.gateway.kv_faults(get=fault, list=fault)
        for _ in range(3):
            house.now += LOOK_SECONDS
            assert house.is_refused(house.token(gone))
            assert not house.is_refused(kept)
    house.gateway.wait_for_log(lambda line: line["event"] == "store_failed" and line["during"] == "flags")
    house.now += ASLEEP_SECONDS
    assert not house.is_refused(kept), "one that wakes waits a moment, and then no more"
    refused = house.operate("GET")
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        503, "store_unavailable", "5",
    )  # fmt: skip


@pytest.mark.stand_in
def test_a_revocation_that_the_store_does_not_take_is_to_be_repeated(house: House) -> None:
    subject = house.somebody()
    house.gateway.kv_faults(put={"fail": "KV failed: 500"})
    refused = house.operate("POST", json={"subject": subject, "issuer": ISSUER})
    assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
    assert not house.is_refused(house.token(subject))
    house.gateway.kv_faults()
    house.revoke(subject=subject)
    assert house.is_refused(house.token(subject))


def test_one_ends_when_it_says_so(house: House) -> None:
    subject = house.somebody()
    house.revoke(subject=subject, until=house.now + 30)
    assert house.is_refused(house.token(subject))
    house.now += 30
    assert not house.is_refused(house.token(subject))


def test_a_public_route_is_nobodys_and_takes_nothing_back(house: House) -> None:
    subject = house.somebody()
    house.revoke(subject=subject)
    assert house.get(house.token(subject), "/open").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_operators_take_back(house: House, method: str) -> None:
    assert house.operate(method, issuer=ISSUER, json={"subject": "ops"}).status_code == 401, "the roles of others"
    token = jwt.encode({"iss": STAFF, "sub": "u1", "role": "admin", "exp": START + 86_400}, STAFF_SECRET)
    headers = {"authorization": f"Bearer {token}", "x-now": str(house.now)}
    for path in ("/_gatehouse/revocations", "/_gatehouse/revocations/" + "0" * 32):
        offered = method if path.endswith("s") else "DELETE"
        assert house.gateway.request(offered, path, headers=headers).status_code == 403
        assert house.gateway.request(offered, path, headers={"x-now": str(house.now)}).status_code == 401


def test_a_mistake_takes_nothing_back_and_says_so(house: House) -> None:
    subject = house.somebody()
    for body, says in (
        ({"subject": subject}, "issuer: name the one whose tokens are meant"),
        ({"subject": subject, "issuer": ISSUER + "/"}, "issuer: no entry of ISSUERS takes tokens with exactly this"),
        ({"issuer": ISSUER}, "body: name subject, token_id or issued_before"),
        ({"subject": subject, "issuer": ISSUER, "until": START - 1}, "until: is in the past"),
    ):
        refused = house.operate("POST", json=body)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_revocation")
        assert refused.json()["detail"].startswith(says)
    assert house.operate("POST", content=b"subject=u1").status_code == 415
    assert house.operate("POST", json={"subject": "u" * 5000, "issuer": ISSUER}).status_code == 413
    assert house.operate("PUT").headers["allow"] == "GET, HEAD, POST"
    assert not house.is_refused(house.token(subject))


def test_routes_are_closed_and_opened_by_a_command_but_for_operators(house: House) -> None:
    staff = {"iss": STAFF, "sub": "ops", "role": "admin", "exp": START + 86_400}
    admin, customers = jwt.encode(staff, STAFF_SECRET), house.token("u1", role="admin")

    def ask(path: str, token: str | None = None) -> httpx.Response:
        headers = {"x-now": str(house.now), **({"authorization": f"Bearer {token}"} if token else {})}
        return house.gateway.get(path, headers=headers)

    assert ask("/shop").text == "ok"
    told = maintenance.close(house.namespace, house.routes, "/shop/*", "3h", house.now)
    assert told.endswith("within ten seconds: /shop, /shop/orders/{id}")
    house.now += LOOK_SECONDS
    closed = until(lambda: ask("/shop"), lambda answer: answer.status_code != 200)
    assert (closed.status_code, closed.json()["code"]) == (503, "maintenance")
    assert (closed.headers["retry-after"], closed.headers["cache-control"]) == (str(3 * 3600 - 10), "no-store")
    assert [ask(path).status_code for path in ("/open", "/geo", "/healthz", "/readyz")] == [200] * 4
    assert ask("/api", customers).status_code == 200
    for token in (None, customers, "no token"):
        assert ask("/shop/orders/7", token).json()["code"] == "maintenance"
    assert [ask(path, admin).text for path in ("/shop", "/shop/orders/7")] == ["ok", "ok"]
    assert maintenance.reopen(house.namespace, "/shop/*", house.now) == "/shop/* is open again, within ten seconds"
    house.now += LOOK_SECONDS
    assert until(lambda: ask("/shop"), lambda answer: answer.status_code == 200).text == "ok"
