"""Lets through what is signed by the Standard Webhooks specification, and nothing else (standardwebhooks.com, 1.0).

    POLICIES = { standard_webhook = { secrets = ["WEBHOOK_SECRET", "WEBHOOK_SECRET_NEXT"] } }

    webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek
    webhook-timestamp: 1614265330
    webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= v1a,…

A signature is the HMAC-SHA256 of `id.timestamp.content` in base64; a secret is base64, `whsec_` before it. `v1a`, by
public key, counts for nothing here.
"""

import re
from base64 import b64decode
from typing import Final, Self

from pydantic import model_validator

from policies import _webhooks
from policy import Call, Response

MESSAGE_ID: Final = re.compile(r"[!-\-/-~]{1,256}")
"""Visible ASCII without ".", which parts what is signed."""
SIGNATURE: Final = re.compile(r"[A-Za-z0-9+/]{43}=")
MOST_SIGNATURES: Final = 16
LONGEST_HEADER: Final = 2048
PREFIX: Final = "whsec_"
SHORTEST_KEY: Final = 16
"""Bytes. The specification asks for 24 to 64 and has examples of other lengths."""


class Settings(_webhooks.Settings):
    @model_validator(mode="after")
    def _secrets_are_base64(self) -> Self:
        for secret in self.secrets:
            try:
                long_enough = len(key(secret.value)) >= SHORTEST_KEY
            except ValueError:
                long_enough = False
            if not long_enough:
                raise ValueError(f"secrets: {secret.name} is not base64 of at least {SHORTEST_KEY} bytes")
        return self


async def on_request(call: Call) -> Response | None:
    settings: Settings = call.settings
    headers = call.request.headers
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    header = headers.get("webhook-signature", "")
    if len(header) > LONGEST_HEADER or not MESSAGE_ID.fullmatch(message_id):
        return _webhooks.refused(call, "malformed")
    versions = [item.partition(",") for item in header.split(" ")]
    signatures = [b64decode(value) for version, _, value in versions if version == "v1" and SIGNATURE.fullmatch(value)]
    if not 0 < len(signatures) <= MOST_SIGNATURES:
        return _webhooks.refused(call, "malformed")
    if not _webhooks.is_current(timestamp, call):
        return _webhooks.refused(call, "time")
    signed = f"{message_id}.{timestamp}.".encode() + await call.request.content()
    if not _webhooks.fits([key(secret.value) for secret in settings.secrets], signed, signatures):
        return _webhooks.refused(call, "signature")
    return None


def key(secret: str) -> bytes:
    """The key that a secret stands for. Raises ValueError."""
    text = secret.removeprefix(PREFIX).rstrip("=")
    return b64decode(text + "=" * (-len(text) % 4), validate=True)
