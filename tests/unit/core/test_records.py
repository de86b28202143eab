"""Records: what of a dataclass they keep, and what is asked of their fields."""

from functools import cached_property
from typing import Generic, TypeVar

import pytest

from core.records import field, record, replace, source

T = TypeVar("T")


@record
class Page:
    """A page."""

    path: str
    language: str = "en"
    notes: list[str] = field(default_factory=list, compare=False)
    secret: str = field(default="", repr=False)

    def address(self) -> str:
        return f"/{self.language}{self.path}"


@record(frozen=False)
class Count:
    hits: int = 0
    double: int = field(init=False)

    def __post_init__(self) -> None:
        self.double = 2 * self.hits


@record(slots=False)
class Named(Generic[T]):
    what: T

    @cached_property
    def text(self) -> str:
        return f"<{self.what}>"


@record(sealed=True)
class Sealed:
    name: str = "ada"
    tags: dict[str, str] = field(default_factory=dict)


def test_a_record_is_made_by_place_and_by_name() -> None:
    assert Page("/a", "de").address() == Page(language="de", path="/a").address() == "/de/a"
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'path'"):
        Page()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'pth'"):
        Page(pth="/a")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes from 2 to 5 positional arguments"):
        Page("/a", "de", [], "", 1)  # type: ignore[call-arg]


def test_each_record_has_a_default_of_its_own() -> None:
    assert Page("/a").notes is not Page("/a").notes
    with pytest.raises(ValueError, match="every record would share this list"):

        @record
        class Shared:
            notes: list[str] = []  # noqa: RUF012


def test_what_has_a_default_comes_last() -> None:
    with pytest.raises(TypeError, match="Disordered: what has a default comes last"):

        @record
        class Disordered:
            first: int = 0
            second: int  # type: ignore[misc]


def test_records_are_equal_by_what_is_compared() -> None:
    assert Page("/a", notes=["x"]) == Page("/a") != Page("/b")
    assert hash(Page("/a", notes=["x"])) == hash(Page("/a"))
    other: object = Named("a")
    assert Page("a") != other
    assert {Named(1): "one"}[Named(1)] == "one"


def test_what_may_change_is_not_hashed() -> None:
    count = Count(1)
    count.hits += 1
    assert count != Count(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(count)


def test_what_is_made_afterwards_is_made_again_of_a_replaced_record() -> None:
    assert Count(3).double == 6
    assert replace(Count(3), hits=4).double == 8
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        replace(Count(3), double=1)


def test_a_replaced_record_keeps_the_rest() -> None:
    page = Page("/a", "de", secret="s")
    assert replace(page, path="/b") == Page("/b", "de", secret="s")
    assert page.path == "/a"
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        replace(page, nothing=1)  # type: ignore[call-arg]


def test_a_secret_is_not_shown() -> None:
    assert repr(Page("/a", secret="s")) == "Page(path='/a', language='en', notes=[])"


def test_a_record_has_its_fields_and_no_others() -> None:
    with pytest.raises(AttributeError):
        Count().hit = 1  # type: ignore[attr-defined]
    assert not hasattr(Page("/a"), "__dict__")
    assert Named(1).text == "<1>"


def test_a_record_is_matched_by_place() -> None:
    match Page("/a", "de"):
        case Page(path, language):
            assert (path, language) == ("/a", "de")


def test_what_is_sealed_refuses_to_be_changed() -> None:
    sealed = Sealed("grace")
    with pytest.raises(AttributeError, match="name of Sealed cannot be changed"):
        sealed.name = "ada"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot be changed"):
        del sealed.name
    assert sealed == Sealed("grace", {})


def test_a_record_keeps_what_its_class_says_of_itself() -> None:
    assert (Page.__doc__, Page.__name__, Page.__module__) == ("A page.", "Page", __name__)
    assert Named[int](1) == Named(1)


def test_a_record_has_as_many_fields_as_it_is_given() -> None:
    names = [f"field_{number}" for number in range(100)]
    many = record(type("Many", (), {"__annotations__": dict.fromkeys(names, int)}))
    assert repr(many(*range(100))).endswith("field_99=99)")


def test_a_constructor_that_no_start_asks_for_is_compiled() -> None:
    assert Page.__init__.__code__.co_filename == "<string>"
    assert source("of_vlm_sealed_prepared") == (
        "def of_vlm_sealed_prepared(self, _0, _1, _2):\n"
        '    _set(self, "_0", _0)\n'
        '    _set(self, "_1", [] if _1 is _absent else _1)\n'
        '    _set(self, "_2", _make_2() if _2 is _absent else _2)\n'
        "    self.__post_init__()"
    )
