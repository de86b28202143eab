"""Times as texts."""

from datetime import UTC, datetime


def time_text(seconds: float) -> str:
    """RFC 3339, UTC, milliseconds: sorts as text. `seconds` since 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
