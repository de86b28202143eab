"""The rules of production while `entry.py` is imported, and what becomes of a Worker that breaks them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devtools.configuration import wrangler_config
from devtools.runtime.runner import Gateway
from tests.worker.injection import BY_CLASS

pytestmark = pytest.mark.stand_in

DEFAULT = """
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("imported")
"""

StartWith = Callable[..., tuple[int, str]]


@pytest.fixture
def start_with(worker: Callable[..., Gateway], tmp_path: Path) -> StartWith:
    """Status and text of the first response of a Worker of these files, `entry.py` first."""

    def start(entry: str, **modules: str) -> tuple[int, str]:
        (tmp_path / "entry.py").write_text(entry + DEFAULT)
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        with worker(source=tmp_path, config=BY_CLASS) as gateway:
            response = gateway.get("/any", headers={"accept": "*/*"})
            return response.status_code, response.text

    return start


def test_the_projects_own_sources_keep_the_rules(worker: Callable[..., Gateway]) -> None:
    """Entropy, the snapshot and everything else that would stop a deployment stop this import, too."""
    with worker() as gateway:
        response = gateway.get("/healthz")
        assert response.status_code == 200, response.text
        assert "could not be imported" not in str(gateway.output())


def test_the_packages_come_with_the_snapshot_and_work(start_with: StartWith) -> None:
    """Native code included: it was linked in another process."""
    status, text = start_with(
        """
import sys

assert {"pydantic", "pydantic_core", "jwt"} <= sys.modules.keys(), "they were not in the snapshot"

from pydantic import BaseModel, ValidationError


class Price(BaseModel):
    amount: float
    tags: list[str] = []


assert Price.model_validate_json('{"amount": "1.5", "tags": ["new"]}') == Price(amount=1.5, tags=["new"])
try:
    Price.model_validate({"amount": "much"})
except ValidationError as error:
    assert error.errors()[0]["type"] == "float_parsing"
else:
    raise AssertionError("a price that is none was taken")
"""
    )
    assert (status, text) == (200, "imported")


REFUSED = {
    # what Python would draw at random
    "os.urandom(8)": "Randomness is not allowed",
    "uuid.uuid4()": "Randomness is not allowed",
    "uuid.uuid1()": "Randomness is not allowed",
    "secrets.token_hex()": "Randomness is not allowed",
    "random.random()": "Randomness is not allowed",
    "random.choice([1, 2])": "Randomness is not allowed",
    "random.Random()": "Randomness is not allowed",
    "random.SystemRandom().random()": "Randomness is not allowed",
    "open('/dev/urandom', 'rb').read(4)": "I/O error",
    # what JavaScript would
    "js.crypto.getRandomValues(js.Uint8Array.new(4))": "Disallowed operation called within global scope",
    "js.crypto.randomUUID()": "Disallowed operation called within global scope",
    # what looks at the object it is called on
    "js.crypto.subtle": "Illegal invocation",
    "js.Headers.new().get('accept')": "Illegal invocation",
    # what waits
    "js.setTimeout(js.Object, 0)": "Disallowed operation called within global scope",
    "js.setInterval(js.Object, 5)": "Disallowed operation called within global scope",
    "js.AbortSignal.timeout(5)": "Disallowed operation called within global scope",
}
"""What raises while the Worker is starting, and how. It may be caught, and the start goes on."""


def test_what_is_refused_at_import_raises_and_may_be_caught(start_with: StartWith) -> None:
    """All in one Worker: it is the application that sees the exception."""
    status, text = start_with(
        f"""
import os, random, secrets, uuid
import js

went = {{}}
for code, told in {REFUSED!r}.items():
    try:
        eval(code)
    except Exception as error:
        if told not in str(error):
            went[code] = str(error)
    else:
        went[code] = "nothing was raised"
assert not went, went
"""
    )
    assert (status, text) == (200, "imported"), text


STOPS = {
    "native": (
        "import builtins, _random\nfrom _cloudflare import builtin_patches\n"
        "builtin_patches._seed(_random.Random.__new__(_random.Random, 1))\n",
        "random bytes were asked for past Python's own functions",
    ),
    "generator": ("import random\nrandom._inst.random()\n", "Python's generator of random numbers was used"),
    "fetch": ("import js\njs.fetch('https://example.com')\n", "Disallowed operation called within global scope"),
    "cycle": ("import js\nheld = [js.Headers.new()]\nheld.append(held)\ndel held\n", "it is held by a package, or"),
}
"""What raises nothing, or too late, and stops the start."""


@pytest.mark.parametrize("name", STOPS)
def test_what_nobody_could_catch_stops_the_start(start_with: StartWith, name: str) -> None:
    code, told = STOPS[name]
    status, text = start_with(code)
    assert status == 500
    assert told in text


def test_pydantic_and_jwt_get_the_randomness_the_sdk_grants_them(start_with: StartWith) -> None:
    code = "import jwt, pydantic\nclass Model(pydantic.BaseModel):\n    n: int\nmodel = Model(n=1)\n"
    assert start_with(code) == (200, "imported")


LOST = {
    "made": 'js.URL.new("https://example.com")',
    "member": '{"of": [js.Headers.new()]}',
    "bound": "js.Headers.new().get",
    "returned": "js.Object.new()",
    "array": "to_js([1])",
    "prototype": "js.Headers.prototype",
    "method": "js.ReadableStreamDefaultReader.prototype.cancel",
    "getter": 'js.Object.getOwnPropertyDescriptor(js.Headers.prototype, "get")',
    "parent": "js.Object.getPrototypeOf(js.Headers)",
    "symbol": "js.Symbol.iterator",
    "proxy": "create_proxy(dict)",
    "of_a_module": 'import_from_javascript("cloudflare:workers").WorkerEntrypoint.prototype',
    "default": "(lambda names=to_js([1]): names)",
    "closure": "(lambda: (lambda kept: lambda: kept)(js.Headers.new()))()",
    "error": "caught(lambda: js.crypto.subtle)",
}
"""JavaScript objects that no snapshot can hold. A row each, all in one Worker."""


def test_javascript_objects_that_no_snapshot_can_hold_are_reported_by_name(start_with: StartWith) -> None:
    held = """
import js
from pyodide.ffi import create_proxy, to_js
from workers import import_from_javascript


def caught(attempt):
    try:
        attempt()
    except Exception as error:
        return error


""" + "".join(f"{name} = {code}\n" for name, code in LOST.items())
    status, text = start_with("import held\n", held=held)
    assert status == 500
    for name in LOST:
        assert f"  held.{name}" in text, name
    assert "held.member['of'][0]" in text
    assert "held.closure(closure).kept" in text
    assert f"{len(LOST)} JavaScript object(s)" in text


SAVED = (
    "js.fetch",
    "js.Object.fromEntries",
    "js.console.log",
    "js.crypto",
    "js.Headers",
    'import_from_javascript("cloudflare:workers")',
    'import_from_javascript("cloudflare:workers").env',
    'import_from_javascript("cloudflare:sockets").connect',
    'import_from_javascript("python_modules/workers/workflows.js").wrapWorkflowStep',
    "pyfetch",
    # what is Python's own, and what was made and let go of
    "js.Date.now()",
    "js.JSON.stringify(to_js([1]))",
    "random.Random(5).random()",
)
"""What may be held: what has a name of its own, and what is no JavaScript object."""


def test_javascript_objects_that_have_a_name_of_their_own_are_kept_and_work_in_a_request(
    worker: Callable[..., Gateway], tmp_path: Path
) -> None:
    (tmp_path / "entry.py").write_text(
        f"""
import random

import js
from pyodide.ffi import to_js
from pyodide.http import pyfetch
from workers import Response, WorkerEntrypoint, import_from_javascript

held = [{", ".join(SAVED)}]
crypto = js.crypto


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        digest = (await crypto.subtle.digest("SHA-256", to_js(b"abc"))).to_bytes().hex()
        entries = held[1](to_js([["accept", "text/html"]]))
        country = held[6].DEFAULT_COUNTRY
        made = held[4].new(entries)
        return Response(f"{{digest[:8]}} {{made.get('accept')}} {{country}} {{len(held)}}")
"""
    )
    with worker(source=tmp_path, config=BY_CLASS, vars={"DEFAULT_COUNTRY": "PT"}) as gateway:
        text = gateway.get("/any").text
    assert text == f"ba7816bf text/html PT {len(SAVED)}", text


def test_an_exception_at_import_is_shown_with_its_traceback_and_nothing_of_the_host(start_with: StartWith) -> None:
    status, text = start_with("import broken\n", broken="def fail():\n    raise LookupError('told to')\n\n\nfail()\n")
    assert status == 500
    assert text.startswith("The Worker could not be imported.")
    assert 'File "/session/metadata/broken.py", line 2, in fail' in text
    assert "raise LookupError('told to')" in text
    assert text.rstrip().endswith("LookupError: told to")
    assert "/session/host" not in text
    assert "importlib" not in text


def test_a_syntax_error_is_shown_with_file_line_and_place(start_with: StartWith) -> None:
    status, text = start_with("def broken(:\n    pass\n")
    assert status == 500
    assert 'File "/session/metadata/entry.py", line 1' in text
    assert "SyntaxError" in text


def test_a_browser_gets_the_traceback_as_a_page_in_which_nothing_is_markup(
    worker: Callable[..., Gateway], tmp_path: Path
) -> None:
    (tmp_path / "entry.py").write_text("raise ValueError('<script>alert(1)</script>')")
    with worker(source=tmp_path, config=BY_CLASS) as gateway:
        response = gateway.get("/any", headers={"accept": "text/html"})
        gateway.wait_for_output("ValueError")
        scheduled = gateway.scheduled()
        printed = [text for _, text in gateway.output() if "ValueError" in text]
    assert response.status_code == 500
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "&lt;script&gt;alert(1)" in response.text
    assert "<script>" not in response.text
    assert len(printed) == 1
    assert scheduled.text == "exception"


FUNCTIONS = {**BY_CLASS, "compatibility_flags": [*BY_CLASS["compatibility_flags"], wrangler_config.FUNCTIONS_FLAG]}
A_CLASS = "from workers import WorkerEntrypoint\n\n\nclass Default(WorkerEntrypoint):\n    pass\n"
A_FUNCTION = "async def on_fetch(request):\n    pass\n"


@pytest.mark.parametrize(
    ("config", "entry", "told"),
    [
        (BY_CLASS, A_FUNCTION, "entry.py must define `class Default(WorkerEntrypoint)`"),
        (FUNCTIONS, A_CLASS, "entry.py has a `Default`"),
        (FUNCTIONS, A_CLASS + A_FUNCTION, "only one can be the default entrypoint"),
        (FUNCTIONS, "", "entry.py must define `on_fetch(request, env, ctx)`"),
    ],
    ids=["functions without the flag", "a class with it", "both", "neither"],
)
def test_a_worker_with_nothing_behind_its_door_says_what_is_missing(
    worker: Callable[..., Gateway], tmp_path: Path, config: dict[str, Any], entry: str, told: str
) -> None:
    (tmp_path / "entry.py").write_text(entry)
    with worker(source=tmp_path, config=config) as gateway:
        assert told in gateway.get("/any").text
