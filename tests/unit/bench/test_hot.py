import subprocess
import sys

from devtools.paths import ROOT, SOURCES

ORDINARY = """
import asyncio
from core.patterns import Rare
from bench import hot, tokens

asked, ask = [], Rare.__getattr__
Rare.__getattr__ = lambda self, name: asked.append(self._told[0]) or ask(self, name)
handle = hot._gateway()
for path, token in hot.PATHS.values():
    make = hot._requests(path, token)
    asyncio.run(hot._first(handle, make()))
    hot._ask(handle, make)
print(asked)
"""


def test_no_ordinary_request_waits_for_a_rare_pattern() -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(SOURCES)!r})\n{ORDINARY}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
