"""`devtools profile` in workerd: that it counts and times what it says."""

import re

import pytest

from devtools.runtime import profile

pytestmark = pytest.mark.stand_in


def test_a_route_is_profiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert profile.main(["hs256", "--seconds", "1", "--policies", "rollout"]) == 0
    said = capsys.readouterr().out
    assert "calls of JavaScript functions" in said
    assert re.search(r"budget of 500 microseconds each\n +[0-9.]+  rollout", said), said
    assert re.search(r"  \w+  (gateway\.py|edge/\w+\.py):\d+\n", said), said


def test_imports_are_profiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert profile.main(["imports"]) == 0
    said = capsys.readouterr().out
    assert "configuration.settings\n" in said
    assert "entry.py, whole (" in said
    assert re.search(r"\n +[0-9.]+ +[0-9]+  models made\n", said), said
