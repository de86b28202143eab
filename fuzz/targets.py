"""What is fuzzed, and what must be true of every input: one function per target, bytes in, AssertionError out.

A target knows nothing of the fuzzer, so that the kept corpus can be replayed by the unit tests on any Python. Beside
"never raises anything but its own refusal", each compares the parser with something that cannot share its mistakes:
another implementation, its own inverse, or a rule of the RFC in other words.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

import jwt

from auth import Authenticator, Issuers, Revocation
from configuration.loading import load_settings
from core import base64url
from core.faults import Misconfigured
from core.flags import LONGEST_SECONDS, METADATA_BYTES
from core.lengths import RESPONSE_FIELDS
from core.messages import Request
from core.paths import comparable_path, normalise_path
from core.problems import Problem
from core.records import replace
from endpoints.revoking import read as read_revocation
from fields.cookies import comparable_cookies, cookie_pairs, cookie_value, one_field, without_cookie
from fields.dates import format_http_date, parse_first_http_date, parse_http_date
from fields.directives import DELTA_MAX, TARGETED_FIELDS, request_directives, response_directives
from fields.graphql import TooManyTokens, Unreadable, measure
from fields.handshake import protocols_for_origin, selected_protocol, websocket_tokens
from fields.ranges import single_range
from fields.structured import NotStructured, parse_dictionary
from forwarding.header_rules import ACCESS_COOKIE
from fuzz.url_standard import parsed_path
from gateway import Gateway
from identity.jose import canonical_algorithm
from identity.principals import Principal
from identity.settings import AccessSettings
from identity.tenants import IssuerName
from identity.tokens import InvalidToken, parse_token
from places.languages import canonical
from places.matching import Matcher
from places.negotiation import FULL, negotiate, reader
from places.preferences import COOKIE, Wish, from_body, from_cookie, from_query, set_cookie
from tests.unit.fields.graphql_tree import of_tree
from tests.unit.in_memory import NOW, World, run

SECRET = "the-secret-of-all-fuzzing-thirty-two-bytes-and-more"

ISSUERS = Issuers([IssuerName("https://id.example"), IssuerName(None)])

NORMAL_PATH = re.compile(r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*")


def header(data: bytes) -> str:
    """A field value as platforms hand it over: one character per octet."""
    return data.decode("latin-1")


# --- paths ------------------------------------------------------------------------------------------------------------


def path(data: bytes) -> None:
    """What is accepted is in one normal form, keeps its meaning and its segments, and says the same to a URL parser."""
    raw = data.decode("utf-8", "surrogateescape")
    try:
        normal = normalise_path(raw)
    except Problem as problem:
        _expect_ambiguous_path(problem)
        return
    assert NORMAL_PATH.fullmatch(normal)
    assert normalise_path(normal) == normal
    decoded = unquote_to_bytes(normal)
    assert decoded == unquote_to_bytes(raw), "normalising changed what the path says"
    text = decoded.decode("utf-8")
    assert text.count("/") == raw.count("/"), "a slash came out of an escape"
    assert not any(ord(character) < 32 or character in "\\\x7f" for character in text)
    for reading in (text, unquote_to_bytes(decoded).decode("utf-8", "replace"), comparable_path(normal)):
        segments = reading.split("/")[1:]
        assert not {".", ".."} & {segment.partition(";")[0] for segment in segments}
        assert all(segment.partition(";")[0] for segment in segments[:-1])
        assert reading.count("/") == raw.count("/")
    assert parsed_path(normal) == normal, "the platform sends another path"
    if not {"?", "#"} & set(raw):
        assert normalise_path(parsed_path(raw)) == normal, "the platform reads another path"


# --- languages --------------------------------------------------------------------------------------------------------

SUPPORTED = ("en", "de-CH", "zh-Hans", "zh-HK", "sr-Latn", "nb", "pt-BR", "ar")


def accept_language(data: bytes) -> None:
    """Weights are weights, tags are canonical, and nobody is answered in a language they ruled out."""
    said = reader(header(data))
    assert all(canonical(tag) == tag for tag in said.weights)
    assert all(0 <= weight <= FULL for weight in said.weights.values())
    assert list(said.wanted) == sorted(said.wanted, key=lambda tag: -said.weights[tag])
    assert all(said.weights[tag] for tag in said.wanted)
    for supported in (Matcher(SUPPORTED), Matcher(())):
        found = negotiate(said, supported)
        assert found is None or not said.excludes(canonical(found) or "")
        assert found is None or not supported or found in SUPPORTED


# --- identity ---------------------------------------------------------------------------------------------------------

_world = World()
_issuers = {"JWT_SECRET": SECRET, "ISSUERS": [{"audience": [], "algorithms": ["HS256"], "secret": "JWT_SECRET"}]}
_authenticator = Authenticator(load_settings(_issuers, set()), _world.platform())


def bearer(data: bytes) -> None:
    """Whoever is let in has a token that PyJWT verifies as well, and that was spelt in the only way."""
    field = header(data)
    request = Request("GET", "https", "api.example", "/", headers={"authorization": field})
    try:
        who = _authenticator.identify(request, AccessSettings(auth="required"))
    except Problem as problem:
        _expect_challenge(problem)
        return
    assert isinstance(who, Principal)
    text = field.strip(" \t").partition(" ")[2].strip(" ")
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_sub": False}
    claims = jwt.decode(text, SECRET, algorithms=["HS256"], options=options)  # type: ignore[arg-type]
    assert (who.id, who.issuer) == (claims["sub"], None)
    assert claims["exp"] > NOW - 60


def token(data: bytes) -> None:
    """Each segment is the one spelling of its bytes, and reads the same to the standard library."""
    text = header(data)
    try:
        parsed = parse_token(text)
    except InvalidToken:
        return
    segments = text.split(".")
    assert parsed.signing_input.decode() == f"{segments[0]}.{segments[1]}"
    assert base64url.encode(parsed.signature) == segments[2]
    for segment in segments[:2]:
        assert base64url.encode(base64url.decode(segment)) == segment
    assert json.loads(base64url.decode(segments[1])) == parsed.claims
    assert canonical_algorithm(json.loads(base64url.decode(segments[0]))["alg"]) == parsed.header.alg
    assert "crit" not in json.loads(base64url.decode(segments[0]))


def subprotocols(data: bytes) -> None:
    """Whatever else is offered around it, a token is found, never left for the origin and never answered."""
    bearer = "only-here.only-here.only-here"
    for offered in (f"{header(data)},bearer,{bearer}", f"bearer, {bearer} ,{header(data)}"):
        request = Request("GET", "https", "api.example", "/", headers={"sec-websocket-protocol": offered})
        assert bearer in websocket_tokens(request)
        left = protocols_for_origin(request)
        assert bearer not in left
        assert {item for item in left.split(", ") if item} <= {item.strip(" \t") for item in offered.split(",")}
        assert selected_protocol(request, bearer, takes_token=True) != bearer


# --- caching ----------------------------------------------------------------------------------------------------------


def cache_control(data: bytes) -> None:
    """A restriction that stands there plainly is found, whatever stands around it; no lifetime is out of range."""
    text = header(data)
    found = response_directives({"cache-control": text})
    asked = request_directives({"cache-control": text})
    for seconds in (found.max_age, found.s_maxage, asked.max_age, asked.min_fresh):
        assert seconds is None or 0 <= seconds <= DELTA_MAX
    assert min(found.stale_while_revalidate, found.stale_if_error) >= 0
    if len(text) > RESPONSE_FIELDS["cache-control"].characters:
        assert found.no_store
        assert asked.no_store
    if '"' in text or len(text) > RESPONSE_FIELDS["cache-control"].characters:
        return
    plain = {member.strip(" \t").lower() for member in text.split(",")}
    assert found.no_store == asked.no_store == any(re.match(r"no-store[ \t]*(?:=|\Z)", member) for member in plain)
    assert found.public == any(re.match(r"public[ \t]*(?:=|\Z)", member) for member in plain)
    assert "private" not in plain or found.private


def cookies(data: bytes) -> None:
    """What is taken out is gone, what compares equal stays so, and one field is read as several are."""
    text = header(data)
    assert cookie_value(without_cookie(text, ACCESS_COOKIE), ACCESS_COOKIE) is None
    assert cookie_pairs(one_field(text)) == cookie_pairs(text)
    compared = comparable_cookies(text)
    assert comparable_cookies(compared) == compared
    assert sorted(cookie_pairs(compared)) == sorted(cookie_pairs(text))


def targeted(data: bytes) -> None:
    """A targeted field counts as a whole or not at all, and never lengthens what it cannot be read to say."""
    text = header(data)
    found = response_directives({"cache-control": "no-store", TARGETED_FIELDS[1]: text})
    if len(text) > RESPONSE_FIELDS[TARGETED_FIELDS[1]].characters:
        assert found.no_store
        return
    try:
        members = parse_dictionary(text)
    except NotStructured:
        assert (found.field, found.no_store) == ("cache-control", True)
        return
    assert all(re.fullmatch(r"[a-z*][a-z0-9_\-.*]*", name) for name in members)
    assert found.targeted or found.no_store
    if found.targeted:
        assert found.no_store == ("no-store" in members)
        assert found.max_age == (min(members["max-age"], DELTA_MAX) if "max-age" in members else None)  # type: ignore[type-var]


END_OF_YEARS = 253_402_300_799
"""9999-12-31T23:59:59Z, the last second that four digits can write; a leap second is read behind it."""


def date(data: bytes) -> None:
    """A date that is read is the one that it writes, and the one that the standard library reads."""
    text = header(data)
    seconds = parse_http_date(text, NOW)
    first = parse_first_http_date(text, NOW)
    if seconds is None:
        return
    assert first == seconds
    assert seconds > END_OF_YEARS or parse_http_date(format_http_date(seconds), NOW) == seconds
    if ":60" in text or not re.match(r"..., .. ... [1-9]\d{3} ", text):
        return  # the standard library knows no leap second, and years below 1000 by another rule
    assert parsedate_to_datetime(text).timestamp() == seconds


def byte_range(data: bytes) -> None:
    """What is asked of ten bytes is what a reader who counts them one by one gets."""
    text, content = header(data), bytes(range(10))
    asked = single_range(text, len(content))
    if asked is None:
        return
    found = re.fullmatch(r"[bB][yY][tT][eE][sS]=[ \t]*([0-9]*)-([0-9]*)[ \t]*", text)
    assert found is not None
    first, last = found.groups()
    if first:
        wanted = [position for position in content if int(first) <= position <= int(last or "9")]
    else:
        wanted = list(content)[-int(last) :] if int(last) else []
    assert asked.satisfiable == bool(wanted)
    assert list(content[asked.first : asked.last + 1]) == wanted
    assert asked.content_range == (f"bytes {wanted[0]}-{wanted[-1]}/10" if wanted else "bytes */10")


# --- preferences, settings --------------------------------------------------------------------------------------------


def preferences(data: bytes) -> None:
    """A wish that is taken survives its own cookie; a cookie or query of anybody's making is harmless."""
    text = header(data)
    assert isinstance(from_cookie(f"{COOKIE}={text}"), Wish)
    assert isinstance(from_cookie(text), Wish)
    with suppress(Problem):
        from_query(text)
    try:
        wish = from_body(data)
    except Problem as problem:
        _expect_bad_request(problem)
        return
    cookie = set_cookie(wish)
    assert re.fullmatch(rf"{COOKIE}=[A-Za-z0-9=&-]*; Max-Age=\d+; Path=/; SameSite=Lax; Secure; HttpOnly", cookie)
    assert from_cookie(cookie.partition(";")[0]) == wish


def revocation(data: bytes) -> None:
    """What is taken back is what an entry of the store can hold and gives again, of a known issuer, and has an end."""
    try:
        found = read_revocation(data, ISSUERS, NOW)
    except Problem as problem:
        _expect_bad_request(problem)
        return
    assert len(json.dumps(found.said(), ensure_ascii=False).encode()) <= METADATA_BYTES
    assert Revocation.read(json.loads(json.dumps(found.said()))) == found
    assert found.issuer in ("https://id.example", None)
    assert NOW < found.until <= NOW + LONGEST_SECONDS
    assert found.issued_before is None or found.issued_before <= NOW + 60
    assert (found.token_id is None) != (found.subject is None and found.issued_before is None)


def graphql(data: bytes) -> None:
    """A document that a full parser takes is counted as it counts; what is no document to us is none to a parser."""
    text = data.decode("utf-8", "replace")
    expected = of_tree(text)
    try:
        measured = measure(text, 5_000)
    except (Unreadable, TooManyTokens):
        assert expected is None, "a document was not read"
        return
    if expected is not None:
        assert (measured.depth, measured.aliases, measured.introspects) == expected


def settings(data: bytes) -> None:
    """A configuration is refused with faults that name their place and no secret, or makes a gateway that works."""
    routes, _, issuers = data.decode("utf-8", "replace").partition("\n")
    variables = {"ROUTES": routes, "ISSUERS": issuers, "JWT_SECRET": SECRET, "ORIGIN_SECRET": SECRET}
    world = World()
    platform = replace(world.platform(), service=lambda name: world.fetch)
    try:
        gateway = Gateway(load_settings(variables, {"USERS"}), platform)
    except Misconfigured as refusal:
        _expect_faults(refusal)
        return
    answer = run(gateway.handle(Request("GET", "https", "api.example", "/healthz"), world.background))
    assert answer.status == 200


# --- refusals ---------------------------------------------------------------------------------------------------------


def _expect_ambiguous_path(problem: Problem) -> None:
    assert (problem.status, problem.code) == (400, "ambiguous_path")


def _expect_challenge(problem: Problem) -> None:
    assert problem.status in (400, 401)
    challenge = problem.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="gatehouse", error="')
    assert challenge.isprintable()


def _expect_bad_request(problem: Problem) -> None:
    assert problem.status == 400
    json.dumps(problem.members).encode()


def _expect_faults(refusal: Misconfigured) -> None:
    assert refusal.faults
    assert all(re.match(r"[A-Za-z_]+(?:\[|\.|: )", fault) for fault in refusal.faults)
    assert SECRET not in str(refusal)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "path": path,
    "accept_language": accept_language,
    "bearer": bearer,
    "token": token,
    "subprotocols": subprotocols,
    "cache_control": cache_control,
    "cookies": cookies,
    "targeted": targeted,
    "date": date,
    "range": byte_range,
    "preferences": preferences,
    "revocation": revocation,
    "graphql": graphql,
    "settings": settings,
}
