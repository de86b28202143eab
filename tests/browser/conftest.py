"""Fixtures of the browser tests: the real Worker, the real origin, and a headless Chromium that looks at the demo page.

Chromium is Debian's: installed by apt-get when it is missing and the tests may do that, else a failure says so. Nothing
is downloaded from anywhere else. Screenshots are written to .gatehouse/screenshots/, which git ignores.
"""

import json
import os
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from devtools.application.function_url import FunctionUrlServer
from devtools.application.local_aws.application import LocalApplication, local_application
from devtools.application.local_aws.keys import Keys
from devtools.application.origin import LocalOrigin, local_origin, sign_in
from devtools.configuration.local_vars import LOCAL
from devtools.paths import NODE_MODULES, STATE, TEMPLATE_TOML
from devtools.runtime.runner import Gateway, Runner
from devtools.runtime.v8 import QUICK_START
from devtools.serving import origin_place
from devtools.serving.companion import REGION_PORT
from devtools.serving.origin_place import HOST, PORT
from devtools.serving.region import region as serve_region
from tests.private_words import WATCH
from tests.private_words import nothing_private_is_logged as nothing_private_is_logged

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP gatehouse.test 127.0.0.1",
)
PATIENCE = 60_000
"""Milliseconds for what a page does at once on an idle machine."""

expect.set_options(timeout=PATIENCE)

SCREENSHOTS = STATE / "screenshots"
ORIGIN_SECRET = "the secret of origin and gateway, for tests"
WEBHOOKS = dict.fromkeys(("STRIPE_WEBHOOK_SECRET", "WEBHOOK_SECRET"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
"""What those of the local environment are signed with."""
JWT_SECRET = "the secret of the local token issuer, for tests"

KEYS = Keys("AKIAORDERSPAGE", "an-access-key-of-the-orders-page", ORIGIN_SECRET)

GERMANY = "country=DE,region=Berlin,regionCode=BE,city=Berlin,timezone=Europe/Berlin"
EGYPT = "country=EG,region=Cairo,regionCode=C,city=Cairo,timezone=Africa/Cairo"
AMERICA = "country=US,region=California,regionCode=CA,city=San Francisco,timezone=America/Los_Angeles"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium. Fails the tests, and says what to do, when there is none and none can be installed."""
    if (found := _chromium()) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update"], capture_output=True, check=False)
        said = subprocess.run(["apt-get", "install", "-y", "chromium"], capture_output=True, text=True, check=False)
        found = _chromium()
        if found is None:
            pytest.fail(f"apt-get could not install chromium: {said.stderr.strip()[-400:]}")
    if found is None:
        pytest.fail("the browser tests need Chromium: apt-get install chromium")
    return found


def _chromium() -> str | None:
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    with Runner(v8_flags=QUICK_START) as runner:
        yield runner


@pytest.fixture(scope="module")
def origin() -> Iterator[LocalOrigin]:
    with local_origin(secret=ORIGIN_SECRET, seed=True, log=WATCH.text(), mint=mint) as origin:
        yield origin


def mint(subject: str, role: str) -> str:
    """A token of the local issuer."""
    return jwt.encode({"sub": subject, "role": role, "exp": int(time.time()) + 3600}, JWT_SECRET, "HS256")


def _by_hmac(route: dict[str, Any]) -> dict[str, Any]:
    """The route as an origin takes it that is no function behind IAM."""
    kept = {name: value for name, value in route.items() if name not in ("aws_region", "aws_service")}
    return {**kept, "sign": "hmac"} if "sign" in kept else kept


@pytest.fixture(scope="module")
def region() -> Iterator[FunctionUrlServer]:
    """The origin of the European Union."""
    server = serve_region("eu", 0, ORIGIN_SECRET)
    server.start()
    yield server
    server.stop()


def variables(origin: LocalOrigin, region: FunctionUrlServer | None = None, **more: Any) -> dict[str, Any]:
    """What `make dev` serves, before this `origin`, and before this `region`."""
    local = tomllib.loads(TEMPLATE_TOML.read_text(encoding="utf-8"))["env"]["local"]["vars"]
    led = [{**_by_hmac(route), "origin": origin.url} if "origin" in route else route for route in local["ROUTES"]]
    if region is not None:
        moved = json.dumps(led).replace(f"http://{HOST}:{PORT}/", f"{origin.url}/")
        led = json.loads(moved.replace(f"http://{HOST}:{REGION_PORT}/", f"http://{HOST}:{region.server_port}/"))
    return {"JWT_SECRET": JWT_SECRET, "ORIGIN_SECRET": ORIGIN_SECRET, "ROUTES": led, **WEBHOOKS, **more}


@pytest.fixture(scope="session")
def application() -> Iterator[LocalApplication]:
    """The whole application, for pages that show more than its users."""
    with local_application(KEYS, seed=True, special={"dev": sign_in(mint)}, log=WATCH.text()) as running:
        yield running


def before_the_application(application: LocalApplication) -> dict[str, Any]:
    """What `make dev` serves, before the whole application."""
    local = tomllib.loads(TEMPLATE_TOML.read_text(encoding="utf-8"))["env"]["local"]["vars"]
    routes = [json.loads(origin_place.moved([route], application.port))[0] for route in local["ROUTES"]]
    return {
        "JWT_SECRET": JWT_SECRET,
        "ORIGIN_SECRET": ORIGIN_SECRET,
        **WEBHOOKS,
        "AWS_ACCESS_KEY_ID": KEYS.access_key_id,
        "AWS_SECRET_ACCESS_KEY": KEYS.secret_access_key,
        "ROUTES": [{**route, "timeout_ms": 30_000} for route in routes],
    }


@pytest.fixture(scope="module")
def gateway(runner: Runner, origin: LocalOrigin, region: FunctionUrlServer) -> Iterator[Gateway]:
    with runner.start(environment=LOCAL, vars=variables(origin, region)) as gateway:
        yield gateway


# Not of the session: while Playwright runs, so does its event loop, beside which no other test may start one.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        yield browser
        browser.close()


class Visitor:
    """One visitor's browser window, with all that it complained about and all that it asked for."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.url = url
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self.page.on("console", lambda message: self._complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requested.append(request.url))

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def open(self, path: str = "/") -> Page:
        """Go there and wait until the page has shown what it asked for."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("html[data-ready]")
        return self.page


@pytest.fixture
def visit(browser: Browser, gateway: Gateway) -> Iterator[Callable[..., Visitor]]:
    """Opens a window: `visit(place=GERMANY, locale="en-US", url=…, **options of Browser.new_context)`."""
    contexts: list[BrowserContext] = []

    def open_window(*, place: str = GERMANY, locale: str = "en-US", url: str | None = None, **options: Any) -> Visitor:
        context = browser.new_context(locale=locale, extra_http_headers={"gatehouse-dev-cf": place}, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return Visitor(context, url or gateway.url)

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture
def faults() -> Callable[[Page], list[str]]:
    """The serious and critical accessibility faults that axe-core finds on a page, one line each."""
    source = (NODE_MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

    def find(page: Page) -> list[str]:
        # Handed to the debugger and not to the page as a script element: the page's policy would refuse that.
        page.evaluate(source)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        return [
            f"{violation['id']} ({violation['impact']}): {', '.join(node['html'][:120] for node in violation['nodes'])}"
            for violation in found["violations"]
            if violation["impact"] in ("serious", "critical")
        ]

    return find


@pytest.fixture(scope="session")
def screenshots() -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
