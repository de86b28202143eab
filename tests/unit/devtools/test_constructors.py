"""Nothing is compiled at a start: V8 would compile Python's compiler first."""

from devtools.generating import constructors, house


def test_no_start_compiles_the_constructor_of_a_record() -> None:
    assert constructors.main(["--check"]) == 0


def test_no_start_makes_a_named_tuple() -> None:
    assert not [file for file in house.at_once() if "NamedTuple" in file.read_text(encoding="utf-8")]
