"""The methods `lies`, `lies-fast`, `lies-paper` as wholes: recovery, awkward data, determinism, budgets, switches."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from lies_fits import check, draw, error, fit, table
from numpy.typing import NDArray
from srbench_lies import Lies, LiesFast, LiesPaper, srbench_methods

from srbench_lite import Expression, FitError, Method, Samples, UsageError

Array = NDArray[np.float64]
Intervals = dict[str, tuple[float, float]]

#: A network that trains for a moment, without any other search.
TINY_PAPER = LiesPaper(restarts=2, steps=60)
AB: Intervals = {"a": (0.5, 2.0), "b": (1.0, 3.0)}
SIGNED: Intervals = {"a": (-2.0, 2.0), "b": (-3.0, 3.0)}


# --- recovery -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("truth", "intervals", "text"),
    [
        ("2.5*a/b**2", AB, "2.5*a/b**2"),
        ("3*a**2 + 0.7*a*b", SIGNED, "3*a**2 + 0.7*a*b"),
        ("a*exp(-2*b)", AB, "a*exp(-2*b)"),
        ("sqrt(a**2 + b**2)", SIGNED, "sqrt(a**2 + b**2)"),
        ("-a/b", AB, "-(a/b)"),
        ("a", AB, "a"),
        ("1/(a + 2*b)", AB, "1/(a + 2*b)"),
    ],
)
@pytest.mark.parametrize("method", [Lies(), LiesFast()], ids=lambda m: m.name)
def test_recovers_text_for_text(method: Method, truth: str, intervals: Intervals, text: str) -> None:
    samples = draw(truth, intervals)
    found = fit(method, samples)
    check(found, samples)
    assert str(found.expression) == text
    assert found.stopped == "done"
    assert found.extras["exact"] is True


@pytest.mark.parametrize(
    ("truth", "intervals"),
    [
        ("3*sin(2*a) + b", SIGNED),
        ("1.5*exp(-a**2/2) + 0.3", SIGNED),
        ("a*log(b) - a", AB),
        ("2.7*sin(1.3*a + 0.4)", SIGNED),
        ("a*b/(1 + a*b)", AB),
        ("a*tanh(0.5*b)", AB),
    ],
)
def test_recovers_units(truth: str, intervals: Intervals) -> None:
    samples = draw(truth, intervals)
    found = fit(LiesFast(), samples, seed=1)
    check(found, samples)
    assert error(found, samples) < 1e-10
    assert found.expression.complexity <= Expression.parse(truth).complexity + 4


def test_recovers_through_noise() -> None:
    samples = draw("3.5*a/b", AB, n=150, noise=0.01)
    found = fit(Lies(effort=0, network=False), samples)
    check(found, samples)
    assert str(found.expression) == "3.5*a/b"
    assert found.extras["exact"] is False


def test_the_published_network_learns() -> None:
    samples = draw("a*b", AB, n=60)
    found = fit(LiesPaper(restarts=4, steps=300), samples)
    check(found, samples)
    assert error(found, samples) < 0.1


# --- one seed, one answer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "noise"),
    [
        pytest.param(Lies(effort=0, network=False), 0.02, id="search, noise", marks=pytest.mark.slow),
        pytest.param(Lies(effort=0, network=False), 0.0, id="search"),
        pytest.param(TINY_PAPER, 0.02, id="paper"),
        pytest.param(Lies(search=False, closed_form=False, restarts=4, steps=60), 0.02, id="network"),
    ],
)
def test_the_same_seed_gives_the_same_text_and_reports_rise(method: Method, noise: float) -> None:
    samples = draw("exp(-a) + 0.3", {"a": (0.5, 2.0)}, n=50, noise=noise)
    reports: list[Expression] = []
    first = fit(method, samples, seed=3, report=reports.append)
    second = fit(method, samples, seed=3)
    assert str(first.expression) == str(second.expression)
    assert [str(c) for c in first.candidates] == [str(c) for c in second.candidates]
    assert len(reports) > 1
    left = [float(np.sum((np.broadcast_to(r(samples.columns), (50,)) - samples.y) ** 2)) for r in reports]
    assert left[-1] < left[0]


# --- awkward data -----------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(0)
X = RNG.uniform(1, 3, (60, 2))
U = RNG.uniform(-2, 2, (60, 1))
COUNTS = RNG.integers(-3, 4, (60, 2)).astype(np.float64)
WIDE = RNG.uniform(-1, 1, (150, 12))
AWKWARD: dict[str, Samples] = {
    "one point": table(X[:1], np.array([3.0])),
    "two points": table(X[:2], np.array([3.0, 4.0])),
    "three points": table(X[:3], np.array([3.0, 4.0, -1.0])),
    "one place": table(np.ones((6, 2)), np.arange(6.0)),
    "far from zero": table(U + 1e8, U[:, 0] ** 2),
    "step": table(U, np.sign(U[:, 0])),
    "outlier": table(U, np.eye(60)[3]),
    "two answers for one point": table(np.repeat(X[:10], 6, axis=0), RNG.normal(size=60)),
    "binary columns": table(RNG.integers(0, 2, (40, 3)), RNG.normal(size=40)),
    "noise in twelve variables": table(WIDE, RNG.normal(size=150)),
    "zeros": table(np.zeros((20, 1)), RNG.normal(size=20)),
}
EXACT: dict[str, Samples] = {
    "whole numbers": table(COUNTS, COUNTS[:, 0] ** 2 - 3 * COUNTS[:, 1]),
    "a constant column": table(np.column_stack([np.full(60, 3.0), X[:, 0]]), 3 * X[:, 0] ** 2 - 1),
    "a column of zeros": table(np.column_stack([np.zeros(60), X[:, 0]]), 2 / X[:, 0]),
    "a column twice": table(np.column_stack([X[:, 0], X[:, 0]]), 3 * X[:, 0] ** 2 - 1),
    "repeated rows": table(np.repeat(X[:12], 5, axis=0), np.repeat(X[:12, 0] * np.sin(X[:12, 1]), 5)),
    "twelve variables": table(WIDE, 2 * WIDE[:, 3] * WIDE[:, 7] - WIDE[:, 1]),
    "large y": table(X, 1e40 * X[:, 0] / X[:, 1]),
    "small y": table(X, 1e-40 * X[:, 0] / X[:, 1]),
    "large x": table(1e30 * X, X[:, 0] / X[:, 1]),
    "small x": table(1e-30 * X, X[:, 0] / X[:, 1]),
}


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("method", [LiesFast(effort=0), TINY_PAPER], ids=lambda m: m.name)
def test_awkward_data_give_a_clear_answer(method: Method, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    samples = AWKWARD[name]
    check(fit(method, samples), samples)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", EXACT)
def test_awkward_columns_do_not_hide_a_formula(name: str) -> None:
    samples = EXACT[name]
    found = fit(LiesFast(), samples)
    check(found, samples)
    assert error(found, samples) < 1e-10
    assert found.expression.complexity <= 10


@pytest.mark.parametrize("value", [2.5, -3.0, 0.0, 1e20])
@pytest.mark.parametrize("method", [Lies(), LiesFast(), LiesPaper()], ids=lambda m: m.name)
def test_a_constant_is_itself(method: Method, value: float) -> None:
    found = fit(method, table(X, np.full(60, value)))
    assert found.expression == Expression.constant(value)
    assert found.stopped == "done"


@pytest.mark.parametrize("size", [1e150, 1e-150, 1e200, 1e-200])
@pytest.mark.parametrize("method", [Lies(), LiesPaper()], ids=lambda m: m.name)
def test_data_out_of_range_are_refused_clearly(method: Method, size: float) -> None:
    with pytest.raises(FitError, match="rescale the target"):
        fit(method, table(X, X[:, 0] * size))
    with pytest.raises(FitError, match="rescale b"):
        fit(method, table(X * [1.0, size], X[:, 0]))


def test_many_points() -> None:
    x = np.random.default_rng(1).uniform(-2, 2, (3000, 2))
    samples = table(x, 1.5 * x[:, 0] * np.sin(2 * x[:, 1]))
    found = fit(LiesFast(), samples)
    check(found, samples)
    assert error(found, samples) < 1e-10


# --- budget -----------------------------------------------------------------------------------------------------------

HARD = draw("sin(3*a*b) + exp(sin(b))*a**1.37 + log(a + b**2.2)", AB, n=80, noise=0.0)


@pytest.mark.parametrize(
    "method", [Lies(seconds=0.3), LiesFast(seconds=0.3), LiesPaper(seconds=0.3)], ids=lambda m: m.name
)
def test_its_own_seconds_end_it(method: Method) -> None:
    found = fit(method, HARD)
    check(found, HARD)
    assert (found.stopped, found.extras["plan"]) == ("done", "work used up")


def test_the_budget_ends_it() -> None:
    found = fit(Lies(), HARD, seconds=0.4)
    check(found, HARD)
    assert found.extras["plan"] != "finished"
    assert found.extras["exact"] is False


def test_what_is_reported_before_the_end_is_a_formula() -> None:
    reports: list[Expression] = []
    fit(LiesFast(), HARD, seconds=0.5, report=reports.append)
    assert reports
    assert all(np.isfinite(r(HARD.columns)).all() for r in reports)


# --- hyper-parameters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"effort": 3}, "effort"),
        ({"effort": -1}, "effort"),
        ({"restarts": 0}, "restarts"),
        ({"steps": 0}, "steps"),
        ({"seconds": -1.0}, "seconds"),
        ({"penalty": "l2"}, "penalty must be one of l1, l05, admm"),
        ({"refit": "adam"}, "refit must be one of lm, lbfgs, none"),
        ({"mode": "logarithmic"}, "mode must be one of auto, log, linear"),
        ({"seconds": float("nan")}, "seconds"),
        ({"closed_form": False, "search": False, "network": False}, "nothing left"),
    ],
)
@pytest.mark.parametrize("kind", [Lies, LiesFast, LiesPaper])
def test_nonsense_is_refused(kind: type[Method], fields: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        kind(**fields)


@pytest.mark.parametrize(
    "switches",
    [
        {"closed_form": False},
        {"search": False},
        {"network": False},
        {"transforms": False},
        {"products": False},
        {"snap": False},
        {"effort": 0},
        {"search": False, "closed_form": False},
        {"search": False, "closed_form": False, "sparsify": False},
        {"search": False, "closed_form": False, "prune": False},
        {"search": False, "closed_form": False, "oversample": False},
        {"search": False, "closed_form": False, "restarts": 1},
        {"search": False, "closed_form": False, "published": True},
    ],
    ids=str,
)
def test_every_switch_can_be_off(switches: dict[str, bool | int]) -> None:
    samples = draw("2*a*b + 0.5", AB, n=40)
    method = Lies(**{"restarts": 4, "steps": 40, "effort": 1, **switches})  # type: ignore[arg-type]
    found = fit(method, samples)
    check(found, samples)
    if switches.get("closed_form", True) or switches.get("search", True):
        assert error(found, samples) < 1e-9
    else:
        assert found.extras["network"]


def test_without_snapping_constants_stay_as_fitted() -> None:
    samples = draw("2.5*a", AB, n=80, noise=0.02)
    plain, snapped = (fit(Lies(search=False, network=False, snap=on), samples) for on in (False, True))
    assert len(str(plain.expression)) > len(str(snapped.expression))


def test_three_methods_are_offered() -> None:
    methods = list(srbench_methods())
    assert [m.name for m in methods] == ["lies", "lies-fast", "lies-paper"]
    assert len({m.summary for m in methods}) == 3


def test_importing_the_plugin_loads_no_engine() -> None:
    code = "import sys, srbench_lies; print([m for m in ('numpy', 'torch', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("name", [*AWKWARD, *EXACT])
def test_the_whole_method_answers_awkward_data(name: str) -> None:
    samples = {**AWKWARD, **EXACT}[name]
    check(fit(Lies(), samples, seconds=20), samples)


@pytest.mark.slow
def test_the_bell_curve() -> None:
    samples = draw("exp(-a**2/2)/sqrt(2*pi)", {"a": (1.0, 3.0)}, n=200)
    found = fit(Lies(), samples)
    check(found, samples)
    assert error(found, samples) < 1e-10
    assert found.expression.complexity <= 12
