"""Formula and truth to scores: errors, what has none, and how formulas are replayed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from judge_parts import parsed

from srbench_lite.judging.scores import Scores
from srbench_lite.judging.scoring import (
    SCORING_VERSION,
    SOLVED_R2,
    compute_metric,
    errors_on,
    score,
    simple_form,
    unscored_on,
    warm_up,
)
from srbench_lite.judging.verdict import SCORING_VERSION as JUDGE_VERSION
from srbench_lite.methods.hookspecs import Metric
from srbench_lite.problems.data import Dataset, Samples
from srbench_lite.problems.sampling import Sampling

DOMAIN = {"x": Sampling(low=1.0, high=4.0)}


def points(x: Sequence[float], y: Sequence[float]) -> Samples:
    return Samples(variables=("x",), x=np.array(x)[:, None], y=np.array(y))


LINE = points([1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0])


def test_errors_by_hand() -> None:
    mse, nmse, r2 = errors_on(parsed("2*x + 1"), LINE)
    assert (mse, nmse, r2) == (1.0, pytest.approx(1 / 5), pytest.approx(4 / 5))
    assert errors_on(parsed("2*x"), LINE) == (0.0, 0.0, 1.0)


def test_errors_that_do_not_exist() -> None:
    assert errors_on(parsed("log(x - 2)"), LINE) == (None, None, None)  # undefined at one point
    assert errors_on(parsed("x"), points([1.0, 2.0], [3.0, 3.0])) == (2.5, None, None)  # a constant target
    assert errors_on(parsed("1e200*x"), LINE) == (None, None, None)


def test_errors_of_weighted_points_by_hand() -> None:
    weighted = Samples(
        variables=("x",),
        x=np.array([[1.0], [2.0], [3.0]]),
        y=np.array([2.0, 4.0, 9.0]),
        weights=np.array([1.0, 2.0, 1.0]),
    )
    mse, nmse, r2 = errors_on(parsed("2*x"), weighted)  # errors 0, 0, 3; mean of y 4.75
    variance = (2.75**2 + 2 * 0.75**2 + 4.25**2) / 4
    assert mse == pytest.approx(9 / 4)
    assert (nmse, r2) == (pytest.approx(9 / 4 / variance), pytest.approx(1 - 9 / 4 / variance))


def test_weights_count_as_copies_of_points_do_and_their_size_does_not_matter() -> None:
    x, y, copies = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.5, 3.5, 6.5, 7.0]), np.array([3, 1, 2, 4])
    repeated = points(np.repeat(x, copies).tolist(), np.repeat(y, copies).tolist())
    for scale in (1.0, 1e-300, 1e300):
        weighted = Samples(variables=("x",), x=x[:, None], y=y, weights=copies * scale)
        assert errors_on(parsed("2*x"), weighted) == pytest.approx(errors_on(parsed("2*x"), repeated))


def test_all_scores_of_a_formula() -> None:
    scores = score(
        parsed("2.001*x + 0"), truth=parsed("2*x"), domain=DOMAIN, train=LINE, test=LINE,
        far=points([9.0, 10.0], [18.0, 20.0]), predictions=2.001 * LINE.x[:, 0],
    )  # fmt: skip
    assert (scores.verdict, scores.recovered, scores.recovered_srbench) == ("recovered", True, True)
    assert scores.aligned == "2*x + 0"
    assert scores.verdict_by
    assert scores.solved_r2
    assert scores.r2_test is not None
    assert scores.r2_test > SOLVED_R2
    assert scores.mse_far == pytest.approx((81 + 100) / 2 * 1e-6)
    assert (scores.n_far, scores.y_constant) == (2, False)
    assert (scores.complexity, scores.complexity_simplified, scores.complexity_truth) == (5, 3, 3)
    assert scores.edit_distance == 0.0  # numbers are all alike to it
    assert scores.replay_gap == 0.0


def test_without_a_truth_there_is_no_verdict() -> None:
    scores = score(parsed("2*x"), truth=None, domain=DOMAIN, train=LINE, test=LINE, far=None)
    assert (scores.verdict, scores.verdict_by, scores.aligned, scores.recovered, scores.edit_distance) == (None,) * 5
    assert (scores.n_far, scores.r2_far, scores.complexity_truth) == (0, None, None)
    assert scores.r2_test == 1.0


@pytest.mark.parametrize(
    ("predictions", "gap"),
    [
        (None, None),
        ([2.0, 4.0, 6.0], None),  # of other points
        ([2.0, 4.0, 6.0, 8.0], 0.0),
        ([2.0, 4.0, 6.0, 9.0], 1 / np.sqrt(5)),
        ([2.0, 4.0, 6.0, np.nan], None),
    ],
)
def test_a_formula_is_replayed_against_the_methods_own_values(
    predictions: list[float] | None, gap: float | None
) -> None:
    given = None if predictions is None else np.array(predictions)
    scores = score(parsed("2*x"), truth=None, domain=DOMAIN, train=LINE, test=LINE, far=None, predictions=given)
    assert scores.replay_gap == (None if gap is None else pytest.approx(gap))


def test_where_a_formula_is_undefined_on_its_own_points_it_is_said() -> None:
    """The gap is that of the other points: a formula of a protected operator, and what it stands for."""
    train = points([-1.0, 0.5, 1.0, 2.0], [0.0, 1.0, 2.0, 3.0])
    protected = np.array([0.0, np.log(0.5), 0.0, np.log(2.0) + np.std(train.y)])
    scores = score(parsed("log(x)"), truth=None, domain=DOMAIN, train=train, test=LINE, far=None, predictions=protected)
    assert (scores.undefined_train, scores.replay_gap) == (1, pytest.approx(1.0))
    scores = score(parsed("2*x"), truth=None, domain=DOMAIN, train=train, test=LINE, far=None)
    assert (scores.undefined_train, scores.replay_gap) == (0, None)


def test_what_is_known_without_a_formula() -> None:
    constant = points([1.0, 2.0], [3.0, 3.0])
    assert unscored_on(Dataset(train=LINE, test=constant, far=LINE)) == Scores(n_far=4, y_constant=True)
    assert unscored_on(Dataset(train=LINE, test=LINE, far=None)) == Scores(n_far=0, y_constant=False)


@pytest.mark.parametrize(("value", "wanted"), [(1.5, 1.5), (3, 3.0), (None, None), (np.inf, None), (np.nan, None)])
def test_a_metric_that_is_no_finite_number_is_none(value: float | None, wanted: float | None) -> None:
    metric = Metric(name="own", summary="one of ours", compute=lambda test, predictions, found, truth: value)
    assert compute_metric(metric, parsed("2*x"), truth=None, test=LINE) == wanted


def test_the_simple_form_is_the_formula_where_there_is_none() -> None:
    assert simple_form(parsed("x + x + x"), DOMAIN).complexity == 3
    many = parsed("+".join(["x"] * 150))
    assert simple_form(many, DOMAIN) == many


def test_the_version_holds_the_judges() -> None:
    assert SCORING_VERSION.endswith(f".{JUDGE_VERSION}")


def test_warming_up_uses_every_part() -> None:
    warm_up()
