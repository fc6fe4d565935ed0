"""The page with the steps: which step answers what, the second look, and what SymPy's process costs."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from dataclasses import replace

import numpy as np
import pytest
from judge_parts import NEVER, OVER, REAL, TWO, Limits, parsed, sampled

import srbench_lite.judging
from srbench_lite.judging import decision
from srbench_lite.judging.cpu_deadline import CpuDeadline, OutOfTimeError
from srbench_lite.judging.decision import decide
from srbench_lite.judging.sympy_proof import Proof
from srbench_lite.judging.verdict import Ruling, VerdictWord

#: What most agreements of smooth formulas stand on.
WIDELY = "16 points, 80 digits, up to 1e+07 times the domain"
#: Close to one another, and no number of digits settles it.
OPEN = ("cosh(x - cos(2.37*2*z)) - sinh(x - cos(2.37*2*z))", "exp(cos(4.74*z) - x)")
WIDE = {"x": (400.0, 1000.0), "z": (0.5, 2.0)}


def decided(found: str, truth: str, limits: Limits = REAL, *, deadline: CpuDeadline = NEVER) -> Ruling:
    with np.errstate(all="ignore"):
        return decide(parsed(found), parsed(truth), sampled(limits), deadline)


@pytest.mark.parametrize(
    ("found", "truth", "limits", "word", "by"),
    [
        ("log(x)", "x", REAL, "different", "undefined where the truth is defined"),
        ("sin(x)", "cos(x)", REAL, "different", "no constants nearby make it the truth"),
        ("sin(x)**2 + cos(x)**2", "1", REAL, "exact", WIDELY),
        ("2.01*x", "2*x", REAL, "recovered", WIDELY),
        ("3.06*x + x**2", "3*x + x**2", REAL, "different", "it is the truth only with a constant moved by 0.02"),
        ("x + 5", "x", REAL, "affine", f"up to an additive constant; {WIDELY}"),
        ("max(x, -5)", "x", REAL, "exact", "80 points, 80 digits"),
        ("x + y - y", "x", TWO, "exact", WIDELY),
    ],
)  # fmt: skip
def test_which_step_decides(found: str, truth: str, limits: Limits, word: str, by: str) -> None:
    ruling = decided(found, truth, limits)
    assert (str(ruling.word), ruling.by[: len(by)]) == (word, by)


def test_what_is_left_open_goes_to_sympy(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [Proof(is_equal=False, cpu_seconds=0.5), Proof(is_equal=True, cpu_seconds=0.5)]
    asked = []

    def prove(one: object, other: object, **options: object) -> Proof:
        asked.append((str(one), options["positive"]))
        return answers[len(asked) - 1]

    monkeypatch.setattr(decision, "prove", prove)
    assert decided("x", "log(-1 - x**2)") == Ruling(
        VerdictWord.UNDECIDED, "the truth is defined nearly nowhere on its domain"
    )
    ruling = decided("x", "log(-1 - x**2)", {"x": (1.0, 2.0)})
    assert ruling == Ruling(VerdictWord.EXACT, "SymPy (the truth is defined nearly nowhere on its domain)", "x")
    assert asked == [("x", ()), ("x", ("x",))]


def test_parts_without_a_variable_are_one_number_in_the_second_look() -> None:
    # as it stands, 0.0001 would have to be 0, which changes values by 5e-9; as one number, 0.999999995 moves by as much
    ruling = decided("cos(0.0001)*x", "x")
    assert (ruling.word, ruling.aligned) == (VerdictWord.EXACT, "1*x")
    assert decided("cos(0.01)*x", "x").word == VerdictWord.RECOVERED  # both looks say so: the first counts


def test_exponents_that_are_meant_to_be_whole_are() -> None:
    assert decided("x**(6*0.3333333333333333)", "x*x").word == VerdictWord.EXACT


def test_the_second_look_pays_for_the_process_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    left = []

    def prove(one: object, other: object, *, deadline: CpuDeadline, **options: object) -> Proof:
        left.append(deadline.cpu)
        return Proof(is_equal=False, cpu_seconds=2.0)

    monkeypatch.setattr(decision, "prove", prove)
    ruling = decided(*OPEN, WIDE, deadline=replace(NEVER, cpu=1e6))
    assert ruling == Ruling(VerdictWord.UNDECIDED, "the digits do not settle it")
    assert left == [1e6, 1e6 - 2.0]


def test_steps_end_in_time() -> None:
    with pytest.raises(OutOfTimeError):
        decided("2.01*x", "2*x", deadline=OVER)


def test_everything_that_steps_pass_on_is_frozen() -> None:
    """Nothing writes into another's fields: no dataclass of the judge can be written to."""
    modules = [
        importlib.import_module(f"srbench_lite.judging.{info.name}")
        for info in pkgutil.iter_modules(srbench_lite.judging.__path__)
    ]
    classes = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and dataclasses.is_dataclass(value)
    }
    assert len(classes) > 15
    for made in classes:
        assert made.__dataclass_params__.frozen, made  # type: ignore[attr-defined]
