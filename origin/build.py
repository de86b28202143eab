"""What is deployed of one function: its room of the application, what all rooms share, and its packages.

    python build.py OrdersApi DIRECTORY

is what `sam build` calls by the Makefile; devtools/application/local_aws/packaging.py does it on a developer's machine.

The room is the first word of the function's name in the template: `OrdersApi` is `application/orders`. Its packages
are those of `requirements-orders-api.txt` where there is one, else of `requirements-orders.txt`, else of
`requirements.txt`, checked against their hashes.

Of botocore's descriptions of AWS services, two thirds of its size, only `SERVICES` are kept. Built by Python 3.14, the
packages are compiled beforehand, which a cold start has not to do then; another Python's bytecode would not be read.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

ORIGIN = Path(__file__).resolve().parent

SERVICES = frozenset(
    {
        "apigatewaymanagementapi",
        "cloudformation",
        "cloudwatch",
        "dynamodb",
        "lambda",
        "secretsmanager",
        "sns",
        "sqs",
        "sts",
        "xray",
    }
)
"""The services that the application calls, by botocore's names."""

SHARED = ("gatehouse_verifier.py", "application/__init__.py", "application/common")

RUNTIME = (3, 14)

AWS = (
    *("--only-binary", ":all:", "--implementation", "cp", "--python-version", "3.14"),
    *("--platform", "manylinux_2_28_aarch64", "--platform", "manylinux2014_aarch64"),
)
"""pip's options for what the template says: `Runtime: python3.14`, `Architectures: [arm64]`."""

NOT_DEPLOYED = ("__pycache__", "*.pyc", "*.pyi")


def room_of(function: str) -> str:
    """`OrdersApi` -> `orders`."""
    return _words(function)[0]


def requirements_of(function: str) -> Path:
    """The lock file of the function's packages: its own, its room's, or everybody's."""
    words = _words(function)
    names = ("-".join(["requirements", *words[:count]]) for count in reversed(range(len(words) + 1)))
    return next(file for name in names if (file := ORIGIN / f"{name}.txt").exists())


def _words(function: str) -> list[str]:
    words = re.findall(r"[A-Z][a-z]+", function)
    if not words:
        raise ValueError(f"{function} does not begin with the name of a room")
    return [word.lower() for word in words]


def install(requirements: Path, directory: Path) -> None:
    """The packages, for AWS. Raises CalledProcessError; pip has said why."""
    pip = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet")
    exact = ("--no-deps", "--no-compile", "--require-hashes", "--requirement", str(requirements))
    subprocess.run([*pip, *exact, *AWS, "--target", str(directory)], check=True)
    prune(directory)
    if sys.version_info[:2] == RUNTIME:
        precompile(directory)


def prune(directory: Path) -> None:
    """Remove of the packages what no function needs."""
    for name in NOT_DEPLOYED:
        for found in directory.rglob(name):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    for description in (directory / "botocore" / "data").iterdir():
        if description.is_dir() and description.name not in SERVICES:
            shutil.rmtree(description)


def precompile(directory: Path, python: str | Path = sys.executable) -> None:
    """Bytecode beside the packages, for the version of `python`: without it every cold start compiles them anew."""
    quiet = ("-q", "--invalidation-mode", "unchecked-hash", "-s", str(directory))
    subprocess.run([str(python), "-m", "compileall", *quiet, str(directory)], check=True)


def copy_code(room: str, directory: Path) -> None:
    for name in (*SHARED, f"application/{room}"):
        source, target = ORIGIN / name, directory / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(*NOT_DEPLOYED), dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("function", help="its logical id in template.yaml")
    parser.add_argument("directory", type=Path)
    asked = parser.parse_args(argv)
    room = room_of(asked.function)
    install(requirements_of(asked.function), asked.directory)
    copy_code(room, asked.directory)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
