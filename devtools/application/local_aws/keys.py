"""What the application on this machine shares with the gateway in front of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from devtools.application.local_aws.emulator import ACCOUNT
from devtools.application.local_aws.signatures import AccessKey

PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:user/gatehouse"
"""Whom the local access key belongs to."""


@dataclass(frozen=True)
class Keys:
    """The IAM access key of `sign = "sigv4"`, the secrets of "hmac"."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    secret: str = field(repr=False)
    next_secret: str | None = field(default=None, repr=False)
    purge_token: str = field(default="", repr=False)
    """The application's credential for the gateway's purge endpoint."""

    @property
    def access_key(self) -> AccessKey:
        return AccessKey(self.access_key_id, self.secret_access_key, PRINCIPAL)
