"""Requests and responses: read into plain values, and written from them, in one crossing each."""

import json
from collections.abc import Callable
from typing import Any, Final

from core.jsontext import text_object
from core.lengths import FIELDS
from core.messages import Request, Response
from edge.bodies import ClientBody, body_of, js_content
from edge.bridge import bridge, read_json
from edge.lifetimes import Client

FIELDS_READ: Final = FIELDS + 1
"""One more than a request may have: enough to see that there are too many (`core.lengths.refuse_too_long`)."""

BODILESS_METHODS: Final = frozenset({"GET", "HEAD"})
BODILESS_STATUSES: Final = frozenset({101, 204, 205, 304})
"""Statuses whose responses have no content (Fetch standard, "null body status")."""


def read_request(js_request: Any, client: Client | None = None) -> Request:
    """The request as plain values."""
    to = bridge()
    head, _ = read_json(to.stringify(js_request, to.request_properties))
    headers = dict(head["headers"]["fields"]["list"][:FIELDS_READ])
    scheme, _, rest = head["url"].partition("://")
    authority, _, target = rest.partition("#")[0].partition("/")
    path, _, query = target.partition("?")
    method = head["method"]
    body = None if method in BODILESS_METHODS else body_of(js_request.body, ClientBody)
    return Request(method, scheme, authority, "/" + path, query, headers, head.get("cf") or {}, body, client)


def write_response(response: Response) -> Any:
    """The JavaScript response. Content is sent in the content coding it already has."""
    to = bridge()
    headers = response.headers
    if response.cookies:
        fields = json.dumps([*headers.items(), *(("set-cookie", cookie) for cookie in response.cookies)])
    else:
        fields = text_object(headers)
    coding = ',"encodeBody":"manual"' if "content-encoding" in headers else ""
    options = to.parse(f'{{"status":{response.status},"headers":{fields}{coding}}}')
    if response.websocket is not None:
        options.webSocket = response.websocket
    return to.response(None if response.status in BODILESS_STATUSES else js_content(response.body), options)


def read_response(js_response: Any) -> Response:
    """A response of `fetch`, its content not yet read and still in its content coding."""
    to = bridge()
    headers: dict[str, str] = {}
    cookies: list[str] = []
    head, _ = read_json(to.stringify(js_response, to.response_properties))
    for name, value in head["headers"]["fields"]["list"]:
        if name == "set-cookie":
            cookies.append(value)
        else:
            headers[name] = value
    status = head["status"]
    websocket = js_response.webSocket if status == 101 else None
    return Response(status, headers, body_of(js_response.body), cookies, websocket)


def sendable(response: Response, instead: Callable[[Response], Response]) -> Any:
    """The JavaScript response; of one that the platform refuses, that of `instead`, called where it has been raised."""
    try:
        return write_response(response)
    except Exception:  # the platform's own exceptions: a status or a field that cannot be sent
        return write_response(instead(response))


class Answer:
    """What the SDK looks for in the result of a method: a JavaScript response, or a promise of one.

    It must be neither awaitable nor iterable: the SDK would await or convert it.
    """

    __slots__ = ("js_object",)

    def __init__(self, js_object: Any) -> None:
        self.js_object = js_object
