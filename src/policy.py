'''What people's own Python between request and answer imports: this, and nothing else of the gateway.

A module of `src/policies/`, named in a route's `policies`:

    """Tells the origin whose subdomain was asked."""

    from policy import Call, Response

    def on_request(call: Call) -> Response | None:
        call.request.headers["x-tenant"] = call.request.host.partition(".")[0]
        return None

    def on_response(call: Call, response: Response) -> Response | None:
        response.headers["x-served-for"] = call.locale.country
        return None

Either function may be missing, and either may be `async`, to read a content or to ask others: `await call.fetch(…)`.
A `Response` answers at once, None goes on. docs/policies.md has the whole.
'''

from core.ports import FetchFailed, FetchTimeout, StoreFailed
from policing.calls import Call, Lines
from policing.fetching import Fetched, Fetching
from policing.requests import Request
from policing.responses import Response
from policing.stores import MemoryStore, Store
from policing.values import Locale, Principal, Secret, Settings

__all__ = [
    "Call",
    "FetchFailed",
    "FetchTimeout",
    "Fetched",
    "Fetching",
    "Lines",
    "Locale",
    "MemoryStore",
    "Principal",
    "Request",
    "Response",
    "Secret",
    "Settings",
    "Store",
    "StoreFailed",
]
