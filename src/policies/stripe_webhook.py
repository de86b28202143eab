"""Lets through what Stripe has signed, and nothing else (docs.stripe.com/webhooks, "Verify webhook signatures").

    POLICIES = { stripe_webhook = { secrets = ["STRIPE_WEBHOOK_SECRET"] } }

    Stripe-Signature: t=1492774577,v1=5257a869…,v0=6ffbb59b…

A signature is the HMAC-SHA256 of `t.content` under the endpoint's secret, in hexadecimal. While a secret is rolled
there are several `v1`; `v0` is for tests alone and counts for nothing.
"""

import re
from typing import Final

from policies import _webhooks
from policy import Call, Response

HEX: Final = re.compile(r"[0-9a-f]{64}")
MOST_SIGNATURES: Final = 16
LONGEST_HEADER: Final = 2048

Settings = _webhooks.Settings


async def on_request(call: Call) -> Response | None:
    settings: Settings = call.settings
    header = call.request.headers.get("stripe-signature", "")
    if len(header) > LONGEST_HEADER:
        return _webhooks.refused(call, "too long")
    pairs = [item.strip().partition("=") for item in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [bytes.fromhex(value) for name, _, value in pairs if name == "v1" and HEX.fullmatch(value)]
    if len(times) != 1 or not 0 < len(signatures) <= MOST_SIGNATURES:
        return _webhooks.refused(call, "malformed")
    if not _webhooks.is_current(times[0], call):
        return _webhooks.refused(call, "time")
    signed = times[0].encode() + b"." + await call.request.content()
    if not _webhooks.fits([secret.value.encode() for secret in settings.secrets], signed, signatures):
        return _webhooks.refused(call, "signature")
    return None
