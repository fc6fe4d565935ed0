"""`Scores`: how good a formula is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["MAX_REPLAY_GAP", "Scores"]

#: A formula that deviates by more than this from the method's own predictions, over the standard deviation of y, is
#: another one; rounded constants and single precision stay below.
MAX_REPLAY_GAP: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How good a formula is. A score that does not exist is None.

    Errors are against noise-free targets where points are drawn from a truth, and against the measured ones otherwise.
    Where points have weights, w = 1/sigma**2, so have the errors: mse is sum(w*(f - y)**2)/sum(w), and var(y) is that
    about the weighted mean of y.

    Attributes:
        verdict: exact, recovered, affine, different or undecided (`srbench_lite.judging.judge`); None without a truth.
        verdict_by: the step of the judge that decided.
        aligned: the formula with its constants moved to the nearest ones that give the truth, where they exist.
        recovered: verdict is exact or recovered.
        recovered_srbench: the same by the field's published rule, which also accepts affine.
        mse_test, nmse_test, r2_test: mean squared error; the same over var(y); 1 - nmse. On the test points.
        solved_r2: r2_test > 0.999, the field's accuracy solution (La Cava et al., 2021).
        mse_far, nmse_far, r2_far: the same outside the training interval.
        n_far: number of points there; 0 where the task has none. Known without a formula too.
        y_constant: whether the target is constant on the test points: then there is no nmse and no r2.
        complexity: number of nodes of the formula as returned.
        complexity_simplified: number of nodes of the simplified formula, at most `complexity`; None where SymPy cannot
            simplify it in time, or gives a formula with other values (`srbench_lite.expressions.simplification`).
        complexity_truth: number of nodes of the truth.
        edit_distance: tree edit distance between the simplified formula and the simplified truth over the size of the
            latter, at most 1 (SRSD, 2022); each as it is where it cannot be simplified. None without a truth, and where
            a tree is too large to compare (`srbench_lite.expressions.edit_distance`).
        replay_gap: largest deviation of the formula from the method's own predictions on the training points, over
            the standard deviation of y, where the formula is defined; None where the method offers none, or some that
            are no numbers.
        undefined_train: number of training points on which the formula is undefined.
        metrics: scores that plugins add, by name.
    """

    verdict: str | None = None
    verdict_by: str | None = None
    aligned: str | None = None
    recovered: bool | None = None
    recovered_srbench: bool | None = None
    mse_test: float | None = None
    nmse_test: float | None = None
    r2_test: float | None = None
    solved_r2: bool | None = None
    mse_far: float | None = None
    nmse_far: float | None = None
    r2_far: float | None = None
    n_far: int | None = None
    y_constant: bool | None = None
    complexity: int | None = None
    complexity_simplified: int | None = None
    complexity_truth: int | None = None
    edit_distance: float | None = None
    replay_gap: float | None = None
    undefined_train: int | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
