"""The kept corpus: one text file per target, one input per line as a JSON string with a character per octet."""

import json
from collections.abc import Iterable
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")


def targets() -> list[str]:
    """The names of all targets: each has a corpus, if only of one line."""
    return sorted(file.stem for file in CORPUS.glob("*.txt"))


def kept(target: str) -> list[bytes]:
    """The inputs kept for a target, in the order of the file; none when there is no file."""
    file = CORPUS / f"{target}.txt"
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    return [json.loads(line).encode("latin-1") for line in lines]


def keep(target: str, inputs: Iterable[bytes]) -> None:
    """Write the corpus of a target anew, shortest first."""
    lines = [json.dumps(data.decode("latin-1")) for data in sorted(set(inputs), key=lambda data: (len(data), data))]
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
