"""`/_gatehouse/revocations`: credentials that are taken back before they expire, made, listed and lifted.

A revocation that names an issuer whom nobody knows, or a moment in another unit, would take back nothing and say so to
nobody. So what is sent is compared with what there is, and the answer shows it as it was understood.
"""

import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, model_validator

from auth import LONGEST_MARK, REVOKED, Issuers, Revocation
from core.flags import LONGEST_SECONDS, METADATA_BYTES, MOST, Flags
from core.ports import StoreFailed
from core.problems import Problem
from endpoints.contents import Misread, read_as

CLOCKS_DIFFER: Final = 60.0
"""Seconds by which `issued_before` may be ahead of the gateway's clock."""

LATEST: Final = 253_402_300_800
"""First second of the year 10000: what is beyond is in milliseconds."""

Moment = StrictInt | StrictFloat | StrictStr
"""Seconds since 1970, or a date and time of RFC 3339 with its offset."""
MOMENT_FAULT: Final = "must be seconds since 1970, or a date and time with its offset: 2027-01-15T08:00:00Z"
MOMENTS: Final = {"issued_before": MOMENT_FAULT, "until": MOMENT_FAULT}
"""What is wrong with a member that has another type."""
Name = StrictStr | StrictInt


class RevocationRequest(BaseModel):
    """What to take back: everything of a `subject`, one token by its `token_id`, or what was `issued_before`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=True)

    subject: Name | None = Field(
        None, description="`sub`, or the id that origins are told; with `issued_before`, of older tokens alone."
    )
    token_id: Name | None = Field(None, description="`jti`.")
    issued_before: Moment | None = Field(
        None, description="Tokens with an earlier `iat`, or none: seconds since 1970, or RFC 3339."
    )
    issuer: StrictStr | None = Field(
        None, description="`iss`; null for tokens without one. May be left out where there is one issuer."
    )
    until: Moment | None = Field(
        None, description="When the revocation ends: the longest life of a token from now is enough. 366 days at most."
    )

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        named = (self.token_id is not None) + (self.subject is not None or self.issued_before is not None)
        if named != 1:
            raise ValueError("name subject, token_id or issued_before; subject and issued_before may stand together")
        return self


async def revoke(content: bytes, flags: Flags, issuers: Issuers, now: float) -> dict[str, Any]:
    """Take back what `content` names; gives the revocation, as it was understood.

    Raises the problems 400 `invalid_revocation`, 409 `too_many_revocations` and 503 `store_unavailable`.
    """
    revocation = read(content, issuers, now)
    if flags.is_full:
        detail = f"There are {MOST} already, which is all that can be listed: lift some, or revoke by issued_before."
        raise Problem(409, "too_many_revocations", detail)
    await _stored(lambda: flags.raised(REVOKED, revocation.id, revocation.said()))
    return _shown(revocation.id, revocation.said())


async def revocations(flags: Flags) -> dict[str, Any]:
    """Those in force, the newest first. Raises the problem 503 `store_unavailable`."""
    found = await _stored(lambda: flags.listed(REVOKED))
    shown = [_shown(name, said) for name, said in found.items()]
    return {"revocations": sorted(shown, key=lambda one: (-one["made"], one["id"]))}


async def lift(name: str, flags: Flags) -> None:
    """Let the revocation `name` be none. Raises the problems 404 `not_found` and 503 `store_unavailable`."""
    if not (name.isascii() and name.isalnum() and await _stored(lambda: flags.lowered(REVOKED, name))):
        raise Problem(404, "not_found", "There is no revocation with this id; it may have ended.")


def read(content: bytes, issuers: Issuers, now: float) -> Revocation:
    """The revocation that `content` asks for. Raises the problem 400 `invalid_revocation`."""
    try:
        wanted = read_as(RevocationRequest, content)
    except Misread as error:
        fault = MOMENTS.get(error.member) or error.fault.removeprefix("Value error, ")
        raise _invalid(error.member, fault) from None
    revocation = Revocation(
        _issuer(wanted, issuers),
        _until(wanted.until, now),
        float(int(now)),
        _name("subject", wanted.subject),
        _name("token_id", wanted.token_id),
        _issued_before(wanted.issued_before, now),
    )
    if len(json.dumps(revocation.said(), ensure_ascii=False).encode("utf-8", "surrogatepass")) > METADATA_BYTES:
        raise _invalid("body", f"the names are too long together: an entry of the store has {METADATA_BYTES} bytes")
    return revocation


def _issuer(wanted: RevocationRequest, issuers: Issuers) -> str | None:
    if "issuer" not in wanted.model_fields_set:
        if issuers.only is None:
            raise _invalid("issuer", "name the one whose tokens are meant; null means tokens without iss")
        return issuers.only.exact
    if issuers.has(wanted.issuer):
        return wanted.issuer
    raise _invalid("issuer", "no entry of ISSUERS takes tokens with exactly this iss; null means tokens without one")


def _name(field: str, value: str | int | None) -> str | None:
    """An integer as its decimal text, as it is read in tokens."""
    if value is None:
        return None
    text = str(value)
    if not 1 <= len(text) <= LONGEST_MARK:
        raise _invalid(field, f"must have 1 to {LONGEST_MARK} characters")
    if not text.isprintable():
        raise _invalid(field, "holds a character that is none of a name")
    return text


def _issued_before(value: int | float | str | None, now: float) -> float | None:
    """Not of the future: until then nobody could sign in again, and nobody lift it."""
    moment = None if value is None else _moment("issued_before", value)
    if moment is not None and moment > now + CLOCKS_DIFFER:
        raise _invalid("issued_before", "is in the future: every token would be refused until then, operators' as well")
    return moment


def _until(value: int | float | str | None, now: float) -> float:
    """The longest there is where none is named: what ends too early lets in again whoever was to stay out."""
    moment = float(int(now) + LONGEST_SECONDS) if value is None else _moment("until", value)
    if moment <= now:
        raise _invalid("until", "is in the past")
    if moment > now + LONGEST_SECONDS:
        raise _invalid("until", f"is more than {LONGEST_SECONDS // 86_400} days ahead")
    return moment


def _moment(field: str, value: int | float | str) -> float:
    """Seconds since 1970."""
    seconds = _seconds(value) if isinstance(value, str) else value
    if seconds is None or not 0 <= seconds < LATEST:
        raise _invalid(field, MOMENT_FAULT)
    return float(seconds)


def _seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()


def _shown(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": name, **said}


def _invalid(field: str, fault: str) -> Problem:
    return Problem(400, "invalid_revocation", f"{field}: {fault}.", field=field)


async def _stored(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    try:
        return await work()
    except StoreFailed:
        raise Problem(
            503, "store_unavailable", "The store does not answer; repeat the request.", headers={"retry-after": "5"}
        ) from None
