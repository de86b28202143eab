"""Each copy of the sources without a step is still Python, and differs from the sources."""

from pathlib import Path

import pytest

from bench.ablation import STEPS, Change, Step, build
from devtools.paths import SOURCES


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_step_can_be_taken_out_of_the_sources_as_they_are(step: Step, tmp_path: Path) -> None:
    folder = build(step, tmp_path / "copy")
    for change in step.changes:
        text = (folder / change.file).read_text()
        assert text != (SOURCES / change.file).read_text()
        compile(text, change.file, "exec")


def test_a_step_that_is_not_there_any_more_is_said(tmp_path: Path) -> None:
    gone = Step("gone", "gone", "nothing", (Change("gateway.py", "what nobody wrote", ""),))
    with pytest.raises(ValueError, match=r"gone: gateway\.py has 0 times 'what nobody wrote'"):
        build(gone, tmp_path / "copy")
