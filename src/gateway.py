"""The pipeline: match, identify, limit, locate, cache, forward, answer (pure Python, no platform).

Reads from top to bottom as a request goes. Each step is a room of its own (`routes`, `auth`, `limits`, `geo`, `cache`,
`origin`); a step refuses by raising `Problem`. Whatever happens, `Gateway.handle` answers, logs one line, and leaks
nothing.
"""

import traceback
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from auth import REVOKED, Authenticator, Principal, Unverified
from browsers.cors import asked_method, bare_preflight, is_preflight
from browsers.handshakes import Handshakes
from browsers.sharing import TrustedSites, compiled_cors
from cache import SAFE_METHODS, CachePolicy, CacheSettings, HttpCache, counted_query
from configuration.admission import require_here
from configuration.answering import own_answer
from configuration.hosts import HostRoutes, Hosts
from configuration.leads import Lead, Leads, name_of
from configuration.maintenance import MAINTENANCE, Maintenance
from configuration.ownership import require_own
from configuration.readings import Readings
from configuration.route_patterns import Pattern
from configuration.routes import choose
from configuration.settings import RouteSettings, Settings
from configuration.staying import require_staying
from core.budget import Budget
from core.flags import Flags
from core.lengths import refuse_too_long
from core.messages import Request, Response, cancel
from core.own_answers import CLOSED, INTERNAL_ERROR, own_response, problem_of
from core.paths import normalise_path, refuse_encoded_slash
from core.ports import Background, ClientGone, ClientTooSlow, Platform
from core.problems import Problem, problem_response
from core.records import replace
from endpoints.description import Description
from endpoints.resources import Resources
from endpoints.table import Endpoint, Endpoints
from fields.handshake import is_websocket
from fields.tracing import trace
from geo import Locale, Locator, remembering
from operations.limits import enforce
from operations.tally import CountedStore, Tally, write_counts
from operations.telemetry import (
    CallerLabels,
    Exchange,
    analytics_point,
    is_logged,
    log_fields,
    request_id,
    server_timing,
)
from origin import Excess, Forwarder, Vouched, asks_to_last, caller_of, dress, graphql_refusal, hold_within
from policing.turns import Known, compiled_rules, policed
from sites.routing import Page, Redirect, Site
from sites.settings import SiteSettings
from sites.visits import redirection, told, visited


class Gateway:
    """The gateway of one isolate, compiled once from settings that came through `load_settings`."""

    def __init__(self, settings: Settings, platform: Platform) -> None:
        self._tally = Tally(f"{platform.random.getrandbits(64):016x}", platform.clock(), MAINTENANCE)
        if platform.store is not None:
            platform = replace(platform, store=CountedStore(platform.store, self._tally))
        self._platform = platform
        self._label_of = CallerLabels(settings.secrets.get("LOG_SECRET")).of
        self._environment, self._summary = settings.environment, settings.summary
        self._cors = compiled_cors(settings, settings.routes)
        sites = TrustedSites(settings, settings.routes)
        self._handshakes = Handshakes(sites)
        self._locator = Locator.configured(settings, platform.clock)
        self._authenticator = Authenticator(settings, platform, sites.of)
        self._flags = Flags(platform.store, platform.clock, platform.log)
        self._flags.tell(REVOKED, self._authenticator.take_back)
        self._maintenance = Maintenance(settings, self._authenticator, self._flags)
        self._budget = budget = Budget(settings.held_bytes)
        self._forwarder = Forwarder(settings, platform, budget=budget)
        self._sites = {
            id(route): _site(route.locale, route.path, settings, platform) for route in settings.routes if route.locale
        }
        self._cache = _cache(lambda url: self._hosts.cache_settings_of(url), platform, budget)
        self._policies = {
            id(route): CachePolicy(kept, repeats=not route.policies and self._forwarder.asks_alike(route))
            for route in settings.routes
            if (kept := route.cache_settings)
        }
        self._dressings = {
            id(route): route.dressing for route in settings.routes if route.dressing or route.security_headers
        }
        self._rules = compiled_rules(settings, platform, budget)
        self._resources = Resources(settings, lambda host, path: self._hosts.accesses(host, path))
        self._endpoints = Endpoints(
            self._locator,
            self._authenticator,
            self._cache,
            Description(settings, platform),
            platform,
            settings.operators,
            self._flags,
            self._resources,
        )
        self._leads = Leads()
        self._hosts = Hosts(settings.routes, lambda routes: Readings([*self._endpoints.asked(), *routes.asked()]))

    @staticmethod
    def misconfigured(faults: list[str], platform: Platform) -> "Gateway":
        """The gateway of a configuration that cannot be used: it answers 503 everywhere but on `/healthz`."""
        for fault in faults:
            platform.log("misconfigured", fault=fault)
        return ClosedGateway(Settings.model_construct(), platform)

    async def handle(self, request: Request, background: Background) -> Response:
        """The answer to `request`. Never raises an `Exception`."""
        platform = self._platform
        own_id = request_id(request, platform.random)
        exchange = Exchange(request, own_id, platform.clock(), partial(self._later, background, own_id))
        try:
            response = await self._answer(exchange)
        except Excess as excess:
            exchange.code = "graphql_refused"
            response = own_response(graphql_refusal(excess, exchange.id))
        except (Problem, ClientGone, ClientTooSlow) as refusal:
            problem = self._resources.named(problem_of(refusal), exchange.request)
            exchange.code, exchange.reason = problem.code, str(problem.members.get("reason", ""))
            response = own_response(problem_response(problem, exchange.id))
        except Exception:
            exchange.code = INTERNAL_ERROR[1]
            response = self._failed(exchange.id)
        except BaseException:  # cancelled, or out of CPU time: it cannot be answered, and the platform logs nothing
            platform.log("exception", id=exchange.id, traceback=traceback.format_exc())
            raise
        try:
            try:
                self._finish(exchange, response)
            finally:
                self._record(exchange, response)
        except Exception:  # it costs the client nothing
            platform.log("exception", id=exchange.id, traceback=traceback.format_exc())
        return response

    def unsendable(self, response: Response) -> Response:
        """What is sent in place of a `response` that the platform refuses to send. Call it where that has raised."""
        failed = self._failed(response.headers.get("x-request-id", ""))
        failed.headers["x-request-id"] = response.headers.get("x-request-id", "")
        return failed

    async def scheduled(self, time: float) -> None:
        """What the cron trigger does: fetch key sets anew before they are stale, and sum up the hour that ended.

        `time` is when the trigger was due, in seconds since 1970: the tick itself may come early or late. Neither task
        keeps the other from being done; afterwards raises what the last one to fail raised, for the platform's record.
        """
        from operations.summaries import due_hour, summarise  # which no request needs

        tasks: list[Callable[[], Awaitable[None]]] = [self._authenticator.refresh, self._forwarder.health.check]
        if (hour := due_hour(time)) is not None:
            tasks.append(lambda: summarise(hour, self._environment, self._summary, self._platform))
        failure: Exception | None = None
        for task in tasks:
            try:
                await task()
            except Exception as error:
                self._platform.log("exception", during="cron", traceback=traceback.format_exc())
                failure = error
        if failure is not None:
            raise failure

    async def _answer(self, exchange: Exchange) -> Response:
        request = exchange.request
        refuse_too_long(request)
        self._authenticator.take_out(request)
        if (endpoint := self._endpoints.at(request.path)) is not None:
            return await self._serve(exchange, endpoint)
        routes = self._hosts.of(request.host)
        name = name_of(routes.host, request.method, request.path)
        lead = self._leads.get(name)
        if lead is None:
            arrived, request.path = request.path, normalise_path(request.path, self._hosts.keep_slashes)
            if (endpoint := self._endpoints.find(request.path)) is not None:
                exchange.route = endpoint.pattern
                refuse_encoded_slash(request.path)  # no name has one
                return await self._serve(exchange, endpoint)
            pattern = routes.table.find(request.path)
            if pattern is None:
                raise Problem(404, "not_found", "No route of this gateway has that path.")
            exchange.route = pattern.label
            if request.method == "OPTIONS" and is_preflight(request):
                answer = await self._preflight(exchange, routes, pattern)
                if answer is not None:
                    return answer
            lead = routes.lead(pattern, request.method, request.path)
            if arrived == request.path and request.method != "OPTIONS":  # a preflight leads elsewhere
                self._leads.put(name, lead)
        exchange.route, route = lead.label, lead.route
        answering = self._route(exchange, lead)
        response = await (policed(exchange, answering) if route.policies else answering)
        if lead.is_dressed:
            dress(response, self._dressings[id(route)], security=route.security_headers)
        return response

    async def _serve(self, exchange: Exchange, endpoint: Endpoint) -> Response:
        """The answer of one of the gateway's own endpoints."""
        request, by_method = exchange.request, endpoint.by_method
        exchange.route = endpoint.pattern
        handler = by_method.get(request.method)
        if handler is None:  # as of OPTIONS: no endpoint has a method of that name
            whole = self._cors.of("", request.method)  # the policy for what no route takes
            if whole.owner == "gateway" and is_preflight(request):
                return own_response(whole.preflight(request, by_method))
            handler = choose(by_method, request.method)
        answer = handler(exchange)
        return own_response(answer if isinstance(answer, Response) else await answer)

    async def _preflight(self, exchange: Exchange, routes: HostRoutes, pattern: Pattern) -> Response | None:
        """The answer to a preflight; None where it is a request like any other.

        Where CORS is the origin's own, it answers before anybody is asked who they are: it is told nobody's identity,
        and gets what browsers send in a preflight and nothing else. Policies come after identity, and have no say.
        """
        request, wanted = exchange.request, asked_method(exchange.request)
        owner = self._cors.of(pattern.label, wanted).owner
        if owner == "gateway":
            return own_response(self._cors.preflight(request, pattern.by_method, pattern.label))
        if owner is None:
            return None
        route = routes.lead(pattern, wanted, request.path).route
        exchange.sample = route.log_sample
        request = exchange.request = bare_preflight(request)
        if route.allow is not None or route.deny is not None:
            require_here(route, request)
        if route.rate_limit is not None:
            await enforce(request, route, None, self._platform)
        self._forwarder.health.look(exchange.background)
        locale, span = self._locator.locate_forwarded(request), trace(request.headers, self._platform.random)
        exchange.country, exchange.trace = locale.country, span.id
        forwarding = self._forwarder.prepare(
            request, route, Vouched(exchange.id, span, None, locale), locale, exchange.background
        )
        exchange.notes = forwarding.notes
        response = await forwarding.send()
        if (dressing := self._dressings.get(id(route))) is not None:
            dress(response, dressing, security=route.security_headers)
        return response

    async def _route(self, exchange: Exchange, lead: Lead) -> Response:
        """Steps 3 to 5 of a request that a route takes, and its answer."""
        request, route = exchange.request, lead.route
        exchange.sample = route.log_sample
        if lead.is_gated:
            require_here(route, request)
        if exchange.started >= self._flags.due or self._maintenance.closed:
            await self._maintenance.heed(lead.label, route, request, exchange.background)
        try:
            principal = None if lead.is_open else self._authenticator.identify(request, route)
            if isinstance(principal, Unverified):
                principal = await self._authenticator.verify(principal, exchange.background)
            if principal is not None:
                self._admit(exchange, route, principal)
            if route.match:
                require_own(route, lead.pattern.parameters(request.path), principal)
        except Problem:
            if route.rate_limit is not None:  # by the caller, or by the address of one whose token is refused
                await enforce(request, route, exchange.principal, self._platform)
            raise
        if route.rate_limit is not None:
            await enforce(request, route, principal, self._platform)
        if self._forwarder.health.is_checked:
            self._forwarder.health.look(exchange.background)
        if lead.is_read and (response := await self._read(exchange, lead, principal)) is not None:
            return response
        if lead.is_cached and (response := self._repeated(exchange, route, principal)) is not None:
            return response
        return await self._forwarded(exchange, lead, principal, self._locator.locate_forwarded(request))

    async def _read(self, exchange: Exchange, lead: Lead, principal: Principal | None) -> Response | None:
        """What comes of looking at what is asked for, before anything is done for it; None to go on."""
        request, route = exchange.request, lead.route
        if not route.policies and (own := own_answer(route, request)) is not None:
            return own_response(own)
        if route.graphql is not None:
            _held = await hold_within(request, route, self._budget)
        if route.locale is None or is_websocket(request):
            return None
        return await self._visited(exchange, lead, principal)

    def _repeated(self, exchange: Exchange, route: RouteSettings, principal: Principal | None) -> Response | None:
        """The answer to a hit of a moment ago over again, for which nothing has to be prepared."""
        policy = self._policies.get(id(route))
        if policy is None or self._cache is None:
            return None
        response = self._cache.repeated(policy, exchange.request, principal)
        if response is not None:
            exchange.country = self._locator.country(exchange.request.cf)
            exchange.trace = trace(exchange.request.headers, self._platform.random).id
            exchange.cache_ms = 0.0  # nothing was waited for
        return response

    async def _visited(self, exchange: Exchange, lead: Lead, principal: Principal | None) -> Response:
        """The answer of a site in several languages: the reader's page, or where it is."""
        request, route, pattern = exchange.request, lead.route, lead.pattern
        site, locator = self._sites[id(route)]
        locale = locator.locate_forwarded(request)
        exchange.country = locale.country
        chosen = locale.language
        if not request.headers.get("accept-language", "").strip() and locale.source.language in ("region", "country"):
            chosen = site.settings.default  # for crawlers: what they are shown is shown to everybody
        visit = visited(site, request, chosen)
        ours = partial(self._is_of, request.host, pattern)
        if isinstance(visit.outcome, Page) and visit.outcome.path != request.path:
            if not ours(visit.outcome.path):  # another route is in charge of that page, and of who may read it
                return own_response(redirection(visit, Redirect(visit.outcome.path)))
            self._hosts.of(request.host).readings.require_one_meaning(
                pattern.pattern, request.method, visit.outcome.path
            )
            request.path = visit.outcome.path
            if route.match:
                require_own(route, pattern.parameters(request.path), principal)
        if isinstance(visit.outcome, Redirect):
            return own_response(redirection(visit, visit.outcome))
        locale = replace(locale, language=visit.language)
        response = await self._forwarded(exchange, lead, principal, locale)
        try:
            return told(visit, response, ours, partial(remembering, request.headers.get("cookie")))
        except Problem:
            await cancel(response.body)
            raise

    def _is_of(self, host: str, pattern: Pattern, path: str) -> bool:
        """Whether a normalised path is that pattern's."""
        return self._endpoints.find(path) is None and self._hosts.of(host).table.find(path) is pattern

    async def _forwarded(self, exchange: Exchange, lead: Lead, principal: Principal | None, locale: Locale) -> Response:
        """Steps 6 and 7: from the cache, or from the origin."""
        request, route = exchange.request, lead.route
        exchange.country = locale.country
        if route.policies:
            is_of, routes = partial(self._is_of, request.host), self._hosts.of(request.host)
            moves = partial(require_staying, routes, is_of, route, request, principal)
            turn = self._rules[id(route)].turn(
                request, Known(exchange, partial(caller_of, request, principal), principal, locale, moves)
            )
            answer = await turn.asked() or own_answer(route, request)
            exchange.turn = turn
            if answer is not None:
                return own_response(answer)
            if route.graphql is not None:  # they may have changed the query
                _checked = await hold_within(request, route, self._budget)
        span = trace(request.headers, self._platform.random)
        exchange.trace = span.id
        policy = self._policies.get(id(route)) if lead.is_cached else None
        if policy is not None:  # what the cache's key leaves out reaches no origin
            request.query = counted_query(request.query, policy.settings.query)
        forwarding = self._forwarder.prepare(
            request, route, Vouched(exchange.id, span, principal, locale), locale, exchange.background
        )
        if exchange.turn is not None:
            forwarding.amended, forwarding.spent = exchange.turn.amended, exchange.turn.spent
        exchange.notes = forwarding.notes
        if self._cache is None or (policy is None and request.method in SAFE_METHODS):
            return await forwarding.send()
        if policy is None or asks_to_last(request, route):
            return await self._cache.pass_by(request, forwarding, exchange.background)
        asked = self._platform.clock()
        try:
            return await self._cache.answer(policy, request, forwarding, exchange.background, principal)
        finally:
            waited = (self._platform.clock() - asked) * 1000
            exchange.cache_ms = max(0.0, waited - forwarding.notes.get("origin_ms", 0.0))

    def _admit(self, exchange: Exchange, route: RouteSettings, principal: Principal) -> None:
        """Let a caller in whom `route` lets in. Raises Problem."""
        exchange.principal = principal
        if "upgrade" in exchange.request.headers and route.websocket:
            self._handshakes.refuse_foreign(exchange.request, route)
        self._authenticator.authorize(principal, route)

    def _failed(self, request_id: str) -> Response:
        """The answer to a request in which the gateway failed. To be called where the exception is handled."""
        self._platform.log("exception", id=request_id, traceback=traceback.format_exc())
        return own_response(problem_response(Problem(*INTERNAL_ERROR), request_id))

    def _later(self, background: Background, request_id: str, work: Coroutine[Any, Any, None], /) -> None:
        background(self._watched(work, request_id))

    async def _watched(self, work: Coroutine[Any, Any, None], request_id: str) -> None:
        """Work in the background, with a line if it fails: nobody awaits it, and the platform says nothing of it."""
        try:
            await work
        except Exception:
            self._platform.log("exception", id=request_id, during="background", traceback=traceback.format_exc())

    def _finish(self, exchange: Exchange, response: Response) -> None:
        """What every answer gets, wherever it came from."""
        headers = response.headers
        headers["x-request-id"] = exchange.id
        if exchange.trace and (timing := server_timing(exchange)):
            upstream = headers.get("server-timing")
            headers["server-timing"] = f"{upstream}, {timing}" if upstream else timing
        if exchange.request.taken is not None:
            headers["referrer-policy"] = "no-referrer"  # or the page's next request shows a token in its query
        if exchange.request.method == "HEAD":
            response.body = None
        self._cors.apply(exchange, response)

    def _record(self, exchange: Exchange, response: Response) -> None:
        """What is left behind: the log line, the analytics point, the counts."""
        platform = self._platform
        now = platform.clock()
        if exchange.sample >= 1 or is_logged(exchange, response, platform.random):
            platform.log("request", **log_fields(exchange, response, now, self._label_of))
        if platform.analytics is not None:
            platform.analytics(*analytics_point(exchange, response, now))
        if platform.store is not None and (due := self._tally.count(exchange, response, now)):
            exchange.background(write_counts(platform.store, due, platform.log))


class ClosedGateway(Gateway):
    """Fails closed: no route is opened by a configuration nobody can read."""

    async def _answer(self, exchange: Exchange) -> Response:
        if exchange.request.path == "/healthz":
            return await super()._answer(exchange)
        raise Problem(*CLOSED)


def _site(spoken: SiteSettings, path: str, settings: Settings, platform: Platform) -> tuple[Site, Locator]:
    """A route's pages, and who says what their readers read."""
    return Site(spoken, path), Locator.configured(settings, platform.clock, (spoken.default, spoken.languages))


def _cache(settings_of: Callable[[str], CacheSettings | None], platform: Platform, budget: Budget) -> HttpCache | None:
    """The cache, where a namespace is bound to hold it."""
    if platform.store is None:
        return None
    return HttpCache(platform.store, platform.clock, platform.log, settings_of, budget)
