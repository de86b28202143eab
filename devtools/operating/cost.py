"""`cost`: what the application cost in the last 24 hours, by part: the cost watch's report, made now.

    python -m devtools cost [--stack NAME] [--json]

It calls the function that does so every hour, so it is that function's prices and the stack's own figures. On this
machine hardly anything is counted, and nothing is paid.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from devtools import example
from devtools.failure import Failure
from devtools.operating import stack as stacks
from devtools.paths import ORIGIN

sys.path.append(str(ORIGIN))

from application.running.report import Report, table

FUNCTION = "RunningCost"


def main(argv: list[str]) -> int:
    """`cost`: print the report. Raises Failure where the watch could not make one."""
    parser = argparse.ArgumentParser(prog="python -m devtools cost", description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    stacks.add_options(parser)
    options = parser.parse_args(argv)
    example.require("the cost watch")
    report = _report(stacks.chosen(options))
    print(json.dumps(report, indent=2) if options.json else shown(report))
    return 0


def _report(stack: stacks.Stack) -> dict[str, Any]:
    try:
        answer = stack.client("lambda").invoke(FunctionName=stack.physical[FUNCTION], Payload=b"{}")
        content: dict[str, Any] = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"the cost watch of {stack.name} cannot be called ({error})", "check your keys") from error
    if answer.get("FunctionError"):
        why = f"{content.get('errorType')}: {content.get('errorMessage')}"
        raise Failure(f"the cost watch makes no report ({why})", 'see "Cost watch" in docs/operations.md')
    return content


def shown(report: dict[str, Any]) -> str:
    usual = "not known yet" if report["usual"] is None else f"${report['usual']:.4f}"
    head = f"Estimated cost of {report['day']}, by the prices of {report['prices_of']}; usual: {usual}"
    return "\n".join([head, *table(Report(report["day"], report["parts"])), *report["reasons"]])
