"""Set-up: done once, again when what it was made from changes, and in turn."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devtools.failure import Failure
from devtools.installing import setup
from devtools.installing.setup import Step, ensure
from devtools.installing.stamps import Stamp, key_of
from devtools.installing.turns import one_at_a_time
from devtools.installing.vendor import swap_in


class Workshop:
    """A step with one lock file, one product and a count of how often it was performed."""

    def __init__(self, folder: Path, seconds: float = 0.0) -> None:
        self.lock = folder / "lock.txt"
        self.product = folder / "product"
        self.performed = 0
        self.seconds = seconds
        self.lock.write_text("a==1")
        self.step = Step(Stamp(folder / "stamp", witness=self.product), (self.lock,), tuple, self.perform)

    def perform(self) -> None:
        time.sleep(self.seconds)
        self.performed += 1
        self.product.touch()


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.setattr(setup, "STATE", tmp_path / "state")
    return Workshop(tmp_path)


def test_a_second_setup_does_nothing(workshop: Workshop) -> None:
    assert ensure((workshop.step,)) is True
    assert ensure((workshop.step,)) is False
    assert workshop.performed == 1


def test_touching_the_lock_file_causes_no_work(workshop: Workshop) -> None:
    ensure((workshop.step,))
    os.utime(workshop.lock, (0, 0))
    assert ensure((workshop.step,)) is False


@pytest.mark.parametrize(
    "change",
    [
        lambda workshop: workshop.lock.write_text("a==2"),
        lambda workshop: workshop.product.unlink(),
        lambda workshop: workshop.step.stamp.path.unlink(),
        lambda workshop: workshop.step.stamp.path.write_text(""),
    ],
    ids=["lock changed", "product removed", "stamp removed", "stamp cut short"],
)
def test_setup_is_repeated_when_its_grounds_change(workshop: Workshop, change: Callable[[Workshop], object]) -> None:
    ensure((workshop.step,))
    change(workshop)
    assert ensure((workshop.step,)) is True
    assert workshop.performed == 2


def test_a_step_that_failed_is_taken_again(workshop: Workshop) -> None:
    ensure((workshop.step,))
    workshop.lock.write_text("a==2")

    def fail() -> None:
        raise Failure("the registry cannot be reached", "check the network")

    broken = Step(workshop.step.stamp, workshop.step.inputs, tuple, fail)
    with pytest.raises(Failure):
        ensure((broken,))
    workshop.lock.write_text("a==1")  # back to what the old stamp stood for; the product may be half made
    assert ensure((workshop.step,)) is True


def test_two_setups_at_once_do_the_work_once(workshop: Workshop, capfd: pytest.CaptureFixture[str]) -> None:
    workshop.seconds = 0.3
    together = [threading.Thread(target=ensure, args=((workshop.step,),)) for _ in range(4)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert workshop.performed == 1
    assert "waiting for another set-up to end" in capfd.readouterr().err


def test_a_turn_ends_with_the_one_who_failed_in_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), one_at_a_time(tmp_path / "lock", "work"):
        raise ZeroDivisionError
    with one_at_a_time(tmp_path / "lock", "work"):
        pass


def test_a_key_depends_on_names_contents_and_facts(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("x")
    two.write_text("x")
    keys = [
        key_of([one]),
        key_of([two]),
        key_of([one, two]),
        key_of([two, one]),
        key_of([one], "f"),
        key_of([one], "g"),
    ]
    keys += [key_of([], "ab", "c"), key_of([], "a", "bc"), key_of([], "abc")]
    assert len(set(keys)) == len(keys)


def test_a_missing_lock_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"nowhere\.txt cannot be read \(No such file or directory\): restore it"):
        key_of([tmp_path / "nowhere.txt"])


def test_a_folder_is_swapped_in_whole(tmp_path: Path) -> None:
    place, fresh, old = tmp_path / "place", tmp_path / "fresh", tmp_path / "old"
    for folder, name in ((place, "stale"), (fresh, "new")):
        folder.mkdir()
        (folder / name).touch()
    swap_in(fresh, place, old)
    assert [path.name for path in place.iterdir()] == ["new"]
    assert not fresh.exists()


def test_a_virtual_environment_moved_elsewhere_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").touch()
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "VENV_PYTHON", programs / "python")

    (programs / "pip").write_text("#!/elsewhere/.venv/bin/python\n")
    assert not setup._venv_is_usable()
    (programs / "pip").write_text(f"#!{programs}/python\n")
    assert setup._venv_is_usable()
