"""Where responses are kept: one read a hit, nothing lost to a failing store, nothing shared that may not be."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caching import store as caching_store
from caching.encoding import decoded_response
from caching.memory import MEMORY_ENTRY_SIZE, MemoryTier
from caching.purges import everything, prefix_scope, tag_scope, url_scope
from core.messages import Arrived, Body, Request, Response
from core.ports import StoredValue
from core.problems import Problem
from identity.principals import Principal
from tests.unit.caching.cache_house import FORWARDING, CacheHouse, content_of, page, status_of
from tests.unit.in_memory import BytesBody, MemoryStore, run

ANNA = Principal("https://id.example", "anna", ("editor",))
BERT = Principal("https://id.example", "bert", ("editor",))
CLEO = Principal("https://id.example", "cleo", ("reader",))


def echo(request: Request) -> Response:
    """An origin that answers with what it was asked, to be stored for a minute."""
    return page(request.headers.get("x-user-id", "nobody"), cache_control="max-age=60")


def ask(house: CacheHouse, caller: Principal | None, path: str = "/", **options: Any) -> str | None:
    vouched = {"x-user-id": caller.id} if caller else {}
    return content_of(house.get(path, caller=caller, vouched=vouched, **options))


class CountingStore(MemoryStore):
    """Counts reads of everything but the purges' epoch, which is read every few seconds at most."""

    reads = 0

    async def get(self, key: str, *, timeout: float) -> StoredValue | None:
        self.reads += 1
        assert timeout == 0.25
        return await super().get(key, timeout=timeout)

    async def get_text(self, key: str, *, timeout: float) -> str | None:
        self.reads += not key.startswith("purge1:")
        return await super().get_text(key, timeout=timeout)


def counted(house: CacheHouse) -> CountingStore:
    store = CountingStore(house.world.clock)
    store.values = house.store.values
    house.world.store = store
    house.restart()
    return store


class TestReads:
    def test_a_hit_costs_one_read_and_then_none(self) -> None:
        house = CacheHouse()
        house.get()
        store = counted(house)
        assert status_of(house.get()) == "hit; ttl=60"
        assert store.reads == 1
        assert status_of(house.get()) == "hit; ttl=60"
        assert store.reads == 1

    def test_a_variant_costs_two(self) -> None:
        house = CacheHouse(lambda request: page(cache_control="max-age=60", vary="accept"))
        house.get("/", {"accept": "a"})
        store = counted(house)
        assert status_of(house.get("/", {"accept": "a"})) == "hit; ttl=60"
        assert store.reads == 2

    @pytest.mark.parametrize("fraction", [0.0, 0.0004, 0.0006, 0.123, 0.9999])
    def test_times_between_milliseconds_lose_no_variant(self, fraction: float) -> None:
        house = CacheHouse(lambda request: page(cache_control="max-age=60", vary="accept"))
        house.later(fraction)
        house.get()
        house.restart()
        assert status_of(house.get()).startswith("hit")

    def test_the_store_is_asked_again_after_five_seconds(self) -> None:
        house = CacheHouse()
        house.get()
        house.store.values.clear()
        house.later(4.9)
        assert status_of(house.get()) == "hit; ttl=55"
        house.later(0.1)
        assert status_of(house.get()) == "fwd=uri-miss; stored"

    def test_long_fields_cost_one_read_more_and_lose_nothing(self) -> None:
        house = CacheHouse(lambda request: page(cache_control="max-age=60", x_long="x" * 2000, x_odd="é"))
        house.get()
        store = counted(house)
        response = house.get()
        assert (status_of(response), response.headers["x-long"], response.headers["x-odd"]) == (
            "hit; ttl=60",
            "x" * 2000,
            "é",
        )
        assert (content_of(response), store.reads) == ("hello", 2)

    def test_a_lost_head_is_a_miss(self) -> None:
        house = CacheHouse(lambda request: page(cache_control="max-age=60", x_long="x" * 2000))
        house.get()
        heads = [name for name, (content, *_) in house.store.values.items() if b"x-long" in content]
        assert len(heads) == 1
        del house.store.values[heads[0]]
        house.restart()
        assert status_of(house.get()) == "fwd=miss; stored"
        assert house.world.log[0]["event"] == "cache_read_failed"

    @given(st.dictionaries(st.text("abc-", min_size=1), st.text(max_size=400), max_size=6), st.text(max_size=600))
    @settings(max_examples=60)
    def test_metadata_never_exceeds_what_kv_takes(self, fields: dict[str, str], path: str) -> None:
        house = CacheHouse(lambda request: Response(200, {"cache-control": "max-age=60", **fields}, BytesBody(b"x")))
        house.get("/" + path.replace("?", ""))
        assert house.store.values
        for name, (_, metadata, _) in house.store.values.items():
            assert len(json.dumps(metadata).encode()) <= 1024
            assert len(name) <= 512

    def test_a_url_that_varies_on_ever_new_fields_is_still_stored(self) -> None:
        """Its list of fields would outgrow KV's metadata; the newest response begins a new one."""
        vary = [f"{'x' * 90}-{number}, accept" for number in range(30)]
        house = CacheHouse(lambda request: page(cache_control="max-age=60", vary=vary[len(house.asked) - 1]))
        for _ in vary:
            house.later(1)
            assert status_of(house.get("/", {"cache-control": "no-cache"})).endswith("stored")
            assert status_of(house.get()).startswith("hit")
        for _, metadata, _ in house.store.values.values():
            assert len(json.dumps(metadata).encode()) <= 1024


class TestExpiry:
    @pytest.mark.parametrize(
        ("control", "seconds"), [("max-age=5", 65), ("max-age=60, stale-while-revalidate=600", 660)]
    )
    def test_values_expire_after_their_last_use(self, control: str, seconds: int) -> None:
        house = CacheHouse(lambda request: page(cache_control=control))
        house.get()
        ((_, _, expires),) = house.store.values.values()
        assert expires == house.world.clock() + seconds

    def test_an_index_outlives_its_variants(self) -> None:
        house = CacheHouse(lambda request: page(cache_control="max-age=86400", vary="accept"))
        for step in range(4):
            house.get("/", {"accept": str(step)})
            house.later(80_000)
            assert status_of(house.get("/", {"accept": str(step)})) == "hit; ttl=6400"


class TestPartitions:
    def test_by_user(self) -> None:
        house = CacheHouse(echo, partition="user")
        for _ in range(2):
            assert [ask(house, caller) for caller in (ANNA, BERT, None)] == ["anna", "bert", "nobody"]
            house.restart()
        assert len(house.asked) == 3

    def test_by_role(self) -> None:
        house = CacheHouse(echo, partition="role")
        assert [ask(house, caller) for caller in (ANNA, BERT, CLEO, None)] == ["anna", "anna", "cleo", "nobody"]

    def test_without_a_partition_nothing_of_a_user_is_stored(self) -> None:
        house = CacheHouse(echo)
        assert [ask(house, caller) for caller in (ANNA, BERT, ANNA)] == ["anna", "bert", "anna"]
        assert not [name for name in house.store.values if name.startswith("cache2:")]

    @pytest.mark.parametrize("partition", ["user", "role"])
    def test_a_change_of_the_url_reaches_every_home(self, partition: str) -> None:
        house = CacheHouse(echo, partition=partition)
        for who in (ANNA, CLEO):
            ask(house, who)
        house.later(1)
        house.get(method="DELETE")
        house.restart()
        for who in (ANNA, CLEO):
            assert status_of(house.get(caller=who)) == "fwd=uri-miss; stored"
        house.restart()
        assert [status_of(house.get(caller=who))[:3] for who in (ANNA, CLEO)] == ["hit"] * 2

    def test_what_was_shared_before_a_route_was_partitioned_reaches_nobody(self) -> None:
        house = CacheHouse(echo)
        assert ask(house, None) == "nobody"
        partitioned = CacheHouse(echo, house.world, partition="user")
        assert ask(partitioned, ANNA) == "anna"
        assert ask(partitioned, ANNA) == "anna"
        assert len(partitioned.asked) == 1

    @pytest.mark.parametrize("partition", ["user", "role"])
    def test_callers_whom_only_the_origin_knows_share_nothing(self, partition: str) -> None:
        """Their `Authorization` is passed on unread, so their keys are alike."""
        house = CacheHouse(
            lambda r: page(r.headers.get("authorization", "-"), cache_control="max-age=60"), partition=partition
        )
        house.target = FORWARDING
        credentials = ["Basic YTpi", "Basic Yzpk", "Basic YTpi"]
        assert [content_of(house.get("/", {"authorization": value})) for value in credentials] == credentials

    def test_a_locale_is_kept_apart_when_the_route_says_so(self) -> None:
        house = CacheHouse(lambda r: page(r.headers["x-geo-country"], cache_control="max-age=60"), vary_on_locale=True)
        for _ in range(2):
            for country in ("PT", "ES"):
                assert content_of(house.get(vouched={"x-geo-country": country})) == country
        assert len(house.asked) == 2

    def test_purging_a_url_removes_all_variants_and_partitions(self) -> None:
        house = CacheHouse(echo, partition="user")
        ask(house, ANNA)
        ask(house, BERT)
        house.later(1)
        run(house.cache.purge([url_scope("https://a.example/")]))
        house.later(1)
        ask(house, ANNA)
        ask(house, BERT)
        assert len(house.asked) == 4


class TestPurges:
    @pytest.mark.parametrize(
        "scope", [everything(), url_scope("https://a.example/a/b"), prefix_scope("a.example", "/a"), tag_scope("Users")]
    )
    def test_what_is_purged_is_gone_here_at_once_and_elsewhere_soon(self, scope: str) -> None:
        house = CacheHouse(lambda request: page(request.path, cache_control="max-age=60", cache_tag="users, u-7"))
        elsewhere = CacheHouse(house.answer, house.world)
        for _ in range(2):
            house.get("/a/b")
            elsewhere.get("/a/b")
        assert (len(house.asked), len(elsewhere.asked)) == (1, 0)
        house.later(0.001)
        run(house.cache.purge([scope]))
        house.answer = lambda request: page("new", cache_control="no-store")
        assert content_of(house.get("/a/b")) == "new"
        assert status_of(elsewhere.get("/a/b")) == "hit; ttl=59"
        house.later(5)
        assert status_of(elsewhere.get("/a/b")) == "fwd=uri-miss; stored"
        assert status_of(elsewhere.get("/a/b")) == "hit; ttl=60"

    def test_what_is_not_purged_stays(self) -> None:
        house = CacheHouse(lambda request: page(cache_control="max-age=60", cache_tag="users"))
        house.get("/b")
        house.later(1)
        run(house.cache.purge([url_scope("https://a.example/a"), prefix_scope("a.example", "/a"), tag_scope("other")]))
        assert status_of(house.get("/b")) == "hit; ttl=59"

    @pytest.mark.parametrize(("tags", "status"), [(100, "stored"), (101, "detail=cache-tag")])
    def test_what_has_more_tags_than_count_is_not_stored(self, tags: int, status: str) -> None:
        """Else a purge by the last of them would say that it is gone, and it would stay."""
        named = ",".join(f"t{number}" for number in range(tags))
        house = CacheHouse(lambda request: page(cache_control="max-age=60", cache_tag=named))
        assert status_of(house.get("/b")) == f"fwd=uri-miss; {status}"


# --- nobody sees another's response -----------------------------------------------------------------------------------

CALLERS = [None, ANNA, BERT, CLEO, Principal("https://other.example", "anna", ("editor",)), Principal(None, "anna")]


@dataclass
class Visit:
    caller: Principal | None
    control: str
    vary: str | None
    method: Literal["GET", "HEAD", "POST"]
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0


VISITS = st.lists(
    st.builds(
        Visit,
        caller=st.sampled_from(CALLERS),
        control=st.sampled_from([
            "max-age=60", "max-age=5, stale-while-revalidate=60", "no-cache", "max-age=0, stale-if-error=60", "",
            "private, max-age=60", "proxy-revalidate, max-age=60",
        ]),
        vary=st.sampled_from([None, None, "accept", "x-user-id, accept"]),
        method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]),
        path=st.sampled_from(["/", "/a", "/a?b"]),
        headers=st.fixed_dictionaries({}, optional={
            "accept": st.sampled_from(["x", "y"]),
            "cache-control": st.sampled_from(["no-cache", "max-stale", "only-if-cached"]),
            "authorization": st.just("Bearer token"),
            "if-none-match": st.just('"v1"'),
            "range": st.just("bytes=0-1"),
        }),
        wait=st.sampled_from([0.0, 1.0, 6.0, 70.0]),
    ),
    min_size=2,
    max_size=10,
)  # fmt: skip


@settings(max_examples=80)
@given(st.sampled_from(["none", "user", "role"]), st.booleans(), st.sampled_from([None, 30]), VISITS)
def test_two_users_never_see_each_others_responses(
    partition: str, tagged: bool, override: int | None, visits: list[Visit]
) -> None:
    """The origin signs every response with the caller it was made for; no response is marked as shared."""
    house = CacheHouse(partition=partition, override_ttl=override)
    for visit in visits:
        house.later(visit.wait)
        made_for = visit.caller.key + repr(visit.caller.roles) if visit.caller else "nobody"

        def answer(request: Request, visit: Visit = visit, made_for: str = made_for) -> Response:
            fields = {"x-made-for": made_for, "cache-control": visit.control}
            if visit.vary:
                fields["vary"] = visit.vary
            if tagged:
                fields["etag"] = f'"{made_for}"'
                if request.headers.get("if-none-match") == fields["etag"]:
                    return Response(304, fields)
            return Response(200, fields, BytesBody(b"content"), [f"session={made_for}"] if not tagged else [])

        house.answer = answer
        vouched = {"x-user-id": made_for}
        try:
            response = house.get(visit.path, visit.headers, method=visit.method, caller=visit.caller, vouched=vouched)
        except Problem:
            continue
        if response.status == 416:
            continue
        seen = response.headers["x-made-for"]
        if partition == "role" and visit.caller and seen != "nobody":
            assert repr(visit.caller.roles) in seen
            assert seen.startswith(visit.caller.issuer or "\n")
        else:
            assert seen in (made_for, "nobody") if partition == "none" else seen == made_for


# --- the in-isolate tier ----------------------------------------------------------------------------------------------


class TestMemory:
    def test_it_is_bounded_in_bytes_and_forgets_what_was_used_longest_ago(self) -> None:
        tier: MemoryTier[str] = MemoryTier(size=10, entry_size=5, seconds=5)
        for name in "abc":
            tier.put(name, name, 4, 0)
            tier.get("a", 0)
        assert [tier.get(name, 0) for name in "abc"] == ["a", None, "c"]

    def test_an_entry_that_is_too_long_is_not_kept_and_replaces_what_was(self) -> None:
        tier: MemoryTier[str] = MemoryTier(size=10, entry_size=5, seconds=5)
        tier.put("a", "old", 5, 0)
        tier.put("a", "new", 6, 0)
        assert tier.get("a", 0) is None
        assert len(tier) == 0

    def test_fields_beside_a_content_of_the_longest_size_do_not_keep_it_out(self) -> None:
        tier: MemoryTier[str] = MemoryTier(size=10, entry_size=5, seconds=5)
        tier.put("a", "a", 5, 0, beside=3)
        assert tier.get("a", 0) == "a"
        tier.put("b", "b", 3, 0)
        assert [tier.get(name, 0) for name in "ab"] == [None, "b"], "but they count towards the whole"

    def test_an_entry_is_gone_after_its_seconds(self) -> None:
        tier: MemoryTier[str] = MemoryTier(seconds=5)
        tier.put("a", "a", 1, 100)
        assert tier.get("a", 104.9) == "a"
        assert tier.get("a", 105) is None
        assert len(tier) == 0

    @given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 12), st.integers(0, 3)), max_size=40))
    def test_it_never_holds_more_than_its_size(self, steps: list[tuple[str, int, int]]) -> None:
        tier: MemoryTier[int] = MemoryTier(size=10, entry_size=10, seconds=5)
        now = 0
        for name, size, wait in steps:
            now += wait
            tier.put(name, size, size, now)
            held = [kept for other in "abcdef" if (kept := tier.get(other, now)) is not None]
            assert sum(held) <= 10

    def test_responses_without_content_are_bounded_as_well(self) -> None:
        house = CacheHouse(lambda request: page("", cache_control="max-age=60"))
        house.cache._memory._size = 100 * 1024
        for number in range(200):
            house.get(f"/?{number}")
        assert 50 < len(house.cache._memory) < 100

    def test_a_stream_is_never_kept(self) -> None:
        house = CacheHouse(lambda request: page("x" * 70_000, cache_control="max-age=60", content_length="70000"))
        house.get()
        first, second = house.get(), house.get()
        assert content_of(first) == content_of(second)

    def test_an_older_copy_does_not_replace_a_newer_one(self) -> None:
        house = CacheHouse()
        house.get()
        house.restart()
        delayed = house.get(settle=False)  # its copy into memory is still to come
        house.later(1)
        house.answer = lambda request: page("newer", cache_control="max-age=60")
        house.get("/", {"cache-control": "no-cache"}, settle=False)
        work = house.world._work
        work.append(work.pop(0))  # … and comes last
        run(house.world.settle())
        assert (content_of(delayed), content_of(house.get())) == ("hello", "newer")


def test_a_body_of_the_store_is_handed_on_unread() -> None:
    """What the client gets is the store's own stream; memory gets a copy of its own, later."""

    class Untouched(BytesBody):
        async def read(self, limit: int, arrived: Arrived | None = None) -> bytes:
            raise AssertionError("read before it was sent")

        def tee(self) -> tuple[BytesBody, BytesBody]:
            return Untouched(b""), BytesBody(b"hello")

    class UntouchedStore(MemoryStore):
        async def get(self, key: str, *, timeout: float) -> StoredValue | None:
            found = await super().get(key, timeout=timeout)
            return found and StoredValue(found.metadata, Untouched(b""))

    house = CacheHouse()
    house.get()
    store = UntouchedStore(house.world.clock)
    store.values = house.store.values
    house.cache = house.isolate(store)
    body: Body | bytes | str | None = house.get().body
    assert isinstance(body, Untouched)
    assert content_of(house.get()) == "hello"


def test_metadata_of_a_content_too_long_for_memory_is_read_once_while_it_says_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = Mock(side_effect=decoded_response)
    monkeypatch.setattr(caching_store, "decoded_response", read)
    content = "x" * (MEMORY_ENTRY_SIZE + 1)
    length = str(len(content))
    house = CacheHouse(lambda request: page(content, cache_control="max-age=60", content_length=length, x_version="1"))
    house.get()
    assert [house.get().headers["x-version"] for _ in range(3)] == ["1", "1", "1"]
    assert read.call_count == 1
    ((key, (kept, metadata, expires)),) = house.store.values.items()
    for version in "2", "2", "\n", "3":  # as another isolate writes it, and once as none does
        changed = {**metadata, "h": {**metadata["h"], "x-version": version}}
        house.store.values[key] = (kept, changed, expires)
        answer = house.get()
        if version == "\n":
            assert status_of(answer) == "fwd=miss; stored"
        else:
            assert (answer.headers["x-version"], content_of(answer)) == (version, content)
    assert len(house.asked) == 2
