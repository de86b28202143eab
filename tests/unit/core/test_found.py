"""What is found is remembered, and no more of it than may be."""

import itertools

from core.found import Found


def test_what_is_asked_again_is_not_found_again() -> None:
    count = itertools.count()
    found: Found[str, int] = Found(lambda text: next(count), 4, lambda text: True)
    assert [found[text] for text in ("a", "b", "a", "c", "b")] == [0, 1, 0, 2, 1]


def test_what_is_not_to_be_kept_is_found_each_time() -> None:
    found: Found[str, str] = Found(str.upper, 4, lambda text: len(text) <= 2)
    assert [found["abc"], found["ab"], found["abc"]] == ["ABC", "AB", "ABC"]
    assert dict(found) == {"ab": "AB"}


def test_of_too_many_the_older_half_is_forgotten() -> None:
    found: Found[int, int] = Found(abs, 4, lambda number: True)
    assert [found[number] for number in range(7)] == [*range(7)]
    assert list(found) == [4, 5, 6]
    assert max(len(found) for number in range(100) if found[number] == number) <= 4
