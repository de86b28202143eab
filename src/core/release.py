"""Which release this is, and how the gateway names itself to those it asks something of its own."""

from typing import Final

VERSION: Final = "0.1.0"
"""Of the gateway; the same as in pyproject.toml."""

USER_AGENT: Final = f"gatehouse/{VERSION}"
"""`User-Agent` of every request that is not a client's (RFC 9110 section 10.1.5): providers count and block by it."""
