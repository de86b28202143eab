"""Two ways of starting, by an import and from the memory that an import has left, are one to the application."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.runtime.runner import Gateway
from tests.worker.injection import BY_CLASS

pytestmark = pytest.mark.stand_in

FIRST = """
import os, random, uuid

import js
from pyodide.http import pyfetch
from workers import import_from_javascript

print("first imported now")
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
"""

ENTRY = """
import asyncio, hashlib, json, os, random, secrets, sys, traceback, uuid

from pyodide.ffi import to_js
from workers import Response, WorkerEntrypoint

from first import held, modules, refused, seeded
import edited

print("imported now")
imports = [0]
imports[0] += 1


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
        "edited": edited.TEXT,
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

EDITED = "TEXT = 'first'\n"

LATE = "def fail():\n    raise LookupError('told to')  # of late.py\n"

TEXTS = """
from workers import Response, WorkerEntrypoint

import b
import a

try:
    from c import TEXT
except ImportError:
    TEXT = "no c"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(f"{a.TEXT} {b.TEXT} {TEXT}")
"""

FILE = "edited.py"

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
    write(tmp_path, entry=ENTRY, first=FIRST, edited=EDITED, late=LATE)
    return tmp_path


def write(source: Path, **modules: str) -> None:
    for name, text in modules.items():
        (source / f"{name}.py").write_text(text)


@pytest.fixture
def four(worker: Worker, source: Path) -> Iterator[list[Gateway]]:
    """One that imports, two that begin behind one import, and one behind a part of it; each with its variable."""
    ways: dict[str, dict[str, Any]] = {
        "Faro": {"fresh": True},
        "Lagos": {"fresh": False},
        "Tavira": {"fresh": False},
        "Silves": {"edited": [FILE]},
    }
    gateways = [worker(source=source, config=BY_CLASS, vars={"PLACE": place}, **way) for place, way in ways.items()]
    yield gateways
    for gateway in gateways:
        gateway.stop()


def test_a_start_behind_the_import_answers_as_one_that_imports(four: list[Gateway]) -> None:
    seen = [gateway.get("/any").json() for gateway in four]
    assert [gateway.fresh for gateway in four] == [True, False, False, False]
    assert seen[0]["alike"] == seen[1]["alike"] == seen[2]["alike"] == seen[3]["alike"]
    assert seen[0]["alike"]["imports"] == [1]
    assert "LookupError('told to')  # of late.py" in seen[0]["alike"]["shown"]
    assert [each["variables"] for each in seen] == [[place] * 2 for place in ("Faro", "Lagos", "Tavira", "Silves")]
    for drawn in zip(*(each["drawn"] for each in seen), strict=True):
        assert len(set(drawn)) == len(four), "what isolates draw at random is alike"


def test_a_start_behind_the_import_does_not_import_again(four: list[Gateway]) -> None:
    for gateway in four:
        assert gateway.scheduled().text == "ok"
        gateway.wait_for_output("ticked")
    imported = [[text for _, text in gateway.output() if "imported now" in text] for gateway in four]
    assert imported == [["first imported now", "imported now"], [], [], ["imported now"]]


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


def test_what_was_saved_is_served_whatever_memory_is_there(worker: Worker, tmp_path: Path) -> None:
    """A file twice, another, the first as it was; one that is new, and one that goes; what does not compile."""
    write(tmp_path, entry=TEXTS, a="TEXT = 'a1'\n", b="TEXT = 'b1'\n")
    with worker(source=tmp_path, config=BY_CLASS, edited=["a.py"]) as gateway:

        def saved(edited: list[str], **modules: str) -> str:
            write(tmp_path, **modules)
            gateway.restart(edited=edited)
            assert not gateway.fresh
            return gateway.get("/any").text

        assert saved(["a.py"], a="TEXT = 'a2'\n") == "a2 b1 no c"
        assert saved(["a.py"], a="TEXT = 'a3'\n") == "a3 b1 no c"
        assert saved(["a.py", "b.py"], b="TEXT = 'b2'\n") == "a3 b2 no c"
        assert saved(["a.py", "b.py"], a="TEXT = 'a1'\n") == "a1 b2 no c"
        assert saved(["a.py", "b.py"], c="TEXT = 'c1'\n") == "a1 b2 c1"
        (tmp_path / "c.py").unlink()
        assert "SyntaxError" in saved(["a.py", "b.py"], a="TEXT = 'a\n")
        assert saved(["a.py", "b.py"], a="TEXT = 'a5'\n") == "a5 b2 no c"


def test_behind_a_part_of_the_import_its_rules_are_the_same(worker: Worker, source: Path) -> None:
    """What the import left in that memory is still to be saved: it is a Proxy, and found again by its name."""
    with worker(source=source, config=BY_CLASS, edited=[FILE]) as gateway:
        for edited, told in (
            ("import first\nTEXT = first.held[3].new()\n", "edited.TEXT"),
            ("import first\nTEXT = first.held[2].subtle\n", "Illegal invocation"),
            ("import uuid\nTEXT = str(uuid.uuid4())\n", "Randomness"),
            ("import js\njs.crypto.randomUUID()\n", "Disallowed operation"),
        ):
            write(source, edited=edited)
            gateway.restart()
            answer = gateway.get("/any")
            assert (gateway.fresh, answer.status_code) == (False, 500)
            assert told in answer.text


def test_no_memory_is_kept_of_one_that_has_looked_at_what_was_to_be_left_out(worker: Worker, tmp_path: Path) -> None:
    """At its content, its presence or its size; at those of other files it may look."""
    of_all = "[each.stat().st_size for each in PLACE.parent.iterdir()]"
    write(tmp_path, entry=TEXTS, a="TEXT = 'a1'\n")
    for place, look in (("a", "PLACE.read_text()"), ("a", "PLACE.exists()"), ("a", of_all), ("entry", "PLACE.stat()")):
        seen = f"PLACE = Path(__file__).with_name('{place}.py')\nTEXT = len(str({look}))\n"
        write(tmp_path, b=f"from pathlib import Path\n{seen}")
        with worker(source=tmp_path, config=BY_CLASS, edited=["a.py"]) as gateway:
            assert (gateway.fresh, gateway.get("/any").status_code) == (place == "a", 200)


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
    write(tmp_path, entry=f"{entry}\n{ENTRY}", first=FIRST, edited=EDITED, late=LATE)
    for _ in range(2):
        with worker(source=tmp_path, config=BY_CLASS, fresh=False) as gateway:
            response: Any = gateway.get("/any")
            assert (gateway.fresh, response.status_code) == (True, 500)
            assert told in response.text
