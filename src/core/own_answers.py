"""What the gateway answers itself: fields that keep such an answer safe, and refusals that are no step's own."""

from typing import Final

from core.messages import Response
from core.ports import ClientGone, ClientTooSlow
from core.problems import Problem

OWN_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""On every response the gateway makes itself, unless the endpoint said otherwise. An origin's are its own affair."""

INTERNAL_ERROR: Final = (500, "internal_error", "The gateway failed; its log has the details under this request id.")
CLIENT_GONE: Final = (499, "client_gone", "The client hung up before it was answered.")
"""For the log alone. The status is nginx's, which logs have come to know."""
TOO_SLOW: Final = (408, "request_timeout", "The content took too long to arrive; send it again, faster.")
CLOSED: Final = (503, "misconfigured", "The gateway's configuration is not usable; its log names every fault.")


def own_response(response: Response) -> Response:
    """`response`, with the fields of every answer that the gateway makes itself."""
    response.headers = OWN_HEADERS | response.headers
    return response


def problem_of(refusal: Problem | ClientGone | ClientTooSlow) -> Problem:
    if isinstance(refusal, Problem):
        return refusal
    return Problem(*(CLIENT_GONE if isinstance(refusal, ClientGone) else TOO_SLOW))
