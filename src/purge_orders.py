"""What `POST /_gatehouse/purge` asks for: a JSON object, read into the scopes of `purges.py`.

    {"urls": ["/users?page=1"], "prefixes": ["/api"], "tags": ["users"], "everything": false}

A URL covers all its variants and partitions; a prefix covers the path and everything below it; a tag covers every
response whose `Cache-Tag` named it. URLs and prefixes without a host are of the host the order was sent to.
"""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import SplitResult, urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from paths import normalise_path
from problems import Problem
from purges import DEEPEST_PREFIX, everything, prefix_scope, tag_scope, url_scope

Items = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=2048)], ...], Field(max_length=100)]


class PurgeOrder(BaseModel):
    """One order. An empty one is refused: it is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    urls: Items = ()
    prefixes: Items = ()
    tags: Items = ()
    everything: bool = False


def read_order(content: bytes) -> PurgeOrder:
    """The order in a request's content. Raises Problem 400 `invalid_purge`."""
    try:
        order = PurgeOrder.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "content"
        raise _invalid(where, first["msg"]) from None
    if not (order.urls or order.prefixes or order.tags or order.everything):
        raise _invalid("content", "name at least one of urls, prefixes, tags, everything")
    return order


def ordered_scopes(order: PurgeOrder, base: str, counted: Callable[[str], str]) -> dict[str, str]:
    """What the order means: each scope, by the words in which it is answered.

    `base` is the URL the order was sent to; `counted` gives a URL as its key counts it. Raises Problem 400.

        {"url https://a.example/users?page=1": "purge1:u:…", "tag users": "purge1:t:…"}
    """
    scopes: dict[str, str] = {}
    for index, text in enumerate(order.urls):
        url = counted(_absolute(text, base, f"urls.{index}"))
        scopes[f"url {url}"] = url_scope(url)
    for index, text in enumerate(order.prefixes):
        parts = urlsplit(_absolute(text.removesuffix("*"), base, f"prefixes.{index}"))
        if parts.query or parts.path.count("/") > DEEPEST_PREFIX:
            raise _invalid(f"prefixes.{index}", f"a prefix is a path of at most {DEEPEST_PREFIX} segments")
        scopes[f"prefix {parts.netloc}{parts.path}"] = prefix_scope(parts.netloc, parts.path)
    scopes.update({f"tag {tag}": tag_scope(tag) for tag in order.tags})
    if order.everything:
        scopes["everything"] = everything()
    return scopes


def purge_answer(scopes: dict[str, str], generation: int) -> dict[str, Any]:
    """The content of the answer: what was bumped, and to which generation (milliseconds since 1970)."""
    return {"purged": list(scopes), "generation": generation}


def _absolute(text: str, base: str, where: str) -> str:
    """A URL with the path that requests for it are matched by."""
    try:
        parts = urlsplit(urljoin(base, text))
        path = normalise_path(parts.path or "/")
    except (ValueError, Problem):
        raise _invalid(where, "is not a URL or path of this gateway") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _invalid(where, "must be an http or https URL, or a path")
    return SplitResult(parts.scheme, parts.netloc.lower(), path, parts.query, "").geturl()


def _invalid(where: str, fault: str) -> Problem:
    return Problem(400, "invalid_purge", f"{where}: {fault}.", field=where)
