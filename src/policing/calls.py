"""`Call`: what a policy knows of the request it is asked about, and what it may do.

A test makes one with what it needs, and no more:

    call = Call(Request("GET", "/users", headers={"host": "acme.example.com"}), settings=Settings(domain="example.com"))
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from core.patterns import rare
from core.problems import Problem, problem_response
from core.records import field, record
from policing.fetching import Fetched, Fetching
from policing.requests import Request
from policing.responses import Response
from policing.stores import MemoryStore, Store
from policing.values import Locale, Principal

LOG_NAME: Final = rare(r"[a-z][a-z0-9_]{0,39}")
RESERVED: Final = frozenset({"event", "id", "policy", "time"})
CODE: Final = rare(r"[a-z][a-z0-9_]{0,63}")

Logged = str | int | float | bool | None


class Log(Protocol):
    """`call.log(variant="b", share=0.2)`: one line, with the names and plain values that are given."""

    def __call__(self, **fields: Logged) -> None: ...


class Lines:
    """`Log` of a test: `lines.written == [{"variant": "b"}]`."""

    def __init__(self) -> None:
        self.written: list[dict[str, Logged]] = []

    def __call__(self, **fields: Logged) -> None:
        require_loggable(fields)
        self.written.append(fields)


async def nobody(
    url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, content: str | bytes = b""
) -> Fetched:
    """`call.fetch` of a test that gives none."""
    raise AssertionError(f"nobody expected a request to {url}")


@record(sealed=True)
class Call:
    """One request before one policy. The same one is handed to `on_request` and to `on_response`."""

    request: Request = field(default_factory=Request)
    """Its path, query and fields may be changed in `on_request`; afterwards nobody reads them."""
    settings: Any = None
    """What the policy's own `Settings` have read: `settings: Settings = call.settings`. None without such a class."""
    principal: Principal | None = None
    """The verified caller; None on a public route, and for whoever came without a token where it is optional."""
    locale: Locale = field(default_factory=Locale)
    route: str = "/*"
    """The `path` of the route, as it is configured."""
    visitor: str = ""
    """Stands for the caller, or without a token for the network they come from: the same at every request, and nothing
    that could be read back."""
    now: float = 0.0
    """Seconds since 1970."""
    log: Log = field(default_factory=Lines)
    fetch: Fetching = nobody
    store: Store = field(default_factory=MemoryStore)
    state: dict[str, Any] = field(default_factory=dict)
    """The policy's own, from `on_request` to `on_response`."""
    request_id: str = ""

    def problem(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
        """A refusal in the gateway's form (RFC 9457), with this request's id; `code` is for programs."""
        if not CODE.fullmatch(code):
            raise ValueError("a code is small letters, digits and '_', a letter first")
        said = problem_response(Problem(status, code, detail), self.request_id)
        assert isinstance(said.body, str), "a problem is JSON"
        response = Response(status, {**said.headers, **(headers or {})}, said.body)
        response.code = code
        return response


def require_loggable(fields: Mapping[str, Logged]) -> None:
    """Raises ValueError for a name or a value that no line can have."""
    for name, value in fields.items():
        if not LOG_NAME.fullmatch(name) or name in RESERVED:
            raise ValueError(
                f"{name!r} is no name of a log field here: small letters and '_', and none of the line's own"
            )
        if not (value is None or isinstance(value, str | int | float)):
            raise ValueError(f"{name!r} must be text, a number, true or false; it is {type(value).__name__}")
