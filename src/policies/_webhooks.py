"""What the schemes of signed webhooks have in common: a time that is not far off, one of several HMACs that fits."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from pydantic import Field

import policy
from policy import Call, Response

SECONDS: Final = re.compile(r"[0-9]{1,12}")


class Settings(policy.Settings):
    secrets: tuple[policy.Secret, ...] = Field(min_length=1)
    """Two while one takes the other's place."""
    tolerance: int = Field(300, ge=1, le=3600)
    """Seconds that the time in a signature may be off, either way: whoever records a request can send it again for so
    long."""


def is_current(timestamp: str, call: Call) -> bool:
    """Whether a signature was made about now."""
    settings: Settings = call.settings
    return bool(SECONDS.fullmatch(timestamp)) and abs(call.now - int(timestamp)) <= settings.tolerance


def fits(keys: Iterable[bytes], signed: bytes, signatures: Iterable[bytes]) -> bool:
    """Whether one of the signatures is the HMAC-SHA256 of `signed` under one of the keys. Takes as long whichever."""
    expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    found = False
    for signature in signatures:
        for digest in expected:
            found |= hmac.compare_digest(digest, signature)
    return found


def refused(call: Call, reason: str) -> Response:
    """401, with the reason in the log alone: whoever tries signatures learns nothing of them."""
    call.log(refused=reason)
    return call.problem(401, "webhook_refused", "The request is not signed as its sender signs.")
