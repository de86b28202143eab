"""The terminal of `dev`: what runs where, what was printed, and every error; wrangler's tables are for its log."""

import pytest

from devtools.serving.terminal import Terminal, what_runs

TRACEBACK = """\
\x1b[31m✘ \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mTraceback (most recent call last):\x1b[0m

    File "/session/metadata/wing/message.py", line 1
      def broken(:
                 ^
  SyntaxError: invalid syntax
"""

START = """\
[custom build] Running: rm /x/fresh 2>/dev/null || node pack.mjs application /x/src
Using secrets defined in .gatehouse/dev/6238/.dev.vars
Your Worker has access to the following bindings:
Binding                                 Resource                  Mode
env.CACHE (gatehouse-cache-local)       KV Namespace              local

\x1b[33m▲ \x1b[43;33m[\x1b[43;30mWARNING\x1b[43;33m]\x1b[0m \x1b[1mScheduled Workers are not triggered.\x1b[0m

  To manually trigger a scheduled event, run:
    curl "http://localhost:18787/cdn-cgi/local/scheduled"

Attaching additional modules:
┌──────────┬──────┬────────┐
│ Name     │ Type │ Size   │
├──────────┼──────┼────────┤
└──────────┴──────┴────────┘
⎔ Starting local server...
[wrangler:info] ✨ Parsed 2 valid header rules.
"""


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terminal(clock: Clock) -> Terminal:
    return Terminal("src", lambda url: [f"ready at {url}"], clock)


def seen(terminal: Terminal, text: str) -> list[str]:
    return [shown for line in text.splitlines() for shown in terminal.shown(f"{line}\n")]


def test_of_a_start_there_is_what_runs_where_and_nothing_else(terminal: Terminal) -> None:
    assert seen(terminal, f"{START}[wrangler:info] Ready on http://localhost:8787\n") == [
        "ready at http://localhost:8787"
    ]
    assert len(what_runs("http://localhost:8787", "embedded runtime", True, "a", "b", "c")) == 6


@pytest.mark.parametrize(
    "line",
    [
        '{"event":"request","status":200}',
        "printed by the Worker",
        "[custom build] what a build had to say",
        "emulator: done (3.7 s)",
    ],
)
def test_what_is_not_known_to_be_wranglers_own_is_shown(terminal: Terminal, line: str) -> None:
    assert seen(terminal, f"{START}{line}\n") == [line]


def test_a_save_that_is_served_says_how_long_it_took(terminal: Terminal, clock: Clock) -> None:
    assert list(terminal.saved("wing/geo.py")) == ["gatehouse: src/wing/geo.py was saved …"]
    clock.now += 1.24
    save = "The file .gatehouse/dev/7/saved/last changed, restarting build...\n"
    assert seen(terminal, f"{save}{START}⎔ Reloading local server...\n⎔ Local server updated and ready\n") == [
        "gatehouse: what was saved is served after 1.2 s"
    ]


def test_a_broken_save_is_told_by_file_and_line_and_so_is_the_recovery(terminal: Terminal) -> None:
    save = "⎔ Reloading local server...\n"
    ready = "⎔ Local server updated and ready\n"
    list(terminal.saved("wing/message.py"))
    broken = "\n".join(seen(terminal, f"{save}{TRACEBACK}{ready}"))
    assert 'File "src/wing/message.py", line 1' in broken
    assert "SyntaxError: invalid syntax" in broken
    assert "the Worker cannot start after 0.0 s: mend what is named above and save it" in broken
    list(terminal.saved("wing/message.py"))
    assert seen(terminal, f"{save}{ready}")[-1] == "gatehouse: what was saved is served after 0.0 s"


def test_an_error_of_a_request_is_shown_and_no_failure_of_the_next_reload(terminal: Terminal) -> None:
    assert seen(terminal, TRACEBACK)[-1] == "  SyntaxError: invalid syntax"
    served = "⎔ Reloading local server...\n⎔ Local server updated and ready\n"
    assert seen(terminal, served) == ["gatehouse: what was saved is served"]
