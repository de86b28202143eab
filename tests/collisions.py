"""Names that Python's dictionaries cannot tell apart by their hash, and what they cost: a model of CPython's.

Production's hash seed is fixed and known (PYTHONHASHSEED=111), because every isolate starts from one snapshot, and on
WebAssembly a hash has 32 bits. What a stranger can prepare, then:

    names with the same lowest bits     thousands in seconds, on any machine. They share their first places in a table:
                                        the search goes on at places that five more bits at a time decide
    names with the same whole hash      2**32 tries each: hours of a graphics card for a thousand. They share all
                                        places, and each is compared with all before it, n * (n - 1) / 2 times

What remains to be done is to keep `n` small: `core/lengths.py`.
"""

import subprocess
import sys
from collections.abc import Sequence

MOST_COMPARISONS = 2_000_000
"""What names that hash alike may cost one request: some hundredth of a second, and less than a tenth on WebAssembly."""
MOST_NAMES = 1024
"""Different names of one member each that a JSON text may have."""

SEED = "111"
BITS = 32
PERTURB_SHIFT = 5
SMALLEST = 8
"""Places in an empty dictionary's first table. These three are of CPython's `Objects/dictobject.c`."""

_SEARCH = """
import sys
bits, tries = int(sys.argv[1]), int(sys.argv[2])
mask = (1 << bits) - 1
for name in map("n{:x}".format, range(tries)):
    if hash(name) & mask == 0:
        print(name, hash(name) & 0xFFFFFFFF)
"""


def alike(bits: int, tries: int) -> list[tuple[str, int]]:
    """Names whose lowest `bits` of the hash are zeros, of so many tried, and their hashes on WebAssembly: the same
    function as here (SipHash-1-3, since Python 3.11), cut to 32 bits."""
    command = [sys.executable, "-c", _SEARCH, str(bits), str(tries)]
    found = subprocess.run(command, env={"PYTHONHASHSEED": SEED}, capture_output=True, text=True, check=True).stdout
    return [(name, int(number)) for name, number in map(str.split, found.splitlines())]


def comparisons(hashes: Sequence[int]) -> int:
    """How often an occupied place is looked at while names of these hashes, all different, go into one dictionary."""
    size, table, looked_at = SMALLEST, [-1] * SMALLEST, 0
    for number, value in enumerate(hashes):
        if number >= size * 2 // 3:
            while size <= number * 3:
                size *= 2
            table = [-1] * size
            for former in hashes[:number]:
                looked_at += _put(table, former)
        looked_at += _put(table, value)
    return looked_at


def _put(table: list[int], value: int) -> int:
    """Puts a hash where its search ends; gives how many places were taken."""
    mask, perturbed, taken = len(table) - 1, value, 0
    place = value & mask
    while table[place] >= 0:
        taken += 1
        perturbed >>= PERTURB_SHIFT
        place = (place * 5 + perturbed + 1) & mask
    table[place] = value
    return taken


def worst(names: int) -> int:
    """The same for names that share the whole hash, with what growing costs."""
    return comparisons([0] * names)
