"""What strangers send to hold a thread: texts of any length in the shapes that parsers are slow at.

A shape is a piece that is repeated; `{w}` in it is a word that the reader under test looks for, `{i}` a number that is
another one each time.
"""

from collections.abc import Iterator
from itertools import count
from typing import Final

SHAPES: Final[dict[str, str]] = {
    "one word": "{w}",
    "letters": "a,",
    "commas": "{w},",
    "commas alone": ",",
    "names": "{w}{i}, ",
    "semicolons": "{w}={i};",
    "equals": "{w}==",
    "arguments": '{w}="a{i}", ',
    "quoted": '"{w}{i}", ',
    "quotes": '{w}"',
    "quotes alone": '"',
    "escapes in quotes": '"{w}\\"',
    "backslashes": "\\",
    "spaces": "{w}   ",
    "spaces alone": " ",
    "tabs and commas": "\t, ",
    "parameters": "{w};a;b={i};;",
    "weights": "a{i};q=0.{i}, ",
    "percent signs": "%",
    "percent encoded": "%41{w}",
    "pairs": "{w}{i}=%2B&",
    "digits": "9",
    "dashes": "{w}-",
    "dots": "{w}.",
    "parents": "../",
    "slashes": "/",
    "round brackets": "(",
    "square brackets": "[",
    "curly brackets": '{{"{w}":',
    "inner lists": "{w}=({i} {i}), ",
    "not ASCII": "é{w}",
    "marks": "\u0301\u0316",
    "marks without a shape between": "\u0301\u200b\u0316\u200b",
    "marks in disguise": "\uff9e\u0301",
}


def text_of(shape: str, word: str, length: int) -> str:
    """A text of about that many characters, in whole pieces: half an escape may mean something else."""
    if shape == "spaces within":
        return f"{word}{' ' * (length - 2 * len(word))}{word}"
    piece = SHAPES[shape]
    if "{i}" not in piece:
        whole = piece.format(w=word)
        return whole * (length // len(whole))
    return "".join(_numbered(piece, word, length))


def _numbered(piece: str, word: str, length: int) -> Iterator[str]:
    left = length
    for number in count():
        part = piece.format(w=word, i=number)
        left -= len(part)
        if left < 0:
            return
        yield part


ALL_SHAPES: Final = (*SHAPES, "spaces within")

TELLING_SHAPES: Final = ("letters", "names", "semicolons", "arguments", "escapes in quotes", "spaces within")
"""One of each kind, for what takes long to ask."""
