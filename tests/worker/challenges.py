"""The challenge of a refusal, and the address of what says whose tokens are taken (RFC 9728), which stands in each."""

import re

import httpx

WELL_KNOWN = "/.well-known/oauth-protected-resource"
NAMED = re.compile(r'(Bearer realm="gatehouse"), resource_metadata="([^"\s]+)"')


def metadata_url(response: httpx.Response) -> str:
    """Where the metadata of what was asked for are."""
    asked = response.request.url
    return f"{asked.scheme}://{asked.netloc.decode()}{WELL_KNOWN}{asked.raw_path.decode().partition('?')[0]}"


def challenge_of(response: httpx.Response) -> str | None:
    """Its challenge without that address, which must be the one of what was asked for."""
    challenge = response.headers.get("www-authenticate")
    if challenge is None:
        return None
    found = NAMED.match(challenge)
    assert found is not None, challenge
    assert found[2] == metadata_url(response)
    return str(found[1] + challenge[found.end() :])
