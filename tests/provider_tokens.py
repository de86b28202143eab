"""What is made of the tokens of `devtools/identity/shapes.py`, and those that are nearly so: tables for the tests."""

from collections.abc import Mapping
from typing import Any, Final

SEEN: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "auth0": ("auth0|0123456789abcdef01234567", ()),
    "cognito": ("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ("admin",)),
    "entra": ("AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", ("admin",)),
    "entra-tenants": ("AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", ("admin",)),
    "entra-any": ("AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", ()),
    "keycloak": ("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ("admin", "offline_access")),
    "okta": ("ada@example.com", ("admin",)),
    "firebase": ("AbCdEfGhIjKlMnOpQrStUvWxYz12", ("admin",)),
    "supabase": ("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ("authenticated",)),
    "supabase-secret": ("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ("authenticated",)),
    "clerk": ("user_0123456789abcdefghijklmnopq", ("admin",)),
    "google": ("100000000000000000000", ()),
    "zitadel": ("234567890123456789", ("admin",)),
    "apple": ("000000.0123456789abcdef0123456789abcdef.0000", ()),
    "cloudflare-access": ("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", ()),
    "cloudflare-access-service": ("0123456789abcdef0123456789abcdef.access", ()),
}
"""Shape -> `x-user-id` and roles."""

_OTHER: Final = "99999999-2222-3333-4444-555555555555"
_LOGIN: Final = "https://login.microsoftonline.com"

NEARLY: Final[Mapping[str, list[tuple[dict[str, Any], str]]]] = {
    "auth0": [({"iss": "https://other.eu.auth0.com/"}, "issuer"), ({"aud": "local-client"}, "audience"),
              ({"iss": "https://local.eu.auth0.com"}, "issuer")],
    "cognito": [({"token_use": "id", "aud": "local-client"}, "claim"), ({"client_id": "other"}, "claim"),
                ({"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"}, "issuer")],
    "entra": [({"iss": f"{_LOGIN}/{_OTHER}/v2.0", "tid": _OTHER}, "issuer"), ({"aud": "other"}, "audience"),
              ({"iss": "https://sts.windows.net/11111111-2222-3333-4444-555555555555/"}, "issuer")],
    "entra-tenants": [({"iss": f"{_LOGIN}/{_OTHER}/v2.0", "tid": _OTHER}, "issuer"), ({"tid": _OTHER}, "issuer"),
                      ({"aud": "other"}, "audience")],
    "entra-any": [({"tid": _OTHER}, "issuer"), ({"iss": f"{_LOGIN}/a/b/v2.0"}, "issuer"),
                  ({"aud": "other"}, "audience")],
    "keycloak": [({"typ": "ID"}, "claim"), ({"aud": "other"}, "audience"),
                 ({"iss": "https://sso.example/realms/other"}, "issuer")],
    "okta": [({"aud": "local-client"}, "audience"), ({"iss": "https://local.okta.com"}, "issuer"),
             ({"iss": "https://other.okta.com/oauth2/default"}, "issuer")],
    "firebase": [({"iss": "https://securetoken.google.com/other"}, "issuer"), ({"aud": "other"}, "audience"),
                 ({"sub": ""}, "subject")],
    "supabase": [({"iss": "https://otherprojectref.supabase.co/auth/v1"}, "issuer"), ({"aud": "anon"}, "audience"),
                 ({"sub": None}, "subject")],
    "supabase-secret": [({"iss": "supabase"}, "claim"), ({"aud": "anon"}, "audience"), ({"sub": None}, "subject")],
    "clerk": [({"azp": "https://evil.example"}, "claim"), ({"azp": None}, "claim"),
              ({"iss": "https://other.clerk.accounts.dev"}, "issuer")],
    "google": [({"aud": "other.apps.googleusercontent.com"}, "audience"), ({"iss": "https://google.com"}, "issuer"),
               ({"iss": "https://accounts.google.com/"}, "issuer")],
    "zitadel": [({"aud": ["345678901234567890@local"]}, "audience"), ({"sub": None}, "subject"),
                ({"iss": "https://other.zitadel.cloud"}, "issuer")],
    "apple": [({"aud": "com.example.other"}, "audience"), ({"iss": "https://appleid.apple.com/"}, "issuer"),
              ({"sub": ""}, "subject")],
    "cloudflare-access": [({"aud": ["1" * 64]}, "audience"), ({"sub": ""}, "subject"),
                          ({"iss": "https://other.cloudflareaccess.com"}, "issuer")],
    "cloudflare-access-service": [({"common_name": ""}, "subject"), ({"aud": []}, "audience"),
                                  ({"iss": "https://other.cloudflareaccess.com"}, "issuer")],
}  # fmt: skip
"""Shape -> changes to its claims, and the reason of the refusal."""
