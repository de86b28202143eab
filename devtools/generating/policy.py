"""`policy new NAME`: writes a policy of your own with its settings and its test, and says what wrangler.toml needs.

    python -m devtools policy new greeting

writes `src/policies/greeting.py` and `tests/unit/policies/test_greeting.py`, which pass as they are. docs/policies.md
says what a policy may do.
"""

from __future__ import annotations

import argparse
import keyword
import sys
from pathlib import Path
from typing import Final

from devtools.failure import Failure
from devtools.paths import ROOT, SOURCES

sys.path.insert(0, str(SOURCES))

from policing.settings import POLICY_NAME, POLICY_NAME_FAULT

MODULE: Final = '''\
"""Says what it does, in a sentence.

    POLICIES = {{ {name} = {{ field = "x-{field}" }} }}

A route has it that lists it in `policies`.
"""

import policy
from policy import Call, Response


class Settings(policy.Settings):
    field: str = "x-{field}"
    """The field in which origin and client are told the visitor's country."""


def on_request(call: Call) -> Response | None:
    """Before cache and origin. A Response answers at once; None goes on, with what has been changed."""
    settings: Settings = call.settings
    call.request.headers[settings.field] = call.locale.country
    return None


def on_response(call: Call, response: Response) -> Response | None:
    """On the way out, after storing. Another Response takes its place; None sends it, with what has been changed."""
    settings: Settings = call.settings
    response.headers[settings.field] = call.locale.country
    return None
'''

TEST: Final = '''\
"""The policy `{name}`, without a gateway."""

from policies import {name}
from policy import Call, Locale, Request, Response


def a_call() -> Call:
    return Call(Request("GET", "/"), settings={name}.Settings(), locale=Locale(country="PT"))


def test_the_origin_is_told_the_country() -> None:
    call = a_call()
    assert {name}.on_request(call) is None
    assert call.request.headers["x-{field}"] == "PT"


def test_the_client_is_told_the_country() -> None:
    response = Response(200, body="Hello")
    assert {name}.on_response(a_call(), response) is None
    assert response.headers["x-{field}"] == "PT"
'''

NEXT: Final = """\
written: {module}
written: {test}

In wrangler.toml, the policy's settings and the routes that have it:

    [vars.POLICIES]
    {name} = {{ field = "x-{field}" }}

    [[vars.ROUTES]]
    policies = ["{name}"]

Test it:   make test ARGS="{test}"
"""


def main(argv: list[str]) -> int:
    """Write the two files. Raises Failure for a name that is none, or taken."""
    parser = argparse.ArgumentParser(prog="python -m devtools policy", description=__doc__)
    parser.add_argument("what", choices=["new"])
    parser.add_argument("name", help="small letters, digits and '_', a letter first")
    options = parser.parse_args(argv)
    print(new(options.name, ROOT), end="")
    return 0


def new(name: str, root: Path) -> str:
    """Write module and test of a policy below `root`; gives what to do next. Raises Failure."""
    if not POLICY_NAME.fullmatch(name):
        raise Failure(f"{name!r} {POLICY_NAME_FAULT}", "choose another, as in rate_card", code=2)
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise Failure(f"{name!r} is a word of Python's, and no module can be imported by it", "choose another", code=2)
    module, test = Path("src", "policies", f"{name}.py"), Path("tests", "unit", "policies", f"test_{name}.py")
    for place in (module, module.with_suffix(""), test):
        if (root / place).exists():
            raise Failure(f"{place} is there already", "choose another name, or take it away first", code=2)
    words = {"name": name, "field": name.replace("_", "-").strip("-"), "module": module, "test": test}
    for place, text in ((module, MODULE), (test, TEST)):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text.format(**words), encoding="utf-8")
    return NEXT.format(**words)
