"""Tokens as providers make them, by their documentation, with placeholders for people: for local work, and for tests.

`SHAPES["cognito"]` is the entry of ISSUERS that a reader of docs/authentication.md would write, and what such a token
says. Nothing here is anybody's: the tenants, projects and clients are made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

TENANT: Final = "11111111-2222-3333-4444-555555555555"
CLIENT: Final = "local-client"
API: Final = "https://api.example"


@dataclass(frozen=True)
class Shape:
    """One kind of token of one provider."""

    entry: Mapping[str, Any]
    """The entry of ISSUERS, without keys."""
    claims: Mapping[str, Any]
    """Beside `iat` and `exp`."""
    algorithm: str = "RS256"
    header: Mapping[str, Any] = field(default_factory=dict)


SHAPES: Final[Mapping[str, Shape]] = {
    "auth0": Shape(
        {"preset": "auth0", "domain": "local.eu.auth0.com", "audience": [API]},
        {"iss": "https://local.eu.auth0.com/", "sub": "auth0|0123456789abcdef01234567", "azp": CLIENT,
         "aud": [API, "https://local.eu.auth0.com/userinfo"], "scope": "openid profile", "permissions": ["read:users"]},
    ),
    "cognito": Shape(
        {"preset": "cognito", "region": "eu-west-1", "user_pool": "eu-west-1_Local1234", "clients": [CLIENT]},
        {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Local1234", "token_use": "access",
         "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "client_id": CLIENT, "username": "ada",
         "scope": "openid profile", "cognito:groups": ["admin"]},
    ),
    "entra": Shape(
        {"preset": "entra", "tenant": TENANT, "audience": [CLIENT]},
        {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "tid": TENANT, "aud": CLIENT, "ver": "2.0",
         "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "oid": "99999999-8888-7777-6666-555555555555",
         "azp": "calling-client", "scp": "Users.Read", "roles": ["admin"]},
    ),
    "entra-tenants": Shape(
        {"preset": "entra", "tenants": [TENANT], "audience": [CLIENT]},
        {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "tid": TENANT, "aud": CLIENT, "ver": "2.0",
         "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "roles": ["admin"]},
    ),
    "entra-any": Shape(
        {"preset": "entra", "tenants": ["*"], "audience": [CLIENT]},
        {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "tid": TENANT, "aud": CLIENT, "ver": "2.0",
         "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "scp": "Users.Read"},
    ),
    "keycloak": Shape(
        {"preset": "keycloak", "url": "https://sso.example", "realm": "main", "audience": ["account"]},
        {"iss": "https://sso.example/realms/main", "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "aud": "account",
         "typ": "Bearer", "azp": CLIENT, "realm_access": {"roles": ["admin", "offline_access"]},
         "scope": "profile email", "preferred_username": "ada"},
    ),
    "okta": Shape(
        {"preset": "okta", "domain": "local.okta.com"},
        {"iss": "https://local.okta.com/oauth2/default", "sub": "ada@example.com", "aud": "api://default", "ver": 1,
         "cid": CLIENT, "uid": "00u0000000000000000", "scp": ["openid", "profile"], "groups": ["admin"]},
    ),
    "firebase": Shape(
        {"preset": "firebase", "project": "local-project"},
        {"iss": "https://securetoken.google.com/local-project", "sub": "AbCdEfGhIjKlMnOpQrStUvWxYz12", "role": "admin",
         "aud": "local-project", "user_id": "AbCdEfGhIjKlMnOpQrStUvWxYz12", "auth_time": 1_700_000_000,
         "firebase": {"identities": {}, "sign_in_provider": "password"}},
    ),
    "supabase": Shape(
        {"preset": "supabase", "project": "localprojectref"},
        {"iss": "https://localprojectref.supabase.co/auth/v1", "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
         "aud": "authenticated", "role": "authenticated", "aal": "aal1", "session_id": "local", "is_anonymous": False},
        "ES256",
    ),
    "supabase-secret": Shape(
        {"preset": "supabase", "project": "localprojectref", "secret": "JWT_SECRET"},
        {"iss": "https://localprojectref.supabase.co/auth/v1", "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
         "aud": "authenticated", "role": "authenticated", "aal": "aal1", "session_id": "local"},
        "HS256",
    ),
    "clerk": Shape(
        {"preset": "clerk", "domain": "local.clerk.accounts.dev", "azp": ["https://app.example"]},
        {"iss": "https://local.clerk.accounts.dev", "sub": "user_0123456789abcdefghijklmnopq", "sid": "sess_local",
         "azp": "https://app.example", "v": 2, "o": {"id": "org_local", "rol": "admin", "slg": "local"}},
    ),
    "google": Shape(
        {"preset": "google", "clients": [f"{CLIENT}.apps.googleusercontent.com"]},
        {"iss": "https://accounts.google.com", "sub": "100000000000000000000", "email": "ada@example.com",
         "aud": f"{CLIENT}.apps.googleusercontent.com", "azp": f"{CLIENT}.apps.googleusercontent.com",
         "email_verified": True},
    ),
    "zitadel": Shape(
        {"preset": "zitadel", "domain": "local-instance.zitadel.cloud", "project": "123456789012345678"},
        {"iss": "https://local-instance.zitadel.cloud", "sub": "234567890123456789", "client_id": CLIENT,
         "aud": ["345678901234567890@local", "123456789012345678"],
         "urn:zitadel:iam:org:project:roles": {"admin": {"456789012345678901": "local.zitadel.cloud"}}},
    ),
    "apple": Shape(
        {"preset": "apple", "clients": ["com.example.app"]},
        {"iss": "https://appleid.apple.com", "sub": "000000.0123456789abcdef0123456789abcdef.0000",
         "aud": "com.example.app", "email": "ada@example.com", "email_verified": True, "nonce_supported": True},
    ),
    "cloudflare-access": Shape(
        {"preset": "cloudflare-access", "team": "local", "audience": ["0" * 64]},
        {"iss": "https://local.cloudflareaccess.com", "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
         "aud": ["0" * 64], "email": "ada@example.com", "type": "app", "country": "PT"},
    ),
    "cloudflare-access-service": Shape(
        {"preset": "cloudflare-access", "team": "local", "audience": ["0" * 64]},
        {"iss": "https://local.cloudflareaccess.com", "sub": "", "aud": ["0" * 64], "type": "app",
         "common_name": "0123456789abcdef0123456789abcdef.access"},
    ),
}  # fmt: skip
"""Name for `devtools token --like` -> the token."""
