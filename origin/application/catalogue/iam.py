"""The password that IAM makes for a database: a signed request to connect, good for fifteen minutes.

The same as `generate_db_auth_token` of boto3's RDS client, without that client's description of all of RDS, which is
not deployed. Source: Amazon RDS User Guide, "Connecting to your DB instance using IAM authentication".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import NoCredentialsError
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from application.catalogue.database import Password

if TYPE_CHECKING:
    import boto3
    from sqlalchemy.engine import URL

GOOD_FOR = 900
"""Seconds, to connect; a connection that was made stays. Signing is no call, so every connection gets its own."""


def database_token(session: boto3.Session, url: URL) -> Password:
    """Makes tokens for the user and the address of `url`, with the credentials that the session has at the time."""

    def token() -> str:
        address = f"{url.host}:{url.port or 3306}"
        asked = f"https://{address}/?Action=connect&DBUser={url.username}"
        credentials, events = session.get_credentials(), session.events
        if credentials is None:
            raise NoCredentialsError
        signer = RequestSigner(ServiceId("rds-db"), session.region_name, "rds-db", "v4", credentials, events)
        request = {
            "url_path": "/",
            "query_string": "",
            "headers": {},
            "body": {},
            "method": "GET",
            "url": asked,
            "context": {},
        }
        signed: str = signer.generate_presigned_url(request, "connect", expires_in=GOOD_FOR)
        return signed.removeprefix("https://")

    return token
