"""Fields that other proxies set and servers behind them believe, by the words of their names: tables.

A server that once stood behind another proxy, or whose framework knows one, may still take its word for who the caller
is, where it is, or what it asked for. Nobody before this gateway can be believed, so no client may say it. Names come
in families (`X-WebAuth-User`, `-Email`, `-Groups`), hence words and not names: `X` and `HTTP` in front do not count.

Never add what clients say for themselves: keys and tokens that a server checks, versions, traces, languages.
"""

from typing import Final

WHO: Final = """
    remote | webauth | auth | authenticated | authentik | authelia | oidc | oauth | oauth2 | saml | sso | shib
    shibboleth | mellon | sm | iv | pomerium | vouch | tailscale | teleport | consumer | credential
    anonymous consumer | goog authenticated | goog iap | ms client principal | ms token | endpoint api userinfo
    apigateway api userinfo | jwt assertion | jwt claim | jwt claims | jwt payload | jwt sub | jwt user
    oam | osso | iisnode | l5d | scope orgid
"""
"""Who the caller is: forward authentication, single sign-on, service meshes, front ends of clouds."""

WHOSE_CERTIFICATE: Final = """
    ssl | tls | mtls | peer | arr | appservice | client verify | client dn | client s | client i | client subject
    client issuer | client serial | client fingerprint | client cn | client san | client ssl | client tls
"""
"""What TLS knew of the client."""

WHERE: Final = """
    forwarded | forward | forwarder | originating | originally | real | true client | client address | client addr
    client host
    client port | client proto | client scheme | cluster client | connecting | fastly | fly | incap | sucuri
    akamai | appengine | azure | cloudfront | vercel | nf | wl proxy | proxy | proxyuser | coming from | geoip
    cdn src
"""
"""Where the client is, and how it came."""

WHAT: Final = """
    original | originalurl | rewrite | url | uri | host | script name | path info | path translated | context path
    matched path | invoke | middleware | request uri | request url | request path | request method | request scheme
    request host | request port | server name | server port | servername | front end | accel | sendfile | envoy
    traefik | nginx | haproxy | upstream | base url | origin host | backend host | requested host | disguised host
    waws | was default | destinationurl
"""
"""What is asked for: a second address, path, scheme or method, for which the gateway matched another."""

BEGINNINGS: Final = frozenset(
    tuple(beginning.split())
    for family in (WHO, WHOSE_CERTIFICATE, WHERE, WHAT)
    for line in family.strip().splitlines()
    for beginning in line.split("|")
)
"""First words of names that are withheld, with whatever follows."""

WHOLE: Final = frozenset(
    {
        *("user", "group", "groups", "role", "roles", "principal", "userinfo", "smuser"),
        *("forwardedfor", "authority", "hostname", "vhost"),
        *("method", "path", "proto", "protocol", "scheme", "https", "port"),
    }
)
"""Names of one word."""

ANYWHERE: Final = frozenset(
    {
        *("ip", "ips", "ipaddress", "ipaddr", "clientip", "realip", "addr", "msisdn"),
        *("cert", "certs", "certificate", "clientcert", "override"),
    }
)
"""Words that a name must not have at any place: `X-Cluster-Client-IP`, `X-SSL-Cert`, `X-HTTP-Method-Override`."""

NO_WORDS: Final = frozenset({"x", "http"})
LONGEST_BEGINNING: Final = max(map(len, BEGINNINGS))


def is_believed(canonical: str) -> bool:
    """Whether a field, by its name in `header_rules.canonical` spelling, is one of such a family.

    is_believed("x-webauth-user") == is_believed("remote-user") == True; is_believed("x-api-key") == False
    """
    words = [word for word in canonical.split("-") if word]
    start = next((index for index, word in enumerate(words) if word not in NO_WORDS), len(words))
    named = tuple(words[start:])
    if len(named) == 1 and named[0] in WHOLE:
        return True
    if any(named[:count] in BEGINNINGS for count in range(1, LONGEST_BEGINNING + 1)):
        return True
    return not ANYWHERE.isdisjoint(named)
