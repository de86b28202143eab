"""Tells the origin which tenant's host was asked: `acme.tenants.example.com` -> `x-tenant: acme`.

    POLICIES = { tenant = { domain = "tenants.example.com" } }

Every other host is 404 `no_tenant`. With `field` the origin finds the tenant under another name.
"""

import policy
from policy import Call, Response


class Settings(policy.Settings):
    domain: str
    """What follows the tenant's name in the host."""
    field: str = "x-tenant"


def on_request(call: Call) -> Response | None:
    settings: Settings = call.settings
    host = call.request.host.lower().partition(":")[0].removesuffix(".")
    tenant, _, domain = host.partition(".")
    if domain != settings.domain or not tenant:
        return call.problem(404, "no_tenant", "No tenant has this host.")
    call.request.headers[settings.field] = tenant
    return None
