"""`audit`: what pip-audit and npm audit say, or do not, decides. Both are stood in for by programs that say it."""

import json
import shlex
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devtools import example, node
from devtools.failure import Failure
from devtools.node import MINIMUM, Node
from devtools.paths import REQUIREMENTS
from devtools.releasing import audit

CLEAN = {"name": "pydantic", "version": "2.14.3", "vulns": []}
VULNERABLE = {
    "name": "pyjwt",
    "version": "2.15.1",
    "vulns": [
        {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1", "GHSA-1"], "fix_versions": ["2.15.2"], "description": "long"}
    ],
}
UNKNOWN = {"name": "inhouse", "skip_reason": "Dependency not found on PyPI and could not be audited: inhouse (1.0)"}

ADVISORY = {
    "source": 1,
    "name": "undici",
    "title": "Unbounded memory",
    "url": "https://github.com/advisories/GHSA-npm-1",
    "severity": "high",
    "range": "<7.0.1",
}
NPM_CLEAN = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 105}}}
NPM_VULNERABLE = {
    "vulnerabilities": {
        "undici": {"name": "undici", "severity": "high", "via": [ADVISORY]},
        "miniflare": {"name": "miniflare", "severity": "high", "via": ["undici", ADVISORY]},
    },
    "metadata": {"dependencies": {"total": 105}},
}
NPM_REFUSED = {"message": "405 Method Not Allowed - POST https://registry.example/-/npm/v1/security/advisories/bulk"}
NPM_BROKEN = {"error": {"code": "ENOLOCK", "summary": "This command requires an existing lockfile.", "detail": ""}}

TRACEBACK = """\
Traceback (most recent call last):
  File "adapters.py", line 723, in send
    raise ProxyError(e, request=request)
requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded
"""

Program = Callable[..., None]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts programs in the place of pip-audit and npm: each records how it was called, and prints what it is told."""
    monkeypatch.setattr(audit, "PIP_AUDIT", tmp_path / "pip-audit")
    monkeypatch.setattr(node, "locate", lambda: Node(tmp_path, MINIMUM, "machine"))

    def write(
        name: str, says: Any = "", *, of_tools: Any = None, complains: str = "", code: int = 0, then: str = ":"
    ) -> None:
        answer, answer_of_tools = (
            f"printf %s {shlex.quote(said if isinstance(said, str) else json.dumps(said))}"
            for said in (says, says if of_tools is None else of_tools)
        )
        (tmp_path / name).write_text(f"""#!/bin/sh
            echo "$@" >> {tmp_path}/{name}.calls
            case "$*" in *requirements/dev.txt*) {answer_of_tools} ;; *) {answer} ;; esac
            printf %s {shlex.quote(complains)} >&2
            {then}
            exit {code}
        """)
        (tmp_path / name).chmod(0o755)

    write("pip-audit", {"dependencies": [CLEAN]})
    write("npm", NPM_CLEAN)
    return write


def run(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[list[str], str]:
    """What was printed, and the failure, if it was one."""
    failure = ""
    try:
        audit.main([*options])
    except Failure as raised:
        failure = str(raised)
    return capsys.readouterr().out.splitlines(), failure


def test_nothing_known_is_said_with_how_much_was_looked_at(
    programs: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "--required") == (
        [
            "audit: what ships: no known vulnerabilities in 1 packages",
            "audit: Python tools: no known vulnerabilities in 1 packages",
            "audit: npm tools: no known vulnerabilities in 105 packages",
        ],
        "",
    )


def test_every_lock_of_requirements_is_looked_at_with_its_hashes(
    programs: Program, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capsys)
    shipped, tools = (tmp_path / "pip-audit.calls").read_text().splitlines()
    assert "requirements/worker.txt" in shipped
    assert ("origin/requirements.txt" in shipped) == example.FOLDER.exists()
    assert {*REQUIREMENTS.glob("*.txt")} <= {*audit.SHIPPED, *audit.TOOLS}
    assert "requirements/dev.txt" in tools
    assert "--require-hashes" in shipped.split()
    assert "--require-hashes" in tools.split()


def test_a_finding_in_what_ships_fails_and_names_the_release_that_mends_it(
    programs: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    programs("pip-audit", {"dependencies": [CLEAN, VULNERABLE]}, code=1)
    said, failure = run(capsys)
    assert "audit: what ships: 1 known vulnerabilities in 2 packages" in said
    assert failure == (
        "known vulnerabilities in what ships: pyjwt 2.15.1: PYSEC-2026-1 = CVE-2026-1 = GHSA-1, mended in 2.15.2: "
        "raise the version and run `make lock`, or accept it with the reason in devtools/releasing/audit.py"
    )


def test_a_finding_in_tools_is_printed_and_fails_nothing(programs: Program, capsys: pytest.CaptureFixture[str]) -> None:
    programs("npm", NPM_VULNERABLE, code=1)
    programs("pip-audit", {"dependencies": [CLEAN]}, of_tools={"dependencies": [VULNERABLE]}, code=1)
    said, failure = run(capsys, "--required")
    assert failure == ""
    assert "audit:   undici <7.0.1: GHSA-npm-1, high: Unbounded memory" in said
    assert "audit:   pyjwt 2.15.1: PYSEC-2026-1 = CVE-2026-1 = GHSA-1, mended in 2.15.2" in said
    assert sum("GHSA-npm-1" in line for line in said) == 1, "it is one advisory, whoever depends on it"


def test_an_accepted_finding_is_printed_with_the_reason_and_fails_nothing(
    programs: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(audit.ACCEPTED, "CVE-2026-1", "the Worker never calls it; until 2.15.2 is out")
    programs("pip-audit", {"dependencies": [VULNERABLE]}, code=1)
    said, failure = run(capsys)
    assert failure == ""
    assert any(line.endswith("accepted: the Worker never calls it; until 2.15.2 is out") for line in said)


@pytest.mark.parametrize(
    ("pip_audit", "npm", "reasons"),
    [
        ({"complains": TRACEBACK, "code": 1}, {"says": NPM_REFUSED, "code": 1}, ("ConnectionError", "405 Method")),
        ({"says": {"dependencies": [UNKNOWN]}}, {"says": NPM_REFUSED}, ("knows nothing of inhouse", "405 Method")),
        ({"then": "exec sleep 60"}, {"then": "exec sleep 60"}, ("no answer within 0.5 s", "no answer within 0.5 s")),
        ({"complains": "ERROR:pip_audit: Could not connect to PyPI's vulnerability feed"}, {}, ("Could not connect",)),
    ],
    ids=["refused", "a mirror", "silence", "down"],
)
def test_a_database_out_of_reach_is_one_line_and_fails_only_where_it_is_required(
    programs: Program,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    pip_audit: dict[str, Any],
    npm: dict[str, Any],
    reasons: tuple[str, ...],
) -> None:
    silent = "then" in pip_audit
    monkeypatch.setattr(audit, "SECONDS", 0.5 if silent else audit.SECONDS_FOR_TOOLS)
    programs("pip-audit", **pip_audit)
    programs("npm", **({"says": NPM_CLEAN} | npm))
    said, failure = run(capsys)
    (line,) = [line for line in said if "not checked" in line]
    assert all(reason in line for reason in reasons), line
    assert failure == ""
    assert "not checked: Python packages" in run(capsys, "--required")[1]


def test_a_package_that_the_database_does_not_know_does_not_count_as_checked(
    programs: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    programs("pip-audit", {"dependencies": [CLEAN, UNKNOWN]})
    said, failure = run(capsys)
    assert "audit: what ships: no known vulnerabilities in 1 packages" in said
    assert "what ships (PyPI's database knows nothing of inhouse)" in said[-1]
    assert failure == ""


@pytest.mark.parametrize(
    ("name", "program", "line"),
    [
        (
            "pip-audit",
            {"complains": "ERROR: requirements/x is not hashed", "code": 1},
            "pip-audit: ERROR: requirements/x",
        ),
        ("pip-audit", {"says": "[]", "code": 2}, "pip-audit: it did not say why it failed"),
        ("npm", {"says": NPM_BROKEN, "code": 1}, "npm audit: This command requires an existing lockfile"),
        ("npm", {"complains": "npm error code EUSAGE", "code": 1}, "npm audit: npm error code EUSAGE"),
    ],
)
def test_a_program_that_fails_for_another_reason_fails_in_one_line(
    programs: Program, capsys: pytest.CaptureFixture[str], name: str, program: dict[str, Any], line: str
) -> None:
    programs(name, **program)
    assert run(capsys)[1].startswith(line)


def test_a_program_that_is_not_there_is_one_line_with_the_mend(
    programs: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PIP_AUDIT", Path(sys.prefix) / "nowhere")
    assert run(capsys)[1].endswith("cannot be started (No such file or directory): run `make setup`")


def test_the_real_programs_without_a_network_say_so_and_fail_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name in ("HTTPS_PROXY", "https_proxy", "npm_config_https_proxy", "npm_config_proxy"):
        monkeypatch.setenv(name, nowhere)
    for name in ("NO_PROXY", "no_proxy", "npm_config_noproxy"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(audit, "SECONDS", audit.SECONDS_FOR_TOOLS)  # on a busy machine the programs take long to start
    (line,), failure = run(capsys)
    assert "Python packages (PyPI cannot be reached: " in line
    assert "npm tools (the registry does not tell: " in line
    assert failure == ""
