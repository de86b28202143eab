"""docs/configuration.md says what the settings do."""

import pytest
from pydantic import BaseModel

from configuration.settings import Settings
from devtools.failure import Failure
from devtools.generating import reference


def test_the_committed_page_is_the_generated_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(["--check"]) == 0, capsys.readouterr().out


def test_a_changed_default_is_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings.model_fields["realm"], "default", "elsewhere")
    with pytest.raises(Failure, match=r"does not say what the settings do"):
        reference.main(["--check"])


def test_a_setting_without_an_explanation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    explained = reference.docstrings

    def forgetful(model: type[BaseModel]) -> dict[str, str]:
        return {name: text for name, text in explained(model).items() if name != "realm"}

    monkeypatch.setattr(reference, "docstrings", forgetful)
    with pytest.raises(Failure, match=r"Settings\.realm has no docstring"):
        reference.tables()


def test_every_setting_is_in_the_tables() -> None:
    tables = reference.tables()
    for model, where in reference.nested(Settings):
        assert f"## `{where}`" in tables
        for name, info in model.model_fields.items():
            assert f"| `{info.alias or name}` |" in tables
    for name in Settings.model_fields:
        assert (f"`{name.upper()}`" in tables) == (name != "secrets")


def test_limits_are_those_that_are_enforced() -> None:
    timeout = next(line for line in reference.tables().splitlines() if line.startswith("| `timeout_ms`"))
    assert "at least 1, at most 300000" in timeout
    assert "`10000`" in timeout


def test_a_page_that_lost_its_marks_is_not_overwritten() -> None:
    with pytest.raises(Failure, match="lost the marks"):
        reference.with_tables("# Configuration\n")
