"""Formula and truth to `Scores`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from srbench_lite.expressions.edit_distance import edit_distance
from srbench_lite.expressions.simplification import simplified
from srbench_lite.judging.judge import SCORING_VERSION as JUDGE_VERSION
from srbench_lite.judging.judge import judge
from srbench_lite.judging.scores import Scores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.expressions.expression import Expression
    from srbench_lite.methods.hookspecs import Metric
    from srbench_lite.problems.data import Dataset, Samples
    from srbench_lite.problems.sampling import Sampling

__all__ = [
    "SCORING_VERSION", "SOLVED_R2", "compute_metric", "errors_on", "replay_gap", "score", "simple_form", "undefined_on",
    "unscored_on", "warm_up",
]  # fmt: skip

#: Part of every record's key: raised with the judge's version or when a score's definition here changes.
SCORING_VERSION: Final = f"2.{JUDGE_VERSION}"

#: Number of points at which a simplified formula is compared with the formula.
_CHECKED: Final = 50

#: r2_test above this is the field's "accuracy solution" (La Cava et al., 2021, section 4).
SOLVED_R2: Final = 0.999


def score(
    found: Expression, *, truth: Expression | None, domain: Mapping[str, Sampling], train: Samples, test: Samples,
    far: Samples | None, predictions: NDArray[np.float64] | None = None, simple_truth: Expression | None = None,
) -> Scores:  # fmt: skip
    """Score a found formula.

    Args:
        found: the formula.
        truth: the ground truth; None where it is unknown, then there is no verdict and no edit distance.
        domain: where each variable lives.
        train, test, far: the points of the run; far may be missing.
        predictions: the method's own values on the training points, shape (n,), to replay the formula against.
        simple_truth: the truth's `simple_form`, where it is known; worked out here otherwise.
    """
    mse_test, nmse_test, r2_test = errors_on(found, test)
    mse_far, nmse_far, r2_far = errors_on(found, far) if far is not None else (None, None, None)
    verdict = None if truth is None else judge(found, truth, domain)
    simple = _simplified(found, domain)
    if truth is not None and simple_truth is None:
        simple_truth = simple_form(truth, domain)
    return Scores(
        verdict=None if verdict is None else str(verdict.word),
        verdict_by=None if verdict is None else verdict.by,
        aligned=None if verdict is None else verdict.aligned,
        recovered=None if verdict is None else verdict.recovered,
        recovered_srbench=None if verdict is None else verdict.recovered_srbench,
        mse_test=mse_test,
        nmse_test=nmse_test,
        r2_test=r2_test,
        solved_r2=None if r2_test is None else r2_test > SOLVED_R2,
        mse_far=mse_far,
        nmse_far=nmse_far,
        r2_far=r2_far,
        n_far=0 if far is None else len(far),
        y_constant=_is_constant(test),
        complexity=found.complexity,
        complexity_simplified=None if simple is None else min(found.complexity, simple.complexity),
        complexity_truth=None if truth is None else truth.complexity,
        edit_distance=None if simple_truth is None else edit_distance(simple or found, simple_truth),
        replay_gap=replay_gap(found, train, predictions),
        undefined_train=undefined_on(found, train),
    )


def simple_form(formula: Expression, domain: Mapping[str, Sampling]) -> Expression:
    """Return what `edit_distance` compares: the simplified formula, or the formula where there is none."""
    return _simplified(formula, domain) or formula


def _simplified(formula: Expression, domain: Mapping[str, Sampling]) -> Expression | None:
    """Return the simplified formula, checked at points of the domain that are always the same."""
    import numpy as np

    rng = np.random.default_rng(0)
    return simplified(
        formula, positive=[name for name, sampling in domain.items() if sampling.is_positive],
        points={name: sampling.draw_fresh(_CHECKED, rng) for name, sampling in domain.items()},
    )  # fmt: skip


def unscored_on(dataset: Dataset) -> Scores:
    """Return what is known of a run's points without any formula."""
    far = dataset.far
    return Scores(n_far=0 if far is None else len(far), y_constant=_is_constant(dataset.test))


def compute_metric(metric: Metric, found: Expression, *, truth: Expression | None, test: Samples) -> float | None:
    """Compute a plugin's score; a value that is no finite number counts as none."""
    value = metric.compute(test, found(test.columns), found, truth)
    return float(value) if value is not None and math.isfinite(value) else None


def errors_on(found: Expression, points: Samples) -> tuple[float | None, float | None, float | None]:
    """Return mse, nmse = mse / var(y) and r2 = 1 - nmse; None where the formula is undefined on some point.

    Where y is constant there is no nmse and no r2. Points with weights count by them: mse is the weighted mean of the
    squared errors, and the variance that about the weighted mean of y.
    """
    import numpy as np

    weights = points.weights if points.weights is None else points.weights / points.weights.max()
    with np.errstate(all="ignore"):
        mse = float(np.average((found(points.columns) - points.y) ** 2, weights=weights))
        variance = float(np.average((points.y - np.average(points.y, weights=weights)) ** 2, weights=weights))
        if not np.isfinite(mse):
            return None, None, None
        if _is_constant(points) or not np.isfinite(mse / variance):
            return mse, None, None
        return mse, mse / variance, 1.0 - mse / variance


def _is_constant(points: Samples) -> bool:
    """Whether the target varies by no more than rounding."""
    import numpy as np

    with np.errstate(all="ignore"):
        return bool(np.var(points.y) <= 1e-30 * np.mean(points.y**2))


def replay_gap(found: Expression, train: Samples, predictions: NDArray[np.float64] | None) -> float | None:
    """Return the largest deviation of a formula from a method's own predictions, in standard deviations of y.

    Points on which the formula is undefined are left out. None where there are no predictions, or no numbers.
    """
    import numpy as np

    if predictions is None or np.shape(predictions) != np.shape(train.y):
        return None
    with np.errstate(all="ignore"):
        values = found(train.columns)
        gaps = np.abs(values - predictions)[np.isfinite(values)]
        gap = float(np.max(gaps, initial=0.0)) / (float(np.std(train.y)) or 1.0)
    return gap if np.isfinite(gap) else None


def undefined_on(found: Expression, train: Samples) -> int:
    """Return on how many points a formula is undefined."""
    import numpy as np

    with np.errstate(all="ignore"):
        return int(np.count_nonzero(~np.isfinite(found(train.columns))))


def warm_up() -> None:
    """Use every part of scoring once.

    SymPy builds tables when it is first used; done before a process forks, its children need not do it again (measured:
    0.14 s a formula without, 0.04 s with).
    """
    import scipy.optimize  # noqa: F401 - the judge uses it now and then
    import sympy

    from srbench_lite.expressions.expression import Expression
    from srbench_lite.problems.sampling import Sampling

    domain = {"x": Sampling(low=0.5, high=2.0)}
    truth = Expression.parse("0.3*x**2 + sin(x)*cos(2*x + 0.5) + exp(-x)/(1 + x**2) + log(x + 2)*sqrt(x) + 1.7")
    found = Expression.parse("0.30001*x**2 + sin(x)*cos(2*x + 0.5) + exp(-x)/(1 + x**2) + log(x + 2)*sqrt(x) + 1.7")
    judge(found, truth, domain)
    edit_distance(found, truth)
    for term in truth.to_sympy(positive=("x",)).args:
        sympy.simplify(term + 1)
