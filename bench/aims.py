"""What Gatehouse set out to cost, case by case. `targets.py` says what a run makes of it."""

from typing import Final

LESS_THAN_FASTAPI: Final = {True: 6.0, False: 10.0}
"""Whether something is forwarded -> how many times."""
OF_HONO: Final = {"geo": 2.0, "hs256": 1.9, "public_1k": 1.05, "mine": 1.05, "refused": 2.0, "refused_new": 2.0}
"""Case -> how many times Hono's CPU at most, with what production's runtime does around a request."""
OF_HONO_SHORT: Final = {
    "geo": 1.5,
    "hs256": 1.6,
    "rs256": 1.0,
    "public_1k": 0.95,
    "public_64k": 0.9,
    "public_1m": 1.3,
    "mine": 0.95,
    "refused": 1.5,
    "refused_new": 1.5,
    "stream": 1.3,
}
"""The same without that."""
