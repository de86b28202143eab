"""One target under atheris, in a process of its own: `python -m fuzz.session <target> <libFuzzer options and folders>`.

libFuzzer never returns: it ends the process, with 0 when time is up and something else when an input fails.
"""

import sys

import atheris

from devtools.paths import SOURCES

OTHERS = ("graphql.language",)
"""What a target compares with, and what leads the fuzzer to texts that have a meaning."""

INSTRUMENTED = [*(unit.stem for unit in SOURCES.iterdir() if unit.stem not in ("edge", "entry")), *OTHERS]
"""The whole house but what needs the platform: without it, the fuzzer does not see what an input reaches."""

atheris.enabled_hooks.add("str")
with atheris.instrument_imports(include=INSTRUMENTED):
    from fuzz.targets import TARGETS


def main(argv: list[str]) -> None:
    name, *options = argv
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
