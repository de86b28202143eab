"""What is kept of late is bounded, and what is asked for in between stays."""

from core.halves import Halves


def test_a_crowd_passes_through_and_what_is_asked_for_in_between_stays() -> None:
    kept: Halves[str, int] = Halves(8)
    kept.put("often", 1)
    for number in range(1000):
        kept.put(str(number), number)
        assert number % 7 or kept.get("often") == 1
        assert len(kept) <= 16
    for number in range(16):
        kept.put(f"crowd {number}", number)
    assert kept.get("often") is None


def test_what_is_put_again_counts_once() -> None:
    kept: Halves[str, int] = Halves(2)
    for value in range(5):
        kept.put("one", value)
    assert (kept.get("one"), len(kept)) == (4, 1)
