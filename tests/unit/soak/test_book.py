"""The soak notices who missed something in a room, heard it twice, or heard something else."""

from collections.abc import Callable
from typing import Any

import pytest

from soak.rooms.book import Book, Ears


def chat(number: int, text: str = "", speaker: str = "ada") -> dict[str, Any]:
    return {"type": "chat_message", "number": number, "text": text or f"text {number}", "user": {"id": speaker}}


def entered(number: int) -> dict[str, Any]:
    return {"type": "user_joined", "number": number, "user": {"id": "ada"}}


def room() -> tuple[Book, list[dict[str, Any]], Ears]:
    """Ada came and said two things, and somebody heard all of it."""
    book, history, ears = Book(), [entered(1), chat(2), chat(3)], Ears()
    for number in (2, 3):
        book.attempted.add(f"text {number}")
        book.acknowledge(number, "ada", f"text {number}")
    for message in history:
        ears.hear(message)
    return book, history, ears


def found(book: Book, history: list[dict[str, Any]], ears: Ears) -> str:
    return "; ".join(book.complaints(history, {"grace": ears}))


# --- one reader ---------------------------------------------------------------------------------------------------


def test_what_comes_again_is_dropped() -> None:
    ears = Ears()
    for number in (1, 2, 1, 2, 3):
        ears.hear(chat(number))
    assert [message["number"] for message in ears.kept] == [1, 2, 3]
    assert (ears.known, ears.wrong) == (2, [])


def test_a_gap_is_to_be_asked_for_until_it_is_closed() -> None:
    ears = Ears()
    ears.hear(chat(1))
    ears.hear(chat(3))
    assert (ears.last, ears.misses) == (1, True)
    ears.hear(chat(2))
    assert ears.misses, "what came too early was not kept"
    ears.hear(chat(3))
    assert (ears.last, ears.misses) == (3, False)


def test_a_number_that_comes_again_with_something_else_is_wrong() -> None:
    book, history, ears = room()
    ears.hear(chat(2, "another"))
    assert "grace: number 2 is now" in found(book, history, ears)


def test_a_connection_that_has_caught_up_is_told_everything() -> None:
    book, history, ears = room()
    ears.be_told(chat(3))
    ears.be_told(chat(4))
    assert ears.wrong == [], "again, and in turn"
    ears.be_told(chat(6))
    ears.be_told(chat(7))
    assert ears.wrong == ["after number 4 it was told 6"]
    assert "grace: after number 4 it was told 6" in found(book, [*history, chat(4)], ears)


# --- all of them --------------------------------------------------------------------------------------------------


def test_a_room_where_everybody_heard_everything_is_right() -> None:
    assert found(*room()) == ""


def test_who_has_left_need_not_have_heard_what_nobody_was_told_the_number_of() -> None:
    book, history, ears = room()
    assert found(book, [*history, entered(4)], ears) == ""


def test_what_was_never_acknowledged_may_have_been_said_or_not() -> None:
    book, history, ears = room()
    book.attempted.add("lost")
    assert found(book, history, ears) == ""
    assert found(book, [*history, chat(4, "lost")], ears) == ""


def _twice(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    history.append(chat(4, "text 3"))


def _gap(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    del history[1]


def _lost(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    del history[2], ears.kept[2]


def _strange(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    history.append(chat(4, "never said"))


def _another_speaker(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    history[1] = chat(2, speaker="mallory")


def _deaf(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    del ears.kept[2]


def _other_order(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    ears.kept[1], ears.kept[2] = ears.kept[2], ears.kept[1]


def _number_twice(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    book.acknowledge(3, "grace", "hers")


def _backwards(book: Book, history: list[dict[str, Any]], ears: Ears) -> None:
    book.acknowledge(1, "ada", "too late")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_twice, "'text 3' was said 2 times"),
        (_gap, "the history has gaps: [1, 3]"),
        (_lost, "number 3 should be 'text 3' of ada, and is {}"),
        (_strange, "nobody said 'never said'"),
        (_another_speaker, "number 2 should be 'text 2' of ada"),
        (_deaf, "grace heard up to 2, and 3 was said"),
        (_other_order, "grace heard something else than the history has"),
        (_number_twice, "number 3 was given to ('ada', 'text 3') and to grace"),
        (_backwards, "ada was given 1 after 3"),
    ],
)
def test_whatever_is_wrong_in_a_room_is_noticed(
    spoil: Callable[[Book, list[dict[str, Any]], Ears], None], complaint: str
) -> None:
    book, history, ears = room()
    spoil(book, history, ears)
    assert complaint in found(book, history, ears)
