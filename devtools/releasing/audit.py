"""`audit`: known vulnerabilities of what is locked, by pip-audit and npm audit. Part of `make lint`.

    python -m devtools audit [--required]

A finding in what is deployed (the Worker's packages, the example origin's) fails, unless `ACCEPTED` names it. Findings
in tools are printed and fail nothing: tools run on a developer's machine and in CI, over this repository's own files.

Where a database cannot be reached, a line says so and nothing fails but `--required`. A registry's mirror answers for
packages and seldom for vulnerabilities: a package that the database does not know was not checked, and counts as such.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devtools import credentials, node
from devtools.failure import Failure, one_line
from devtools.paths import (
    CATALOGUE_LOCK,
    EMULATOR_LOCK,
    FUZZ_LOCK,
    GRAPH_LOCK,
    ORDERS_LOCK,
    ORIGIN_LOCK,
    ROOT,
    TOOLS_LOCK,
    VENV,
    WORKER_LOCK,
)

ACCEPTED: dict[str, str] = {}
"""Finding (`GHSA-…`, `PYSEC-…`, `CVE-…`) -> why what ships may have it, and until when."""

OF_THE_EXAMPLE = (ORIGIN_LOCK, ORDERS_LOCK, GRAPH_LOCK, CATALOGUE_LOCK)
SHIPPED = tuple(lock for lock in (WORKER_LOCK, *OF_THE_EXAMPLE) if lock.exists())
"""Without the example origin's where that was deleted."""
TOOLS = (TOOLS_LOCK, FUZZ_LOCK, EMULATOR_LOCK)

PIP_AUDIT = VENV / "bin" / "pip-audit"
PIP_AUDIT_OPTIONS = ("--disable-pip", "--require-hashes", "--format=json", "--progress-spinner=off", "--timeout=3")
NPM_AUDIT = ("audit", "--json", "--package-lock-only", "--fetch-retries=0", "--fetch-timeout=3000")

SECONDS = 15.0
"""Until a database that does not answer counts as out of reach."""
SECONDS_FOR_TOOLS = 90.0
"""For a database that is known to answer: it is asked package by package, and the tools are many."""

OUT_OF_REACH = re.compile(
    r"(requests\.exceptions\.\w+|pip_audit\._service\.interface\.\w+|urllib3\.exceptions\.\w+"
    r"|Could not connect to [^\n]*|[^\n]*is not redirecting properly)"
)
"""How pip-audit ends, often with a traceback, when the database does not answer as it should."""


@dataclass(frozen=True)
class Finding:
    """One known vulnerability of one locked package."""

    package: str
    """Name and version, or npm's range of versions."""
    names: tuple[str, ...]
    """Its id and the others it is known by."""
    mend: str = ""

    def __str__(self) -> str:
        return ", ".join([f"{self.package}: {' = '.join(self.names)}", *([self.mend] if self.mend else [])])


@dataclass(frozen=True)
class Report:
    """What is known of one group of packages; `unchecked` says why it is not known of all of them."""

    subject: str
    packages: int = 0
    findings: tuple[Finding, ...] = ()
    unchecked: str = ""


def main(argv: list[str]) -> int:
    """Print what is known. Raises Failure for a finding in what ships; with `--required`, for what was not checked."""
    parser = argparse.ArgumentParser(prog="python -m devtools audit", description=__doc__)
    parser.add_argument("--required", action="store_true", help="fail where a database cannot be reached, too")
    required = parser.parse_args(argv).required
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(npm_packages)
        shipped = python_packages("what ships", SHIPPED, SECONDS)
        if shipped.packages:
            python = [shipped, python_packages("Python tools", TOOLS, SECONDS_FOR_TOOLS)]
        else:
            python = [replace(shipped, subject="Python packages")]  # nor would the tools be known
        reports = [*python, asked.result()]
    for line in described(reports):
        print(f"audit: {line}", flush=True)
    judge(shipped, [report for report in reports if report.unchecked] if required else [])
    return 0


def described(reports: Sequence[Report]) -> Iterator[str]:
    """What to tell, the groups that could not be checked in one line."""
    for report in reports:
        if report.packages:
            known = f"{len(report.findings)} known" if report.findings else "no known"
            yield f"{report.subject}: {known} vulnerabilities in {report.packages} packages"
        for finding in report.findings:
            yield f"  {finding}{f', accepted: {why}' if (why := accepted(finding)) else ''}"
    if unchecked := [f"{report.subject} ({report.unchecked})" for report in reports if report.unchecked]:
        yield f"not checked for known vulnerabilities: {'; '.join(unchecked)}"


def accepted(finding: Finding) -> str:
    """Why what ships may have it; empty when it may not."""
    return next((ACCEPTED[name] for name in finding.names if name in ACCEPTED), "")


def judge(shipped: Report, unchecked: Sequence[Report]) -> None:
    """Raises Failure for a finding in what ships that was not accepted, and for every group in `unchecked`."""
    if open_findings := [finding for finding in shipped.findings if not accepted(finding)]:
        raise Failure(
            f"known vulnerabilities in what ships: {'; '.join(map(str, open_findings))}",
            "raise the version and run `make lock`, or accept it with the reason in devtools/releasing/audit.py",
        )
    if unchecked:
        raise Failure(
            f"not checked: {', '.join(report.subject for report in unchecked)}",
            "check the network, and whether a mirror stands before pypi.org or registry.npmjs.org",
        )


# --- pip-audit --------------------------------------------------------------------------------------------------------


def python_packages(subject: str, locks: Sequence[Path], seconds: float) -> Report:
    """What PyPI's advisory database says of the packages of `locks`. Raises Failure when pip-audit cannot be run."""
    command: list[str | Path] = [PIP_AUDIT, *PIP_AUDIT_OPTIONS]
    for lock in locks:
        command += ["--requirement", lock]
    ended = _run(command, seconds)
    if isinstance(ended, str):
        return Report(subject, unchecked=ended)
    answer = _as_object(ended.stdout)
    if "dependencies" in answer:
        return _of_pip_audit(subject, answer["dependencies"])
    if found := OUT_OF_REACH.findall(ended.stderr):
        return Report(subject, unchecked=f"PyPI cannot be reached: {one_line(found[-1])}")
    raise Failure(f"pip-audit: {_last_words(ended.stderr)}", "mend what it names and run it again")


def _of_pip_audit(subject: str, dependencies: Sequence[Mapping[str, Any]]) -> Report:
    checked = [package for package in dependencies if "vulns" in package]
    findings = tuple(
        Finding(
            f"{package['name']} {package['version']}",
            (found["id"], *found.get("aliases", ())),
            f"mended in {', '.join(found['fix_versions'])}" if found.get("fix_versions") else "",
        )
        for package in checked
        for found in package["vulns"]
    )
    unknown = sorted(package["name"] for package in dependencies if "vulns" not in package)
    why = f"PyPI's database knows nothing of {', '.join(unknown[:3])}{' …' if unknown[3:] else ''}" if unknown else ""
    return Report(subject, len(checked), findings, why)


# --- npm audit --------------------------------------------------------------------------------------------------------


def npm_packages() -> Report:
    """What npm's advisory database says of package-lock.json. Raises Failure when npm cannot be run."""
    subject = "npm tools"
    chosen = node.locate()
    ended = _run([chosen.folder / "npm", *NPM_AUDIT], SECONDS, chosen.environment())
    if isinstance(ended, str):
        return Report(subject, unchecked=ended)
    answer = _as_object(ended.stdout)
    if "vulnerabilities" in answer:
        return _of_npm(subject, answer)
    if "message" in answer:  # what came of asking, in npm's words
        return Report(subject, unchecked=f"the registry does not tell: {one_line(answer['message'])[:200]}")
    said = answer.get("error", {}).get("summary") or _last_words(ended.stderr)
    raise Failure(f"npm audit: {said}", "mend what it names and run it again")


def _of_npm(subject: str, answer: Mapping[str, Any]) -> Report:
    advisories = {
        (found["name"], found["range"], found["url"]): found
        for package in answer["vulnerabilities"].values()
        for found in package["via"]
        if isinstance(found, dict)  # else the name of a package whose own advisory it is
    }
    findings = tuple(
        Finding(f"{name} {versions}", (url.rpartition("/")[2],), f"{found['severity']}: {found['title']}")
        for (name, versions, url), found in sorted(advisories.items())
    )
    return Report(subject, answer["metadata"]["dependencies"]["total"], findings)


# --- programs ---------------------------------------------------------------------------------------------------------


def _run(
    command: Sequence[str | Path], seconds: float, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str] | str:
    """What a program said and how it ended, or that it took too long. Raises Failure when it cannot be started."""
    try:
        return subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env=credentials.without(os.environ if env is None else env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {seconds:g} s"
    except OSError as error:
        raise Failure(f"{command[0]} cannot be started ({error.strerror})", "run `make setup`") from error


def _as_object(text: str) -> dict[str, Any]:
    """The JSON object that was printed; empty for anything else."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _last_words(said: str) -> str:
    lines = [line for line in map(one_line, said.splitlines()) if line]
    return lines[-1][:300] if lines else "it did not say why it failed"
