"""The turn of a route's policies with one request.

    turn = rules.turn(...)
    answer = await turn.asked()             # None: go on, with what they have changed
    response = await turn.answered(response)

`on_request` of each is called in the order of the route; one that gives a Response ends that. On its way out every
answer, the cache's and that of a policy among them, passes `on_response` of those whose turn had come, the last first:
the way middleware is nested. What has been refused before their turn (401, 403, 429) they never see.

Whatever a policy raises is 500 `policy_failed`, but for what is no fault of its: the client hung up, or sent more than
the route takes.
"""

import asyncio
import inspect
import traceback
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, Final, Protocol

from core import messages
from core.budget import Budget, OverBudget, Share, read_within
from core.messages import ContentTooLarge, cancel, content_length
from core.own_answers import own_response
from core.ports import ClientGone, ClientTooSlow, FetchFailed, Platform
from core.problems import Problem, problem_response
from core.records import record
from fields.cookies import without_cookie
from origin import ACCESS_COOKIE, CREDENTIALS, held
from policing.calls import Call, Logged, require_loggable
from policing.fetching import PolicyFetch
from policing.modules import Hook, Policed, Policy, Told, found
from policing.privacy import Private
from policing.requests import Moves, Request
from policing.responses import BODILESS, Response
from policing.stores import PolicyStore
from policing.values import Locale, Located, Principal, Verified, secrets_in

LONGEST_READ: Final = 25.0
"""Seconds that the platform gives a content to be read to its end."""
MOST_READ: Final = 2 * 1024 * 1024
"""Bytes of an answer that a policy may read."""
MOST_LINES: Final = 16
"""Of one policy during one request."""

TAKEN_BY_THE_CACHE: Final = frozenset({"range", "if-range", "if-none-match", "if-modified-since"})
"""Fields that, taken away by a policy, are so for the gateway itself: it then answers with all of the content."""


class Failed(Exception):
    """What a policy has given cannot be used."""


class Exchange(Protocol):
    """What becomes of the request, for the log."""

    code: str
    turn: Any

    @property
    def id(self) -> str: ...


@record
class Known:
    """What the gateway knows of a request when the policies' turn comes."""

    exchange: Exchange
    visitor: Callable[[], str]
    """A text that stands for the caller."""
    principal: Verified | None
    locale: Located
    moves: Moves
    """Raises Problem for a path that the request may not be moved to."""


class Rules:
    """The policies of one route, compiled once per isolate. `hidden` are fields that carry a token to the gateway."""

    def __init__(self, route: Policed, told: Told, platform: Platform, budget: Budget, hidden: frozenset[str]) -> None:
        self.route = route
        self.policies = tuple(found(name, told) for name in route.policies)
        self.secrets = [text for policy in self.policies for text in secrets_in(policy.settings)]
        self.platform, self.budget = platform, budget
        self.hidden = frozenset() if route.auth == "none" else hidden
        self.most_content = min(route.max_body, told.held_bytes)

    def turn(self, request: messages.Request, known: Known) -> "Turn":
        return Turn(self, request, known)


async def policed(exchange: Exchange, answering: Awaitable[messages.Response]) -> messages.Response:
    """The answer of a route with policies, on its way out through those whose turn had come."""
    try:
        try:
            response = await answering
        except Problem as problem:
            if exchange.turn is None:
                raise
            exchange.code = problem.code
            response = own_response(problem_response(problem, exchange.id))
        return response if exchange.turn is None else await exchange.turn.answered(response)
    finally:
        if exchange.turn is not None:
            exchange.turn.end()
            exchange.turn = None


def compiled_rules(told: Told, platform: Platform, budget: Budget) -> dict[int, Rules]:
    """The rules of the routes that have policies, by the `id` of the route."""
    hidden = CREDENTIALS | told.credential_fields
    return {id(route): Rules(route, told, platform, budget, hidden) for route in told.routes if route.policies}


class Turn:
    """One request before the policies of its route."""

    def __init__(self, rules: Rules, request: messages.Request, known: Known) -> None:
        self._rules, self._request, self._known = rules, request, known
        self._began = rules.platform.clock()
        self._share: Share | None = None
        self._refusal: Exception | None = None
        """What ended the reading of a content, whatever the policy makes of it."""
        self._shown = Request(
            request.method, request.path, request.query, self._showable(), self._content,
            host=request.host, scheme=request.scheme, moves=known.moves, hidden=rules.hidden,
        )  # fmt: skip
        self._principal = None if known.principal is None else Principal.of(known.principal)
        self._locale = Locale.of(known.locale)
        self._visitor = sha256(known.visitor().encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._calls: list[tuple[Policy, Call]] = []
        self._lines = 0

    def _showable(self) -> Mapping[str, str]:
        """The client's fields, without a token in a cookie that the gateway reads itself."""
        headers = self._request.headers
        if not self._rules.hidden or ACCESS_COOKIE not in headers.get("cookie", ""):
            return headers
        return {**headers, "cookie": without_cookie(headers["cookie"], ACCESS_COOKIE)}

    @property
    def amended(self) -> Mapping[str, str | None]:
        """What has been changed in the client's fields."""
        return self._shown.headers.changes

    @property
    def spent(self) -> float:
        """Seconds since the turn began."""
        return max(0.0, self._rules.platform.clock() - self._began)

    async def asked(self) -> messages.Response | None:
        """The answer of the first policy that gives one. Without one, the request is as they have changed it.

        Raises Problem: 500 `policy_failed`; 413 and 503 of a content that was asked for.
        """
        try:
            for policy in self._rules.policies:
                call = self._call(policy)
                self._calls.append((policy, call))
                if policy.on_request is None:
                    continue
                answer = await self._run(policy, "on_request", policy.on_request, call)
                if answer is not None:
                    return self._sendable(policy, answer)
        except BaseException:
            self.end()
            raise
        self._apply()
        return None

    def end(self) -> None:
        """Nothing comes after: what was held for the policies is given back now, and not when garbage is collected."""
        self._calls.clear()
        self._shown.forget()
        if self._share is not None:
            self._share.give_back()

    async def answered(self, response: messages.Response) -> messages.Response:
        """The answer after it has passed those whose turn had come. A socket is not theirs. Raises Problem."""
        if response.websocket is not None:
            return response
        for policy, call in reversed(self._calls):
            if policy.on_response is not None:
                response = await self._passed(policy, policy.on_response, call, response)
        return response

    async def _passed(self, policy: Policy, hook: Hook, call: Call, response: messages.Response) -> messages.Response:
        passing = Response.passing(
            response.status, response.headers, response.cookies, lambda: self._answer_content(response)
        )
        try:
            instead = await self._run(policy, "on_response", hook, call, passing)
            answer = passing if instead is None else instead
            sent = self._sendable(policy, answer, "on_response")
            if response.status not in BODILESS and sent.status in BODILESS:
                sent.headers.pop("content-length", None)
        except BaseException:
            await cancel(response.body)
            raise
        if answer is passing and not passing.replaced and sent.status not in BODILESS:
            sent.body = response.body
        else:
            await cancel(response.body)
        return sent

    async def _run(self, policy: Policy, hook: str, function: Hook, *given: Any) -> Response | None:
        """What the policy answers. Whatever it raises becomes 500, so that nothing else is taken down by it."""
        outcome, waits, task = None, False, _current_task()
        try:
            outcome = function(*given)
            if waits := inspect.isawaitable(outcome):
                async with asyncio.timeout(self._patience(hook)):
                    outcome = await outcome
            if not (outcome is None or isinstance(outcome, Response)):
                raise Failed(f"{hook} gives a Response or None, and no {type(outcome).__name__}")
        except BaseException as error:
            if waits and _is_ours(error, task):
                raise
            if self._refusal is None:
                raise self._failure(policy, hook) from None
        if self._refusal is not None:
            raise self._refusal
        return outcome

    def _sendable(self, policy: Policy, answer: Response, hook: str = "on_request") -> messages.Response:
        """A policy's answer as the gateway sends it."""
        try:
            headers = dict(answer.headers)
            if not answer.is_passing:
                self._known.exchange.code = answer.code or self._known.exchange.code
                headers.setdefault("cache-control", "no-store")
                if answer.body:
                    plain = "text/plain; charset=utf-8" if isinstance(answer.body, str) else "application/octet-stream"
                    headers.setdefault("content-type", plain)
            cookies = [_cookie(cookie) for cookie in answer.cookies]
        except Exception:
            raise self._failure(policy, hook) from None
        body = None if answer.status in BODILESS else answer.body
        sent = messages.Response(answer.status, headers, body, cookies)
        return sent if answer.is_passing else own_response(sent)

    def _apply(self) -> None:
        """The request is as the policies have changed it; their fields are added where it is forwarded."""
        request, shown = self._request, self._shown
        request.path, request.query = shown.path, shown.query
        gone = [name for name in TAKEN_BY_THE_CACHE & self.amended.keys() if self.amended[name] is None]
        if gone:
            request.headers = {name: value for name, value in request.headers.items() if name not in gone}

    # --- what a policy is handed --------------------------------------------------------------------------------------

    def _call(self, policy: Policy) -> Call:
        rules, known = self._rules, self._known
        platform = rules.platform
        return Call(
            self._shown,
            policy.settings,
            self._principal,
            self._locale,
            rules.route.path,
            self._visitor,
            self._began,
            self._log_of(policy),
            PolicyFetch(platform.fetch, rules.budget, self._left, self._request.client),
            PolicyStore(platform.store, policy.name),
            {},
            known.exchange.id,
        )

    def _left(self) -> float:
        return self._rules.route.timeout_ms / 1000 - self.spent

    def _patience(self, hook: str) -> float:
        """Seconds that a policy may wait: what is left of the route's, and for a content what reading one may take."""
        reads = hook == "on_response" or self._request.body is not None
        return max(0.0, self._left()) + (LONGEST_READ if reads else 0.0)

    async def _content(self) -> bytes:
        if self._share is None:
            self._share = self._rules.budget.share()
        clock = self._rules.platform.clock
        asked = clock()
        try:
            self._request.body = content = await held(self._request, self._share, self._rules.most_content)
        except (Problem, ClientGone, ClientTooSlow) as refusal:
            self._refusal = refusal
            raise
        finally:
            self._began += clock() - asked  # a client that sends slowly takes nothing of the origin's time
        return content

    async def _answer_content(self, response: messages.Response) -> bytes:
        content = response.body
        if content is None or isinstance(content, bytes | str):
            return content.encode() if isinstance(content, str) else content or b""
        length = content_length(response.headers)
        if length is not None and length > MOST_READ:
            raise ValueError(f"the content has {length} bytes, and a policy may read {MOST_READ}")
        self._share = self._share or self._rules.budget.share()
        try:
            response.body = read = await read_within(self._share, content, length, MOST_READ)
        except FetchFailed:
            self._refusal = Problem(502, "origin_unreachable", "The origin broke its answer off.")
            raise
        except (ContentTooLarge, OverBudget) as error:
            self._refusal = Problem(502, "answer_too_large", f"The answer is longer than a policy can read: {error}.")
            raise ValueError(str(error)) from None
        return read

    def _log_of(self, policy: Policy) -> Any:
        def log(**fields: Logged) -> None:
            require_loggable(fields)
            self._lines += 1
            if self._lines <= MOST_LINES * len(self._rules.policies):
                private = self._private()
                said = {n: private.of_value(value) if isinstance(value, str) else value for n, value in fields.items()}
                self._rules.platform.log("policy", id=self._known.exchange.id, policy=policy.name, **said)

        return log

    def _failure(self, policy: Policy, hook: str) -> Problem:
        """To be called where the exception is handled."""
        said = self._private().of_traceback(traceback.format_exc())
        self._rules.platform.log(
            "policy_failed", id=self._known.exchange.id, policy=policy.name, during=hook, traceback=said
        )
        detail = f"The policy {policy.name!r} failed; the gateway's log has the details under this request id."
        return Problem(500, "policy_failed", detail, policy=policy.name)

    def _private(self) -> Private:
        principal = self._known.principal
        words = list(self._rules.secrets)
        if principal is not None:
            words += [principal.id, *(text for _, texts in principal.told for text in texts)]
        return Private(self._request, words)


def _is_ours(error: BaseException, task: asyncio.Task[Any] | None) -> bool:
    """Whether what came while a policy waited in `task` ends the request: its client is gone, it has been cancelled, or
    nobody goes on with it. The same raised by the policy itself is the policy's."""
    if isinstance(error, asyncio.CancelledError):
        return task is not None and task.cancelling() > 0
    if isinstance(error, GeneratorExit):
        return _current_task() is not task
    return isinstance(error, ClientGone | ClientTooSlow)


def _current_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs
        return None


def _cookie(cookie: object) -> str:
    if not isinstance(cookie, str) or "=" not in cookie or not cookie.isascii() or not cookie.isprintable():
        raise Failed("a cookie is a Set-Cookie field value, as in 'beta=1; Path=/; Secure'")
    return cookie
