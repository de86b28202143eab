"""`POST /_gatehouse/purge`: what may be purged, and the scopes it means.

URLs and prefixes may be absolute or paths of the gateway's own host; both are brought to the form that keys use, so a
purge names what a request would have named.
"""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cache import DEEPEST_PREFIX, HttpCache, everything, prefix_scope, tag_scope, url_scope
from core.messages import Request
from core.paths import normalise_path
from core.ports import StoreFailed
from core.problems import Problem
from endpoints.contents import Misread, read_as
from fields.uri_references import split_reference

MOST = 100
"""Entries of one list: each is a write to the store."""


def _is_reference(value: str) -> str:
    if not value.startswith(("/", "https://", "http://")) or value.startswith("//") or "#" in value:
        raise ValueError("must be an absolute URL or a path that begins with '/', without a fragment")
    split_reference(value)  # raises ValueError on a malformed host
    return value


def _is_prefix(value: str) -> str:
    if "?" in value or urlsplit(value).path.rstrip("/").count("/") > DEEPEST_PREFIX:
        raise ValueError(f"must be a path of at most {DEEPEST_PREFIX} segments, without a query")
    return value


def _is_tag(value: str) -> str:
    if not value or "," in value or not value.isprintable() or value.strip() != value:
        raise ValueError("must be one member of Cache-Tag: no comma, no space around it")
    return value


Reference = Annotated[str, Field(max_length=2048), AfterValidator(_is_reference)]
Prefix = Annotated[Reference, AfterValidator(_is_prefix)]
Tag = Annotated[str, Field(max_length=1024), AfterValidator(_is_tag)]


class Purge(BaseModel):
    """What to purge; at least one of the four."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True)

    urls: list[Reference] = Field(default=[], max_length=MOST)
    prefixes: list[Prefix] = Field(default=[], max_length=MOST)
    tags: list[Tag] = Field(default=[], max_length=MOST)
    everything: bool = False


async def purge(content: bytes, request: Request, cache: HttpCache) -> dict[str, object]:
    """Purge what `content` names; gives what was purged, as it was understood, and the new generation.

    Raises the problems 400 `invalid_purge` and 503 `store_unavailable`.
    """
    wanted = _parse(content)
    urls = [cache.counted_url(_absolute(url, request)) for url in wanted.urls]
    prefixes = [_host_and_path(prefix, request) for prefix in wanted.prefixes]
    scopes = [
        *(url_scope(url) for url in urls),
        *(prefix_scope(host, path) for host, path in prefixes),
        *(tag_scope(tag) for tag in wanted.tags),
        *([everything()] if wanted.everything else []),
    ]
    if not scopes:
        raise Problem(400, "invalid_purge", "Name urls, prefixes, tags or everything.", field="body")
    try:
        generation = await cache.purge(scopes)
    except StoreFailed:
        raise Problem(
            503, "store_unavailable", "The store does not take the purge; repeat it.", headers={"retry-after": "5"}
        ) from None
    return {
        "urls": urls,
        "prefixes": [host + path for host, path in prefixes],
        "tags": wanted.tags,
        "everything": wanted.everything,
        "generation": generation,
    }


def _parse(content: bytes) -> Purge:
    try:
        return read_as(Purge, content)
    except Misread as error:
        raise Problem(400, "invalid_purge", str(error), field=error.field) from None


def _absolute(reference: str, request: Request) -> str:
    """The URL as a request for it would have been keyed: path in normal form, query as it is."""
    host, path = _host_and_path(reference, request)
    scheme = urlsplit(reference).scheme or request.scheme
    query = reference.partition("?")[2]
    return f"{scheme}://{host}{path}" + (f"?{query}" if query else "")


def _host_and_path(reference: str, request: Request) -> tuple[str, str]:
    parts = urlsplit(reference)
    return parts.netloc.lower() or request.host, normalise_path(parts.path or "/")
