"""Two users never see each other's fields: through no query, alias, fragment, variable, entity or cache."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.application.graph.house import ADA, GRACE, NOBODY, House, open_house

SECRETS = {"ada": "ada@example.com", "grace": "grace@example.com"}
CALLERS: Mapping[str, Mapping[str, str]] = {"ada": ADA, "grace": GRACE, "nobody": NOBODY}


@pytest.fixture(scope="module")
def shared() -> Iterator[House]:
    """Posts by both, read by everybody."""
    with open_house() as house:
        for author in (ADA, GRACE, ADA, GRACE):
            house.write(author)
        yield house


# --- anything that asks for users ------------------------------------------------------------------

ALIASES = st.one_of(st.just(""), st.sampled_from(["a: ", "b: ", "email: ", "name: "]))
LEAVES = st.builds("{}{}".format, ALIASES, st.sampled_from(["id", "name", "email", "role", "createdAt", "__typename"]))
OF_USER = st.lists(
    st.one_of(LEAVES, st.builds("... on User {{ {} }}".format, LEAVES), st.sampled_from(["...F", "...G"])),
    min_size=1,
    max_size=4,
).map(" ".join)
ROOTS = (
    'x{n}: user(id: "ada") {{ {s} }}',
    'x{n}: user(id: "grace") {{ {s} }}',
    "x{n}: users(limit: 5) {{ items {{ {s} }} }}",
    "x{n}: posts(limit: 5) {{ items {{ author {{ {s} }} }} }}",
    'x{n}: user(id: "ada") {{ posts {{ items {{ author {{ {s} }} }} }} }}',
    'x{n}: _entities(representations: [{{__typename: "User", id: "ada"}}, {{__typename: "User", id: "grace"}}]) '
    "{{ ... on User {{ {s} }} }}",
)
FIELDS = st.lists(st.tuples(st.sampled_from(ROOTS), OF_USER), min_size=1, max_size=3).map(
    lambda found: " ".join(root.format(n=number, s=selection) for number, (root, selection) in enumerate(found))
)
QUERIES = st.builds(
    "{{ {} z: __typename ...Z }} fragment Z on Query {{ y: user(id: \"ada\") {{ ...F ...G }} }} "
    "fragment F on User {{ {} }} fragment G on User {{ {} }}".format,
    FIELDS, LEAVES, LEAVES,
)  # fmt: skip


@dataclass
class Cache:
    """What a shared cache may do with these answers, as the gateway does on its two routes (RFC 9111 section 3.5)."""

    public: dict[str, Any] = field(default_factory=dict)
    personal: dict[tuple[str, str], Any] = field(default_factory=dict)

    def ask(self, house: House, caller: str, query: str) -> Any:
        if caller == "nobody" and query in self.public:
            return self.public[query]
        if (caller, query) in self.personal:
            return self.personal[caller, query]
        answer = house.get(query, CALLERS[caller])
        control = answer.headers["cache-control"]
        if control.startswith("public"):
            self.public[query] = answer.body
        elif "cdn-cache-control" in answer.headers:
            self.personal[caller, query] = answer.body
        else:
            assert control == "no-store"
        return answer.body


QUIETLY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@QUIETLY
@given(QUERIES, st.lists(st.sampled_from(sorted(CALLERS)), min_size=2, max_size=5))
def test_nobody_sees_anothers_e_mail_whatever_is_asked_in_whatever_order(
    shared: House, query: str, order: list[str]
) -> None:
    cache = Cache()
    for caller in order:
        said = json.dumps(cache.ask(shared, caller, query))
        for owner, secret in SECRETS.items():
            assert owner == caller or secret not in said


@QUIETLY
@given(QUERIES)
def test_what_is_public_is_the_same_for_everybody(shared: House, query: str) -> None:
    """So that it does no harm who asks for it first."""
    answer = shared.get(query)
    if answer.headers["cache-control"].startswith("public"):
        for caller in (ADA, GRACE):
            assert shared.get(query, caller).body == answer.body
