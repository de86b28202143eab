"""Forwarding: one exchange with an origin, within one deadline, with retries and a breaker.

    forwarding = forwarder.prepare(request, route, vouched)     # what the origin will see; nothing is sent yet
    response = await forwarding.send()                          # what the client may see

The cache works on `forwarding.request`, not on the client's: a `Vary` of the origin is about the fields it received,
and a client that lists `Accept-Language` in `Connection` must not have its answer stored for those who meant it. To
revalidate, the cache hands `send` a changed copy of that request.

Failures are problems with codes of their own, so that the cache can answer stale in their place:

    504 origin_timeout       no header section within the route's timeout, all tries together
    502 origin_unreachable   connection refused or reset, TLS, malformed HTTP
    502 origin_invalid       a status that HTTP does not define and the platform cannot send on (RFC 9110 section 15),
                             or a field that is too long to be read
    503 origin_unavailable   the breaker is open; `Retry-After` says until when
    503 no_origin_in_region  geography is binding, and no origin that it means for the visitor is well
    413 content_too_large    the request's content is over `max_body`; no failure of the origin
    503 busy                 a signature needs the content, and the isolate holds as much as it may; `Retry-After`

This file knows no header by name: `forwarded.py` and `answered.py` decide what passes.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from core.budget import Budget
from core.faults import Misconfigured
from core.lengths import too_long_answer
from core.messages import ContentTooLarge, Request, Response, cancel, content_length
from core.ports import Background, FetchFailed, FetchTimeout, Platform
from core.problems import Problem
from core.records import record, replace
from fields.handshake import upgrades
from forwarding.answered import sanitise
from forwarding.callers import caller_of
from forwarding.dressing import (
    amendable_request,
    amendable_response,
    dress,
    removable_request,
    request_field_fault,
)
from forwarding.forwarded import (
    Identity,
    Vouched,
    expiry_field,
    forwarded_request,
    identity_fields,
    presented_credentials,
    token_end,
    vouched_fields,
    with_taken,
)
from forwarding.graphql import Excess, hold_within
from forwarding.graphql import refusal as graphql_refusal
from forwarding.header_rules import ACCESS_COOKIE, CREDENTIALS
from forwarding.health import Health
from forwarding.held import held, too_large
from forwarding.lasting import asks_to_last, lasts, put_under_terms
from forwarding.mirror import Mirror
from forwarding.origins import Plan
from forwarding.retries import backoff, content_in_flight, is_retryable, is_transient, retry_after
from forwarding.settings import ForwardingSettings
from forwarding.signers import Stamp
from forwarding.upstreams import (
    Compiler,
    Forwards,
    Located,
    RouteOrigins,
    Upstream,
    nobody_in_region,
    visitor_place,
)
from forwarding.websockets import manages_connections

__all__ = [
    "ACCESS_COOKIE",
    "CREDENTIALS",
    "Excess",
    "Forwarder",
    "Vouched",
    "amendable_request",
    "amendable_response",
    "asks_to_last",
    "caller_of",
    "dress",
    "graphql_refusal",
    "held",
    "hold_within",
    "removable_request",
    "request_field_fault",
]

Sleep = Callable[[float], Awaitable[None]]

UNAMENDED: Final[Mapping[str, str | None]] = MappingProxyType({})

SHORTEST_TIMEOUT = 0.001
"""Seconds. A try may begin at the very end of the deadline; a timeout of 0 would mean none."""

SENDABLE = range(200, 600)
"""Statuses of responses that may be sent on, beside 101 (Fetch standard, `Response` constructor)."""


class Forwarder:
    """The forwarding of one isolate, compiled from its settings.

    Raises Misconfigured when a route cannot be signed for.
    """

    def __init__(
        self, settings: Forwards, platform: Platform, sleep: Sleep = asyncio.sleep, budget: Budget | None = None
    ) -> None:
        self._platform = platform
        self._means = Means(platform, sleep, Budget(settings.held_bytes) if budget is None else budget)
        compiled = Compiler(settings, platform)
        found = (
            (id(route), compiled.route(index, route))
            for index, route in enumerate(settings.routes)
            if route.every_origin
        )
        self._origins = {route: origins for route, origins in found if origins is not None}
        if compiled.faults:
            raise Misconfigured(compiled.faults)
        self.health = Health(compiled.checks, platform.store, platform.clock, platform.log)

    def asks_alike(self, route: ForwardingSettings) -> bool:
        """Whether what a route's origin is asked for and told of the caller is the same wherever the visitor is, by
        whatever field the caller is known, and whether or not events are asked for."""
        origins = self._origins.get(id(route))
        alone = origins is not None and origins.alone is not None
        return alone and not route.forward_authorization and route.sse is None

    def prepare(
        self,
        request: Request,
        route: ForwardingSettings,
        vouched: Vouched,
        place: Located | None = None,
        background: Background | None = None,
    ) -> "Forwarding":
        """The exchange about to be made for `request`, which has matched `route`. `place` is where the visitor is,
        `background` what sends copies.

        Raises Problem 413 when the announced content is too long, 400 when a claim cannot be forwarded, 404 for what is
        the gateway's own to do at an origin, 503 when geography is binding and leaves no origin.
        """
        origins, principal = self._origins[id(route)], vouched.principal
        if origins.are_api_gateways and manages_connections(request.path):
            raise Problem(404, "not_found", "No route of this gateway has that path.")
        if "content-length" in request.headers and (content_length(request.headers) or 0) > route.max_body:
            raise too_large(route.max_body)
        plan = origins.alone or self._planned(origins, request, principal, place)
        forwarding = Forwarding(plan, request, vouched_fields(vouched), self._means, principal, background)
        mirror = origins.mirror
        if mirror is not None and mirror.wants(request, visitor_place(place), self._platform.random.random()):
            forwarding.mirror = mirror
        return forwarding

    def _planned(
        self, origins: RouteOrigins, request: Request, principal: Identity | None, place: Located | None
    ) -> Plan[Upstream]:
        plan = origins.pool.plan(visitor_place(place), lambda: caller_of(request, principal), self.health.is_well)
        if not plan.asked:
            raise nobody_in_region()
        return plan


@record
class Means:
    """What all exchanges of an isolate are made with."""

    platform: Platform
    sleep: Sleep
    budget: Budget
    """Of what is held for a signature."""


class Forwarding:
    """One exchange with an origin."""

    # What hardly any exchange has.
    mirror: Mirror | None = None
    """What a copy is sent to, once there is something to send."""
    stands_in = False
    """Whether who is asked is one that is not meant for the visitor."""
    amended: Mapping[str, str | None] = UNAMENDED
    """What policies have changed in the client's fields, by name; None for one that they have taken away."""
    spent = 0.0
    """Seconds of the deadline that are over."""
    _made: Request | None = None

    def __init__(
        self,
        plan: Plan[Upstream],
        client_request: Request,
        vouched: Mapping[str, str],
        means: Means,
        principal: Identity | None = None,
        background: Background | None = None,
    ) -> None:
        """`vouched` is what the gateway itself says, as fields; `background` is what nobody waits for."""
        self.plan = plan
        self.upstream = plan.asked[0]
        """Who is asked: the first of the plan until it fails."""
        self.client_request = client_request
        self.vouched = vouched
        self.means = means
        self.principal = principal
        self.background = background
        self.notes: dict[str, Any] = {}
        """For the log line: `origin_status`, `origin_ms`, `tries`; `origin` where there are several."""

    @property
    def group(self) -> str:
        """Stands for the origins that the visitor is meant for, and for what policies have changed."""
        if not self.amended:
            return self.plan.group
        return json.dumps([self.plan.group, *sorted(self.amended.items())])

    @property
    def request(self) -> Request:
        """What the origin will see; not made for a hit. Its content can be sent once."""
        if self._made is None:  # a `cached_property` takes four times as long
            first = self.plan.asked[0]
            made = self._made = forwarded_request(self.client_request, first.target, self.vouched, self.amended)
            if first.route.forward_expiry or upgrades(made):
                made.headers.update(expiry_field(self.principal))
        return self._made

    @property
    def told(self) -> Mapping[str, str]:
        """What the origin is told of the caller, as fields: by the gateway, and by a token that is forwarded."""
        if self.principal is None:
            return {}
        shown = self.credentials if self.upstream.target.forward_credentials else {}
        return {**identity_fields(self.principal), **shown}

    @cached_property
    def credentials(self) -> Mapping[str, str]:
        """What the client proves itself with, by field, forwarded or not."""
        found = presented_credentials(self.client_request.headers, self.upstream.target)
        return found if self.client_request.taken is None else with_taken(found, self.client_request.taken)

    @property
    def withheld(self) -> Mapping[str, str]:
        """Those of them that the origin will not see."""
        if self.upstream.target.forward_credentials:  # but for what no origin is sent
            return {} if self.client_request.taken is None else with_taken({}, self.client_request.taken)
        return self.credentials

    def send(self, request: Request | None = None) -> Coroutine[Any, Any, Response]:
        """Send `self.request`, or the cache's changed copy of it, and give the origin's sanitised response.

        Raises Problem with one of the codes at the top of this file.
        """
        request = request or self.request
        if self.mirror is not None and self.background is not None:
            self.background(self.mirror.copy(self.request, self.client_request.path))
            self.mirror = None
        if self.upstream.signer is None or request.body is None:
            return self._sent(request)
        return self._sent_held(request)

    async def _sent_held(self, request: Request) -> Response:
        """`send`, where a signature needs the content."""
        with self.means.budget.share() as share:
            request.body = await held(request, share, self.upstream.route.max_body)
            try:
                return await self._sent(request)
            finally:
                request.body = None

    async def _sent(self, request: Request) -> Response:
        """`send`, once the content is ready."""
        clock, notes = self.means.platform.clock, self.notes
        started = clock()
        deadline = started - self.spent + self.upstream.route.timeout_ms / 1000
        if self.plan.has_one and not self.upstream.breaker.is_open:
            outcome: Response | Problem | None = await self._exchange(request, started, deadline)
        else:
            outcome = await self._first_of_the_plan(request, started, deadline)
        if self.upstream.label:
            notes["origin"] = self.upstream.label
        if not isinstance(outcome, Response):
            raise self._refusal(outcome, started)
        status = outcome.status
        notes["origin_ms"] = round((clock() - started) * 1000, 1)
        notes["origin_status"] = status
        fault = too_long_answer(outcome.headers) if status in SENDABLE or status == 101 else _no_status()
        if fault is not None:
            await cancel(outcome.body)
            raise fault
        body = outcome.body
        sanitise(outcome, self.upstream.target, self.client_request)
        if outcome.body is None and body is not None:
            await cancel(body)
        if lasts(outcome):
            put_under_terms(outcome, self.upstream.route, token_end(self.principal), self.means.platform)
        return outcome

    async def _first_of_the_plan(self, request: Request, started: float, deadline: float) -> Response | Problem | None:
        """What the first origin of the plan says that is well; if none is, what the last one said; None where nobody
        was asked.

        Another is asked only while nothing was sent, or where what was sent may be sent twice.
        """
        asked = self.plan.asked
        outcome = None
        for turn, upstream in enumerate(asked):
            if upstream.breaker.is_open and not self._admits(upstream, started):
                continue
            if isinstance(outcome, Response):
                await cancel(outcome.body)
            self.upstream, self.stands_in = upstream, turn >= self.plan.meant
            others = asked[turn + 1 :]
            goes_on = bool(others) and is_retryable(request) and not all(other.breaker.is_open for other in others)
            outcome = await self._exchange(self._addressed(request), started, deadline, may_try_again=not goes_on)
            if not goes_on or not _has_failed(outcome) or self.means.platform.clock() >= deadline:
                break
        return outcome

    def _refusal(self, problem: Problem | None, started: float) -> Problem:
        """What is said where no origin has answered; `problem` is what the last one failed of."""
        if self.upstream.route.residency:
            return nobody_in_region()
        return problem or self._unavailable(started)

    def _admits(self, upstream: Upstream, now: float) -> bool:
        return upstream.breaker.admits(now, upstream.target.path(self.client_request.path))

    def _addressed(self, request: Request) -> Request:
        """`request` as the origin that is asked gets it. The cache's preconditions are not for one that stands in: they
        are about another's answers."""
        if self.upstream is self.plan.asked[0] and not self.stands_in:
            return request
        sent = self.request if self.stands_in else request
        if self.upstream is not self.plan.asked[0]:
            target = self.upstream.target
            path = target.path(self.client_request.path)
            sent = replace(sent, scheme=target.scheme, host=target.host, path=path)
        return sent if sent.body is request.body else replace(sent, body=request.body)

    async def _exchange(
        self, request: Request, started: float, deadline: float, *, may_try_again: bool = True
    ) -> Response | Problem:
        """Tries until one succeeds, the deadline would pass, or the route's retries are used up.

        The breaker hears of the outcome, not of every try.
        """
        upstream, clock, tries = self.upstream, self.means.platform.clock, 1
        stamp = None if upstream.signer is None else self._stamp(request)
        while True:
            now = clock()
            try:
                response = await upstream.fetch(
                    request if stamp is None else _signed(request, stamp, now),
                    timeout=max(SHORTEST_TIMEOUT, deadline - now),
                    max_body=upstream.route.max_body,
                )
            except FetchFailed as error:
                failure: Response | Problem = self._failure(request, error)
            except ContentTooLarge:
                raise too_large(upstream.route.max_body) from None
            else:
                if not is_transient(response):
                    upstream.breaker.succeeded(clock(), request.path)
                    return response
                failure = response
            wait = self._wait(request, failure, tries, deadline) if may_try_again else None
            if wait is None:
                self._report(request, failure, started)
                return failure
            if isinstance(failure, Response):
                await cancel(failure.body)
            await self.means.sleep(wait)
            tries += 1
            self.notes["tries"] = tries

    def _report(self, request: Request, failure: Response | Problem, started: float) -> None:
        """Tell the breaker of a failure.

        While the client still sends content, it may be the client's, and nobody may open the breaker for everybody else
        by sending slowly or hanging up.
        """
        if isinstance(failure, Response) or not content_in_flight(request):
            self.upstream.breaker.failed(self.means.platform.clock(), started, request.path)

    def _unavailable(self, now: float) -> Problem:
        """The problem while every origin is left alone."""
        path = self.client_request.path
        seconds = min(one.breaker.retry_after(now, one.target.path(path)) for one in self.plan.asked)
        headers = {"retry-after": str(seconds)}
        return Problem(
            503, "origin_unavailable", "The origin has failed repeatedly and is left alone.", headers=headers
        )

    def _failure(self, request: Request, error: FetchFailed) -> Problem:
        """The reason goes to the log and not to the client: it may name hosts and addresses."""
        if isinstance(error, FetchTimeout):
            problem = Problem(504, "origin_timeout", "The origin did not answer in time.")
        else:
            problem = Problem(502, "origin_unreachable", "The origin could not be reached.")
        request_id = request.headers.get("x-request-id")
        self.means.platform.log("origin_failed", id=request_id, code=problem.code, reason=str(error))
        return problem

    def _wait(self, request: Request, failure: Response | Problem, tries: int, deadline: float) -> float | None:
        """Seconds until the next try, or None when there should be none.

        Full jitter, and never before the origin wants to be asked again. Waiting past the deadline helps nobody, nor
        does asking an origin that others have meanwhile found to be down.
        """
        if tries > self.upstream.route.retries or not is_retryable(request):
            return None
        now = self.means.platform.clock()
        wait = backoff(tries, self.means.platform.random.random())
        if isinstance(failure, Response):
            wait = max(wait, retry_after(failure, now))
        return None if now + wait >= deadline or self.upstream.breaker.is_open else wait

    def _stamp(self, request: Request) -> Stamp | None:
        """What signs each try."""
        if self.upstream.signer is None:
            return None
        if not request.body:
            return self.upstream.signer(request, None)
        assert isinstance(request.body, bytes), "what is signed is held"
        return self.upstream.signer(request, hashlib.sha256(request.body).hexdigest())


def _signed(request: Request, stamp: Stamp, now: float) -> Request:
    """Signed anew at every try: a signature is good for minutes, says when it was made, and is used once."""
    return replace(request, headers={**request.headers, **stamp(now)})


def _has_failed(outcome: Response | Problem) -> bool:
    return isinstance(outcome, Problem) or is_transient(outcome)


def _no_status() -> Problem:
    return Problem(502, "origin_invalid", "The origin answered with a status outside 200 to 599.")
