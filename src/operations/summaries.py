"""The hourly summary: what the cron trigger makes of the counts, and whom it tells.

Every hour leaves one `summary` line. When a threshold of `SUMMARY` is crossed the line says which, and the webhook, if
there is one, gets the same as JSON.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from core.messages import Request
from core.ports import FetchFailed, Platform, StoreFailed
from core.release import USER_AGENT
from operations.settings import SummarySettings
from operations.tally import HOUR, Counts, gathered

TIMEOUT: Final = 5.0
"""Seconds for the listing, and for the webhook."""

SETTLING: Final = 300.0
"""Seconds after the end of an hour until its counts have arrived; the next tick after that sums it up."""


def due_hour(now: float, every: float = 300.0) -> int | None:
    """The hour (since 1970) to sum up at a tick of a trigger that fires every `every` seconds, if there is one."""
    into = now % HOUR
    return int(now // HOUR) - 1 if SETTLING <= into < SETTLING + every else None


def crossed(counts: Counts, limits: SummarySettings) -> list[str]:
    """Which thresholds an hour crossed, in words."""
    summary = counts.summary()
    found = []
    if counts.requests >= limits.min_requests:
        if limits.error_rate is not None and summary["error_rate"] > limits.error_rate:
            found.append(f"error_rate {summary['error_rate']:g} > {limits.error_rate:g}")
        if limits.hit_ratio is not None and (summary["hit_ratio"] or 0.0) < limits.hit_ratio:
            found.append(f"hit_ratio {summary['hit_ratio'] or 0:g} < {limits.hit_ratio:g}")
    if limits.usd is not None and summary["estimated_usd"] > limits.usd:
        found.append(f"estimated_usd {summary['estimated_usd']:g} > {limits.usd:g}")
    return found


async def summarise(hour: int, environment: str, limits: SummarySettings, platform: Platform) -> None:
    """Log the summary of an hour, and tell the webhook when a threshold was crossed. Never raises."""
    if platform.store is None:
        return
    try:
        counts = await gathered(platform.store, hour, TIMEOUT)
    except StoreFailed as error:
        platform.log("store_failed", during="summary", error=str(error))
        return
    thresholds = crossed(counts, limits)
    line = {"environment": environment, "hour": _iso(hour), **counts.summary(), "crossed": thresholds}
    platform.log("summary", **line)
    if thresholds and limits.webhook is not None:
        await _tell(limits.webhook, line, platform)


async def _tell(webhook: str, line: dict[str, Any], platform: Platform) -> None:
    parts = urlsplit(webhook)
    headers = {"content-type": "application/json", "user-agent": USER_AGENT}
    request = Request(
        "POST", parts.scheme, parts.netloc, parts.path or "/", parts.query, headers, body=json.dumps(line)
    )
    try:
        response = await platform.fetch(request, timeout=TIMEOUT)
    except FetchFailed as error:
        platform.log("webhook_failed", error=str(error))
        return
    if response.status >= 300:
        platform.log("webhook_failed", status=response.status)


def _iso(hour: int) -> str:
    return datetime.fromtimestamp(hour * HOUR, UTC).isoformat()
