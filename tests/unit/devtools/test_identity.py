"""Local keys, the token command and the doctor: what a developer types first, and what they are told."""

import json
import os
import shutil
import stat
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from auth import Authenticator
from configuration.loading import load_settings
from core.messages import Request, Response
from core.ports import FetchFailed
from core.problems import Problem
from devtools.configuration import deployment, doctor, local_vars
from devtools.failure import Failure
from devtools.identity import local_keys, token
from devtools.identity.local_keys import AWS_KEYS
from devtools.identity.shapes import SHAPES
from devtools.paths import ROOT
from identity.principals import Principal
from identity.settings import AccessSettings
from tests.provider_tokens import SEEN
from tests.unit.identity import cryptography_verifier
from tests.unit.in_memory import World, run

WRANGLER = '[vars]\nDEFAULT_COUNTRY = "PT"\n\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "x"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "wrangler.toml").write_text(WRANGLER)
    return tmp_path


def configure(root: Path, **variables: Any) -> None:
    """Put `variables` into `.dev.vars`, structured ones as JSON."""
    lines = (f"{name}='{v if isinstance(v, str) else json.dumps(v)}'\n" for name, v in variables.items())
    (root / ".dev.vars").write_text("".join(lines))


def accepted(root: Path, text: str, field: str = "authorization") -> Principal:
    """Who the gateway of `root` takes the bearer of a token for."""
    world = World()
    world.clock.now = time.time()
    world.origin = unreachable
    world.verify = cryptography_verifier.verify  # type: ignore[method-assign]
    settings = load_settings(*local_vars.read(root / "wrangler.toml"))
    authenticator = Authenticator(settings, world.platform())
    request = Request(
        "GET", "https", "localhost", "/", headers={field: f"Bearer {text}" if field == "authorization" else text}
    )
    principal = run(authenticator.authenticate(request, AccessSettings(auth="required"), world.background))
    assert isinstance(principal, Principal)
    return principal


def unreachable(request: Request) -> Response:
    raise FetchFailed(request.url)


def signer(root: Path, issuer: str | None = None, algorithm: str | None = None) -> token.Signer:
    return token.find_signer(token.local_settings(root, None), issuer, algorithm, root=root)


# --- local keys -------------------------------------------------------------------------------------------------------


def test_the_first_run_makes_keys_and_the_second_makes_none(root: Path) -> None:
    assert local_keys.ensure_local_keys(root) == ["JWT_SECRET", "ORIGIN_SECRET", "ISSUERS"]
    before = (root / ".dev.vars").read_text()
    assert local_keys.ensure_local_keys(root) == []
    assert (root / ".dev.vars").read_text() == before


def test_half_an_access_key_is_none(root: Path) -> None:
    """An id fits one secret: both are made anew."""
    (root / "wrangler.toml").write_text(f"{WRANGLER}\n[env.local]\nname = 'local'\n")
    (root / ".dev.vars").write_text("AWS_ACCESS_KEY_ID=AKIAOWN\n")
    assert set(AWS_KEYS) <= set(local_keys.ensure_local_keys(root))
    variables, _ = local_vars.read(root / "wrangler.toml", "local")
    assert variables["AWS_ACCESS_KEY_ID"].startswith("AKIALOCAL")


def test_an_access_key_is_made_for_the_origin_of_this_machine_alone(root: Path) -> None:
    """AWS would refuse it, and the gateway could not say any more that none was given."""
    assert not set(AWS_KEYS) & set(local_keys.ensure_local_keys(root))


def test_only_their_owner_can_read_the_keys(root: Path) -> None:
    local_keys.ensure_local_keys(root)
    for path in (root / ".dev.vars", root / ".gatehouse" / "keys.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(root.rglob("*.draft"))


def test_what_is_set_already_is_left_alone(root: Path) -> None:
    (root / ".dev.vars").write_text("# mine\nJWT_SECRET=my-own-secret-of-thirty-two-bytes\nDEFAULT_COUNTRY=DE")
    (root / "wrangler.toml").write_text(WRANGLER.replace("[vars]", "[vars]\nISSUERS = [{}]"))
    assert local_keys.ensure_local_keys(root) == ["ORIGIN_SECRET"]
    text = (root / ".dev.vars").read_text()
    assert text.startswith("# mine\nJWT_SECRET=my-own-secret-of-thirty-two-bytes\nDEFAULT_COUNTRY=DE\nORIGIN_SECRET=")
    assert not (root / ".gatehouse").exists()


def test_the_worker_is_given_no_private_key(root: Path) -> None:
    local_keys.ensure_local_keys(root)
    text = (root / ".dev.vars").read_text()
    private = json.loads((root / ".gatehouse" / "keys.json").read_text())["keys"]
    assert len(private) == 3
    assert all(key["d"] not in text for key in private)


def test_git_ignores_the_keys_and_not_the_example() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {".dev.vars*", "!.dev.vars.example", "/.gatehouse/"} <= set(ignored)
    assert (ROOT / ".dev.vars.example").exists()


def test_the_example_is_a_usable_start(root: Path) -> None:
    shutil.copy(ROOT / ".dev.vars.example", root / ".dev.vars")
    local_keys.ensure_local_keys(root)
    assert accepted(root, signer(root).sign("u1", [], lifetime=60)).id == "u1"


# --- the token command ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256", "EdDSA"])
def test_a_token_of_this_machine_is_accepted(root: Path, algorithm: str) -> None:
    local_keys.ensure_local_keys(root)
    text = signer(root, algorithm=algorithm).sign("u7", ["admin", "editor"], lifetime=60, scope="read")
    principal = accepted(root, text)
    assert (principal.id, principal.roles, principal.scopes) == ("u7", ("admin", "editor"), frozenset({"read"}))
    assert principal.issuer == (None if algorithm == "HS256" else local_keys.LOCAL_ISSUER)


def test_a_token_in_the_query_is_not_deployed_where_urls_are_logged() -> None:
    entry = {"audience": [], "algorithms": ["HS256"], "secret": "KEY", "from": ["query:token"]}
    settings = load_settings({"ISSUERS": [entry], "KEY": "k" * 64}, set())
    logged: dict[str, Any] = {"enabled": True}
    assert "invocation_logs" in next(deployment.query_faults(settings, logged))
    for silent in (None, {"enabled": True, "logs": {"invocation_logs": False}}):
        assert not list(deployment.query_faults(settings, silent))
    assert any("stays in browsers' histories" in line for line in doctor._about_issuers(settings))


@pytest.mark.parametrize("name", SHAPES)
def test_a_token_like_a_providers_is_accepted_on_this_machine(root: Path, name: str) -> None:
    local_keys.ensure_local_keys(root)
    settings = token.local_settings(root, None)
    text = token.token_like(settings, name, {"jti": "local"}, lifetime=60, root=root)
    shape, claims = SHAPES[name], jwt.decode(text, options={"verify_signature": False})
    assert {**shape.claims, "jti": "local"}.items() <= claims.items()
    assert claims["exp"] - claims["iat"] == 60
    field = "cf-access-jwt-assertion" if shape.entry["preset"] == "cloudflare-access" else "authorization"
    assert (accepted(root, text, field).id, accepted(root, text, field).roles) == SEEN[name]
    with pytest.raises(Failure, match="no provider is called"):
        token.token_like(settings, "nobody", {}, lifetime=60, root=root)


def test_claims_stand_where_the_issuer_looks_for_them(root: Path) -> None:
    issuer = {
        "issuer": "https://id.example",
        "audience": ["api"],
        "algorithms": ["HS512"],
        "secret": "KEY",
        "id_claim": "user.id",
        "role_claim": "https://api.example/roles",
        "typ": "at+jwt",
        "max_lifetime": 60,
    }
    configure(root, KEY="k" * 64, ISSUERS=[issuer])
    principal = accepted(root, signer(root).sign("u1", ["admin"], lifetime=60))
    assert principal == Principal("https://id.example", "u1", ("admin",), frozenset(), principal.expires)


def test_an_issuer_whose_keys_cannot_be_had_is_there_to_be_tried(root: Path) -> None:
    local_keys.ensure_local_keys(root)
    down = {"iss": local_keys.DOWN_ISSUER}
    text = signer(root, algorithm="ES256").sign("u1", [], lifetime=60, **down)
    with pytest.raises(Problem, match="503 keys_unavailable"):
        accepted(root, text)


def test_an_issuer_is_chosen_by_name(root: Path) -> None:
    local_keys.ensure_local_keys(root)
    assert signer(root, issuer="").issuer.issuer is None
    assert signer(root, issuer=local_keys.LOCAL_ISSUER).issuer.issuer == local_keys.LOCAL_ISSUER
    with pytest.raises(Failure, match=r"https://no\.example"):
        signer(root, issuer="https://no.example")


def test_a_provider_whose_key_is_elsewhere_cannot_be_signed_for(root: Path) -> None:
    remote = {"issuer": "https://id.example", "audience": [], "algorithms": ["RS256"], "jwks_url": "https://id.example"}
    configure(root, ISSUERS=[remote])
    with pytest.raises(Failure, match="no key"):
        signer(root)


def test_without_an_issuer_the_mend_is_named(root: Path) -> None:
    with pytest.raises(Failure, match="make dev"):
        signer(root)


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("-1h", -3600)])
def test_durations_have_units(text: str, seconds: int) -> None:
    assert token._options([f"--expires={text}"]).expires == seconds


@pytest.mark.parametrize("text", ["", "h", "1w", "1.5h", "soon"])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SystemExit):
        token._options([f"--expires={text}"])


def test_further_claims_are_json_or_strings() -> None:
    assert token._options(["--claim", "a=1", "--claim", "b=x y", "--claim", 'c=["d"]']).claim == [
        ("a", 1),
        ("b", "x y"),
        ("c", ["d"]),
    ]


# --- .dev.vars --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ("export A=b", "b"),
        ("  A = b  # comment", "b"),
        ("A='b # c'", "b # c"),
        ('A="b\\nc"', "b\nc"),
        ('A="b \\"c\\""', 'b "c"'),
        ("A=`b 'c' \"d\"`", "b 'c' \"d\""),
        ('A=\'{"k": "v"}\'', '{"k": "v"}'),
        ("A='line one\nline two'", "line one\nline two"),
        ("A=", ""),
        ("A=x\nA=y", "y"),
        ("# A=x\nA=y", "y"),
        ("A=x=y==", "x=y=="),
    ],
)
def test_dev_vars_are_read_as_wrangler_reads_them(text: str, value: str) -> None:
    assert local_vars.parse(text) == {"A": value}


def test_an_environment_has_variables_and_bindings_of_its_own(root: Path) -> None:
    staging = (
        '[env.staging.vars]\nDEFAULT_COUNTRY = "DE"\n\n[[env.staging.services]]\nbinding = "USERS"\nservice = "u"\n'
    )
    (root / "wrangler.toml").write_text(WRANGLER + staging)
    (root / ".dev.vars").write_text("SECRET=local")
    (root / ".dev.vars.staging").write_text("SECRET=staging")
    wrangler = root / "wrangler.toml"
    assert local_vars.read(wrangler) == ({"DEFAULT_COUNTRY": "PT", "SECRET": "local"}, {"CACHE"})
    assert local_vars.read(wrangler, "staging") == ({"DEFAULT_COUNTRY": "DE", "SECRET": "staging"}, {"USERS"})
    with pytest.raises(Failure, match="no environment 'prod'"):
        local_vars.read(wrangler, "prod")


def test_the_environment_that_is_meant_is_the_one_make_dev_serves(root: Path) -> None:
    wrangler = root / "wrangler.toml"
    assert local_vars.served(wrangler) is None
    wrangler.write_text(WRANGLER + '[env.local.vars]\nJWT_SECRET = "set in wrangler.toml, as nobody should"\n')
    assert local_vars.served(wrangler) == "local"
    assert local_vars.served(wrangler, "staging") == "staging"
    assert "JWT_SECRET" not in local_keys.ensure_local_keys(root)


# --- the doctor -------------------------------------------------------------------------------------------------------


def test_the_doctor_finds_no_fault_after_the_first_run(root: Path) -> None:
    local_keys.ensure_local_keys(root)
    faults, advice = doctor.examine(root, None)
    assert faults == []
    assert any(line.startswith("ISSUERS[0].audience") for line in advice)


def test_the_doctor_names_every_fault_with_its_path(root: Path) -> None:
    configure(
        root,
        SHORT="short",
        ISSUERS=[
            {"issuer": "https://a.example", "audience": [], "algorithms": ["HS256"], "secret": "SHORT"},
            {"issuer": "https://b.example", "audience": [], "algorithms": ["HS256"], "secret": "MISSING"},
            {"issuer": "https://c.example", "audience": [], "algorithms": ["RS256"], "jwks": {"keys": []}},
        ],
        ROUTES=[
            {"path": "/a", "origin": "binding:USERS"},
            {"path": "/b", "origin": "https://o.example", "sign": "hmac"},
        ],
    )
    faults, _ = doctor.examine(root, None)
    assert [line.partition(":")[0] for line in faults] == [
        "ISSUERS[0].secret",
        "ISSUERS[1].secret",
        "ISSUERS[2].jwks",
        "ROUTES[0].origin",
        "ROUTES[1].sign",
    ]
    assert "wrangler secret put MISSING" in faults[1]


def test_the_doctor_names_misspelt_keys_by_their_path(root: Path) -> None:
    configure(root, ROUTES=[{"path": "/a", "origin": "https://o.example", "auth": "none", "rolse": ["admin"]}])
    faults, _ = doctor.examine(root, None)
    assert [line.partition(":")[0] for line in faults] == ["ROUTES[0].rolse"]


def test_the_exit_code_says_whether_there_is_a_fault(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "ROOT", root)
    assert doctor.main([]) == 0
    configure(root, JWT_SECRET="short")
    assert doctor.main([]) == 1
    assert "fault   ISSUERS[0].secret" in capsys.readouterr().out


def test_the_doctor_gives_advice_on_what_is_allowed_and_unwise(root: Path) -> None:
    routes = [
        {"path": "/a", "origin": "https://o.example", "auth": "optional", "roles": ["admin"]},
        {"path": "/rooms/*", "origin": "https://o.execute-api.eu-west-1.amazonaws.com/live", "sign": "sigv4"}
        | {"websocket": {"idle_s": 540}},
        {"path": "/orgs/{org}", "origin": "https://o.example", "match": {"org": "user_metadata.org"}},
        {"path": "/*", "origin": "https://o.example", "auth": "none"},
    ]
    configure(root, JWT_SECRET="s" * 32, ROUTES=routes, AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="s")
    os.chmod(root / ".dev.vars", 0o644)
    _, advice = doctor.examine(root, None)
    assert [line.partition(":")[0] for line in advice] == [
        "ISSUERS[0].issuer",
        "ISSUERS[0].audience",
        "ROUTES[0].auth",
        "ROUTES[1].strip_prefix",
        "ROUTES[2].match.org",
        "ROUTES[3].auth",
        ".dev.vars",
    ]


@pytest.mark.parametrize(
    ("route", "told"),
    [
        ({"roles": ["admin"]}, True),
        ({"scopes": ["users:write"]}, True),
        ({"roles": ["admin"], "issuers": ["staff"]}, False),
        ({}, False),
    ],
)
def test_the_doctor_warns_where_roles_of_several_issuers_meet(root: Path, route: dict[str, Any], told: bool) -> None:
    entry = {"audience": ["api"], "algorithms": ["HS256"], "secret": "JWT_SECRET"}
    issuers = [{"issuer": "https://a.example", "name": "staff", **entry}, {"issuer": "https://b.example", **entry}]
    routes = [{"path": "/x", "origin": "https://o.example", **route}]
    configure(root, JWT_SECRET="s" * 32, ISSUERS=issuers, ROUTES=routes)
    faults, advice = doctor.examine(root, None)
    assert faults == []
    told_of = [line for line in advice if ".issuers" in line]
    expected = "ROUTES[0].issuers: every issuer can give these roles; name those that may, as in ['staff']"
    assert told_of == ([expected] if told else [])
