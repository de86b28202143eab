"""What the tests of the cache ask: how an answer came about, and what is in KV."""

import httpx

from devtools.runtime.runner import Gateway
from tests.worker.patience import until


def cache_status(response: httpx.Response) -> str:
    """Our `Cache-Status` without the name and the key, which say nothing to a reader of tests."""
    members = response.headers.get("cache-status", "").removeprefix("gatehouse; ").split("; ")
    return "; ".join(member for member in members if not member.startswith("key="))


def stored_names(gateway: Gateway, count: int = 0) -> set[str]:
    """The names of all stored responses, once there are so many: they are written when the client has its answer."""
    return until(lambda: {key["name"] for key in gateway.kv_list("cache2:")}, lambda names: len(names) >= count)
