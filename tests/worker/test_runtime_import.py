"""The rules of production while `entry.py` is imported, and what becomes of a Worker that breaks them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devtools.configuration import wrangler_config
from devtools.runtime.runner import Gateway
from tests.worker.injection import BY_CLASS

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


RANDOMNESS = {
    "os.urandom": "import os; os.urandom(8)",
    "uuid.uuid4": "import uuid; uuid.uuid4()",
    "uuid.uuid1": "import uuid; uuid.uuid1()",
    "secrets": "import secrets; secrets.token_hex()",
    "random.random": "import random; random.random()",
    "random.choice": "from random import choice; choice([1, 2])",
    "random.Random": "import random; random.Random()",
    "random.SystemRandom": "import random; random.SystemRandom().random()",
    "crypto.randomUUID": "import js; js.crypto.randomUUID()",
}


def test_asking_for_randomness_at_import_raises(start_with: StartWith) -> None:
    """All in one Worker, each caught: it is the application that sees the exception."""
    tries = "\n".join(
        f"try:\n    {code}\n    drawn.append({name!r})\nexcept Exception as error:\n    raised[{name!r}] = str(error)"
        for name, code in RANDOMNESS.items()
    )
    status, text = start_with(f"drawn = []\nraised = {{}}\n{tries}\nassert not drawn, drawn\nraise SystemExit(raised)")
    assert status == 500
    for name in RANDOMNESS:
        assert repr(name) in text
    assert text.count("Randomness is not allowed") + text.count("generating random values") == len(RANDOMNESS)


def test_randomness_drawn_past_python_is_noticed_although_nothing_raised(start_with: StartWith) -> None:
    code = "import js\ntry:\n    js.crypto.getRandomValues(js.Uint8Array.new(4))\nexcept Exception:\n    pass\n"
    status, text = start_with(code)
    assert status == 500
    assert "4 random bytes were asked for past Python's own functions" in text


def test_a_seeded_generator_is_allowed_at_import(start_with: StartWith) -> None:
    assert start_with("import random\nshuffled = random.Random(5).random()\n") == (200, "imported")


def test_pydantic_and_jwt_get_the_randomness_the_sdk_grants_them(start_with: StartWith) -> None:
    code = "import jwt, pydantic\nclass Model(pydantic.BaseModel):\n    n: int\nmodel = Model(n=1)\n"
    assert start_with(code) == (200, "imported")


def test_javascript_objects_in_module_globals_are_reported_by_name(start_with: StartWith) -> None:
    held = """
import js
from pyodide.ffi import create_proxy, to_js

URL = js.URL.new("https://example.com")


class Store:
    def __init__(self):
        self.headers = {"accept": js.Headers.new()}


STORE = Store()


def remember(names=to_js([1])):
    return names


def make():
    proxy = create_proxy(remember)
    return lambda: proxy


CALL = make()
"""
    status, text = start_with("import held\n", held=held)
    assert status == 500
    for name in (
        "held.URL",
        "held.STORE.headers['accept']",
        "held.remember(default)",
        "held.CALL(closure).proxy",
    ):
        assert f"  {name}\n" in text + "\n"
    assert "4 JavaScript object(s)" in text


def test_javascript_objects_that_have_a_name_of_their_own_are_allowed(start_with: StartWith) -> None:
    code = """
import js
from js import Headers, Object, fetch
from pyodide.http import pyfetch
from workers import import_from_javascript

entries = Object.fromEntries
digest = js.crypto.subtle
worker = import_from_javascript("cloudflare:workers")
"""
    assert start_with(code) == (200, "imported")


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
