"""The best formula of each size, and the choice among them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SMOOTH, expressions

from srbench_lite import Expression, FitError, Samples
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.pareto_front import ParetoFront
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.short_constants import formula_digits

_X = np.random.default_rng(0).uniform(1, 3, (120, 3))
_NAMES = ("x", "y", "z")


def _problem(text: str, noise: float = 0.0) -> Problem:
    y = Expression.parse(text)(dict(zip(_NAMES, _X.T, strict=True)))
    y = y + noise * np.std(y) * np.random.default_rng(1).standard_normal(len(y))
    return Problem.of(Samples(variables=_NAMES, x=_X, y=y))


def _offered(problem: Problem, *texts: str) -> ParetoFront:
    front = ParetoFront(problem)
    for text in texts:
        front.offer(Expression.parse(text))
    return front


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_truth_wins(noise: float) -> None:
    front = _offered(
        _problem("x*y/(2*z**2)", noise),
        "1.234*x", "0.31*x*y", "0.61*x*y/z", "0.512*x*y/z**2", "0.512*x**1.01*y**0.99/z**2.01",
        "0.512*x*y/z**2 + 0.0123*x", "0.512*x*y/z**2 + 0.0123*sin(3.1*z) - 0.0123*x",
    )  # fmt: skip
    assert str(front.best().expression) in ("0.5*x*y/z**2", "x*y/(2*z**2)")
    assert front.is_exact is (noise == 0)
    assert front.exact_size == (9 if noise == 0 else None)


def test_reports_are_the_best_so_far_and_each_is_better() -> None:
    problem = _problem("2*x + sin(y)")
    reports: list[Expression] = []
    front = ParetoFront(problem, reports.append)
    for text in ("2.1*x", "0.1234*y", "2.1*x + 0.1234", "1.93*x + 0.93*sin(y)", "1.93*x + 0.123*z"):
        front.offer(Expression.parse(text))
    assert problem.is_exact(problem.rss(reports[-1]))
    assert front.best().expression == Expression.parse("2*x + sin(y)")
    assert [problem.rss(report) for report in reports] == sorted((problem.rss(r) for r in reports), reverse=True)


def test_when_the_time_is_over_constants_stay_as_fitted_and_the_better_formula_still_wins() -> None:
    problem = _problem("2*x + sin(y)", 0.01)
    front = ParetoFront(problem, deadline=Deadline(0))
    for text in ("2.1*x", "1.93*x + 0.93*sin(y)", "1.93*x + 0.93*sin(y) + 0.001*z", "0.1234*y"):
        front.offer(Expression.parse(text))
    chosen = front.best().expression
    assert chosen.complexity == Expression.parse("1.93*x + 0.93*sin(y)").complexity
    assert all(len(repr(constant)) > 10 for constant in chosen.constants)


def test_the_same_is_looked_at_once() -> None:
    front = ParetoFront(_problem("2*x + y"))
    assert front.offer(Expression.parse("1.234*x"))
    assert not front.offer(Expression.parse("1.234*x"))
    assert not front.offer(Expression.parse("1.345*x"))  # another start, the same end


def test_undefined_formulas_are_refused() -> None:
    front = ParetoFront(_problem("2*x + y"))
    low = float(np.min(_X[:, 0]))
    for text in ("log(x - 2)", "1/(x - x)", "sqrt(-y)", "exp(exp(exp(exp(x))))"):
        assert not front.offer(Expression.parse(text))
    assert not front.offer(Expression.parse("sqrt(sin(1000*x)**2 - 1)"))
    assert front.offer(Expression.parse(f"log(x - {low - 0.01})"))
    assert front.pareto()


def test_holes_between_the_points_are_refused() -> None:
    x = np.concatenate([np.linspace(-3, -1, 50), np.linspace(1, 3, 50)])
    front = ParetoFront(Problem.of(Samples(variables=("x",), x=x[:, None], y=x**2)))
    assert not front.offer(Expression.parse("sqrt(x**2 - 0.5)"))
    assert front.offer(Expression.parse("x**2 - 0.5"))


def test_nothing_offered() -> None:
    front = ParetoFront(_problem("x"))
    assert front.pareto() == []
    assert front.exact_size is None
    with pytest.raises(FitError, match="no formula was found"):
        front.best()


@settings(max_examples=25, deadline=None)
@given(
    formulas=st.lists(
        expressions(_NAMES, operators=(*SMOOTH, "div", "exp"), constants=st.integers(-99, 99).map(lambda i: i / 13),
                    named=(), max_leaves=5),
        min_size=1, max_size=8,
    ),
    noise=st.sampled_from((0.0, 0.1)),
)  # fmt: skip
def test_a_pareto_front(formulas: list[Expression], noise: float) -> None:
    problem = _problem("x*y + sin(z)", noise)
    front = ParetoFront(problem)
    for formula in formulas:
        front.offer(formula)
    found = front.pareto()
    sizes, misfits = [e.complexity for e in found], [problem.rss(e) for e in found]
    assert sizes == sorted(set(sizes))
    assert all(later < before for before, later in pairwise(misfits))
    again = ParetoFront(problem)
    for formula in formulas:
        again.offer(formula)
    assert again.pareto() == found
    assert front.pareto(2) == found[-2:]
    if found:
        best = front.best()
        assert (
            best.criterion(problem)
            <= min(problem.criterion(problem.rss(e), e, formula_digits(e)) for e in found) + 1e-9
        )


def test_two_exact_formulas_the_shorter_wins() -> None:
    front = _offered(_problem("exp(x)*y"), "exp(x + log(y))*1.01", "exp(1.01*x)*y**1.01", "1.01*exp(x)*y + 0.01*z")
    assert str(front.best().expression) in ("exp(x)*y", "y*exp(x)")
    assert front.pareto()[-1] == front.best().expression


@pytest.mark.parametrize(("kept", "wanted"), [(1, [True, False, True, False]), (2, [True, True, True, False])])
def test_of_one_size_so_many_are_kept_as_asked_for(kept: int, wanted: list[bool]) -> None:
    """Worse ones are refused where there are as many already, better ones take their places."""
    front = ParetoFront(_problem("2.37*x + y", 0.01), kept=kept)
    texts = ("2.37*x + sqrt(y)", "2.37*x + log(y)", "2.37*x + abs(y)", "2.37*x + exp(y)")
    assert [front.offer(Expression.parse(text)) for text in texts] == wanted


def test_rounded_data_keep_the_short_formula_and_others_are_left_alone() -> None:
    x = np.linspace(0.3, 3, 12)
    y = np.round(0.37 * x**1.5, 3)
    front = _offered(
        Problem.of(Samples(variables=("x",), x=x[:, None], y=y)), "0.4*x**1.5", "x*(0.36*sqrt(x) + 0.01*x)"
    )
    assert str(front.settled().best().expression) == "0.37*x**1.5"
    plain = _offered(_problem("x*y"), "x*y")
    assert plain.settled() is plain


def test_few_rounded_points_are_not_interpolated() -> None:
    x = np.array([0.387, 0.723, 1.0, 1.524, 5.203, 9.539])
    y = np.array([0.241, 0.615, 1.0, 1.881, 11.86, 29.46])
    front = ParetoFront(Problem.of(Samples(variables=("x",), x=x[:, None], y=y)))
    through = np.polynomial.Polynomial.fit(x, y, 5).convert().coef
    text = " + ".join(f"({c!r})*x**{k}" for k, c in enumerate(through.tolist()))
    assert not front.offer(Expression.parse(text))
    assert front.offer(Expression.parse("1.01*x**1.49"))
    assert str(front.best().expression) == "x**1.5"
