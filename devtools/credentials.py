"""Which variables of the environment are credentials of a deployment, and which programs are given them.

Whatever is installed, built, linted or tested on the way to a deployment runs code of others, which could then deploy,
too. Credentials are for the command that deploys alone.

Runs on a bare Python, within the standard library; the Makefile has the same names, and a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NAMES = frozenset(
    {
        "CLOUDFLARE_API_TOKEN",
        "CLOUDFLARE_API_KEY",
        "CLOUDFLARE_API_USER_SERVICE_KEY",
        "CLOUDFLARE_EMAIL",
        "CLOUDFLARE_ACCESS_CLIENT_SECRET",
        "CF_API_TOKEN",
        "CF_API_KEY",
        "CF_EMAIL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "GH_TOKEN",
        "GITHUB_TOKEN",
        "REFRESH_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
    }
)

TRUSTED = frozenset({"wrangler", "pywrangler", "sam", "aws", "gh"})
"""Programs that deploy, or work on what is deployed."""


def without(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without credentials."""
    return {name: value for name, value in environment.items() if name not in NAMES}


def for_program(argv: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` for a program: with credentials where it is one that deploys, `uv run` before it or not."""
    program, *rest = argv
    if program == "uv" and rest[:1] == ["run"]:
        program = next((word for word in rest[1:] if not word.startswith("-")), program)
    return dict(environment) if program in TRUSTED else without(environment)
