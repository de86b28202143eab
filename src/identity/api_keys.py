"""API keys: who a key speaks for, by what the KV namespace `KEYS` has of it. `python -m devtools keys` makes them.

    key:4kTz0bQm9XaP  ->  {"id": "4kTz0bQm9XaP", "sha256": "…", "owner": "billing", "roles": ["reader"],
                           "scopes": ["invoices:read"], "created": 1795430000, "expires": null}

What is looked up is remembered: a key's record for ten seconds, an id that has none for thirty, and of both no more
than `REMEMBERED`. So a key that was revoked is dead ten seconds after KV says so, and guessing costs few look-ups.

Fails closed: while KV does not answer, no key is believed whose record is not remembered. A record that cannot be read
is nobody's. No key is kept, logged or stored; what is compared are digests, in constant time.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hmac import compare_digest
from math import inf
from typing import Any, Final

from core import strictjson
from core.ports import Platform, StoreFailed
from core.records import record
from identity.claim_values import clean, id_text, is_list_of_strings
from identity.key_format import ApiKey, read_key
from identity.principals import Marks, Principal
from identity.settings import KEY_ISSUER
from identity.tokens import InvalidToken

REFERENCES: Final = frozenset({KEY_ISSUER})
"""What a route's `issuers` may call keys by."""

REMEMBERED: Final = 2048
"""Most ids remembered per isolate, about a kilobyte each."""
RECORD_FRESH: Final = 10.0
"""Seconds that an isolate believes a record; KV may serve what it had for about a minute before."""
UNKNOWN_FRESH: Final = 30.0
"""Seconds that an isolate believes that an id has no record."""
LOOKUP_TIMEOUT: Final = 1.0
"""Seconds KV has for a record."""
RETRY_AFTER: Final = 5
"""Seconds that a caller is told to wait where it had not answered."""
LONGEST_RECORD: Final = 16_384
"""Characters."""

STORE_PREFIX: Final = "key:"


@record
class Record:
    """What is stored of one key."""

    digest: str
    principal: Principal

    def read_by(self, key: ApiKey, now: float) -> Principal:
        """Who `key` speaks for. Raises InvalidToken `key_unknown`, `key_expired`."""
        if not compare_digest(self.digest, key.digest):
            raise InvalidToken("key_unknown")
        if now >= self.principal.expires:
            raise InvalidToken("key_expired")
        return self.principal


class ApiKeys:
    """The keys of one isolate."""

    def __init__(
        self,
        prefix: str,
        platform: Platform,
        is_revoked: Callable[[Principal], bool],
    ) -> None:
        """`is_revoked` is asked at every use: by an owner, a key's id or when it was made, keys are taken back, too."""
        self._prefix = prefix
        self._mark = f"{prefix}_"
        self._store = platform.keys
        self._clock = platform.clock
        self._log = platform.log
        self._is_revoked = is_revoked
        self._records: OrderedDict[str, tuple[Record | None, float]] = OrderedDict()

    def is_one(self, credential: str) -> bool:
        """Whether a credential is meant as a key."""
        return credential.startswith(self._mark)

    def read(self, credential: str) -> ApiKey:
        """The key that is written so. Raises InvalidToken `key_malformed`."""
        key = read_key(credential, self._prefix)
        if key is None:
            raise InvalidToken("key_malformed")
        return key

    def recall(self, key: ApiKey) -> Principal | None:
        """Who `key` speaks for, if its record is remembered; None if it must be looked up. Raises InvalidToken."""
        now = self._clock()
        found = self._records.get(key.id)
        if found is None or now >= found[1]:
            return None
        self._records.move_to_end(key.id)
        return self._judged(found[0], key, now)

    async def look_up(self, key: ApiKey) -> Principal:
        """Who `key` speaks for, as KV has it. Raises InvalidToken, StoreFailed."""
        if self._store is None:
            raise StoreFailed("no namespace is bound as KEYS")
        text = await self._store.get_text(STORE_PREFIX + key.id, timeout=LOOKUP_TIMEOUT)
        record = None if text is None else self._record(key.id, text)
        now = self._clock()
        self._records[key.id] = (record, now + (UNKNOWN_FRESH if record is None else RECORD_FRESH))
        self._records.move_to_end(key.id)
        if len(self._records) > REMEMBERED:
            self._records.popitem(last=False)
        return self._judged(record, key, now)

    def _record(self, id: str, text: str) -> Record | None:
        try:
            return read_record(id, text)
        except (ValueError, RecursionError, InvalidToken) as error:
            self._log("api_key_unreadable", key=id, error=str(error))
            return None

    def _judged(self, record: Record | None, key: ApiKey, now: float) -> Principal:
        """The same answer for an id that nobody has and for a secret that is not its own. Raises InvalidToken."""
        if record is None:
            raise InvalidToken("key_unknown")
        principal = record.read_by(key, now)
        if self._is_revoked(principal):
            raise InvalidToken("revoked")
        return principal


def read_record(id: str, text: str) -> Record:
    """What is stored of the key `id`. Raises ValueError, RecursionError, InvalidToken."""
    if len(text) > LONGEST_RECORD:
        raise ValueError("is too long")
    said = strictjson.loads(text.encode())
    if not isinstance(said, dict) or said.get("id") != id:
        raise ValueError("is another key's")
    known = said.get("sha256")
    if not isinstance(known, str) or len(known) != 64 or not known.isascii():
        raise ValueError("has no digest")
    owner = id_text(said.get("owner"))
    if owner is None:
        raise ValueError("has no owner")
    roles, scopes = (_names(said, member) for member in ("roles", "scopes"))
    end, made = _time(said.get("expires")), _time(said.get("created"))
    marks = Marks(owner, id, made)
    expires = inf if end is None else end
    return Record(known, Principal(KEY_ISSUER, owner, roles, frozenset(scopes), expires, marks=marks))


def write_record(key: ApiKey, public: Mapping[str, Any]) -> str:
    """The record of a new key; `public` has its owner, roles, scopes, `created` and `expires`."""
    return json.dumps({"id": key.id, "sha256": key.digest, **public}, ensure_ascii=False)


def _names(stored: Mapping[str, Any], member: str) -> tuple[str, ...]:
    value = stored.get(member, [])
    if not is_list_of_strings(value):
        raise ValueError(f"has {member} that are no list of texts")
    return tuple(dict.fromkeys(clean(name) for name in value if name))


def _time(value: Any) -> float | None:
    """Seconds since 1970, where there are any."""
    if value is None:
        return None
    if type(value) not in (int, float) or value < 0:
        raise ValueError("has a time that is none")
    return float(value)
