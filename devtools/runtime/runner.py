"""Starts gateways under Miniflare from Python: the client of `serve.mjs`, for tests and benchmarks.

    with Runner() as runner:
        gateway = runner.start(vars={"DEFAULT_COUNTRY": "PT"})
        gateway.get("/geo", cf={"country": "DE"}).json()
        gateway.stop()

One Node process serves all gateways of a runner; each gateway is a workerd of its own, about 300 MB and 1.5 s.
"""

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

import httpx

from devtools import node
from devtools.configuration import wrangler_config
from devtools.failure import Failure
from devtools.paths import NODE_MODULES, PYTHON_MODULES, ROOT, SOURCES, STATE, TEMPLATE_TOML
from devtools.runtime.official import SNAPSHOT_FOLDER, OfficialRuntime
from devtools.runtime.snapshots import DEDICATED, Snapshots
from devtools.runtime.v8 import V8_FLAGS

SERVE = Path(__file__).with_name("serve.mjs")
CACHE = STATE / "runtime"
CF_HEADER = "gatehouse-dev-cf"
"""Read and removed by the embedded host alone (`worker/place.mjs`)."""
CF_BLOB = "mf-cf-blob"
"""Miniflare's own: all of `request.cf`, as JSON. For the official runtime, before which nothing of ours stands."""

NODE_SETTINGS = {
    "CLOUDFLARE_CF_FETCH_ENABLED": "false",
    "NODE_COMPILE_CACHE": str(STATE / "node"),
    "WRANGLER_LOG": "error",
}
"""Miniflare does not ask Cloudflare where this machine is; Node keeps what it compiled of wrangler's 15 MB."""

PATIENCE = 120.0
"""Seconds for an answer or a line of the log: on a busy machine much takes long that else is there at once."""

START_TIMEOUT = 180.0
"""Seconds: the first start of all packs the runtime."""


T = TypeVar("T")


class Witness(Protocol):
    """Is told of every gateway of this process, for longer than a gateway or its `clear_logs` lasts."""

    def configured(self, variables: Mapping[str, Any]) -> None:
        """A gateway is started with these variables and secrets over those of its configuration."""
        ...

    def wrote(self, text: str) -> None:
        """A gateway wrote this to its log."""
        ...


class RunnerError(Exception):
    """A gateway could not be started, or a command to it failed. Carries what the Node side said."""


class Runner:
    """One `serve.mjs` process. Use it as a context manager, or call `close`.

    `v8_flags` are those of every workerd. With `official`, whose bundle must be at hand, gateways run on Cloudflare's
    own Python runtime; what belongs to the embedded one, they cannot do. With `dedicated` they begin there with a
    snapshot of their sources, as a deployment does, but for those that are to be `fresh`.
    """

    witness: ClassVar[Witness | None] = None
    """Of all runners of this process."""

    def __init__(
        self, *, v8_flags: Sequence[str] = (), official: OfficialRuntime | None = None, dedicated: bool = False
    ) -> None:
        chosen = node.locate()
        self.official = official is not None
        theirs = official.environment() if official else {}
        self._process = subprocess.Popen(
            [chosen.executable, SERVE, CACHE],
            cwd=ROOT,
            env=chosen.environment() | NODE_SETTINGS | {V8_FLAGS: " ".join(v8_flags)} | theirs,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is ours: it ends with its standard input, and its gateways before it
        )
        self._pending: dict[int, Future[Any]] = {}
        self._gateways: dict[str, Gateway] = {}
        self._lock = threading.Lock()
        self._scratch = tempfile.TemporaryDirectory(prefix="gatehouse-")
        kept = Path(self._scratch.name, "snapshots")
        self._snapshots = Snapshots(official, kept) if official and dedicated else None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The Node process, whose children are the gateways' workerds."""
        return self._process.pid

    def start(
        self,
        *,
        source: Path = SOURCES,
        packages: Path = PYTHON_MODULES,
        script: Path | None = None,
        config: Path | Mapping[str, Any] | None = None,
        environment: str | None = None,
        vars: Mapping[str, Any] | None = None,  # wrangler's own word for them
        kv_persist: Path | None = None,
        cf: Mapping[str, Any] | None = None,
        cf_header: bool = True,
        outbound: str | None = None,
        services: Mapping[str, str] | None = None,
        fresh: bool | None = None,
        edited: Sequence[str] = (),
        faults: bool = False,
        crossings: bool = False,
        dispatch: str = "production",
        direct: bool = False,
    ) -> "Gateway":
        """A gateway on a free port of 127.0.0.1, answering when this returns.

        `source` holds `entry.py`, `packages` what it imports; `script` is a JavaScript Worker in one file that runs in
        their place. `config` is a wrangler.toml, or one as a dict; without it, the project's as it
        is shipped. `environment` is one of its `[env.*]`.
        `vars` are variables and secrets over those of the configuration, structured values as they are. `.dev.vars` is
        not read. `kv_persist` is a folder for KV that outlives the gateway. `cf` is `request.cf` of every request.
        With `cf_header=False` the host leaves the development header alone, as production does. `outbound` is an
        origin (`http://127.0.0.1:9000`) that gets every outgoing request instead, with `x-outbound-url` saying where it
        was meant to go. `services` answers service bindings by origins. With `fresh` the application is imported at
        this start; else the start is that of a deployment's isolate, from the memory that an import has left, and the
        first such start has it made (`imported.mjs`): the default for the project's own sources and for nothing else.
        With `edited`, files of `source`, that memory is of what is imported before the first of them, as after a save.
        `faults` allows `Gateway.kv_faults`;
        `crossings` counts the calls between Python and JavaScript (`devtools/runtime/profile.py`). `dispatch="short"`
        leaves out what production does around every request (`worker/doors.mjs`). `direct` gives the Worker a second
        socket, `Gateway.direct_url`, without Miniflare's entry Worker in front. Raises RunnerError.
        """
        if self.official and (crossings or dispatch == "short"):
            raise RunnerError("crossings and the short dispatch are the embedded runtime's")
        name = f"g{len(self._gateways) + 1}"
        settings = config if isinstance(config, Mapping) else wrangler_config.read(config or TEMPLATE_TOML)
        root = config.parent if isinstance(config, Path) else ROOT
        folder = Path(self._scratch.name) / name
        generated = wrangler_config.bindings_only(dict(settings), root)
        options = {
            "source": str(source),
            "packages": str(packages),
            "exclude": wrangler_config.excluded(settings, environment),
            "script": str(script) if script else None,
            "pyodide": str(NODE_MODULES / "pyodide"),
            "config": str(wrangler_config.write(generated, folder, folder)),
            "environment": environment,
            "settings": wrangler_config.host_settings(
                dict(settings), environment, cf_header=cf_header, dispatch=dispatch
            ),
            "vars": dict(vars or {}),
            "persist": str(kv_persist) if kv_persist else None,
            "cf": dict(cf or {}),
            "outbound": outbound,
            "services": dict(services or {}),
            "fresh": source != SOURCES and not edited if fresh is None else fresh,
            "edited": list(edited),
            "faults": faults,
            "crossings": crossings,
            "direct": direct,
            "official": self.official,
            "snapshot": None,
        }
        if self._snapshots and not script and not fresh:
            options["snapshot"] = self._snapshot_of(options, folder / "upload")
        gateway = Gateway(self, name, cf or {})
        self._gateways[name] = gateway
        self._tell_of(vars or {})
        gateway._started(self.command("start", gateway=name, options=options))
        return gateway

    def _snapshot_of(self, options: Mapping[str, Any], upload: Path) -> dict[str, Any]:
        """How the start is told of the snapshot of what would be uploaded. Raises RunnerError."""
        assert self._snapshots is not None
        self.command("upload", options=options, folder=str(upload))
        told = options["settings"]
        date, flags = told["compatibility"]["date"], told["compatibility"]["flags"]
        try:
            kept = self._snapshots.of(upload, f"{told['entry']}.py", date, flags)
        except Failure as failure:
            raise RunnerError(str(failure)) from None
        return {"environment": {SNAPSHOT_FOLDER: str(kept)}, "flag": DEDICATED}

    def command(self, verb: str, **parameters: Any) -> Any:
        """Send one command of `serve.mjs` and wait for its answer. Raises RunnerError."""
        with self._lock:
            number = len(self._pending) + 1
            answer: Future[Any] = Future()
            self._pending[number] = answer
            assert self._process.stdin is not None
            try:
                print(json.dumps({"id": number, "do": verb, **parameters}), file=self._process.stdin, flush=True)
            except (OSError, ValueError):  # the pipe is broken, or closed
                raise RunnerError("the Node process of the gateways is gone") from None
        return answer.result(START_TIMEOUT)

    def close(self) -> None:
        """Stop every gateway and the process."""
        for gateway in self._gateways.values():
            gateway.client.close()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it ended by itself
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(10)  # the last words of the gateways
        self._scratch.cleanup()

    def _tell_of(self, variables: Mapping[str, Any]) -> None:
        if Runner.witness:
            Runner.witness.configured(variables)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = json.loads(line)
            if "gateway" in message:
                self._gateways[message["gateway"]]._wrote(message["level"], message["message"])
                if Runner.witness:
                    Runner.witness.wrote(message["message"])
            elif "error" in message:
                self._pending[message["id"]].set_exception(RunnerError(message["error"]))
            elif "ok" in message:
                self._pending[message["id"]].set_result(message["ok"])
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(RunnerError("the Node process of the gateways ended"))


class Gateway:
    """One running gateway.

    `client` is an httpx client with `base_url` set, which follows no redirects; `get`, `post` and `request` are its
    methods with one more parameter, `cf`: the visitor's place for that request.
    """

    def __init__(self, runner: Runner, name: str, cf: Mapping[str, Any]) -> None:
        self.url = ""
        self.direct_url: str | None = None
        """The Worker's own socket, for one started with `direct`."""
        self.fresh = True
        """Whether this start has imported the application, or began behind an earlier import."""
        self.client = httpx.Client()
        self._runner = runner
        self._name = name
        self._cf = cf
        self._lines: list[tuple[str, str]] = []
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- requests -----------------------------------------------------------------------------------------------------

    def request(self, method: str, path: str, *, cf: Mapping[str, Any] | None = None, **options: Any) -> httpx.Response:
        """One exchange; `options` are httpx's. `cf={"country": "DE"}` moves the visitor; None as a value removes it."""
        if cf is not None:
            options["headers"] = httpx.Headers(options.get("headers"))
            whole = {name: value for name, value in {**self._cf, **cf}.items() if value is not None}
            name, value = (CF_BLOB, whole) if self._runner.official else (CF_HEADER, cf)
            options["headers"][name] = json.dumps(value)
        return self.client.request(method, path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def scheduled(self, cron: str = "* * * * *", *, time_ms: int | None = None) -> httpx.Response:
        """Fire the cron trigger as of `time_ms` since 1970; the response's text is its outcome, `ok` or `exception`."""
        query = {"cron": cron} | ({"time": str(time_ms)} if time_ms is not None else {})
        return self.client.get("/cdn-cgi/local/scheduled", params=query)

    # --- life ---------------------------------------------------------------------------------------------------------

    def restart(self, **options: Any) -> None:
        """A new isolate on a new port, with the same options but for those of `start`'s own names given here as
        `serve.mjs` knows them (`vars`, `cf`, `outbound`, `persist`). KV stays only with `kv_persist`."""
        self._runner._tell_of(options.get("vars", {}))
        self._started(self._runner.command("restart", gateway=self._name, options=options))

    def stop(self) -> None:
        self.client.close()
        self._runner.command("stop", gateway=self._name)

    def _started(self, addresses: Mapping[str, Any]) -> None:
        self.client.close()
        self.url, self.direct_url, self.fresh = addresses["url"], addresses["direct"], addresses["fresh"]
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE, follow_redirects=False)

    # --- logs ---------------------------------------------------------------------------------------------------------

    def output(self) -> list[tuple[str, str]]:
        """Everything the Worker wrote so far: (level, text)."""
        with self._news:
            return list(self._lines)

    def logs(self) -> list[dict[str, Any]]:
        """Those lines that are JSON objects: the Worker's structured log."""
        return [entry for _, text in self.output() if (entry := _as_object(text)) is not None]

    def wait_for_log(self, wanted: Callable[[dict[str, Any]], bool], *, timeout: float = PATIENCE) -> dict[str, Any]:
        """The first structured line that `wanted` accepts, also a later one: lines arrive after the response.

        Raises TimeoutError with what was written instead.
        """

        def select(text: str) -> dict[str, Any] | None:
            entry = _as_object(text)
            return entry if entry is not None and wanted(entry) else None

        return self._wait(select, timeout)

    def wait_for_output(self, fragment: str, *, timeout: float = PATIENCE) -> str:
        """The first text, structured or not, that contains `fragment`. Raises TimeoutError."""
        return self._wait(lambda text: text if fragment in text else None, timeout)

    def _wait(self, select: Callable[[str], T | None], timeout: float) -> T:
        """What `select` makes of the first text that it does not turn down."""
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                for _, text in self._lines:
                    if (found := select(text)) is not None:
                        return found
                if not self._news.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"no such line within {timeout} s among {self._lines[-20:]}")

    def clear_logs(self) -> None:
        self.take_output()

    def take_output(self) -> list[tuple[str, str]]:
        """What `output` gives, which is then forgotten: for those that listen for long."""
        with self._news:
            lines, self._lines = self._lines, []
            return lines

    def _wrote(self, level: str, text: str) -> None:
        with self._news:
            self._lines.append((level, text))
            self._news.notify_all()

    # --- KV -----------------------------------------------------------------------------------------------------------

    def kv_get(self, key: str, *, namespace: str = "CACHE") -> str | None:
        value: str | None = self._kv(namespace, "get", key)
        return value

    def kv_put(self, key: str, value: str, *, namespace: str = "CACHE", **options: Any) -> None:
        """`options` are those of KV's put: expirationTtl, metadata."""
        self._kv(namespace, "put", key, value, options)

    def kv_delete(self, key: str, *, namespace: str = "CACHE") -> None:
        self._kv(namespace, "delete", key)

    def kv_list(self, prefix: str = "", *, namespace: str = "CACHE") -> list[dict[str, Any]]:
        """Names, expirations and metadata."""
        keys: list[dict[str, Any]] = self._kv(namespace, "list", {"prefix": prefix})["keys"]
        return keys

    def kv_faults(self, **faults: Mapping[str, Any]) -> None:
        """From now on, per KV method: `get={"fail": "KV GET failed: 500"}`, `put={"delay": 2000}` (ms).

        With `"share": 0.02` that befalls two calls in a hundred. Without arguments all is well again. Needs
        `faults=True` at the start, and the embedded runtime.
        """
        if self._runner.official:
            if faults:
                raise RunnerError("faults of KV are the embedded runtime's")
            return
        response = self.client.post("/__gatehouse-test/kv-faults", json=faults)
        if response.status_code != 204:
            raise RunnerError("the gateway was started without faults=True")

    def _kv(self, namespace: str, call: str, *arguments: Any) -> Any:
        return self._runner.command("kv", gateway=self._name, namespace=namespace, call=call, arguments=arguments)


def _as_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
