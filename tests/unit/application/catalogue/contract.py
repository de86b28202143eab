"""What the catalogue does, whatever it runs on: the same cases over SQLite with a shelf in this process, and over real
MariaDB and Redis (`tests/origin/catalogue/test_services.py`).

`house` is a catalogue with the samples in it, `houses` makes further execution environments over the same two;
`shelf` and `shelves` are what those keep things on, alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from application.catalogue.caching import CacheManager, Entry
from application.catalogue.database import Unavailable
from application.catalogue.migrations import configuration
from application.catalogue.products import Product, Rates
from application.catalogue.samples import sample
from application.catalogue.shelf import Shelf
from application.catalogue.tables import metadata

from tests.unit.application.catalogue.house import ADMIN, EUR_GERMAN, GRACE, JPY_JAPANESE, LAMP, House, priced

Houses = Callable[[], House]
Shelves = Callable[[], Shelf]


class Shown:
    """What visitors are shown."""

    def test_one_address_is_a_list_in_each_currency_and_language(self, house: House) -> None:
        german, japanese = (house.ask("GET", "/products", visitor) for visitor in (EUR_GERMAN, JPY_JAPANESE))
        assert [entry["sku"] for entry in german.body["products"]] == ["starter", "team", "business"]
        assert [entry["name"] for entry in german.body["products"]] == ["Einstieg", "Team", "Unternehmen"]
        assert [entry["language"] for entry in japanese.body["products"]] == ["ja"] * 3
        assert [entry["price"] for entry in german.body["products"]][1] == {
            "currency": "EUR", "minor": 1100, "decimal": "11.00", "exponent": 2,
        }  # fmt: skip
        assert japanese.body["products"][1]["price"] == {
            "currency": "JPY", "minor": 1800, "decimal": "1800", "exponent": 0,
        }  # fmt: skip

    def test_an_answer_says_who_may_keep_it_and_by_what_it_is_purged(self, house: House) -> None:
        listed, one = house.ask("GET", "/products", EUR_GERMAN), house.ask("GET", "/products/team", EUR_GERMAN)
        for answer in (listed, one):
            assert answer.headers["cache-control"] == "public, s-maxage=300, stale-while-revalidate=60"
            assert answer.headers["vary"] == "x-geo-currency, x-geo-language"
        assert listed.headers["cache-tag"] == "products,product-starter,product-team,product-business"
        assert one.headers["cache-tag"] == "product-team"
        assert one.headers["content-language"] == "de"

    def test_a_language_without_a_text_is_shown_the_fallback_and_told_so(self, house: House) -> None:
        shown = house.ask("GET", "/products/team", {"x-geo-currency": "EUR", "x-geo-language": "fr-CA"})
        assert (shown.body["name"], shown.body["language"], shown.headers["content-language"]) == ("Team", "en", "en")

    def test_a_converted_price_says_by_which_rate_of_which_day(self, house: House) -> None:
        shown = house.ask("GET", "/products/team", {"x-geo-currency": "TND"})
        assert shown.body["price"] == {"currency": "TND", "minor": 34920, "decimal": "34.920", "exponent": 3}
        assert shown.body["converted"]["from"]["decimal"] == "12.00"
        assert (shown.body["converted"]["rate"], shown.body["converted"]["day"]) == ("2.91", "2026-01-02")
        assert shown.headers["cache-tag"] == "product-team,rates"

    def test_the_newest_rate_that_is_not_of_a_day_to_come_converts(self, house: House) -> None:
        for day, rate in (("2026-02-01", "3"), ("2999-01-01", "9")):
            assert house.ask("PUT", f"/rates/{day}", ADMIN, {"TND": rate}).status == 200
        assert house.price("team", {"x-geo-currency": "TND"}) == 36000
        assert house.price("team", {"x-geo-currency": "NOK"}) == 12060

    def test_a_currency_without_price_and_rate_is_shown_the_base_currency(self, house: House) -> None:
        shown = house.ask("GET", "/products/team", {"x-geo-currency": "XPF"})
        assert (shown.body["price"]["currency"], shown.body["converted"]) == ("USD", None)

    def test_a_validator_changes_with_what_is_shown_and_with_nothing_else(self, house: House) -> None:
        first = house.ask("GET", "/products/team", EUR_GERMAN)
        again = house.ask("GET", "/products/team", {**EUR_GERMAN, "if-none-match": first.headers["etag"]})
        assert (again.status, again.headers["cache-tag"]) == (304, "product-team")
        assert house.ask("GET", "/products/team", JPY_JAPANESE).headers["etag"] != first.headers["etag"]

    def test_pages_are_in_order_and_stable_while_products_are_added(self, house: House) -> None:
        first = house.ask("GET", "/products?limit=2", EUR_GERMAN).body
        house.put("annex", {**LAMP, "rank": 0})
        second = house.ask("GET", f"/products?limit=2&next={first['next']}", EUR_GERMAN).body
        assert [entry["sku"] for entry in first["products"] + second["products"]] == ["starter", "team", "business"]
        assert second["next"] is None

    @pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "bm9uZQ", "WzFlOTksICJhIl0"])
    def test_a_made_up_cursor_is_refused(self, house: House, cursor: str) -> None:
        assert house.ask("GET", f"/products?next={cursor}").body["code"] == "invalid_next"

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1e1"])
    def test_a_limit_out_of_range_is_refused(self, house: House, limit: str) -> None:
        assert house.ask("GET", f"/products?limit={limit}").body["code"] == "invalid_limit"

    def test_what_is_not_there_is_not_found(self, house: House) -> None:
        assert house.ask("GET", "/products/none").body["code"] == "unknown_product"
        assert house.ask("GET", "/products/TEAM").body["code"] == "invalid_sku"
        assert house.ask("GET", "/products/te%C3%A4m").body["code"] == "invalid_sku"
        assert house.ask("POST", "/products", ADMIN, {}).headers["allow"] == "GET, HEAD, OPTIONS"
        assert house.ask("GET", "/elsewhere").status == 404


class Written:
    """What admins write."""

    def test_a_product_is_made_changed_and_taken_off(self, house: House) -> None:
        assert house.put("lamp").status == 201
        assert (house.price("lamp"), house.ask("GET", "/products/lamp", EUR_GERMAN).body["name"]) == (1899, "Lampe")
        assert house.put("lamp", priced(1499)).status == 200
        assert house.price("lamp") == 1499
        assert house.ask("DELETE", "/products/lamp", ADMIN).status == 204
        assert house.ask("GET", "/products/lamp").status == 404
        assert house.ask("DELETE", "/products/lamp", ADMIN).status == 204

    def test_words_of_any_language_come_back_as_they_were_sent(self, house: House) -> None:
        text = {"name": "Straße 路 \U0001f6e4", "description": "naïve ﷺ" * 40}
        house.put("words", {"texts": {"en": text}, "prices": {"USD": 10**12}})
        shown = house.ask("GET", "/products/words", {"x-geo-currency": "USD"}).body
        assert (shown["name"], shown["description"], shown["price"]["minor"]) == (*text.values(), 10**12)

    @pytest.mark.parametrize("headers", [{}, GRACE, EUR_GERMAN])
    @pytest.mark.parametrize(("method", "target"), [
        ("PUT", "/products/team"), ("DELETE", "/products/team"), ("PUT", "/rates/2026-01-01"),
    ])  # fmt: skip
    def test_nobody_but_an_admin_writes(self, house: House, method: str, target: str, headers: Any) -> None:
        assert house.ask(method, target, headers, LAMP).status in (401, 403)
        assert house.price("team") == 1100

    @pytest.mark.parametrize(("change", "field"), [
        ({"texts": {"de": {"name": "x"}}}, "body"),
        ({"texts": {}}, "body"),
        ({"texts": {"en": {"name": ""}}}, "texts.en.name"),
        ({"texts": {"en": {"name": "a\nb"}}}, "texts.en.name"),
        ({"texts": {"en": {"name": "x", "price": 1}}}, "texts.en.price"),
        ({"texts": {"en": {"name": "x"}, "german": {"name": "x"}}}, "texts.german"),
        ({"prices": {"EUR": 1}}, "body"),
        ({"prices": {"USD": 1.5}}, "prices.USD"),
        ({"prices": {"USD": "1"}}, "prices.USD"),
        ({"prices": {"USD": True}}, "prices.USD"),
        ({"prices": {"USD": -1}}, "prices.USD"),
        ({"prices": {"USD": 10**12 + 1}}, "prices.USD"),
        ({"prices": {"USD": 1, "usd": 1}}, "prices.usd"),
        ({"prices": {"USD": 1, "XAU": 1}}, "prices.XAU"),
        ({"rank": -1}, "rank"),
        ({"stock": 5}, "stock"),
    ])  # fmt: skip
    def test_what_cannot_be_taken_is_refused_by_field(self, house: House, change: Any, field: str) -> None:
        answer = house.put("lamp", {**LAMP, **change})
        assert (answer.status, answer.body["code"]) == (400, "invalid_product")
        assert field in [fault["field"] for fault in answer.body["errors"]]
        assert house.ask("GET", "/products/lamp").status == 404

    @pytest.mark.parametrize("rates", [{}, [], {"USD": "1"}, {"EUR": 0.9}, {"EUR": "0"}, {"EUR": "1e3"}, {"X": "1"}])
    def test_rates_that_cannot_be_taken_are_refused(self, house: House, rates: Any) -> None:
        assert house.ask("PUT", "/rates/2026-03-01", ADMIN, rates).body["code"] == "invalid_rates"

    @pytest.mark.parametrize("day", ["2026-02-30", "20260201", "today", "2026-W05-1"])
    def test_a_day_that_is_none_is_refused(self, house: House, day: str) -> None:
        assert house.ask("PUT", f"/rates/{day}", ADMIN, {"NOK": "10"}).body["code"] == "invalid_day"

    def test_two_admins_at_once_leave_one_product_whole(self, house: House, houses: Houses) -> None:
        others = [houses() for _ in range(4)]

        def write(number: int) -> None:
            text = {"en": {"name": f"n{number}"}}
            for _ in range(5):
                assert others[number].put("torn", {"texts": text, "prices": {"USD": number}}).status in (200, 201)

        together(write, len(others))
        shown = house.ask("GET", "/products/torn", {"x-geo-currency": "USD"}).body
        assert shown["name"] == f"n{shown['price']['minor']}"


class Told:
    """What becomes of what a write outdates."""

    def test_a_write_is_seen_by_the_next_reader_wherever_it_reads(self, house: House, houses: Houses) -> None:
        elsewhere = houses()
        for reader in (house, elsewhere):
            assert reader.price("team") == 1100
            assert reader.ask("GET", "/products", EUR_GERMAN).body["products"][1]["price"]["minor"] == 1100
        house.put("team", priced(1234))
        for reader in (elsewhere, house):
            assert reader.price("team") == 1234
            listed = reader.ask("GET", "/products", EUR_GERMAN).body["products"]
            assert {entry["sku"]: entry["price"]["minor"] for entry in listed}["team"] == 1234

    def test_a_write_tells_the_gateway_by_tag(self, house: House) -> None:
        house.put("lamp")
        assert sorted(house.gateway.purged) == ["product-lamp", "products"]
        house.ask("PUT", "/rates/2026-03-01", ADMIN, {"NOK": "11"})
        assert house.gateway.purged[2:] == ["rates"]
        assert house.outbox.left() == []

    def test_what_the_gateway_did_not_take_stays_until_it_does(self, house: House) -> None:
        house.gateway.fails = True
        assert house.put("team", priced(999)).status == 200
        assert house.ask("DELETE", "/products/starter", ADMIN).status == 204
        assert "a write stays in the outbox" in house.log.getvalue()
        assert len(house.outbox.left()) == 2
        house.gateway.fails = False
        assert house.telling.tell(lambda _: None) == 2
        assert set(house.gateway.purged) == {"products", "product-team", "product-starter"}
        assert house.telling.tell(lambda _: None) == 0

    def test_a_refused_write_tells_nobody(self, house: House) -> None:
        house.put("team", {**LAMP, "rank": "first"})
        house.put("team", LAMP, GRACE)
        house.ask("DELETE", "/products/none", ADMIN)
        assert (house.gateway.purged, house.outbox.left()) == ([], [])


class Kept:
    """What the cache manager keeps, on which shelf ever."""

    def test_what_was_read_once_is_not_read_again(self, house: House, houses: Houses) -> None:
        house.ask("GET", "/products", EUR_GERMAN)
        sent = len(house.statements)
        house.ask("GET", "/products", JPY_JAPANESE)
        house.ask("GET", "/products", {"x-geo-currency": "NOK", "x-geo-language": "ar"})
        assert len(house.statements) == sent

    def test_a_hundred_products_are_three_statements(self, house: House) -> None:
        for number in range(20):
            house.store.put(f"p{number}", sample(1), "2026-01-01")
        house.statements.clear()
        house.store.page(100, None)
        assert len([sent for sent in house.statements if sent.startswith("SELECT")]) == 3

    def test_a_dropped_family_is_not_brought_back_by_who_had_read_before(self, shelf: Shelf) -> None:
        cache, entry = CacheManager(shelf), Entry("family", "key", Rates)
        generation = cache.get(entry).generation
        cache.drop("family")
        cache.set(entry, Rates(newest={"EUR": ("1", "2026-01-01")}), generation)
        assert cache.get(entry).value is None

    def test_a_value_of_an_older_version_is_nothing(self, shelf: Shelf) -> None:
        entry, value = Entry("family", "key", Rates), Rates(newest={})
        older, newer = CacheManager(shelf, version=1), CacheManager(shelf, version=2)
        assert older.load(entry, lambda: value) == value
        asked = [newer.load(entry, lambda: Rates(newest={"EUR": ("1", "x")})) for _ in range(2)]
        assert [found.newest for found in asked] == [{"EUR": ("1", "x")}] * 2

    @pytest.mark.parametrize("rubbish", [b"", b"{}", b"\xff", b"[1]", b'{"version": 1}', b"[" * 100_000])
    def test_rubbish_is_nothing(self, shelf: Shelf, rubbish: bytes) -> None:
        told: list[str] = []
        cache, entry = CacheManager(shelf, lambda name, _: told.append(name)), Entry("family", "key", Rates)
        cache.get(entry)
        shelf.set("catalogue:entry:key", rubbish, 1000)
        assert cache.load(entry, lambda: Rates(newest={})) == Rates(newest={})
        assert "CacheUnreadable" in told

    def test_keys_are_forgotten_by_pattern(self, shelf: Shelf) -> None:
        cache = CacheManager(shelf)
        for number in range(450):
            shelf.set(f"catalogue:entry:page:{number}", b"x", 60_000)
        shelf.set("catalogue:entry:pages", b"x", 60_000)
        shelf.set("other:entry:page:1", b"x", 60_000)
        assert cache.invalidate_pattern("page:[1]") == 0
        assert cache.invalidate_pattern("page:?") == 10
        assert cache.invalidate_pattern("page:*") == 440
        assert shelf.get("catalogue:entry:pages", "other:entry:page:1") == [b"x", b"x"]

    def test_500_readers_of_a_cold_key_reach_the_database_once(self, house: House, shelves: Shelves) -> None:
        """Twenty execution environments of twenty-five readers each, which are more than Lambda has readers in one."""
        failures = list[str]()
        patient: dict[str, Any] = {"waits_for": 120_000, "locked_for": 120_000}

        def told(_: str, reason: str) -> None:
            failures.append(reason)

        environments = [CacheManager(shelves(), told, **patient) for _ in range(20)]
        entry = Entry("family", "team", Product)
        house.statements.clear()

        def fetch() -> Product:
            found = house.store.product("team")
            assert found is not None
            return found

        def read(number: int) -> None:
            assert environments[number % 20].load(entry, fetch).prices["EUR"] == 1100

        together(read, 500)
        assert set(failures) == {""}
        assert len([sent for sent in house.statements if "FROM products" in sent]) == 1

    def test_while_one_reads_the_others_are_given_what_is_stale(self, shelf: Shelf) -> None:
        clock = [time.time()]
        cache, entry = CacheManager(shelf, now=lambda: clock[0]), Entry("family", "key", Rates)
        old, new = Rates(newest={}), Rates(newest={"EUR": ("1", "2026-01-01")})
        cache.load(entry, lambda: old)
        clock[0] += 61

        def fetch() -> Rates:
            assert cache.load(entry, lambda: pytest.fail("the database was read twice")) == old
            return new

        assert [cache.load(entry, fetch), cache.load(entry, fetch)] == [new, new]

    def test_what_is_stale_is_given_while_the_database_fails(self, shelf: Shelf) -> None:
        clock = [time.time()]
        cache, entry = CacheManager(shelf, now=lambda: clock[0]), Entry("family", "key", Rates)
        cache.load(entry, lambda: Rates(newest={}))

        def fails() -> Rates:
            raise Unavailable("the server cannot be reached", nothing_done=True)

        clock[0] += 61
        assert cache.load(entry, fails) == Rates(newest={})
        cache.drop("family")
        with pytest.raises(Unavailable):
            cache.load(entry, fails)

    def test_a_shelf_adds_once_and_lets_go_of_what_is_yours(self, shelf: Shelf) -> None:
        assert [shelf.add("k", b"mine", 60_000), shelf.add("k", b"theirs", 60_000)] == [True, False]
        assert [shelf.remove_if("k", b"theirs"), shelf.remove_if("k", b"mine")] == [False, True]
        assert shelf.get("k", "none") == [None, None]
        assert cache_of_one(shelf).delete(Entry("f", "one", Rates)) is True
        assert shelf.remove([]) == 0

    def test_what_is_over_is_gone(self, shelf: Shelf, patience: Callable[[Callable[[], bool]], None]) -> None:
        shelf.set("brief", b"x", 30)
        patience(lambda: shelf.get("brief") == [None])


class Migrated:
    def test_the_revisions_make_the_tables_that_the_code_uses(self, house: House) -> None:
        with house.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []

    def test_a_database_goes_back_and_forth(self, house: House) -> None:
        command.downgrade(configuration(house.engine), "base")
        command.upgrade(configuration(house.engine), "head")
        assert house.store.page(1, None).products == ()


class Contract(Shown, Written, Told, Kept, Migrated):
    """All of it."""


def cache_of_one(shelf: Shelf) -> CacheManager:
    cache = CacheManager(shelf)
    cache.load(Entry("f", "one", Rates), lambda: Rates(newest={}))
    return cache


def together(work: Callable[[int], None], count: int) -> None:
    """Runs `work` with 0 to `count` - 1 in threads that begin at once; raises what one of them raised."""
    barrier, failures = threading.Barrier(count), list[BaseException]()

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
