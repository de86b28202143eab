"""People in rooms: what each message does, who hears it, and what nobody may."""

import json
from typing import Any

import pytest
from application.common.caller import Caller
from application.common.caller_keys import caller_key
from application.rooms import entering, protocol
from application.rooms.connection import NotVouched, counted, of_handshake
from application.rooms.log import Entry
from application.rooms.protocol import DETAILS, MOST_ROOMS, PROTOCOL, Code

from devtools.paths import ROOT
from tests.unit.application.rooms.house import ISSUER, NOW, PRINCIPAL, House, handshake

ADA, GRACE = {"issuer": ISSUER, "id": "ada"}, {"issuer": ISSUER, "id": "grace"}


def refused(answer: dict[str, Any]) -> str:
    assert answer["type"] == "error"
    assert answer["detail"] == DETAILS[Code(answer["code"])]
    return str(answer["code"])


def said(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages if message["type"] == "chat_message"]


# --- talking -----------------------------------------------------------------------------------


def test_two_people_talk_and_see_each_other_come_and_go(house: House) -> None:
    ada, grace = house.connect("ada"), house.connect("grace")
    joined = house.say(ada, "join", room="general", ref="1")
    assert joined == {"type": "joined", "room": "general", "last": 1, "users": [ADA], "count": 1, "ref": "1"}
    house.say(grace, "join", room="general")
    assert house.say(ada, "chat_message", room="general", text="Zoë 😀", ref="2") == {
        "type": "sent", "room": "general", "number": 3, "ref": "2",
    }  # fmt: skip
    house.leave(ada)
    house.spread()
    told = [(message["type"], message["user"], message["number"]) for message in grace.inbox if "number" in message]
    assert told == [("user_joined", ADA, 1), ("user_joined", GRACE, 2), ("chat_message", ADA, 3), ("user_left", ADA, 4)]
    assert said(grace.inbox) == ["Zoë 😀"]


def test_typing_is_told_to_the_others_and_kept_nowhere(house: House) -> None:
    ada, grace = house.connect("ada"), house.connect("grace")
    for client in (ada, grace):
        house.say(client, "join", room="general")
    for type_ in ("typing_start", "typing_stop"):
        assert house.say(ada, type_, room="general") == {}
        assert grace.inbox[-1] == {"type": type_, "room": "general", "user": ADA}
    assert not ada.heard("typing_start", "typing_stop")
    assert {entry["type"] for entry in house.room("general")} == {"user_joined"}


def test_two_tabs_are_one_user_who_comes_once_and_leaves_with_the_last(house: House) -> None:
    first, second = house.connect("ada"), house.connect("ada")
    for tab in (first, second, second):
        assert house.say(tab, "join", room="general")["count"] == 1
    house.say(first, "leave", room="general")
    house.leave(first)
    assert [entry["type"] for entry in house.room("general")] == ["user_joined"]
    house.leave(second)
    house.leave(second)
    assert [entry["type"] for entry in house.room("general")] == ["user_joined", "user_left"]


def test_the_same_id_of_another_issuer_is_somebody_else(house: House) -> None:
    house.say(house.connect("ada"), "join", room="general")
    assert house.say(house.connect("ada", issuer="https://other.example"), "join", room="general")["count"] == 2


def test_a_410_removes_a_connection_and_tells_the_room_once(house: House) -> None:
    ada, grace, linus = (house.connect(name) for name in ("ada", "grace", "linus"))
    for client in (ada, grace, linus):
        house.say(client, "join", room="general")
    grace.vanish()
    house.say(ada, "chat_message", room="general", text="hello?")
    house.spread()
    house.say(ada, "chat_message", room="general", text="hello.")
    house.spread()
    assert [message["user"] for message in linus.heard("user_left")] == [GRACE]
    assert house.stores.connections.get(grace.id) is None
    assert said(linus.inbox) == ["hello?", "hello."]


def test_one_that_cannot_be_told_is_closed_and_misses_nothing_after_it_came_back(house: House) -> None:
    ada, grace = house.connect("ada"), house.connect("grace")
    for client in (ada, grace):
        house.say(client, "join", room="general")
    house.spread()
    grace.deaf = True
    house.say(ada, "chat_message", room="general", text="one")
    house.spread()
    assert not grace.there
    again = house.connect("grace")
    house.say(again, "join", room="general")
    missed = house.say(again, "history", room="general", after=grace.heard("user_joined")[-1]["number"])["messages"]
    assert said(missed) == ["one"]


def test_history_is_in_order_in_pages_and_fits_into_one_message(house: House) -> None:
    ada = house.connect("ada")
    house.say(ada, "join", room="general")
    for number in range(30):
        entry = Entry("general", "chat_message", "now", {"user": ADA, "text": f"{number} " + "é" * 2000})
        house.stores.log.say(entry)
    seen, after, more = [], 1, True
    while more:
        page = house.say(ada, "history", room="general", after=after, limit=100)
        assert len(json.dumps(page, ensure_ascii=False).encode()) < 128 * 1024
        seen += [int(text.split()[0]) for text in said(page["messages"])]
        after, more = page["messages"][-1]["number"], page["more"]
    assert seen == list(range(30))
    assert said(house.say(ada, "history", room="general", limit=2)["messages"])[-1].startswith("29 ")
    assert house.say(ada, "history", room="general", after=after) == {
        "type": "history", "room": "general", "messages": [], "more": False,
    }  # fmt: skip


# --- who may -----------------------------------------------------------------------------------


def test_who_may_enter_is_what_the_table_says(house: House) -> None:
    house.owners["1"] = caller_key(ISSUER, "ada")
    ada, grace, root = house.connect("ada"), house.connect("grace", "editor"), house.connect("root", "admin")
    other = house.connect("ada", issuer="https://other.example")
    may = {("general", ada), ("general", grace), ("general", root), ("general", other), ("orders:1", ada)}
    may |= {("orders:1", root), ("role:editor", grace)}
    for room in ("general", "orders:1", "orders:2", "role:editor", "anything"):
        for client in (ada, grace, root, other):
            answer = house.say(client, "join", room=room)
            if (room, client) in may:
                assert answer["type"] == "joined", room
            else:
                assert refused(answer) == "unknown_room"
    assert refused(house.say(ada, "chat_message", room="orders:1", text="x")) == "read_only"


@pytest.mark.parametrize("type_", ["chat_message", "typing_start", "typing_stop", "history"])
def test_nobody_talks_in_or_reads_a_room_from_outside(house: House, type_: str) -> None:
    ada = house.connect("ada")
    fields = {"text": "x"} if type_ == "chat_message" else {}
    assert refused(house.say(ada, type_, room="general", **fields)) == "not_joined"
    house.say(ada, "join", room="general")
    house.say(ada, "leave", room="general")
    assert refused(house.say(ada, type_, room="general", **fields)) == "not_joined"


def test_a_handshake_is_the_gateways_and_somebodys_whatever_the_query_says() -> None:
    event = handshake("ada", "user", expires=NOW + 60)
    event |= {"queryStringParameters": {"userId": "grace"}, "multiValueQueryStringParameters": {"userId": ["grace"]}}
    assert of_handshake(event, PRINCIPAL, NOW).caller == Caller("ada", ("user",), "aws-iam", ISSUER)
    for arn in ("", "arn:aws:iam::000000000000:user/somebody", PRINCIPAL + "x"):
        with pytest.raises(NotVouched) as refusal:
            of_handshake(handshake("ada", expires=NOW, arn=arn), PRINCIPAL, NOW)
        assert refusal.value.status == 403
    with pytest.raises(NotVouched) as refusal:
        of_handshake(handshake("", expires=NOW) | {"queryStringParameters": {"userId": "ada"}}, PRINCIPAL, NOW)
    assert refusal.value.status == 401


def test_what_an_order_says_reaches_its_owner_wherever_they_are_and_nobody_else(house: House) -> None:
    house.owners["1"] = caller_key(ISSUER, "ada")
    ada, tab, grace, root = (house.connect(name) for name in ("ada", "ada", "grace", "root"))
    house.say(ada, "join", room="orders:1")
    entry = Entry("orders:1", "order_changed", "now", {"order": {"id": "1", "state": "paid"}}, house.owners["1"])
    assert house.stores.log.say(entry, once="1.order_confirmed") == 2
    assert house.stores.log.say(entry, once="1.order_confirmed") is None
    house.spread()
    for client in (ada, tab):
        assert [message["order"]["state"] for message in client.heard("order_changed")] == ["paid"]
    assert not grace.inbox
    assert not root.inbox


# --- limits and nonsense ------------------------------------------------------------------------


NONSENSE: list[tuple[str | None, str, str | None]] = [
    (None, "malformed", None),
    ("", "malformed", None),
    ("hello", "malformed", None),
    ("[]", "malformed", None),
    ("null", "malformed", None),
    ('{"type": "ping", "type": "ping"}', "malformed", None),
    ('{"type": "history", "room": "general", "after": NaN}', "malformed", None),
    ("[" * 64 + "]" * 64, "malformed", None),
    ('{"ref": "r", "type": ' + "[" * 64 + "]" * 64 + "}", "malformed", "r"),
    ('{"ref": "r", "type": "ping", "deep": ' + '{"a":' * 64 + "1" + "}" * 65, "malformed", "r"),
    ("[" * 4000, "malformed", None),
    ('{"type": "chat_message", "room": "general", "text": "\\ud83d"}', "malformed", None),
    ('{"type": "ping", "ref": "\\udc00"}', "malformed", None),
    ('{"type": "ping", "ref": "\ud83d"}', "malformed", None),
    ('{"type": "shout", "ref": "r"}', "unknown_type", "r"),
    ('{"type": "receive"}', "unknown_type", None),
    ('{"type": "__init__", "ref": "r"}', "unknown_type", "r"),
    ('{"type": 1, "ref": "r"}', "malformed", "r"),
    ('{"type": "ping", "ref": 7}', "malformed", None),
    ('{"type": "join", "ref": "r"}', "malformed", "r"),
    ('{"type": "join", "room": "", "ref": "r"}', "malformed", "r"),
    ('{"type": "join", "room": "a\\n", "ref": "r"}', "malformed", "r"),
    ('{"type": "join", "room": "once#x", "ref": "r"}', "malformed", "r"),
    ('{"type": "join", "room": ["general"], "ref": "r"}', "malformed", "r"),
    ('{"type": "join", "room": "general", "userId": "ada", "ref": "r"}', "malformed", "r"),
    ('{"type": "chat_message", "room": "general", "text": "", "ref": "r"}', "malformed", "r"),
    ('{"type": "history", "room": "general", "after": -1, "ref": "r"}', "malformed", "r"),
    ('{"type": "history", "room": "general", "after": true, "ref": "r"}', "malformed", "r"),
    ('{"type": "history", "room": "general", "limit": 101, "ref": "r"}', "malformed", "r"),
    ('{"type": "chat_message", "room": "general", "text": "' + "x" * 5000 + '"}', "too_long", None),
    ('{"type": "chat_message", "room": "general", "text": "' + "é" * 2048 + '"}', "too_long", None),
]


def test_nonsense_is_answered_with_what_is_wrong_and_closes_nothing(house: House) -> None:
    ada = house.connect("ada")
    house.say(ada, "join", room="general")
    for body, code, ref in NONSENSE:
        house.now += 1.5
        answer = house.send(ada, body)
        assert answer is not None, body
        assert (refused(answer), answer.get("ref")) == (code, ref), body
    assert house.say(ada, "ping", ref="still here")["ref"] == "still here"
    assert ada.there


def test_the_eleventh_message_in_ten_seconds_is_refused_and_the_next_window_is_open(house: House) -> None:
    ada, other = house.connect("ada"), house.connect("ada")
    for _ in range(10):
        assert house.send(ada, '{"type": "ping"}') != {}
    assert refused(house.send(ada, '{"type": "ping", "ref": "x"}') or {}) == "too_many_messages"
    assert (house.send(other, '{"type": "ping"}') or {})["type"] == "pong", "another connection has its own"
    house.now += 10
    assert (house.send(ada, '{"type": "ping"}') or {})["type"] == "pong"


def test_no_ten_seconds_see_more_than_ten_messages() -> None:
    recent: tuple[float, ...] = ()
    taken = []
    for tick in range(400):
        now = tick * 0.37
        if (more := counted(recent, now)) is not None:
            recent = more
            taken.append(now)
    assert max(sum(at <= later < at + 10 for later in taken) for at in taken) == 10
    assert len(taken) > 140, "and a steady message a second passes"


def test_the_fifty_first_room_is_refused_until_one_is_left(house: House) -> None:
    rooms = [f"role:r{number}" for number in range(MOST_ROOMS + 1)]
    ada = house.connect("ada", *(room.removeprefix("role:") for room in rooms))
    house.say(ada, "join", room=rooms[0])
    house.put_into(ada, rooms[1:-1])
    assert refused(house.say(ada, "join", room=rooms[-1])) == "too_many_rooms"
    assert house.say(ada, "join", room=rooms[0])["type"] == "joined", "it is there already"
    house.say(ada, "leave", room=rooms[0])
    assert house.say(ada, "join", room=rooms[-1])["type"] == "joined"


def test_after_its_token_a_connection_is_refused_everything_and_swept(house: House) -> None:
    ada, grace = house.connect("ada", expires=NOW + 60), house.connect("grace")
    for client in (ada, grace):
        house.say(client, "join", room="general")
    house.now = NOW + 60
    for row in PROTOCOL:
        fields = {"room": "general"} if "room" in row.reads.model_fields else {}
        fields |= {"text": "x"} if row.type == "chat_message" else {}
        assert refused(house.say(ada, row.type, ref="r", **fields)) == "token_expired"
    assert house.stores.connections.ended(house.now) == [ada.id]
    assert house.say(grace, "ping")["type"] == "pong"


def test_a_message_of_a_connection_that_nobody_knows_closes_it(house: House) -> None:
    ada = house.connect("ada")
    house.leave(ada)
    ada.there = True
    assert house.send(ada, '{"type": "ping"}') is None
    assert not ada.there


def test_the_page_about_rooms_has_the_tables_of_the_code() -> None:
    text = (ROOT / "docs" / "rooms.md").read_text(encoding="utf-8")
    for name, table in (("rooms-protocol", protocol.table()), ("rooms-entering", entering.table())):
        assert f"<!-- {name} -->\n{table}\n<!-- /{name} -->" in text
