"""The soak: mixed traffic with faults for minutes on end, every answer compared with a model, memory watched.

    make soak                 ten minutes
    make soak MINUTES=0.5     a short one

Read top down: `__main__.py` puts the run together; `mix.py` is the table of what is asked; `questions/` asks and knows
what may be answered; `rooms/` is people who talk meanwhile; `content.py`, `faults.py` and
`schedule.py` are what the origin and the model agree on.
"""

import sys

from devtools import example
from devtools.failure import Failure
from devtools.paths import ROOT, SOURCES

try:
    example.require("the soak")
except Failure as failure:
    sys.exit(f"gatehouse: {failure}")

# The model asks `src/geo.py`, the origin `origin/gatehouse_verifier.py`: flat folders, each on the path where it runs.
sys.path += [str(folder) for folder in (SOURCES, ROOT / "origin") if str(folder) not in sys.path]
