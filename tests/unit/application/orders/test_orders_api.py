"""The orders' API as its gateway sees it: what is taken, what is refused, and who sees what."""

import json
from typing import Any

from tests.unit.application.orders.deployed import ADA, ADMIN, GRACE, Deployed

ITEM = {"sku": "team", "quantity": 1}
ORDER = {"items": [ITEM], "payment_method": "pm_card_visa"}


# --- placing ---------------------------------------------------------------------------------------------------


def test_the_same_request_again_is_the_same_order(shop: Deployed) -> None:
    first, again = shop.order(key="once"), shop.order(key="once")
    assert (first.status, again.status, again.body) == (202, 202, first.body)
    shop.settle()
    assert shop.order(key="once").body["state"] == "fulfilled"
    assert len(shop.request("GET", "/orders", ADA).body["orders"]) == 1
    assert len(shop.provider.charges) == 1


def test_a_request_repeated_from_another_country_is_still_the_order_that_was_placed(shop: Deployed) -> None:
    first = shop.order(key="once")
    again = shop.order(key="once", headers={**ADA, "x-geo-currency": "JPY"})
    assert (again.status, again.body["total"]) == (202, first.body["total"])


def test_another_order_under_the_same_key_is_refused(shop: Deployed) -> None:
    shop.order(key="once", team=1)
    for other in (shop.order(key="once", team=2), shop.order(key="once", card="pm_card_other")):
        assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")


def test_the_same_key_of_somebody_else_is_another_order(shop: Deployed) -> None:
    assert shop.order(key="k").body["id"] != shop.order(key="k", headers=GRACE).body["id"]


def test_without_an_idempotency_key_nothing_is_ordered(shop: Deployed) -> None:
    refused = shop.request("POST", "/orders", ADA, ORDER)
    assert (refused.status, refused.body["code"]) == (400, "idempotency_key_missing")
    assert refused.headers["content-type"] == "application/problem+json"


def test_what_cannot_be_ordered_is_refused_and_leaves_nothing(shop: Deployed) -> None:
    refused = shop.request("POST", "/orders", ADA, {**ORDER, "total": {"minor": 1}}, key="k")
    assert (refused.status, refused.body["code"]) == (400, "invalid_order")
    assert [error["field"] for error in refused.body["errors"]] == ["total"]
    assert shop.request("GET", "/orders", ADA).body == {"orders": [], "next": None}


def test_a_currency_without_prices_is_charged_in_the_lists_default(shop: Deployed) -> None:
    taken = shop.order(headers={**ADA, "x-geo-currency": "NOK"})
    assert taken.body["total"] == {"currency": "USD", "minor": 1200, "decimal": "12.00"}


# --- reading ---------------------------------------------------------------------------------------------------


def test_somebody_elses_order_is_one_that_there_is_not(shop: Deployed) -> None:
    location = shop.order().headers["location"]
    for method in ("GET", "DELETE"):
        hidden, missing = shop.request(method, location, GRACE), shop.request(method, "/orders/nothing", GRACE)
        assert (hidden.status, hidden.body) == (404, missing.body)
    assert shop.request("GET", location, ADMIN).status == 200
    assert shop.request("DELETE", location, ADMIN).body["state"] == "cancelled"


def test_an_order_is_followed_to_its_end(shop: Deployed) -> None:
    location = shop.order().headers["location"] + "/events"
    seen, last = [], ""
    for _ in range(10):
        answer = shop.follow(location, {**ADA, "last-event-id": last} if last else ADA)
        if answer["statusCode"] == 204:
            break
        assert answer["headers"]["Content-Type"] == "text/event-stream"
        assert answer["headers"]["Cache-Control"] == "no-store"
        first, *events = answer["body"].removesuffix("\n\n").split("\n\n")
        assert 500 < int(first.removeprefix("retry: ")) < 20_000
        for event in events:
            fields = dict(line.split(": ", 1) for line in event.split("\n"))
            assert (fields["event"], json.loads(fields["data"])["state"]) == ("order", fields["id"])
            seen.append(last := fields["id"])
        shop.turn()
    assert seen == ["pending", "paid", "fulfilled"]
    assert shop.follow(location, GRACE)["statusCode"] == 404
    assert shop.follow(location, {})["statusCode"] == 401


def test_an_order_shows_neither_the_card_nor_the_key(shop: Deployed) -> None:
    taken = shop.order(key="my-secret-key")
    assert not {"payment_method", "fingerprint", "trace", "charge"} & set(taken.body)
    assert "my-secret-key" not in str(taken)


def test_pages_join_up_to_the_whole_list_newest_first_while_orders_are_added(shop: Deployed) -> None:
    placed = [shop.order(key=f"k{number}", starter=1).body["id"] for number in range(7)]
    shop.order(key="hers", headers=GRACE)
    seen: list[str] = []
    page = shop.request("GET", "/orders?limit=3", ADA).body
    shop.order(key="later", starter=1)
    while True:
        seen += [order["id"] for order in page["orders"]]
        if page["next"] is None:
            break
        page = shop.request("GET", f"/orders?limit=3&next={page['next']}", ADA).body
    assert sorted(seen) == sorted(placed)
    assert len(set(seen)) == len(seen)


def test_an_admin_lists_everybodys_orders_with_their_owners(shop: Deployed) -> None:
    shop.order()
    shop.order(headers=GRACE)
    listed = shop.request("GET", "/orders", ADMIN).body["orders"]
    assert [order["owner"]["id"] for order in listed] in (["grace", "ada"], ["ada", "grace"])
    assert "owner" not in shop.request("GET", "/orders", ADA).body["orders"][0]


def test_a_cursor_that_no_list_gave_out_is_refused(shop: Deployed) -> None:
    for path in ("/orders", "/notifications"):
        refused = shop.request("GET", f"{path}?next=e30", ADA)
        assert (refused.status, refused.body["code"]) == (400, "invalid_next")


def test_a_cursor_of_somebody_elses_list_shows_ones_own(shop: Deployed) -> None:
    for number in range(3):
        shop.order(key=f"k{number}", starter=1)
    shop.order(key="hers", headers=GRACE, starter=1)
    stolen = shop.request("GET", "/orders?limit=1", ADA).body["next"]
    owners = {order["id"] for order in shop.request("GET", f"/orders?next={stolen}", GRACE).body["orders"]}
    assert owners <= {order["id"] for order in shop.request("GET", "/orders", GRACE).body["orders"]}


def test_notifications_are_the_callers_own_newest_first_and_in_pages(shop: Deployed) -> None:
    shop.order(key="a", starter=1)
    shop.order(key="b", starter=1, headers=GRACE)
    shop.settle()
    first = shop.request("GET", "/notifications?limit=1", ADA).body
    second = shop.request("GET", f"/notifications?limit=1&next={first['next']}", ADA).body
    assert [page["notifications"][0]["type"] for page in (first, second)] == ["order_fulfilled", "order_confirmed"]
    assert second["next"] is None
    assert first["notifications"][0]["parcel"].startswith("GH")
    assert first["notifications"][0]["total"] == {"currency": "EUR", "minor": 0, "decimal": "0.00"}


# --- stock -----------------------------------------------------------------------------------------------------


def test_an_admin_counts_and_everybody_signed_in_sees_it(shop: Deployed) -> None:
    assert shop.request("PUT", "/stock/team", ADMIN, {"available": 3}).status == 200
    assert shop.stock()["team"] == 3
    assert shop.request("PUT", "/stock/team", ADA, {"available": 99}).status == 403
    assert shop.request("PUT", "/stock/gold", ADMIN, {"available": 3}).body["code"] == "unknown_sku"


def test_what_is_no_count_is_refused(shop: Deployed) -> None:
    documents: list[Any] = [{}, {"available": -1}, {"available": 1.5}, {"available": True}, [], 3]
    refused = [shop.request("PUT", "/stock/team", ADMIN, document) for document in documents]
    assert {(answer.status, answer.body["code"]) for answer in refused} == {(400, "invalid_stock")}


# --- who -------------------------------------------------------------------------------------------------------

ROUTES = [
    ("GET", "/orders"), ("POST", "/orders"), ("GET", "/orders/1"), ("DELETE", "/orders/1"), ("GET", "/notifications"),
    ("GET", "/stock"), ("PUT", "/stock/team"), ("GET", "/orders/1/events"),
]  # fmt: skip


def test_nobody_is_told_anything(shop: Deployed) -> None:
    for method, path in ROUTES:
        refused = shop.request(method, path, {}, ORDER if method == "POST" else None, key="k")
        assert (refused.status, refused.body["code"]) == (401, "identity_required"), path


def test_personal_answers_are_for_no_shared_cache(shop: Deployed) -> None:
    for method, path in ROUTES:
        answer = shop.request(method, path, ADMIN, ORDER if method == "POST" else None, key="k")
        assert answer.headers["cache-control"] in ("private, no-cache", "no-store"), path


def test_other_methods_are_told_which_there_are(shop: Deployed) -> None:
    refused = shop.request("PATCH", "/orders/1", ADA)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, DELETE, OPTIONS")
    assert shop.request("OPTIONS", "/notifications", ADA).status == 204
    assert shop.request("GET", "/orders/1/2", ADA).status == 404
