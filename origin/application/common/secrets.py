"""Secrets, as functions come by them: from Secrets Manager, read again now and then, so rotation needs no deploy.

ORIGIN_SECRET_ARN                  a secret {"current": "…", "next": "…"}; `next` may be missing
ORIGIN_SECRET, ORIGIN_SECRET_NEXT  the secrets themselves, where there is no Secrets Manager
ORIGIN_HOSTS                       names under which the gateway reaches the function, with "," between them; without
                                   it, the domain by which AWS says that a request came
"""

from collections.abc import Mapping

from aws_lambda_powertools.utilities import parameters

from application.common.caller import Secrets

SECRET_REREAD_AFTER = 300
"""Seconds; a rotated secret is known everywhere this soon."""


def origin_secrets(environ: Mapping[str, str]) -> Secrets:
    """Where the secrets shared with the gateway come from."""
    arn = environ.get("ORIGIN_SECRET_ARN")
    if not arn:
        return lambda: _filled(environ.get("ORIGIN_SECRET"), environ.get("ORIGIN_SECRET_NEXT"))

    def from_secrets_manager() -> list[str]:
        kept = parameters.get_secret(arn, transform="json", max_age=SECRET_REREAD_AFTER)
        return _filled(kept.get("current"), kept.get("next"))

    return from_secrets_manager


def origin_hosts(environ: Mapping[str, str]) -> list[str]:
    """What the gateway signs is signed for one of these, where AWS does not say it."""
    return _filled(*environ.get("ORIGIN_HOSTS", "").split(","))


def _filled(*secrets: str | None) -> list[str]:
    return [secret for secret in secrets if secret]
