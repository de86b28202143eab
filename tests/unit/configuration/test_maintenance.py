"""Which routes a flag closes, for whom, and how little that costs where nothing is closed."""

from collections.abc import Mapping
from typing import Any

import pytest

from auth import Authenticator
from configuration.loading import load_settings
from configuration.maintenance import Maintenance, Part, flag_id, matching
from configuration.settings import RouteSettings
from core.faults import Misconfigured
from core.flags import Flags
from core.messages import Request
from core.problems import Problem
from tests.unit.handshakes import KEYWORDS
from tests.unit.identity.identity_house import CLAIMS, ISSUERS, RS, SECRET, hs
from tests.unit.in_memory import NOW, World, run

ROUTES: list[dict[str, Any]] = [
    {"path": "/api/users/{id}/photo", "origin": "https://o.example", "auth": "none"},
    {"path": "/api/users/*", "origin": "https://o.example"},
    {"path": "/api", "origin": "https://o.example", "websocket_token": True},
    {"path": "/v1/*", "host": "api.example", "origin": "https://o.example"},
    {"path": "/*", "origin": "https://o.example", "auth": "none"},
]
LABELS = ["/api/users/{id}/photo", "/api/users/*", "/api", "api.example/v1/*", "/*"]
FLAG = {"until": NOW + 600.5, "made": NOW}


class KeysWorld(World):
    async def verify(self, algorithm: str, jwk: Mapping[str, Any], signature: bytes, signing_input: bytes) -> bool:
        return True


class House:
    def __init__(self, **variables: Any) -> None:
        self.world = KeysWorld()
        given = {"JWT_SECRET": SECRET, "ISSUERS": ISSUERS, "ROUTES": ROUTES, **variables}
        self.settings = load_settings(given, set())
        platform = self.world.platform()
        flags = Flags(None, platform.clock, platform.log)
        self.gate = Maintenance(self.settings, Authenticator(self.settings, platform), flags)

    def closed(self, *parts: str) -> list[str]:
        self.gate.close({flag_id(part): {**FLAG, "route": part} for part in parts})
        return list(self.gate.closed)

    def refusal(self, label: str, *, later: float = 0.0, **headers: str) -> Problem | None:
        route = self.settings.routes[LABELS.index(label)]
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request("GET", "https", "api.example", "/", headers=fields)
        try:
            self.world.clock.now = NOW + later
            run(self.gate.heed(label, route, request, self.world.background))
        except Problem as problem:
            return problem
        return None


@pytest.mark.parametrize(
    ("part", "labels"),
    [
        ("/api/users/*", LABELS[:2]),
        ("/api/users/{anybody}/photo", [LABELS[0]]),
        ("/api/users/7/photo", []),
        ("/api/*", LABELS[:3]),
        ("/api", [LABELS[2]]),
        ("/ap/*", []),
        ("/v1/*", [LABELS[3]]),
        ("api.example/*", [LABELS[3]]),
        ("other.example/*", []),
        ("*.example/v1/*", []),
        ("/*", LABELS),
    ],
)
def test_a_pattern_closes_the_routes_within_it(part: str, labels: list[str]) -> None:
    assert House().closed(part) == labels


@pytest.mark.parametrize("text", ["", "api", "/api/:id", "/api*", "API.example/*", "https://api.example/*", "/a/../b"])
def test_what_is_no_pattern_closes_nothing(text: str) -> None:
    house = House()
    assert house.closed(text) == []
    assert matching(None, house.settings.routes) == []
    with pytest.raises(ValueError, match=r".+"):
        Part.read(text)


def test_who_asks_for_what_is_closed_is_told_when_to_come_back() -> None:
    house = House()
    house.closed("/api/*")
    problem = house.refusal("/api")
    assert problem is not None
    assert (problem.status, problem.code, problem.headers) == (503, "maintenance", {"retry-after": "601"})
    assert house.refusal("/*") is None
    assert house.refusal("/api", later=600.5) is None, "over by itself, whatever the store says"


def test_of_two_flags_the_later_end_counts() -> None:
    house = House()
    house.gate.close({"a": {**FLAG, "route": "/api"}, "b": {"route": "/*", "until": NOW + 10}, "c": {"route": 7}})
    ends = {label: problem.headers["retry-after"] for label in LABELS if (problem := house.refusal(label))}
    assert (ends["/api"], ends["/*"]) == ("601", "10")


def test_only_operators_pass() -> None:
    """The roles of other issuers, and tokens that do not hold, count for nothing here."""
    house = House()
    house.closed("/*")
    admin = f"Bearer {hs()}"
    for label in LABELS:
        assert house.refusal(label, authorization=admin) is None
        for other in (hs({**CLAIMS, "role": "user"}), hs(key="z" * 64), RS.token({**CLAIMS, "iss": "x"}), "x"):
            assert house.refusal(label, authorization=f"Bearer {other}") is not None
    partners = RS.token({**CLAIMS, "iss": "https://id.example", "aud": "api"})
    assert house.refusal("/api", authorization=f"Bearer {partners}") is not None
    trusting = House(OPERATOR_ISSUERS=["https://id.example"])
    trusting.closed("/*")
    assert trusting.refusal("/api", authorization=f"Bearer {partners}") is None
    assert trusting.refusal("/api", authorization=admin) is not None


def test_who_passes_is_a_setting() -> None:
    keepers = House(MAINTENANCE_ROLES=["keeper"])
    keepers.closed("/api")
    assert keepers.refusal("/api", authorization=f"Bearer {hs({**CLAIMS, 'role': 'keeper'})}") is None
    assert keepers.refusal("/api", authorization=f"Bearer {hs()}") is not None
    nobody = House(MAINTENANCE_ROLES=[])
    nobody.closed("/api")
    assert nobody.refusal("/api", authorization=f"Bearer {hs()}") is not None


def test_a_handshake_with_its_token_among_the_subprotocols_passes_where_the_route_takes_one() -> None:
    house = House()
    house.closed("/*")
    token = f"bearer, {hs()}"
    assert house.refusal("/api", later=0, sec_websocket_protocol=token, **KEYWORDS) is None
    assert house.refusal("/*", later=0, sec_websocket_protocol=token, **KEYWORDS) is not None


def test_a_role_that_nobody_can_have_is_a_fault() -> None:
    with pytest.raises(Misconfigured, match=r"MAINTENANCE_ROLES"):
        House(MAINTENANCE_ROLES=[""])


def test_a_route_is_matched_as_it_is_labelled() -> None:
    route = RouteSettings(path="/v1/*", host="api.example", origin="https://o.example")
    assert matching("api.example/v1/*", [route]) == [route]
