"""The configuration fails closed, and names every fault by its path."""

import json
from typing import Any

import pytest

from caching.settings import CacheSettings
from configuration.loading import load_settings
from configuration.settings import Settings
from core.faults import Misconfigured

SECRET = "a-secret-of-thirty-two-bytes-or-more"
ISSUER: dict[str, Any] = {"issuer": "https://id.example", "audience": ["api"], "algorithms": ["HS256"], "secret": "KEY"}
ROUTE: dict[str, Any] = {"path": "/api/*", "origin": "https://origin.example"}


def load(*routes: dict[str, Any], issuers: list[dict[str, Any]] | None = None, **variables: Any) -> Settings:
    given = {"ROUTES": list(routes), "KEY": SECRET, **variables}
    if issuers is not None:
        given["ISSUERS"] = issuers
    return load_settings(given, {"USERS"})


def faults(*routes: dict[str, Any], issuers: list[dict[str, Any]] | None = None, **variables: Any) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        load(*routes, issuers=issuers, **variables)
    return caught.value.faults


def test_an_empty_configuration_is_a_gateway_without_routes() -> None:
    settings = load_settings({}, set())
    assert settings.routes == ()
    assert settings.default_currency == "USD"


def test_structured_settings_are_accepted_as_values_and_as_json_strings() -> None:
    assert load(ROUTE | {"auth": "none"}) == load(ROUTES=json.dumps([ROUTE | {"auth": "none"}]))


def test_a_broken_json_string_is_named() -> None:
    assert faults(ROUTES="[{")[0].startswith("ROUTES: is not valid JSON")


def test_a_route_requires_authentication_unless_it_says_otherwise() -> None:
    assert load(ROUTE, issuers=[ISSUER]).routes[0].auth == "required"


def test_a_protected_route_without_an_issuer_is_a_fault() -> None:
    assert faults(ROUTE) == ["ROUTES[0].auth: 'required' needs an issuer; set ISSUERS or JWT_SECRET"]


def test_jwt_secret_alone_makes_the_original_functions_issuer() -> None:
    (issuer,) = load(ROUTE, JWT_SECRET=SECRET).issuers
    assert (issuer.issuer, issuer.audience, issuer.algorithms) == (None, (), ("HS256",))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"timeout_ms": 0}, "ROUTES[0].timeout_ms: "),
        ({"rolse": ["admin"]}, "ROUTES[0].rolse: there is no such setting; check its spelling"),
        ({"origin": "http://origin.example"}, "ROUTES[0].origin: must be an https:// URL"),
        ({"origin": "https://user:pw@origin.example"}, "ROUTES[0].origin: must name a host and carry no user"),
        ({"origin": "https://origin.example/?a=1"}, "ROUTES[0].origin: must not carry a query"),
        (
            {"origin": "https://origin.example/v1/../v2"},
            "ROUTES[0].origin: must have a normalised, percent-encoded path; ",
        ),
        (
            {"origin": "https://origin.example/caf%c3%a9"},
            "ROUTES[0].origin: must have a normalised, percent-encoded path; write '/caf%C3%A9'",
        ),
        ({"origin": "https://origin.example/a\tb"}, "ROUTES[0].origin: must be visible ASCII"),
        ({"origin": "https://bücher.example"}, "ROUTES[0].origin: must be visible ASCII"),
        ({"origin": "https://o%72igin.example"}, "ROUTES[0].origin: must name its host in plain ASCII (xn--…"),
        ({"origin": "https://origin.example:0443"}, "ROUTES[0].origin: must name its host in plain ASCII (xn--…"),
        ({"origin": "https://origin.example:/"}, "ROUTES[0].origin: must name its host in plain ASCII (xn--…"),
        ({"origin": "https://10.1"}, "ROUTES[0].origin: must name its host, or give the four decimal numbers"),
        ({"origin": "https://0x7f.0.0.1"}, "ROUTES[0].origin: must name its host, or give the four decimal numbers"),
        ({"origin": "https://10.0.0.01"}, "ROUTES[0].origin: must name its host, or give the four decimal numbers"),
        ({"origin": "binding:"}, "ROUTES[0].origin: must name a binding"),
        ({"origin": "binding:NOBODY"}, "ROUTES[0].origin: the Worker has no binding NOBODY"),
        ({"openapi": "/openapi/users.json"}, "ROUTES[0].openapi: the Worker has no binding ASSETS"),
        ({"openapi": "users.json"}, "ROUTES[0].openapi: must be the path of a static asset"),
        ({"openapi": "/../users.json"}, "ROUTES[0].openapi: must be the path of a static asset"),
        ({"openapi": "https://origin.example/openapi.json"}, "ROUTES[0].openapi: must be the path of a static asset"),
        ({"openapi": "/openapi/*"}, "ROUTES[0].openapi: must be the path of a static asset"),
        ({"path": "api"}, "ROUTES[0].path: must begin with '/'"),
        ({"path": "/a/*/b"}, "ROUTES[0].path: must begin with '/'"),
        ({"path": "/a/../b"}, "ROUTES[0].path: must be a normalised"),
        ({"path": "/a//b"}, "ROUTES[0].path: must be a normalised"),
        ({"path": "/caf%c3%a9/*"}, "ROUTES[0].path: must be a normalised, percent-encoded path; write '/caf%C3%A9'"),
        ({"path": "/café"}, "ROUTES[0].path: must be a normalised, percent-encoded path; write '/caf%C3%A9'"),
        ({"methods": ["GE T"]}, "ROUTES[0].methods: 'GE T' is not a method name"),
        ({"methods": ["CONNECT"]}, "ROUTES[0].methods: CONNECT cannot be forwarded"),
        ({"methods": []}, "ROUTES[0].methods: must name at least one method"),
        ({"strip_prefix": "/ap"}, "ROUTES[0]: strip_prefix '/ap' is not a leading part"),
        ({"roles": ["admin", ""]}, "ROUTES[0].roles: an empty role is nobody's"),
        ({"roles": ["admin\n"]}, "ROUTES[0].roles: 'admin\\n' holds a control character"),
        ({"auth": "none", "roles": ["admin"]}, "ROUTES[0]: roles, scopes and issuers need auth"),
        ({"auth": "none", "issuers": ["https://id.example"]}, "ROUTES[0]: roles, scopes and issuers need auth"),
        ({"issuers": []}, "ROUTES[0].issuers: must have at least one item"),
        ({"issuers": ["staff"]}, "ROUTES[0].issuers: no entry of ISSUERS has the name or the issuer 'staff'"),
        ({"issuers": ["https://id.example/"]}, "ROUTES[0].issuers: no entry of ISSUERS has the name or the issuer"),
        ({"issuers": [""]}, "ROUTES[0].issuers: no entry of ISSUERS has the name or the issuer ''"),
        ({"scopes": ['a"b']}, "ROUTES[0].scopes[0]: must be visible ASCII"),
        ({"sign": "hmac"}, "ROUTES[0].sign: 'hmac' needs the secret ORIGIN_SECRET"),
        ({"sign": "sigv4"}, "ROUTES[0].sign: 'sigv4' needs the secret AWS_ACCESS_KEY_ID"),
        (
            {"sign": "hmac", "max_body": 16 * 1024 * 1024 + 1},
            "ROUTES[0].max_body: what is signed is held, and 16777217 bytes are more than HELD_BYTES (16777216); lower",
        ),
        ({"auth": "none", "cache": {"partition": "user"}}, "ROUTES[0]: cache.partition needs auth"),
        ({"websocket": False, "websocket_token": True}, "ROUTES[0]: websocket_token needs websocket = true"),
        ({"websocket": {"idle": 5}}, "ROUTES[0].websocket.idle: there is no such setting; check its spelling"),
        ({"websocket": {"idle_s": 0}}, "ROUTES[0].websocket.idle_s: "),
        ({"websocket": {"lifetime_s": 604_801}}, "ROUTES[0].websocket.lifetime_s: "),
        ({"websocket": [600]}, "ROUTES[0].websocket: must be a table"),
        ({"websocket": {"ends_with_token": True}, "auth": "none"}, "ROUTES[0]: websocket.ends_with_token needs auth"),
        ({"sse": True}, "ROUTES[0].sse: must be a table"),
        ({"sse": {"heartbeat_s": 0}}, "ROUTES[0].sse.heartbeat_s: "),
        ({"sse": {"heartbeat": 15}}, "ROUTES[0].sse.heartbeat: there is no such setting; check its spelling"),
        ({"sse": {"ends_with_token": True}, "auth": "none"}, "ROUTES[0]: sse.ends_with_token needs auth"),
        ({"forward_expiry": True, "auth": "none"}, "ROUTES[0]: forward_expiry needs auth"),
    ],
)
def test_every_fault_of_a_route_is_named_by_its_path(change: dict[str, Any], fault: str) -> None:
    assert any(line.startswith(fault) for line in faults(ROUTE | change, issuers=[ISSUER]))


def test_what_is_wrong_in_a_table_is_one_fault_although_something_simple_might_stand_there() -> None:
    assert faults(ROUTE | {"websocket": {"idle": 5}, "cache": {"ttl": 5}}, issuers=[ISSUER]) == [
        "ROUTES[0].websocket.idle: there is no such setting; check its spelling",
        "ROUTES[0].cache.ttl: there is no such setting; check its spelling",
    ]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"secret": "ABSENT"}, "ISSUERS[0].secret: the secret ABSENT is not set"),
        ({"algorithms": ["HS512"]}, "ISSUERS[0].secret: the secret KEY has 36 bytes; HS512 needs at least 64"),
        ({"algorithms": []}, "ISSUERS[0].algorithms: "),
        ({"algorithms": ["none"]}, "ISSUERS[0].algorithms[0]: "),
        ({"algorithms": ["HS256", "RS256"]}, "ISSUERS[0]: HS algorithms cannot be mixed"),
        ({"algorithms": ["RS256"]}, "ISSUERS[0]: HS algorithms need 'secret'"),
        ({"secret": None, "jwks": {"keys": []}}, "ISSUERS[0]: HS algorithms need 'secret'"),
        ({"jwks": {"keys": []}}, "ISSUERS[0]: needs exactly one of jwks_url"),
        ({"preset": "cloudflare-access"}, "ISSUERS[0]: preset 'cloudflare-access' needs team"),
        ({"team": "acme"}, "ISSUERS[0]: 'team' needs preset = 'cloudflare-access'"),
        ({"id_claim": ""}, "ISSUERS[0].id_claim: must not be empty"),
        ({"name": ""}, "ISSUERS[0].name: must not be empty"),
        ({"name": "https://id.example"}, "ISSUERS[0].name: 'https://id.example' is an issuer as well"),
        ({"role_separator": ";"}, "ISSUERS[0].role_separator: "),
        ({"header": "cookie"}, "ISSUERS[0].header: no token is read from 'cookie': it holds all cookies; write from"),
        ({"header": "Cookie"}, "ISSUERS[0].header: no token is read from 'cookie'"),
        ({"header": "Sec-WebSocket-Protocol"}, "ISSUERS[0].header: no token is read from 'sec-websocket-protocol': "),
        ({"header": "Host"}, "ISSUERS[0].header: no token is read from 'host': it has a meaning of its own"),
        ({"header": "x token"}, "ISSUERS[0].header: must be a header field name"),
        ({"issuer": "https://id.example/{tenantid}/v2.0"}, "ISSUERS[0]: {tenantid} in 'issuer' needs 'tenants': those"),
        (
            {"issuer": "https://id.example/{tenant}/v2.0"},
            "ISSUERS[0].issuer: 'https://id.example/{tenant}/v2.0' has",
        ),
        (
            {"issuer": "https://{tenantid}.example/", "tenants": "*"},
            "ISSUERS[0]: {tenantid} must be one segment of",
        ),
        ({"issuer": "https://id.example/x{tenantid}", "tenants": "*"}, "ISSUERS[0]: {tenantid} must be one segment of"),
        ({"issuer": "https://id.example/{tenantid}/{tenantid}", "tenants": "*"}, "ISSUERS[0]: {tenantid} must be one"),
        ({"tenants": ["a"]}, "ISSUERS[0]: 'tenants' needs {tenantid} in 'issuer'"),
        (
            {"issuer": "https://id.example/{tenantid}", "tenants": ["*", "a"]},
            "ISSUERS[0]: 'tenants' is ['*'] or",
        ),
        ({"issuer": "https://id.example/{tenantid}", "tenants": [".."]}, "ISSUERS[0]: '..' in 'tenants' cannot be a "),
        ({"jwks_url": "https://id.example/{tenantid}/keys"}, "ISSUERS[0].jwks_url: 'https://id.example/{tenantid}/key"),
        ({"require": {"aud.": []}}, "ISSUERS[0].require: 'aud.' must have at least one value: no token meets an empty"),
        ({"require": {"": "x"}}, "ISSUERS[0].require: must not be empty"),
        ({"require": {"$.azp": "x"}}, "ISSUERS[0].require: '$.azp' is no dotted path"),
        ({"require": ["azp"]}, "ISSUERS[0].require: must be a table"),
        ({"from": []}, "ISSUERS[0].from: must have at least one item"),
        ({"from": ["Authorization"]}, "ISSUERS[0].from: 'Authorization' is none of 'authorization', 'header:<field>'"),
        ({"from": ["cookie"]}, "ISSUERS[0].from: 'cookie' is none of 'authorization', 'header:<field>', 'cookie:<name"),
        ({"from": ["cookie:a b"]}, "ISSUERS[0].from: 'a b' is no name of a cookie"),
        ({"from": ["query:a&b"]}, "ISSUERS[0].from: 'a&b' is no name of a parameter"),
        ({"from": ["header:cookie"]}, "ISSUERS[0].from: no token is read from 'cookie': it holds all cookies; write"),
        ({"from": ["authorization"], "header": "x-token"}, "ISSUERS[0]: 'header' is another spelling of 'from'; write"),
        ({"id_claim": []}, "ISSUERS[0].id_claim: must have at least one item"),
        ({"id_claim": ["sub", ""]}, "ISSUERS[0].id_claim: must not be empty, nor hold an empty name"),
        ({"role_claim": []}, "ISSUERS[0].role_claim: must not be empty, nor hold an empty name"),
        ({"role_claim": ["a", ""]}, "ISSUERS[0].role_claim: must not be empty, nor hold an empty name"),
        ({"anonymous": {"role": []}}, "ISSUERS[0].anonymous: 'role' must have at least one value"),
        ({"forward_claims": {"email": "x-email"}}, "ISSUERS[0].forward_claims: 'x-email' must be a field under 'x-use"),
        ({"forward_claims": {"email": "X-User-Email"}}, "ISSUERS[0].forward_claims: 'X-User-Email' must be a field"),
        ({"forward_claims": {"email": "x-user_email"}}, "ISSUERS[0].forward_claims: 'x-user_email' must be a field"),
        ({"forward_claims": {"email": "x-user-id"}}, "ISSUERS[0].forward_claims: 'x-user-id' is set already, from id_"),
        ({"forward_claims": {"a": "x-user-a", "b": "x-user-a"}}, "ISSUERS[0].forward_claims: must name a field once"),
        ({"forward_claims": {"": "x-user-a"}}, "ISSUERS[0].forward_claims: must not be empty"),
        ({"secret": []}, "ISSUERS[0].secret: must have at least one item"),
        ({"secret": ["KEY", "OLD"]}, "ISSUERS[0].secret: the secret OLD is not set; run: wrangler secret put OLD"),
        (
            {"secret_encoding": "hex"},
            "ISSUERS[0].secret: the secret KEY is not hexadecimal, which secret_encoding",
        ),
        ({"secret_encoding": "base64"}, "ISSUERS[0].secret: the secret KEY is not base64, which secret_encoding says"),
        ({"max_token_bytes": 40_000}, "ISSUERS[0].max_token_bytes: Input should be less than or equal to 32768"),
        ({"issuer": "https://${TENANT}.example"}, "ISSUERS[0].issuer: 'https://${TENANT}.example' has a placeholder"),
        ({"issuer": "https://<your-domain>.example/"}, "ISSUERS[0].issuer: 'https://<your-domain>.example/' has a"),
        ({"issuer": "https://id.example "}, "ISSUERS[0].issuer: 'https://id.example ' has white space around it"),
        ({"audience": ["\tapi"]}, "ISSUERS[0].audience: '\\tapi' has white space around it, which no token has"),
        ({"audience": ["api", "{client}"]}, "ISSUERS[0].audience: '{client}' has a placeholder; write what stands in"),
        (
            {"issuer": "https://id.example/.well-known/openid-configuration"},
            "ISSUERS[0].issuer: 'https://id.example/.well-known/openid-configuration' is where the issuer's metadata "
            "is; write 'https://id.example', as it stands in `iss`",
        ),
        (
            {"secret": None, "jwks_url": "https://id.example/.well-known/openid-configuration"},
            "ISSUERS[0].jwks_url: 'https://id.example/.well-known/openid-configuration' is the issuer's metadata and "
            "no key set; write discovery = true instead",
        ),
        ({"role_claim": "$.realm_access.roles"}, "ISSUERS[0].role_claim: '$.realm_access.roles' is no dotted path; "),
        (
            {"role_claim": "resource_access['api'].roles"},
            "ISSUERS[0].role_claim: \"resource_access['api'].roles\" is no",
        ),
        ({"id_claim": "/user/id"}, "ISSUERS[0].id_claim: '/user/id' is no dotted path; write it as in"),
        ({"secret": None, "jwks_url": "https://id.example/{t}/keys"}, "ISSUERS[0].jwks_url: "),
        ({"secret": None, "jwks_url": "https://id.example/a b"}, "ISSUERS[0].jwks_url: must be visible ASCII"),
        ({"secret": None, "jwks_url": "https://id.example/jwks\r\n"}, "ISSUERS[0].jwks_url: must be visible ASCII"),
        ({"secret": None, "jwks_url": "https://bücher.example/"}, "ISSUERS[0].jwks_url: must be visible ASCII"),
    ],
)
def test_every_fault_of_an_issuer_is_named_by_its_path(change: dict[str, Any], fault: str) -> None:
    assert any(line.startswith(fault) for line in faults(issuers=[ISSUER | change]))


def test_an_item_that_is_wrong_is_one_fault_and_not_also_an_empty_list() -> None:
    (fault,) = faults(issuers=[ISSUER | {"algorithms": ["none"]}])
    assert fault.startswith("ISSUERS[0].algorithms[0]: ")


@pytest.mark.parametrize("value", [{}, 3, "3"])
def test_a_table_where_a_list_belongs_is_told_in_the_words_of_the_configuration(value: Any) -> None:
    assert faults(ISSUERS=value) == ["ISSUERS: must be a list"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEFAULT_COUNTRY", "ZZ"),
        ("DEFAULT_LANGUAGE", "english"),
        ("DEFAULT_CURRENCY", "XXQ"),
        ("SUPPORTED_LANGUAGES", ["english"]),
        ("SUPPORTED_CURRENCIES", ["XXQ"]),
    ],
)
def test_a_country_language_or_currency_that_does_not_exist_is_a_fault(name: str, value: Any) -> None:
    """Named by what reads the configuration, so that `doctor` says it before the gateway answers 503."""
    (fault,) = faults(**{name: value})
    assert fault.startswith(f"{name}: ")


def test_the_audience_must_be_written_even_when_there_is_none() -> None:
    without = {name: value for name, value in ISSUER.items() if name != "audience"}
    assert faults(issuers=[without]) == ["ISSUERS[0].audience: must be written"]


def test_names_are_unique_and_issuers_need_not_be() -> None:
    nameless = ISSUER | {"issuer": None}
    assert len(load(ROUTE, issuers=[ISSUER, ISSUER, nameless, nameless]).issuers) == 4
    one, other = ISSUER | {"name": "staff"}, nameless | {"name": "staff"}
    assert faults(issuers=[one, other]) == ["ISSUERS[1].name: 'staff' is listed twice"]
    crossed = faults(issuers=[one, nameless | {"name": "https://id.example"}])
    assert crossed == ["ISSUERS[1].name: 'https://id.example' is an issuer as well; choose a word that is none"]


def test_no_fault_ever_repeats_a_secret() -> None:
    assert not any("short-secret" in line for line in faults(ROUTE, issuers=[ISSUER], KEY="short-secret"))


def test_all_faults_are_reported_at_once() -> None:
    assert len(faults(ROUTE | {"timeout_ms": 0}, ROUTE | {"retries": -1}, issuers=[ISSUER])) == 2


@pytest.mark.parametrize(
    "origin",
    [
        "https://o.example:8443/v1",
        "https://10.0.0.1",
        "https://[2001:db8::1]:8443",
        "https://xn--bcher-kva.example/a%20b",
    ],
)
def test_an_origin_that_a_url_parser_leaves_alone_is_taken(origin: str) -> None:
    assert load(ROUTE | {"auth": "none", "origin": origin}).routes[0].origin == origin


def test_http_origins_are_for_loopback_only() -> None:
    assert load(ROUTE | {"auth": "none", "origin": "http://127.0.0.1:9000"}).routes[0].origin == "http://127.0.0.1:9000"


def test_head_comes_with_get() -> None:
    assert load(ROUTE | {"auth": "none", "methods": ["GET"]}).routes[0].methods == ("GET", "HEAD")


def test_cache_is_on_off_or_spelled_out() -> None:
    open_route = ROUTE | {"auth": "none"}
    on, off, spelled = (
        load(open_route | {"cache": value}).routes[0].cache_settings for value in (True, False, {"default_ttl": 5})
    )
    assert on == CacheSettings()
    assert off is None
    assert spelled == CacheSettings(default_ttl=5)


def test_cloudflare_access_follows_from_the_team_name() -> None:
    access = {"preset": "cloudflare-access", "team": "acme", "audience": ["tag"]}
    (issuer,) = load(ROUTE, issuers=[access]).issuers
    assert issuer.issuer == "https://acme.cloudflareaccess.com"
    assert issuer.jwks_url == "https://acme.cloudflareaccess.com/cdn-cgi/access/certs"
    assert issuer.header == "cf-access-jwt-assertion"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/items/:id", "as in '/items/{id}'"),
        ("/items/:id/parts", "as in '/items/{id}/parts'"),
        ("/items/{id:int}/x", "as in '/items/{id}/x'"),
        ("/items/{}", "as in '/items/{id}'"),
        ("/items/v{n}", "a path parameter is a segment of its own"),
        ("/items/{id}/:part", "as in '/items/{id}/{part}'"),
        ("/items/<id>", "as in '/items/{id}'"),
        ("/items/<int:id>", "as in '/items/{id}'"),
        ("/items/[id]", "as in '/items/{id}'"),
        ("/items/[...slug]", "what follows is taken by '/items/*'"),
        ("/items/{proxy+}", "what follows is taken by '/items/*'"),
        ("/files/{rest:path}", "what follows is taken by '/files/*'"),
        ("/files/*rest", "what follows is taken by '/files/*'"),
        ("/a/*/b", "one segment, whatever it is, is written with a name, as in '/a/{id}/b'"),
        ("/api*", "'*' stands alone, at the end; write '/api/*'"),
        ("/api/**", "'*' stands alone, at the end; write '/api/*'"),
        ("*", "'*' stands alone, at the end; write '/*'"),
        ("^/api", "regular expressions are not read"),
        ("/api/.*", "regular expressions are not read"),
        ("/api/(.+)", "regular expressions are not read"),
        (r"/api/\d+", "regular expressions are not read"),
        ("/api/[0-9]+", "regular expressions are not read"),
        ("/(a|b)", "regular expressions are not read"),
        ("/(?:a)", "regular expressions are not read"),
        ("/api$", "regular expressions are not read"),
        ("/api?x=1", "no query or fragment"),
        ("", "must begin with '/'"),
    ],
)
def test_a_path_written_as_elsewhere_is_told_how_it_is_written_here(path: str, told: str) -> None:
    """Taken to the letter, `/items/:id` would protect nothing, and `/items/*` beside it would let everybody in."""
    (fault,) = faults(ROUTE | {"auth": "none", "path": path})
    assert fault.startswith("ROUTES[0].path: must begin with '/' and may end in '/*'; ")
    assert told in fault


@pytest.mark.parametrize(
    "path",
    [
        "/users/{id}",
        "/{tenant}/users/{id}/*",
        "/%7Bid%7D",
        "/users:batch",
        "/$metadata",
        "/f(x)",
        "/c++",
        "/a'b'",
        "/@zoe/*",
        "/a.b",
        "/*",
        "/",
    ],
)
def test_a_path_with_punctuation_is_still_a_path(path: str) -> None:
    assert load(ROUTE | {"auth": "none", "path": path}).routes[0].path == path


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("https://api.example.com", "a name alone"),
        ("api.example.com:8443", "without a port"),
        ("API.example.com", "write 'api.example.com'"),
        ("api.example.com.", "without a dot at its end"),
        ("*", "'*.tenants.example.com'"),
        ("a.*.example.com", "'*.tenants.example.com'"),
        ("{tenant}.example.com", "'*.tenants.example.com'"),
        ("", "must be a host name"),
    ],
)
def test_a_host_written_as_elsewhere_is_told_how_it_is_written_here(host: str, told: str) -> None:
    (fault,) = faults(ROUTE | {"auth": "none", "host": host})
    assert fault.startswith("ROUTES[0].host: ")
    assert told in fault


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (["/*", "/api/users"], "ROUTES[1].path: '/api/users' is never reached: '/*' (ROUTES[0]) takes its paths"),
        (["/users/{id}", "/users/me"], "'/users/me' is never reached: '/users/{id}' (ROUTES[0])"),
        (["/users/{id}/*", "/users/{id}/orders"], "'/users/{id}/orders' is never reached"),
        (["/users/{id}", "/users/{name}"], "name the parameter alike in both, as in '/users/{id}'"),
        (["/a", "/a"], "ROUTES[1].methods: routes before it have '/a' with all its methods"),
    ],
)
def test_a_route_that_nothing_reaches_is_a_fault_with_both_paths(paths: list[str], told: str) -> None:
    (fault,) = faults(*(ROUTE | {"auth": "none", "path": path} for path in paths))
    assert told in fault


def test_a_public_route_that_swallows_a_stricter_one_is_told_so() -> None:
    wide, strict = ROUTE | {"auth": "none", "path": "/*"}, ROUTE | {"path": "/admin/*", "roles": ["admin"]}
    (fault,) = faults(wide, strict, JWT_SECRET=SECRET)
    assert "takes its paths, which lets in whom this one refuses; write it before that one" in fault
    load(strict, wide, JWT_SECRET=SECRET)
    load(wide, strict | {"host": "admin.example"}, JWT_SECRET=SECRET)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"auth": "none", "match": {"id": "sub"}}, "match needs auth = 'required'"),
        ({"match": {"name": "sub"}}, "match names 'name', which path '/users/{id}' does not have as '{name}'"),
        ({"match": {"id": ""}}, "ROUTES[0].match.id: must not be empty"),
        ({"match": {"id": ["org", ""]}}, "ROUTES[0].match.id: must not be empty"),
        ({"match_except_roles": ["admin"]}, "match_except_roles needs match"),
        ({"strip_prefix": "/users/{id}"}, "strip_prefix cannot hold a path parameter"),
    ],
)
def test_a_match_that_protects_nothing_is_a_fault(more: dict[str, Any], told: str) -> None:
    (fault,) = faults(ROUTE | {"path": "/users/{id}"} | more, JWT_SECRET=SECRET)
    assert told in fault


REGIONS: list[dict[str, Any]] = [{"url": "https://eu.example", "eu": True}, {"url": "https://us.example"}]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"origin": "https://a.example", "origins": REGIONS}, "must have one of origin, origins, redirect and respond"),
        ({"respond": {}, "redirect": {"to": "/b"}}, "must have one of origin, origins, redirect and respond"),
        ({"redirect": {"to": "http://plain.example/"}}, "ROUTES[0].redirect.to: must be an https:// URL"),
        ({"redirect": {"to": "//evil.example"}}, "ROUTES[0].redirect.to: must be a normalised"),
        ({"respond": {"status": 204, "body": "x"}}, "204 has no content"),
        ({"respond": {"headers": {"Set-Cookie": "a=b"}}}, "headers: 'Set-Cookie' says how an answer is trusted"),
        ({"respond": {}, "deny": {}}, "must name countries, continents, addresses or asns"),
        ({"respond": {}, "deny": {"addresses": ["203.0.113.7/24"]}}, "203.0.113.7/24 has host bits set"),
        ({"respond": {}, "set_request_headers": {"X-User-Id": "ada"}}, "'X-User-Id' is the gateway's own"),
        ({"respond": {}, "set_request_headers": {"x_user_role": "admin"}}, "'x_user_role' is the gateway's own"),
        ({"respond": {}, "set_request_headers": {"Authorization": "x"}}, "'Authorization' passes with"),
        ({"respond": {}, "set_request_headers": {"Connection": "x"}}, "'Connection' is for one connection only"),
        (
            {"respond": {}, "set_request_headers": {"X-A": "b\r\nX-User-Id: ada"}},
            "'X-A' has a value that is not visible",
        ),
        ({"respond": {}, "set_response_headers": {"Content-Security-Policy": "x"}}, "says how an answer is trusted"),
        ({"respond": {}, "set_response_headers": {"access-control-allow-origin": "*"}}, "says how an answer is"),
        ({"respond": {}, "set_response_headers": {"Transfer-Encoding": "x"}}, "is for one connection only"),
        ({"respond": {}, "deprecated": "soon"}, "ROUTES[0].deprecated: "),
        ({}, "origin: must be written"),
        ({"origins": [REGIONS[0], REGIONS[0]]}, "origins has 'https://eu.example' twice"),
        ({"origins": [REGIONS[0] | {"weight": 0}]}, "origins are all drained"),
        ({"origins": [REGIONS[1]], "residency": True}, "residency needs origins with countries, continents or eu"),
        ({"origins": REGIONS, "residency": True, "cache": True}, "cache needs residency = false"),
        (
            {"origins": REGIONS, "residency": True, "mirror": {"url": "https://m.example"}},
            "mirror needs a geography where residency is binding",
        ),
        ({"origins": [{"url": "http://eu.example"}]}, "ROUTES[0].origins[0].url: must be an https:// URL"),
        ({"origins": [{"url": "binding:NONE"}]}, "ROUTES[0].origins[0].url: the Worker has no binding NONE"),
        ({"origins": [REGIONS[0] | {"countries": ["de"]}]}, "ROUTES[0].origins[0].countries[0]: "),
        ({"origins": [REGIONS[1] | {"except": ["CH"]}]}, "except needs continents or eu"),
        ({"origins": [REGIONS[0] | {"health": "healthz"}]}, "ROUTES[0].origins[0].health: "),
        ({"origins": [REGIONS[0] | {"health": "/a/../b"}]}, "ROUTES[0].origins[0].health: must be a normalised"),
        ({"origins": REGIONS, "mirror": {"url": "https://m.example", "share": 5}}, "ROUTES[0].mirror.share: "),
    ],
)
def test_origins_that_mean_nothing_are_a_fault(more: dict[str, Any], told: str) -> None:
    (fault,) = faults({"path": "/a", "auth": "none"} | more)
    assert told in fault


def test_a_route_with_residency_caches_nothing() -> None:
    (route,) = load({"path": "/a", "auth": "none", "origins": REGIONS, "residency": True}).routes
    assert route.cache_settings is None


def test_match_needs_one_issuer_where_there_are_several() -> None:
    issuers = [ISSUER | {"name": name, "issuer": f"https://{name}.example"} for name in ("one", "two")]
    route = ROUTE | {"path": "/users/{id}", "match": {"id": "sub"}}
    (fault,) = faults(route, issuers=issuers)
    assert fault.startswith("ROUTES[0].issuers: match compares ids, which mean something only with their issuer")
    load(route | {"issuers": ["two"]}, issuers=issuers)


@pytest.mark.parametrize(("tenants", "shared"), [(["*"], True), (["a", "b"], True), (["a"], False)])
def test_match_needs_the_tenant_where_an_entry_has_several(tenants: list[str], shared: bool) -> None:
    """Whoever runs a tenant names its people as they like."""
    issuers = [ISSUER | {"issuer": "https://login.example/{tenantid}/v2.0", "tenants": tenants}]
    route = ROUTE | {"path": "/t/{tenant}/users/{id}", "match": {"id": "sub"}}
    if shared:
        (fault,) = faults(route, issuers=issuers)
        assert fault.startswith("ROUTES[0].issuers: match compares ids, which mean something only with their tenant")
        route["match"] = {"tenant": "tid", "id": "sub"}
    load(route, issuers=issuers)


@pytest.mark.parametrize(("method", "told"), [("get", "'GET'"), ("Post", "'POST'"), ("purge", "'PURGE'")])
def test_a_method_in_lower_case_is_told_to_be_in_capitals(method: str, told: str) -> None:
    (fault,) = faults(ROUTE | {"auth": "none", "methods": ["GET", method]})
    assert fault == f"ROUTES[0].methods: method names are case-sensitive; write {told}"


@pytest.mark.parametrize("origins", [["https://app.example/"], ["app.example"], ["*", "https://app.example"]])
def test_cors_origins_are_serialised_origins(origins: list[str]) -> None:
    assert faults(CORS_ORIGINS=origins)[0].startswith("CORS_ORIGINS: ")


def test_json_nested_beyond_reason_is_a_fault_and_not_a_crash() -> None:
    assert faults(ROUTES="[" * 5000)[0].startswith("ROUTES: is not valid JSON")


def test_a_member_written_twice_is_a_fault() -> None:
    """The last one would count, and `"roles": []` at the end of a line would open the route."""
    route = '{"path": "/a", "origin": "https://o.example", "auth": "none", "auth": "required"}'
    assert faults(ROUTES=f"[{route}]")[0].startswith("ROUTES: is not valid JSON")


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (0, "greater than or equal to 1048576"),
        (1024, "greater than or equal to 1048576"),
        (128 * 1024 * 1024, "less than or equal to 67108864"),
        ("much", "valid integer"),
        (True, "greater than or equal to 1048576"),
        (2.5e6 + 0.5, "valid integer"),
    ],
)
def test_what_an_isolate_may_hold_is_within_what_it_has(value: Any, fault: str) -> None:
    (told,) = faults(HELD_BYTES=value)
    assert told.startswith("HELD_BYTES: ")
    assert fault in told


@pytest.mark.parametrize("value", [1024 * 1024, "33554432"])
def test_what_an_isolate_may_hold_can_be_set(value: Any) -> None:
    assert load_settings({"HELD_BYTES": value}, set()).held_bytes == int(value)


def test_a_signed_route_takes_no_more_than_may_be_held() -> None:
    route = ROUTE | {"auth": "none", "sign": "hmac", "max_body": 2 * 1024 * 1024}
    secret = "s" * 64
    assert load(route, HELD_BYTES=2 * 1024 * 1024, ORIGIN_SECRET=secret).held_bytes == route["max_body"]
    (told,) = faults(route, HELD_BYTES=1024 * 1024, ORIGIN_SECRET=secret)
    assert told.startswith("ROUTES[0].max_body: ")
    load(route | {"sign": None}, HELD_BYTES=1024 * 1024)
