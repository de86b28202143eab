"""Every tool failure ends in one readable line with the mend, and an exit code that is not 0."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import __main__ as cli
from devtools import steps
from devtools.failure import Failure
from devtools.paths import ROOT

LOG = ROOT / ".gatehouse" / "logs" / "npm-packages.log"

PIP_UNREACHABLE = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by \
'NewConnectionError('<pip._vendor.urllib3.connection.HTTPConnection object at 0x7f>: Failed to establish a new \
connection: [Errno 111] Connection refused')': /simple/annotated-doc/
ERROR: Could not find a version that satisfies the requirement annotated-doc==0.0.7 (from versions: none)
ERROR: No matching distribution found for annotated-doc==0.0.7
"""
PIP_MISSING = """\
ERROR: Could not find a version that satisfies the requirement pydantic-core==2.50.4 (from versions: none)
ERROR: No matching distribution found for pydantic-core==2.50.4
"""
PIP_TAMPERED = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, \
please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with them.
    six==1.17.0 from https://mirror.example/six-1.17.0-py2.py3-none-any.whl (from -r dev.txt (line 1)):
"""
NPM_UNREACHABLE = """\
npm error code ENOTFOUND
npm error network request to https://registry.example/pyodide failed, reason: getaddrinfo ENOTFOUND registry.example
"""
NPM_TAMPERED = "npm error code EINTEGRITY\nnpm error sha512-AAA integrity checksum failed when using sha512\n"
NPM_OUT_OF_STEP = """\
npm error code EUSAGE
npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are \
in sync.
"""
NPM_MISSING = """\
npm error code E404
npm error 404  The requested resource 'wrangler@4.164.0' could not be found or you do not have permission to access it.
npm error 404 'wrangler@4.164.0' is not in this registry.
"""
VENV_WITHOUT_PIP = """\
The virtual environment was not created successfully because ensurepip is not available.
"""
DISK_FULL = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
WRANGLER = (
    "\n\x1b[31m✘ \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mInvalid TOML document\x1b[0m\n\n  4 | x\n"
)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (PIP_UNREACHABLE, "x: the package registry cannot be reached: check the network"),
        (PIP_MISSING, "x: the package registry has no pydantic-core==2.50.4 for this machine: use Python 3.11"),
        (PIP_TAMPERED, "x: a package differs from what the lock file vouches for: do not install it"),
        (NPM_UNREACHABLE, "x: the package registry cannot be reached: check the network"),
        (NPM_TAMPERED, "x: a package differs from what the lock file vouches for: do not install it"),
        (NPM_OUT_OF_STEP, "x: package.json and package-lock.json disagree: run `npm install`"),
        (NPM_MISSING, "x: the package registry has no wrangler@4.164.0: check the mirror"),
        (VENV_WITHOUT_PIP, "x: this Python cannot create virtual environments: install its venv package"),
        (DISK_FULL, "x: the disk is full: free some space"),
        (WRANGLER, "x failed (✘ [ERROR] Invalid TOML document): read .gatehouse/logs/npm-packages.log"),
        ("first\nnobody knows\n", "x failed (nobody knows): read .gatehouse/logs/npm-packages.log"),
        ("", "x failed (it did not say why): read .gatehouse/logs/npm-packages.log"),
    ],
)
def test_what_a_program_printed_becomes_one_line_with_the_mend(output: str, line: str) -> None:
    said = str(steps.explain("x", output, LOG))
    assert said.startswith(line)
    assert "\n" not in said
    assert "\x1b" not in said


def test_a_step_that_fails_keeps_all_it_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "LOGS", tmp_path)
    script = "import sys; print('beginning'); print('Error: no luck', file=sys.stderr); sys.exit(3)"
    with pytest.raises(Failure, match=r"^A step failed \(Error: no luck\): read "):
        steps.run_step("A step", [sys.executable, "-c", script])
    assert sorted((tmp_path / "a-step.log").read_text().splitlines()) == ["Error: no luck", "beginning"]


def test_a_step_tells_when_it_starts_and_how_long_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(steps, "LOGS", tmp_path)
    assert steps.run_step("quick work", [sys.executable, "-c", "print('done it')"]) == "done it\n"
    started, ended = capfd.readouterr().err.splitlines()
    assert started == "quick work …"
    assert ended.startswith("quick work: done (")
    assert ended.endswith(" s)")


def test_a_program_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "LOGS", tmp_path)
    with pytest.raises(Failure, match=r"no-such-program cannot be started \(No such file or directory\)"):
        steps.run_step("x", [tmp_path / "no-such-program"])


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_a_module_with_main(name: str) -> None:
    assert callable(importlib.import_module(cli.COMMANDS[name][0]).main)


def test_a_failure_is_one_line_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(argv: list[str]) -> int:
        raise Failure("port 8787\nis taken", "choose another with --port", code=7)

    monkeypatch.setattr("devtools.releasing.size.main", fail)
    assert cli.main(["size"]) == 7
    assert capsys.readouterr().err == "gatehouse: port 8787 is taken: choose another with --port\n"


def test_an_unknown_command_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["devv"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("gatehouse: there is no command 'devv': choose one of setup, vendor,")
    assert said.count("\n") == 1


def test_a_python_too_old_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    assert cli.main(["setup"]) == 1
    assert capsys.readouterr().err.startswith("gatehouse: Python 3.9 is too old: use Python 3.11 or newer")


def test_before_setup_every_other_command_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(cli, "VENV_PYTHON", tmp_path / ".venv" / "bin" / "python")
    assert cli.main(["size"]) == 1
    assert capsys.readouterr().err == "gatehouse: nothing is installed yet: run `make setup` first\n"


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert listed == list(cli.COMMANDS)


def test_setup_needs_nothing_but_the_standard_library() -> None:
    script = "import devtools.installing.setup, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {script}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert {name for name in loaded if name not in sys.stdlib_module_names} <= {"devtools", "__main__"}


def test_make_without_python_says_what_to_install() -> None:
    made = subprocess.run(["make", "setup", "PYTHON=no-such-python"], cwd=ROOT, capture_output=True, text=True)
    assert made.returncode != 0
    assert made.stderr.splitlines()[0] == (
        "gatehouse: there is no no-such-python: install Python 3.11 or newer, or name yours with make PYTHON=…"
    )


@pytest.mark.parametrize("command", [["sbom"], ["tail", "--once", "README.md"], ["--help"]])
def test_a_reader_that_has_seen_enough_is_told_nothing(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "devtools", *command], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")
