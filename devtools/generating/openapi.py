"""`python -m devtools openapi [--check]`: writes public/openapi/application.json from the tables of the application.

Each room of `origin/application` that answers HTTP says in its `description.py` what it offers. The document is a
static asset, which routes name (`openapi = "/openapi/application.json"`): the gateway's `/openapi.json` then tells what
of it they show.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from devtools import example
from devtools.failure import Failure
from devtools.paths import ORIGIN, ROOT

TARGET = ROOT / "public" / "openapi" / "application.json"

TITLE = "The application behind the gateway"


def document() -> dict[str, Any]:
    """The whole of the application, by rooms. Raises Failure where it is not here."""
    example.require("its description")
    if str(ORIGIN) not in sys.path:
        sys.path.append(str(ORIGIN))
    from application.catalogue import description as catalogue
    from application.common import openapi
    from application.graph import description as graph
    from application.orders import description as orders
    from application.rooms import description as rooms_description
    from application.users import description as users

    rooms = {
        "users": ("Users, and the price list of the plans.", users.OPERATIONS),
        "catalogue": ("Products in the visitor's currency and language.", catalogue.OPERATIONS),
        "orders": ("Orders, what one was told of them, and what there is.", orders.OPERATIONS),
        "rooms": ("Live updates, and what is said in rooms.", rooms_description.OPERATIONS),
        "graph": ("Users and their posts, by GraphQL.", graph.OPERATIONS),
    }
    return openapi.document(TITLE, rooms)


def main(argv: list[str]) -> int:
    """`openapi [--check]`: write the document, or fail when it is not what would be written."""
    parser = argparse.ArgumentParser(prog="python -m devtools openapi", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file would change")
    wanted = json.dumps(document(), ensure_ascii=False, indent=1) + "\n"
    if not parser.parse_args(argv).check:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != wanted:
        what = f"{TARGET.relative_to(ROOT)} is not what the tables of origin/application say"
        raise Failure(what, "run `python -m devtools openapi`")
    return 0
