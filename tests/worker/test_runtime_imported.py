"""Two ways of starting, by an import and from the memory that an import has left, are one to the application."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools import node
from devtools.configuration import wrangler_config
from devtools.paths import NODE_MODULES, PYTHON_MODULES
from devtools.runtime.runner import CACHE, Gateway
from devtools.serving.dev import PACK
from tests.worker.injection import BY_CLASS

pytestmark = pytest.mark.stand_in

ENTRY = """
import asyncio, hashlib, json, os, random, secrets, sys, traceback, uuid

import js
from pyodide.ffi import to_js
from pyodide.http import pyfetch
from workers import Response, WorkerEntrypoint, import_from_javascript

print("imported now")
imports = [0]
imports[0] += 1
held = [js.fetch, js.Object.fromEntries, js.crypto, js.Headers, pyfetch, getattr(js, "process", None)]
modules = [
    import_from_javascript("cloudflare:workers"),
    import_from_javascript("cloudflare:workers").env,
    import_from_javascript("cloudflare:sockets").connect,
    import_from_javascript("python_modules/workers/workflows.js").wrapWorkflowStep,
]
seeded = random.Random(5)
refused = []
for draw in (random.random, uuid.uuid4, os.urandom):
    try:
        draw()
    except Exception as error:
        refused.append(type(error).__name__)


def alike(env):
    imports.append("of a request")
    try:
        from late import fail

        fail()
    except Exception:
        shown = traceback.format_exc()
    return {
        "imports": imports[:1],
        "path": sys.path,
        "modules": sorted(sys.modules),
        "meta": [type(finder).__name__ for finder in sys.meta_path],
        "environment": dict(os.environ),
        "hash": hash("text"),
        "made": held[3].new(held[1](to_js([["accept", "text/html"]]))).get("accept"),
        "types": [str(getattr(each, "typeof", None)) for each in held + modules],
        "called": held[0].name,
        "seeded": seeded.random(),
        "refused": refused,
        "shown": shown,
    }


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        digest = (await held[2].subtle.digest("SHA-256", to_js(b"abc"))).to_bytes().hex()
        await asyncio.sleep(0.001)
        body = {
            "alike": {**alike(self.env), "digest": digest},
            "variables": [self.env.PLACE, modules[1].PLACE],
            "drawn": [random.random(), secrets.token_hex(), uuid.uuid4().hex, random.Random().random()],
        }
        return Response(json.dumps(body))

    async def scheduled(self, controller, env, ctx):
        print("ticked")
"""

LATE = "def fail():\n    raise LookupError('told to')  # of late.py\n"

READS_ITS_VARIABLES = """
from workers import Response, WorkerEntrypoint, import_from_javascript

PLACE = import_from_javascript("cloudflare:workers").env.PLACE


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(PLACE)
"""

Worker = Callable[..., Gateway]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "entry.py").write_text(ENTRY)
    (tmp_path / "late.py").write_text(LATE)
    return tmp_path


@pytest.fixture
def three(worker: Worker, source: Path) -> Iterator[list[Gateway]]:
    """One that imports, and two that begin behind one import, each with a variable of its own."""
    ways = {"Faro": True, "Lagos": False, "Tavira": False}
    gateways = [
        worker(source=source, config=BY_CLASS, vars={"PLACE": place}, fresh=fresh) for place, fresh in ways.items()
    ]
    yield gateways
    for gateway in gateways:
        gateway.stop()


def test_a_start_behind_the_import_answers_as_one_that_imports(three: list[Gateway]) -> None:
    seen = [gateway.get("/any").json() for gateway in three]
    assert [gateway.fresh for gateway in three] == [True, False, False]
    assert seen[0]["alike"] == seen[1]["alike"] == seen[2]["alike"]
    assert seen[0]["alike"]["imports"] == [1]
    assert "LookupError('told to')  # of late.py" in seen[0]["alike"]["shown"]
    assert [each["variables"] for each in seen] == [["Faro"] * 2, ["Lagos"] * 2, ["Tavira"] * 2]
    for drawn in zip(*(each["drawn"] for each in seen), strict=True):
        assert len(set(drawn)) == len(three), "what isolates draw at random is alike"


def test_a_start_behind_the_import_does_not_import_again(three: list[Gateway]) -> None:
    for gateway in three:
        assert gateway.scheduled().text == "ok"
        gateway.wait_for_output("ticked")
    assert [sum("imported now" in text for _, text in gateway.output()) for gateway in three] == [1, 0, 0]


def test_the_projects_own_sources_are_imported_once_and_behave_alike(worker: Worker) -> None:
    answers = []
    for fresh in (True, False):
        with worker(fresh=fresh, cf={"country": "PT"}) as gateway:
            assert gateway.fresh is fresh
            responses = [gateway.get(path) for path in ("/healthz", "/geo", "/nothing")]
            answers.append([(response.status_code, response.json().get("country")) for response in responses])
    assert answers[0] == answers[1]


def test_a_saved_source_is_imported_anew(worker: Worker, source: Path) -> None:
    with worker(source=source, config=BY_CLASS, vars={"PLACE": "Faro"}, fresh=False) as gateway:
        assert "# of late.py" in gateway.get("/any").json()["alike"]["shown"]
        (source / "entry.py").write_text(ENTRY.replace("imports = [0]", "imports = [6]"))
        gateway.restart()
        assert gateway.get("/any").json()["alike"]["imports"] == [7]


def test_wrangler_begins_behind_an_import_that_is_known_and_imports_what_was_saved(
    worker: Worker, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bundle = tmp_path_factory.mktemp("bundle")
    options: dict[str, Any] = {
        "source": source,
        "settings": wrangler_config.host_settings(BY_CLASS, None),
        "cache": CACHE,
    }
    options |= {"folder": bundle, "pyodide": NODE_MODULES / "pyodide"}
    options |= {"packages": PYTHON_MODULES, "exclude": wrangler_config.excluded(BY_CLASS, None)}
    worker(source=source, config=BY_CLASS, fresh=False).stop()
    pack("bundle", json.dumps(options, default=str))
    assert is_behind_import(bundle)
    pack("application", str(source), str(CACHE), str(bundle))
    assert not is_behind_import(bundle)


def pack(*arguments: str) -> None:
    chosen = node.locate()
    subprocess.run([chosen.executable, PACK, *arguments], env=chosen.environment(), check=True, timeout=180)


def is_behind_import(bundle: Path) -> bool:
    """By the index of the packed memory (`worker/filesystem.mjs`)."""
    with (bundle / "snapshot.bin").open("rb") as memory:
        return b'["former",' in memory.read(int.from_bytes(memory.read(4), "little"))


def test_variables_that_were_read_at_import_are_those_of_each_gateway(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "entry.py").write_text(READS_ITS_VARIABLES)
    for place in ("Faro", "Lagos"):
        with worker(source=tmp_path, config=BY_CLASS, vars={"PLACE": place}, fresh=False) as gateway:
            assert (gateway.fresh, gateway.get("/any").text) == (True, place)


@pytest.mark.parametrize(
    ("entry", "told"),
    [("raise LookupError('told to')", "LookupError: told to"), ("import js\nkept = js.Headers.new()", "entry.kept")],
    ids=["an exception", "what no snapshot can hold"],
)
def test_an_import_that_cannot_be_saved_says_why_at_every_start(
    worker: Worker, tmp_path: Path, entry: str, told: str
) -> None:
    (tmp_path / "entry.py").write_text(entry + "\n" + ENTRY)
    (tmp_path / "late.py").write_text(LATE)
    for _ in range(2):
        with worker(source=tmp_path, config=BY_CLASS, fresh=False) as gateway:
            response: Any = gateway.get("/any")
            assert (gateway.fresh, response.status_code) == (True, 500)
            assert told in response.text
