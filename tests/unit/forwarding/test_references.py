"""An origin's own addresses become the gateway's, and nothing else changes."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from configuration.settings import RouteSettings
from core.messages import Request
from fields.refresh import with_target
from forwarding.forwarded import Target
from forwarding.references import point_at_gateway, public_cookie, public_reference

GW = Request("GET", "https", "gw.example", "/api/users")


def target(**route: Any) -> Target:
    defaults: dict[str, Any] = {"path": "/api/*", "origin": "https://api.example/v1", "strip_prefix": "/api"}
    return Target.of(RouteSettings(**{**defaults, **route}))


def linked(value: str, **route: Any) -> str:
    headers = {"link": value}
    point_at_gateway(headers, target(**route), GW)
    return headers["link"]


@pytest.mark.parametrize(
    ("reference", "public"),
    [
        ("https://api.example/v1/users/7", "https://gw.example/api/users/7"),
        ("https://API.example:443/v1/users?x=1#y", "https://gw.example/api/users?x=1#y"),
        ("http://api.example/v1/", "https://gw.example/api/"),
        ("https://api.example/v1", "https://gw.example/api"),
        ("https://api.example", "https://gw.example/api/"),
        ("//api.example/v1/a", "https://gw.example/api/a"),
        ("/v1/users/7?q=%zz", "/api/users/7?q=%zz"),
        ("/v1", "/api"),
        ("/v10/x", "/api/v10/x"),
        ("users/7", "users/7"),
        ("../x", "../x"),
        ("?page=2", "?page=2"),
        ("", ""),
        ("https://other.example/v1/x", "https://other.example/v1/x"),
        ("https://api.example:8443/v1", "https://api.example:8443/v1"),
        ("https://user@api.example/v1", "https://user@api.example/v1"),
        ("https://api.example.evil.example/v1", "https://api.example.evil.example/v1"),
        ("mailto:a@api.example", "mailto:a@api.example"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_references_to_the_origin_point_at_the_gateway(reference: str, public: str) -> None:
    assert public_reference(reference, target(), GW) == public


@pytest.mark.parametrize("reference", ["/v1//evil.example/x", "/v1/\\\\evil.example/x", "/v1///evil.example/x"])
def test_taking_off_the_prefix_never_makes_a_reference_to_another_host(reference: str) -> None:
    assert public_reference(reference, target(strip_prefix=""), GW) == "/evil.example/x"


@pytest.mark.parametrize("reference", ["/users/7?", "/a#", "/x?a=1", "users"])
def test_relative_references_are_kept_when_paths_are_the_same_on_both_sides(reference: str) -> None:
    assert public_reference(reference, target(origin="https://api.example", strip_prefix=""), GW) == reference


def test_a_binding_that_redirects_to_itself_redirects_to_the_gateway() -> None:
    reference = public_reference("https://users.internal/x", target(origin="binding:USERS"), GW)
    assert reference == "https://gw.example/api/x"


# --- Link -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "public"),
    [
        ('</v1/u?page=2>; rel="next"', '</api/u?page=2>; rel="next"'),
        ("<https://api.example/v1/u>;rel=next", "<https://gw.example/api/u>;rel=next"),
        ("<//api.example/v1/u>", "<https://gw.example/api/u>"),
        ("<?page=2>; rel=next,<u/7>;rel=item", "<?page=2>; rel=next,<u/7>;rel=item"),
        ('</v1/a,b>; title="</v1/c>, <d>", </v1/e>', '</api/a,b>; title="</v1/c>, <d>", </api/e>'),
        (r'</v1/a>; title="\", </v1/b>", </v1/c>', r'</api/a>; title="\", </v1/b>", </api/c>'),
        ('</v1/a>; anchor="/v1/b"; rel="/v1/c"', '</api/a>; anchor="/v1/b"; rel="/v1/c"'),
        ("<https://other.example/v1/a>, </v1/b>", "<https://other.example/v1/a>, </api/b>"),
        (" ,, </v1/a> ;\trel = next , </v1/b>", " ,, </api/a> ;\trel = next , </api/b>"),
        ("nonsense </v1/a>, </v1/b>", "nonsense </v1/a>, </api/b>"),
        ("</v1/a, </v1/b>", "</v1/a, </api/b>"),
        ('</v1/a>; title="open, </v1/b>', '</api/a>; title="open, </v1/b>'),
        ("<>; rel=self", "<>; rel=self"),
        ("", ""),
    ],
)
def test_the_targets_of_links_follow_and_their_parameters_stay(link: str, public: str) -> None:
    assert linked(link) == public


def test_a_link_at_the_origins_host_follows_where_paths_are_the_same_on_both_sides() -> None:
    same = {"origin": "https://api.example", "strip_prefix": ""}
    assert linked('<https://api.example/a>, </b?>; rel="x"', **same) == '<https://gw.example/a>, </b?>; rel="x"'


PARAMETER = st.sampled_from(['; rel="next"', ";rel=prev", '; title="<a>, \\"</v1/b>\\","', ' ; anchor="/v1/x" '])
MEMBER = st.tuples(st.sampled_from(["/v1/a", "/v1/b,c;d=e", "https://api.example/v1/f"]), st.lists(PARAMETER))


@given(st.lists(MEMBER, min_size=1, max_size=5), st.sampled_from([",", ", ", " ,\t,"]))
@settings(max_examples=40)
def test_each_target_of_a_list_follows(members: list[tuple[str, list[str]]], comma: str) -> None:
    def written(follows: bool) -> str:
        shown = [public_reference(one, target(), GW) if follows else one for one, _ in members]
        return comma.join(f"<{one}>{''.join(rest)}" for one, (_, rest) in zip(shown, members, strict=True))

    assert linked(written(follows=False)) == written(follows=True)


@given(st.text(st.sampled_from('<>",;\\ =a/'), max_size=40))
@settings(max_examples=100)
def test_a_field_of_which_nothing_is_the_origins_stays_byte_for_byte(text: str) -> None:
    assert linked(text, origin="https://api.example", strip_prefix="") == text


# --- Set-Cookie -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cookie", "public"),
    [
        ("a=1; Path=/v1", "a=1; Path=/api"),
        ("a=1; Path=/v1/", "a=1; Path=/api/"),
        ("a=1; Path=/v1/users", "a=1; Path=/api/users"),
        ("a=1; Path=/", "a=1; Path=/api"),
        ("a=1; Path=/v10", "a=1; Path=/api/v10"),
        ("a=1;path = /v1/x ;Secure", "a=1;path = /api/x ;Secure"),
        ("a=1; Path=; Path=v1; Path", "a=1; Path=; Path=v1; Path"),
        ("a=1; Path=/x; PATH=/v1/y", "a=1; Path=/api/x; PATH=/api/y"),
        ('a="1; Path=/v1"; HttpOnly', 'a="1; Path=/v1"; HttpOnly'),
        ('a=1; Path="/v1"', 'a=1; Path="/v1"'),
        ("Path=/v1", "Path=/v1"),
        ("a=1; Domain=api.example; Path=/", "a=1; Path=/api"),
        ("a=1; domain=.API.example ;Secure", "a=1;Secure"),
        ("a=1; Domain=example", "a=1; Domain=example"),
        ("a=1; Domain=other.example; Secure", "a=1; Domain=other.example; Secure"),
        ("a=1; Domain=notapi.example; Domain=x.api.example", "a=1; Domain=notapi.example; Domain=x.api.example"),
        ("a=1; Domain=other.example; Domain=api.example", "a=1"),
        ("a=1; Domain=api.example; Domain=other.example", "a=1; Domain=api.example; Domain=other.example"),
        ("a=1; Domain=api.example.; Domain=", "a=1; Domain=api.example.; Domain="),
        ("__Host-a=1; Secure; Path=/", "__Host-a=1; Secure; Path=/"),
        (" __HOST-a=1; Secure; Path=/", " __HOST-a=1; Secure; Path=/"),
        ("__Secure-a=1; Secure; Path=/; Domain=api.example", "__Secure-a=1; Secure; Path=/api"),
        ("a=; Expires=Wed, 21 Oct 2026 07:28:00 GMT;; A;", "a=; Expires=Wed, 21 Oct 2026 07:28:00 GMT;; A;"),
        ("", ""),
    ],
)
def test_cookies_are_for_the_gateways_paths_and_host(cookie: str, public: str) -> None:
    assert public_cookie(cookie, target()) == public


@pytest.mark.parametrize(
    ("route", "path", "public"),
    [
        ({"origin": "https://api.example"}, "/users", "/api/users"),
        ({"origin": "https://api.example"}, "/", "/api"),
        ({"strip_prefix": ""}, "/v1/users", "/users"),
        ({"strip_prefix": ""}, "/v1", "/"),
        ({"strip_prefix": ""}, "/", "/"),
        ({"origin": "https://api.example/a/b"}, "/a", "/api"),
        ({"origin": "https://api.example/a/b"}, "/a/", "/api"),
        ({"origin": "https://api.example/a/b"}, "/a/bc", "/api/a/bc"),
        ({"origin": "https://api.example", "strip_prefix": ""}, "/users", "/users"),
    ],
)
def test_a_cookies_path_follows_prefixes(route: dict[str, str], path: str, public: str) -> None:
    assert public_cookie(f"a=1; Path={path}", target(**route)) == f"a=1; Path={public}"


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8123", "https://127.0.0.1"])
def test_a_domain_has_no_port(origin: str) -> None:
    assert public_cookie("a=1; Domain=127.0.0.1", target(origin=origin)) == "a=1"


def comes_back(cookie_path: str, request_path: str) -> bool:
    """Whether browsers send a cookie for the one path with a request for the other (RFC 6265 section 5.1.4)."""
    return request_path == cookie_path or request_path.startswith(cookie_path.rstrip("/") + "/")


SEGMENTS = st.lists(st.sampled_from(["v1", "v10", "users", "a"]), max_size=3).map(lambda names: "/" + "/".join(names))


@given(SEGMENTS, SEGMENTS, st.sampled_from(["", "/v1", "/v1/a"]), st.sampled_from(["", "/api"]))
@settings(max_examples=100)
@example("/", "/users", "/v1", "/api")
def test_a_cookie_comes_back_with_the_very_requests_that_the_origin_meant(
    cookie_path: str, path: str, prefix: str, stripped: str
) -> None:
    to = target(origin=f"https://api.example{prefix}", strip_prefix=stripped)
    public = public_cookie(f"a=1; Path={cookie_path}", to).partition("Path=")[2]
    at_gateway = stripped + path
    if comes_back(cookie_path, to.path(at_gateway)):
        assert comes_back(public, at_gateway)
    elif (cookie_path + "/").startswith(prefix + "/"):
        assert not comes_back(public, at_gateway)


ATTRIBUTE = st.text(st.sampled_from('Path=/v1;Domain. "aexmpl\t\\'), max_size=30)


@given(ATTRIBUTE)
@settings(max_examples=100)
def test_a_cookie_of_which_nothing_is_the_origins_stays_byte_for_byte(text: str) -> None:
    assert public_cookie(text, target(origin="https://other.test", strip_prefix="")) == text


# --- Refresh ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refresh", "public"),
    [
        ("5; url=https://api.example/v1/a", "5; url=https://gw.example/api/a"),
        ("0;URL='/v1/a' and more", "0;URL='/api/a' and more"),
        ('1.5 , url = "https://api.example/v1/a?b=1;c" ', '1.5 , url = "https://gw.example/api/a?b=1;c" '),
        ("5 https://api.example/v1/a", "5 https://gw.example/api/a"),
        (".5;/v1/a ", ".5;/api/a "),
        ("5; url='/v1/a", "5; url='/api/a"),
        ("5; url=/v1/a, 6; url=/v1/b", "5; url=/api/a, 6; url=/v1/b"),
        ("5; url=a", "5; url=a"),
        ("5; url=https://other.example/v1", "5; url=https://other.example/v1"),
        ("5", "5"),
        ("5;", "5;"),
        ("5; url=", "5; url="),
        ("5; url=''", "5; url=''"),
        ("soon; url=/v1/a", "soon; url=/v1/a"),
        ("", ""),
    ],
)
def test_a_refresh_leads_to_the_gateway(refresh: str, public: str) -> None:
    headers = {"refresh": refresh}
    point_at_gateway(headers, target(), GW)
    assert headers["refresh"] == public


@settings(max_examples=15)
@given(st.text(alphabet="05.;,= '\"urlURL/v1\t", max_size=30))
def test_a_refresh_that_is_not_the_origins_is_kept(text: str) -> None:
    assert with_target(text, lambda found: found) == text
