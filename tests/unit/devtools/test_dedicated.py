"""`snapshot`: made and restored by workerd, held to a budget. A program in workerd's role does what is said."""

import sys
from pathlib import Path

import pytest

from devtools.failure import Failure
from devtools.runtime import dedicated
from devtools.runtime.dedicated import MOST_MIB, MOST_SECONDS, Taken, take
from devtools.runtime.official import Availability, OfficialRuntime
from devtools.runtime.snapshots import DEDICATED, Snapshots, configuration

PROGRAM = """\
#!{python}
import http.server, sys, time
options = dict(part.partition("=")[::2] for part in sys.argv[3:])
folder = options["--python-snapshot-dir"]
assert options["--pyodide-bundle-disk-cache-dir"].startswith({state!r})
assert open(sys.argv[2]).read() == "config"
if "--python-save-snapshot" in options:
    {save}
    time.sleep(60)
with open(folder + "/" + options["--python-load-snapshot"], "rb") as file:
    assert len(file.read()) == 2 << 20
host, _, port = options["--socket-addr"].removeprefix("http=").partition(":")

class Gateway(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

http.server.HTTPServer((host, int(port)), Gateway).serve_forever()
"""

SAVES = 'open(folder + "/snapshot.bin", "wb").write(b"s" * (2 << 20))'


def in_its_role(folder: Path, save: str, program: str = PROGRAM) -> OfficialRuntime:
    workerd = folder / "package" / "bin" / "workerd"
    workerd.parent.mkdir(parents=True)
    workerd.write_text(program.format(python=sys.executable, state=str(folder), save=save))
    workerd.chmod(0o755)
    (folder / "config.capnp").write_text("config")
    return OfficialRuntime("2026-11-01", ["python_workers"], state=folder / "bundles", workerd=workerd)


def test_a_snapshot_is_made_restored_and_measured(tmp_path: Path) -> None:
    taken = take(in_its_role(tmp_path, SAVES), tmp_path / "config.capnp", tmp_path / "snapshots")
    assert taken.size == 2 << 20
    assert taken.made > 0 < taken.answered
    assert str(taken).startswith(f"snapshot: 2.0 MiB of {MOST_MIB:g}, made in ")


def test_an_import_that_a_deployment_refuses_is_told_in_workerds_words(tmp_path: Path) -> None:
    refuses = in_its_role(tmp_path, 'sys.exit("PythonUserError: Can\'t serialize top-level variable.")')
    with pytest.raises(
        Failure, match=r"workerd did not make the snapshot: PythonUserError: Can't serialize"
    ) as failure:
        take(refuses, tmp_path / "config.capnp", tmp_path / "snapshots")
    assert "\n" not in str(failure.value)


def test_of_one_content_a_snapshot_is_made_once(tmp_path: Path) -> None:
    uploads = [tmp_path / name for name in ("first", "again", "another")]
    for upload, source in zip(uploads, ("a = 1", "a = 1", "a = 2"), strict=True):
        upload.mkdir()
        (upload / "entry.py").write_text(source)
    counts = f'open({str(tmp_path / "runs")!r}, "a").write("x"); {SAVES}'
    checked = PROGRAM.replace('read() == "config"', f'read().count("{DEDICATED}") == 1')
    official = in_its_role(tmp_path, counts, program=checked)
    snapshots = Snapshots(official, tmp_path / "snapshots")
    first, again, another = (snapshots.of(upload, "entry.py", "2026-11-01", ["python_workers"]) for upload in uploads)
    assert first == again != another
    assert (tmp_path / "runs").read_text() == "xx"
    assert (another / "snapshot.bin").stat().st_size == 2 << 20


@pytest.mark.parametrize(
    ("size", "answered", "told"),
    [
        (int(MOST_MIB * (1 << 20)) + 1, 0.5, r"the snapshot has 64\.0 MiB and may have 64"),
        (45 << 20, MOST_SECONDS + 0.01, r"the first answer took 2\.01 s and may take 2"),
    ],
)
def test_over_the_budget_it_fails(size: int, answered: float, told: str) -> None:
    with pytest.raises(Failure, match=told):
        Taken(size, 1.0, answered).check()
    Taken(45 << 20, 100.0, MOST_SECONDS).check()


def test_modules_are_what_wrangler_uploads_them_as_and_the_main_one_comes_first(tmp_path: Path) -> None:
    for name in ("auth.py", "entry_global.py", "python_modules/jwt/api.py", "python_modules/workers/a.js", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    text = configuration(tmp_path, "entry_global.py", "2026-11-01", ["python_workers", "python_workers"])
    assert [line.strip(" ,") for line in text.splitlines() if "embed" in line] == [
        '(name = "entry_global.py", pythonModule = embed "entry_global.py")',
        '(name = "auth.py", pythonModule = embed "auth.py")',
        '(name = "python_modules/jwt/api.py", data = embed "python_modules/jwt/api.py")',
        '(name = "python_modules/workers/a.js", esModule = embed "python_modules/workers/a.js")',
    ]
    assert 'compatibilityDate = "2026-11-01", compatibilityFlags = ["python_workers"]' in text


def test_without_cloudflares_bundle_it_is_one_line_and_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = Availability(False, "could not be fetched (connection refused)")
    monkeypatch.setattr(OfficialRuntime, "look", lambda *_, **__: missing)
    with pytest.raises(Failure) as failure:
        dedicated.main([])
    assert str(failure.value).startswith("Cloudflare's bundle could not be fetched (connection refused): ")
    assert failure.value.code == 1
