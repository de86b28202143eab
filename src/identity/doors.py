"""The ways by which credentials come in, compiled: which entries of ISSUERS use each, and whether API keys do. Pure."""

from collections.abc import Sequence

from identity.carriers import AUTHORIZATION, Carrier, carrier
from identity.settings import IdentitySettings
from identity.trust import Entries, Entry


class Door:
    """One way that credentials come in by, and who uses it."""

    def __init__(self, number: int, way: Carrier, entries: Sequence[Entry], *, takes_keys: bool) -> None:
        self.kind, self.name = way.kind, way.name
        self.place = f"{way.kind}:{way.name}"
        """Where `Request.taken` has its tokens, if they are taken out."""
        self.mark = bytes([number])
        """Tells it from the others, in what is remembered of a token."""
        self.entries = Entries(entries)
        self.takes_keys = takes_keys
        self.takes_keys_alone = takes_keys and not entries


def compiled_doors(entries: Sequence[Entry], settings: IdentitySettings) -> list[Door]:
    """The doors that entries and keys use, `Authorization` first; it alone where there are none."""
    of_keys = settings.key_ways
    using: dict[Carrier, list[Entry]] = {way: [] for way in of_keys}
    if not entries and not of_keys:
        using[carrier(AUTHORIZATION)] = []
    for entry, told in zip(entries, settings.issuers, strict=True):
        for way in dict.fromkeys(told.carriers):
            using.setdefault(way, []).append(entry)
    ways = sorted(using, key=lambda way: way.kind != AUTHORIZATION)
    return [Door(number, way, using[way], takes_keys=way in of_keys) for number, way in enumerate(ways)]


def came_as_key(is_one: bool, doors: Sequence[Door]) -> bool:
    """Whether a credential is a key, by its looks where keys come, or because nothing else comes by its way."""
    if is_one:
        return any(door.takes_keys for door in doors)
    return bool(doors) and all(door.takes_keys_alone for door in doors)
