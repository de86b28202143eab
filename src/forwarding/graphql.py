"""A route's bounds for GraphQL, held at the edge: what is over them is not signed, not sent and not looked up.

    graphql = { max_depth = 8, max_aliases = 15, max_tokens = 1000, introspection = false }

Every document of a request counts: the `query` of the URL, and that of a JSON content (GraphQL over HTTP). A request
without a document, such as one for a registered query, passes. What could be read in two ways is refused: a batch, a
content that is no JSON, two documents in one URL.

The refusal is GraphQL's own form, so that a client reads it where it reads all others.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

from core import strictjson
from core.budget import Budget, OverBudget, Share, read_within
from core.lengths import GRAPHQL
from core.messages import ContentTooLarge, Request, Response, content_length
from core.problems import Problem
from forwarding.settings import GraphqlSettings


class Excess(Exception):
    """The request is refused. `extensions` are those of the error."""

    def __init__(self, message: str, code: str, **extensions: Any) -> None:
        super().__init__(message)
        self.extensions = {"code": code, **extensions}


class Bounded(Protocol):
    """A route, as far as this file knows of one."""

    @property
    def graphql(self) -> GraphqlSettings | None: ...
    @property
    def max_body(self) -> int: ...


async def hold_within(request: Request, route: Bounded, budget: Budget) -> Share:
    """Read the content and check every document. The content is held as bytes while the share that is given lives.

    Raises Excess; Problem 413 `content_too_large`, 503 `busy`.
    """
    share = budget.share()
    try:
        await _check_all(request, route, share)
    except BaseException:
        share.give_back()
        raise
    return share


async def _check_all(request: Request, route: Bounded, share: Share) -> None:
    assert route.graphql is not None, "the route has bounds"
    documents = list(_of_url(request.query))
    if request.body is not None:
        content = await _content(request, share, min(route.max_body, GRAPHQL.characters))
        request.body = content
        documents += _of_content(request.headers, content)
    for document in documents:
        check(document, route.graphql)


def check(document: str, most: GraphqlSettings) -> None:
    """Raises Excess."""
    from fields import graphql  # its grammar, which no other route needs

    try:
        found = graphql.measure(document, most.max_tokens)
    except graphql.TooManyTokens:
        raise _over("tokens", most.max_tokens) from None
    except graphql.Unreadable as error:
        raise Excess(f"The document cannot be read: {error}.", "GRAPHQL_PARSE_FAILED") from None
    if found.introspects and not most.introspection:
        raise Excess("The schema is not told here.", "INTROSPECTION_DISABLED", limit="introspection")
    if found.depth > most.max_depth and not found.introspects:  # tools ask for types of types of types
        raise _over("depth", most.max_depth)
    if found.aliases > most.max_aliases:
        raise _over("aliases", most.max_aliases)


def refusal(excess: Excess, request_id: str) -> Response:
    """Never stored by any cache."""
    error = {"message": str(excess), "extensions": {**excess.extensions, "requestId": request_id}}
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(400, headers, json.dumps({"errors": [error]}, separators=(",", ":")))


def _of_url(query: str) -> Iterator[str]:
    if ";" in query:  # some servers read two pairs in it
        raise _bad("Write ';' in the URL as %3B.")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise _bad("The query of the URL is not percent-encoded UTF-8.") from None
    found = [value for name, value in pairs if name == "query"]
    if len(found) > 1:
        raise _bad("One document a request.")
    yield from filter(None, found)


async def _content(request: Request, share: Share, most: int) -> bytes:
    content = request.body
    if isinstance(content, str):
        content = content.encode()
    if content is None or isinstance(content, bytes):
        return content or b""
    try:
        return await read_within(share, content, content_length(request.headers), most)
    except ContentTooLarge:
        detail = f"The content of a GraphQL request is longer than {most} bytes."
        raise Problem(413, "content_too_large", detail) from None
    except OverBudget:
        detail = "The gateway holds as much content as it can at the moment; send it again later."
        raise Problem(503, "busy", detail, headers={"retry-after": "5"}) from None


def _of_content(headers: Mapping[str, str], content: bytes) -> list[str]:
    if not content:
        return []
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _bad("Send the operation as application/json.")
    try:
        said = strictjson.loads(content)
    except ValueError:
        raise _bad("The content is not JSON, or can be read in two ways.") from None
    if not isinstance(said, dict):
        raise _bad("One operation a request: send an object.")
    document = said.get("query")
    if not (document is None or isinstance(document, str)):
        raise _bad("query must be a string.")
    return [document] if document else []


def _over(limit: str, most: int) -> Excess:
    return Excess(f"An operation may have {limit} up to {most}.", "LIMIT_EXCEEDED", limit=limit, max=most)


def _bad(message: str) -> Excess:
    return Excess(message, "BAD_REQUEST")
