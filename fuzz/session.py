"""One target under atheris, in a process of its own: `python -m fuzz.session <target> <libFuzzer options and folders>`.

libFuzzer never returns: it ends the process, with 0 when time is up and something else when an input fails.
"""

import sys

import atheris

INSTRUMENTED = [
    *("auth", "base64url", "challenges", "configuration", "directives", "field_lists", "gateway", "http_dates"),
    *("languages", "negotiation", "paths", "preferences", "principals", "publickeys", "ranges", "routes", "settings"),
    *("strictjson", "structured_fields", "tokens"),
]

atheris.enabled_hooks.add("str")
with atheris.instrument_imports(include=INSTRUMENTED):
    from fuzz.targets import TARGETS


def main(argv: list[str]) -> None:
    name, *options = argv
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
