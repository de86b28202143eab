"""`python -m devtools dev`: the embedded runtime under `wrangler dev`, on a project of its own."""

import itertools
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from devtools import ports
from devtools.paths import ROOT, STATE
from devtools.serving import tail
from tests.private_words import WATCH
from tests.worker.patience import until

pytestmark = pytest.mark.stand_in

PATIENCE = 180.0
"""Seconds until something must have happened. On an idle machine it takes two."""

LEFT_ALONE = 4.0
"""Seconds between two saves in which memory is taken for the next: it is begun three after one (`saves.mjs`)."""

SECRET = "a-secret-of-dev-vars"

TOML = """
name = "project"
main = "src/entry.py"
compatibility_date = "2026-11-01"
compatibility_flags = ["python_workers"]
kv_namespaces = [{ binding = "CACHE", id = "cache" }]
[vars]
GREETING = "hello"
LIST = [{ path = "/a" }]
[triggers]
crons = ["*/5 * * * *"]
[env.staging]
kv_namespaces = [{ binding = "CACHE", id = "cache-staging" }]
[env.staging.vars]
GREETING = "hello from staging"
"""

ENTRY = """
import json
from workers import Response, WorkerEntrypoint
from wing import message


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        print(json.dumps({"event": "request", "path": "/of-the-project", "status": 200}))
        visits = int(await self.env.CACHE.get("visits") or 0) + 1
        await self.env.CACHE.put("visits", str(visits))
        seen = {
            "text": message.TEXT, "greeting": self.env.GREETING, "secret": getattr(self.env, "SECRET", None),
            "cf": request.js_object.cf.to_py(), "headers": dict(request.headers), "visits": visits,
            "cron": await self.env.CACHE.get("cron"),
        }
        return Response(json.dumps(seen), headers={"content-type": "application/json"})

    async def scheduled(self, controller, env, ctx):
        await self.env.CACHE.put("cron", controller.cron)
"""


def make_project(folder: Path) -> Path:
    (folder / "src" / "wing").mkdir(parents=True)
    (folder / "wrangler.toml").write_text(TOML)
    (folder / "src" / "entry.py").write_text(ENTRY)
    (folder / "src" / "wing" / "message.py").write_text('TEXT = "first"\n')
    (folder / ".dev.vars").write_text(f"SECRET={SECRET}\n")
    WATCH.configured({"SECRET": SECRET})
    return folder


class Dev:
    """One `devtools dev` on `project`, its output in a file."""

    def __init__(self, project: Path, *options: str) -> None:
        self.port = ports.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = project / f"log-{self.port}"
        self.kept = tail.log_of(project, self.port)
        command = [sys.executable, "-m", "devtools", "dev", "--runtime", "embedded", "--ip", "127.0.0.1"]
        command += ["--port", str(self.port), "--config", str(project / "wrangler.toml"), *options]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | {"PYTHONFAULTHANDLER": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def get(self, **options: Any) -> httpx.Response:
        return httpx.get(self.url, timeout=PATIENCE, **options)

    def until(self, wanted: Callable[[httpx.Response], bool]) -> httpx.Response:
        """The first response that `wanted` accepts."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.said()
            try:
                response = self.get()
            except httpx.TransportError:  # not up yet, or between two isolates
                time.sleep(0.1)
                continue
            if wanted(response):
                return response
            time.sleep(0.1)
        raise TimeoutError(self.said())

    def until_said(self, text: str, after: int = 0) -> None:
        """Waits for `text` on the terminal, behind so many characters of it."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.said()[after:]:
            if time.monotonic() > deadline:
                raise TimeoutError(self.said())
            time.sleep(0.1)

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # and it writes where each of its threads is
            self.process.wait(PATIENCE)
            pytest.fail(f"it did not end:\n{self.said()}")
        for text in (self.said(), self.kept.read_text()):
            WATCH.wrote(text)
        return code


def descendants(root: int) -> list[int]:
    """The processes below `root`."""
    tree: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            pid, parent = int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
            tree.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [root]
    while waiting:
        children = tree.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def dev(project: Path) -> Iterator[Dev]:
    dev = Dev(project, "--cf", "country=DE,region=Berlin,city=Berlin", "--cf", '{"timezone": "Europe/Berlin"}')
    dev.until(lambda response: response.status_code == 200)
    yield dev
    dev.stop(signal.SIGTERM)


def test_the_worker_is_served_and_the_runtime_named(dev: Dev) -> None:
    assert dev.get().json()["text"] == "first"
    assert "gatehouse: embedded runtime: asked for with --runtime embedded" in dev.said()


def test_the_log_is_kept_where_tail_finds_it(dev: Dev) -> None:
    dev.get()
    command = [sys.executable, "-m", "devtools", "tail", "--route", "/of-the-project", str(dev.kept)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        patience = threading.Timer(PATIENCE, following.kill)
        patience.start()
        before = following.stdout.readline()
        dev.get()
        after = following.stdout.readline()
        following.send_signal(signal.SIGINT)
        assert following.wait(PATIENCE) == 0
        patience.cancel()
    for line in (before, after):
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} 200 .* /of-the-project", line.rstrip()), line


def test_secrets_of_dev_vars_reach_the_worker(dev: Dev) -> None:
    assert dev.get().json()["secret"] == SECRET


def test_the_visitors_place_is_the_one_chosen_at_the_start(dev: Dev) -> None:
    cf = dev.get().json()["cf"]
    assert (cf["country"], cf["region"], cf["city"], cf["timezone"]) == ("DE", "Berlin", "Berlin", "Europe/Berlin")
    assert "postalCode" not in cf, "of another country"


def test_a_request_may_choose_its_own_place(dev: Dev) -> None:
    seen = dev.get(headers={"gatehouse-dev-cf": "country=JP,city=Osaka"}).json()
    assert (seen["cf"]["country"], seen["cf"]["city"]) == ("JP", "Osaka")
    assert "region" not in seen["cf"]
    assert "gatehouse-dev-cf" not in seen["headers"]


def test_a_change_of_the_source_is_served_without_a_restart(dev: Dev, project: Path) -> None:
    (project / "src" / "wing" / "message.py").write_text('TEXT = "second"\n')
    dev.until(lambda response: response.json().get("text") == "second")


def test_a_file_that_is_saved_again_is_imported_with_what_needs_it_and_nothing_else(dev: Dev, project: Path) -> None:
    """`first.py` is imported before it, and once it is in the memory that is taken meanwhile, no more."""
    source, numbers = project / "src", itertools.count()
    (source / "first.py").write_text(f"print('first is imported')  # {time.time()}, as in no memory of another run\n")
    (source / "entry.py").write_text(f"import first\n{ENTRY}\nprint('started with', message.TEXT)\n")
    dev.until_said("first is imported")

    def spares_the_first() -> bool:
        text, before = f"save {next(numbers)}", len(dev.said())
        (source / "wing" / "message.py").write_text(f'TEXT = "{text}"\n')
        dev.until_said(f"started with {text}", before)
        return "first is imported" not in dev.said()[before:]

    assert not spares_the_first()
    assert until(spares_the_first, every=LEFT_ALONE)


def test_a_broken_source_shows_its_traceback_and_the_next_save_recovers(dev: Dev, project: Path) -> None:
    """In the answer and on the terminal, with its file and line."""
    message = project / "src" / "wing" / "message.py"
    message.write_text('TEXT = "third\n')
    broken = dev.until(lambda response: response.status_code == 500)
    assert 'File "/session/metadata/wing/message.py", line 1' in broken.text
    assert "SyntaxError: unterminated string literal" in broken.text
    dev.until_said("the Worker cannot start")
    assert f'File "{message}", line 1' in dev.said()
    message.write_text('TEXT = "fourth"\n')
    assert dev.until(lambda response: response.status_code == 200).json()["text"] == "fourth"
    told = dev.said().rindex("the Worker cannot start")
    dev.until_said("what was saved is served after", told)


def test_the_terminal_says_what_runs_where_and_the_log_has_wranglers_tables(dev: Dev) -> None:
    said = dev.said()
    for name in ("gateway", "demo page", "origin", "other region", "log", "stop"):
        assert len(re.findall(rf"^gatehouse: {name}  ", said, re.MULTILINE)) == 1, said
    assert f"gatehouse: gateway       {dev.url} (embedded runtime)" in said
    kept = dev.kept.read_text()
    for wranglers_own in ("Attaching additional modules", "│", "following bindings", "[custom build] Running"):
        assert wranglers_own not in said
        assert wranglers_own in kept


def test_a_change_of_wrangler_toml_is_served_without_a_restart(dev: Dev, project: Path) -> None:
    (project / "wrangler.toml").write_text(TOML.replace('GREETING = "hello"', 'GREETING = "good day"'))
    dev.until(lambda response: response.status_code == 200 and response.json()["greeting"] == "good day")


def test_a_broken_wrangler_toml_is_reported_and_passed_over(dev: Dev, project: Path) -> None:
    (project / "wrangler.toml").write_text("[vars\n")
    dev.until_said("the former configuration stays")
    assert "wrangler.toml is not valid TOML" in dev.said()
    assert dev.get().status_code == 200
    (project / "wrangler.toml").write_text(TOML)


def test_environment_variables_persistence_the_cron_trigger_and_changes_pass_through(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    options = ("--env", "staging", "--var", "EXTRA:1", "--persist-to", str(tmp_path / "state"), "--test-scheduled")
    first = Dev(project, *options)
    assert first.until(lambda response: response.status_code == 200).json()["greeting"] == "hello from staging"
    assert httpx.get(f"{first.url}/cdn-cgi/handler/scheduled?cron=*+*+*+*+*").text == "ok"
    assert first.get().json()["cron"] == "* * * * *"
    visits = first.get().json()["visits"]
    below = descendants(first.process.pid)
    folder = STATE / "dev" / str(first.process.pid)
    assert below
    assert folder.is_dir()

    assert first.stop() == 0, first.said()
    assert not [pid for pid in below if is_running(pid)], "orphans"
    assert not folder.exists()

    second = Dev(project, *options)
    assert second.until(lambda response: response.status_code == 200).json()["visits"] == visits + 1
    (project / "src" / "wing" / "message.py").write_text('TEXT = "second"\n')  # an environment's source is watched, too
    second.until(lambda response: response.status_code == 200 and response.json()["text"] == "second")
    assert second.stop(signal.SIGTERM) == 0, second.said()


def test_ctrl_c_on_a_terminal_ends_everything(tmp_path: Path) -> None:
    """On a terminal wrangler has the foreground: the keys go to it, and Python takes the terminal back."""
    project = make_project(tmp_path / "project")
    port = ports.free_port()
    options = ["--runtime", "embedded", "--config", str(project / "wrangler.toml"), "--port", str(port)]
    shell, terminal = pty.fork()
    if shell == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-m", "devtools", "dev", *options])
    printed = b""
    below: list[int] = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        readable, _, _ = select.select([terminal], [], [], 1)
        try:
            printed += os.read(terminal, 65536) if readable else b""
        except OSError:  # the other end is closed: it is over
            break
        if b"Ctrl-C" in printed and not below:
            below = descendants(shell)
            os.write(terminal, b"\x03")
    _, status = os.waitpid(shell, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, printed.decode(errors="replace")[-2000:]
    assert below
    assert not [pid for pid in below if is_running(pid)], "orphans"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def fails(*options: str) -> str:
    """The last line of a `dev` that must end badly."""
    command = [sys.executable, "-m", "devtools", "dev", *options]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE
    )
    assert ended.returncode not in (0, None)
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


def test_a_taken_port_ends_in_one_line_with_the_mend(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        line = fails("--runtime", "embedded", "--config", str(project / "wrangler.toml"), "--port", port)
    assert line.startswith(f"gatehouse: port {port} of localhost cannot be used")
    assert "--port" in line


@pytest.mark.parametrize(
    ("toml", "options", "said"),
    [
        ("name = \n", (), "wrangler.toml is not valid TOML"),
        (TOML, ("--env", "live"), "no environment 'live': use one of: staging"),
        (TOML.replace("src/entry.py", "src/start.py"), (), "src/start.py does not exist"),
        (TOML.replace('binding = "CACHE", id', 'bindung = "CACHE", id'), (), "wrangler dev ended with code 1"),
        (TOML, ("--no-such-option",), "Unknown argument"),
        (TOML, ("--cf", "Berlin"), "country=DE,city=Berlin"),
    ],
)
def test_a_mistake_ends_in_one_line_with_the_mend(
    tmp_path: Path, toml: str, options: tuple[str, ...], said: str
) -> None:
    project = make_project(tmp_path / "project")
    (project / "wrangler.toml").write_text(toml)
    port = str(ports.free_port())
    line = fails("--runtime", "embedded", "--config", str(project / "wrangler.toml"), "--port", port, *options)
    assert line.startswith("gatehouse: ")
    assert said in line
