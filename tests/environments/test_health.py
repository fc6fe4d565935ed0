"""An environment is what was recorded, or it is said what is wrong and how to mend it."""

from __future__ import annotations

import dataclasses

import pytest
from other_pythons import stand_in

from srbench_lite.environments.environment import Environment
from srbench_lite.environments.health import BrokenError, look_into

#: What the program that plays Python says of itself, but for a number that no record depends on.
RECORDED = Environment(
    name="mine", python="", python_version="3.12.1", requirements=("Apt",), locked=("Apt==1.0", "numpy==2.9"),
    created="",
)  # fmt: skip


def test_one_that_is_as_it_was_recorded_is_described(tmp_path):
    python = str(stand_in(tmp_path / "python"))

    assert look_into(dataclasses.replace(RECORDED, python=python)).packages == {"numpy": "2.9", "Apt": "1.0"}


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ({"locked": ("Apt==0.9", "numpy==2.9")}, "Apt 0.9 is now 1.0"),
        ({"locked": ("Apt==1.0", "b==1", "numpy==2.9")}, "b 1 is gone"),
        ({"locked": ("Apt==1.0",)}, "numpy 2.9 is new"),
        ({"python_version": "3.11.9"}, "Python 3.11.9 is now 3.12.4"),
        ({"locked": ("a==1", "b==1", "c==1")}, "a 1 is gone, b 1 is gone, c 1 is gone, 2 more"),
    ],
)
def test_what_has_changed_is_said_with_the_command_that_takes_it(tmp_path, recorded, said):
    python = stand_in(tmp_path / "my venv" / "python")
    if "locked" in recorded:  # the third number of Python alone is no change
        recorded = {"python_version": "3.12.4", **recorded}
    with pytest.raises(BrokenError) as caught:
        look_into(dataclasses.replace(RECORDED, python=str(python), **recorded))

    assert str(caught.value) == (
        f"the environment mine has changed since it was recorded: {said}; "
        f"take it as it is now with: srbench env add mine --python '{python}' --replace"
    )


@pytest.mark.parametrize(
    ("recorded", "mend"),
    [
        ({}, "make it anew with: srbench env add mine --replace"),
        ({"requirements": ()}, "name another Python with: srbench env add mine --python PATH --replace"),
        ({"name": None}, ""),
    ],
)
def test_one_that_does_not_work_is_mended_by_what_it_was_made_of(tmp_path, recorded, mend):
    python = str(stand_in(tmp_path / "python", probed="exit 1"))
    recorded = {**recorded, "name": recorded["name"] or python} if "name" in recorded else recorded
    with pytest.raises(BrokenError) as caught:
        look_into(dataclasses.replace(RECORDED, python=python, **recorded))

    assert caught.value.why == f"does not work: {python} is no Python that works (exit code 1)"
    assert caught.value.mend == mend


def test_one_that_nobody_keeps_is_asked_again_by_the_same_command(tmp_path):
    python = str(stand_in(tmp_path / "python"))
    with pytest.raises(BrokenError, match=r"Apt 1\.0 is new; give the command again"):
        look_into(dataclasses.replace(RECORDED, name=python, python=python, locked=("numpy==2.9",)))
