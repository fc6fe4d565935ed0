"""The search over small skeletons, stage by stage; looser skeletons; and when noise is all that is left."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from srbench_lies.enumeration import SIZES, Enumeration
from srbench_lies.loosening import loosened
from srbench_lies.stopping import is_white

from srbench_lite import Expression, Samples
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.problem import Problem

Intervals = dict[str, tuple[float, float]]
AB: Intervals = {"a": (0.5, 2.0), "b": (1.0, 3.0)}
ABC: Intervals = {"a": (0.5, 2.0), "b": (1.0, 3.0), "c": (2.0, 4.0)}
SIGNED: Intervals = {"a": (-2.0, 2.0), "b": (-3.0, 3.0)}


def pose(truth: str, intervals: Intervals, n: int = 100, noise: float = 0.0, seed: int = 3) -> Problem:
    rng = np.random.default_rng(seed)
    columns = {name: rng.uniform(low, high, n) for name, (low, high) in intervals.items()}
    y = np.broadcast_to(Expression.parse(truth)(columns), (n,)) + noise * rng.normal(size=n)
    return Problem.of(Samples(variables=tuple(columns), x=np.column_stack(list(columns.values())), y=y))


class Collector:
    """Takes formulas as a front does, and remembers them."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.offered = problem, list[Expression]()

    def __call__(self, expression: Expression) -> bool:
        self.offered.append(expression)
        return self.problem.rss(expression) <= len(self.problem.y) * (1e-10 * self.problem.size) ** 2

    @property
    def best(self) -> Expression:
        return min(self.offered, key=self.problem.rss)


def search(
    problem: Problem, *, seconds: float = 60.0, seed: int = 0, **switches: bool
) -> tuple[Enumeration, Collector]:
    offer = Collector(problem)
    return Enumeration(problem, Deadline(seconds), offer, seed, **switches), offer


STAGES: dict[str, Callable[[Enumeration], bool]] = {
    "power law": lambda e: e.power_laws(),
    "polynomial": lambda e: e.polynomials(8),
    "divided": lambda e: e.divided(SIZES[0]),
    "product": lambda e: e.products(e.families(SIZES[0]), divided=False),
    "product over": lambda e: e.products(e.families(SIZES[0]), divided=True),
    "term": lambda e: e.terms(e.families(SIZES[0]), divided=False),
    "term over": lambda e: e.terms(e.families(SIZES[0]), divided=True),
    "two factors": lambda e: e.pairs(e.families(SIZES[0]), product=True),
    "two terms": lambda e: e.pairs(e.families(SIZES[0]), product=False),
    "three terms": lambda e: e.triples(e.families(SIZES[0])),
}


@pytest.mark.parametrize(
    ("stage", "truth", "intervals"),
    [
        ("power law", "2.5*a*sqrt(b)/c**2", ABC),
        ("power law", "1 - 3*a/b", AB),
        ("power law", "a*b**2", SIGNED),
        ("polynomial", "3*a**2*b - b**3 + 0.5", SIGNED),
        ("polynomial", "1/(a**2 + 2*b)", AB),
        ("polynomial", "sqrt(a**2 + b**2 + 1.5)", SIGNED),
        ("divided", "(a + b**2 + c)/(a*b)", ABC),
        ("divided", "a/(b + c)", ABC),
        ("product", "1.7*a*b*exp(-0.3*a*c)", ABC),
        ("product", "a**2*sin(b)/c", ABC),
        ("product", "a/sqrt(1 - a/(3*b))", AB),
        ("product over", "a*(1 + 2*b*sin(c))", ABC),
        ("term", "sin(a) + 2*b - 1", SIGNED),
        ("term", "exp(-b**2) - 3*a**2 + a", SIGNED),
        ("term over", "b/(sin(a) + 2*c)", ABC),
        ("two factors", "a*sin(b)*log(c)", ABC),
        ("two terms", "3*sin(a) - 0.5*exp(b) + 2", SIGNED),
        ("three terms", "3*sin(a) - 0.5*exp(b) + 2*tanh(a) - 1", SIGNED),
    ],
)
def test_each_stage_finds_its_own(stage: str, truth: str, intervals: Intervals) -> None:
    problem = pose(truth, intervals)
    enumeration, offer = search(problem)
    assert STAGES[stage](enumeration)
    assert problem.rss(offer.best) < len(problem.y) * (1e-9 * problem.size) ** 2


@pytest.mark.parametrize("stage", STAGES)
def test_stages_find_nothing_in_noise_and_say_so(stage: str) -> None:
    problem = pose("0*a", SIGNED, n=60, noise=1.0)
    enumeration, offer = search(problem)
    assert not STAGES[stage](enumeration)
    assert all(set(e.variables) <= {"a", "b"} for e in offer.offered)


@pytest.mark.parametrize("stage", STAGES)
def test_the_same_seed_offers_the_same(stage: str) -> None:
    problem = pose("a*b + sin(3*a)", AB, noise=0.01)
    texts = []
    for _ in range(2):
        enumeration, offer = search(problem, seed=5)
        STAGES[stage](enumeration)
        texts.append([str(e) for e in offer.offered])
    assert texts[0] == texts[1]


@pytest.mark.parametrize("stage", ["product", "term", "term over", "two terms", "three terms"])
def test_a_clock_that_is_over_ends_a_stage(stage: str) -> None:
    problem = pose("a*b + sin(3*a*b) + exp(a)", AB)
    enumeration, offer = search(problem, seconds=0.0)
    assert not STAGES[stage](enumeration)
    assert len(offer.offered) < 50


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_few_points_do_no_harm(stage: str, n: int) -> None:
    problem = pose("a*sin(b) + 1", SIGNED, n=n)
    enumeration, offer = search(problem)
    with np.errstate(all="ignore"):
        STAGES[stage](enumeration)
    assert all(isinstance(e, Expression) for e in offer.offered)


def test_repeated_points_determine_no_more_coefficients() -> None:
    few = pose("a*sin(b)", SIGNED, n=10)
    many = Problem.of(Samples(variables=("a", "b"), x=np.repeat(few.x, 20, axis=0), y=np.repeat(few.y, 20)))
    enumeration, offer = search(many)
    assert not enumeration.polynomials(8)
    assert not enumeration.divided(SIZES[0])
    assert offer.offered


def test_a_variable_that_touches_zero_does_not_hide_a_power_law() -> None:
    problem = pose("2*a/b**1.5", AB)
    x = np.column_stack([problem.x, np.arange(100.0)])  # the third has a zero
    problem = Problem.of(Samples(variables=("a", "b", "z"), x=x, y=problem.y))
    enumeration, _ = search(problem)
    assert enumeration.power_laws()


def test_without_transforms_there_is_only_y() -> None:
    problem = pose("1/(a**2 + 2*b)", AB)
    enumeration, _ = search(problem, transforms=False)
    assert not enumeration.polynomials(3)
    assert search(problem)[0].polynomials(3)


def test_without_compounds_there_are_fewer_features() -> None:
    problem = pose("a*sin(b) + a*b", AB)
    counts = []
    for compounds in (False, True):
        enumeration, _ = search(problem, compounds=compounds)
        counts.append(sum(len(b) for b in enumeration.families(SIZES[0]).for_sums()))
    assert counts[0] < counts[1]


def test_sizes_grow() -> None:
    for small, large in itertools.pairwise(SIZES):
        for name in ("small", "middle", "large", "most", "pairs", "triples", "divisors"):
            assert getattr(small, name) < getattr(large, name)


# --- looser skeletons -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["sin(a)", "exp(-a*b) + 1", "2*log(1 + a)/b", "a*b", "sqrt(1 + a)", "cos(2*a)", "1 - b/a"]
)
def test_loosening_moves_nothing(text: str) -> None:
    rng = np.random.default_rng(0)
    columns = {"a": rng.uniform(1, 2, 20), "b": rng.uniform(1, 2, 20)}
    expression = Expression.parse(text)
    loose = loosened(expression)
    np.testing.assert_allclose(loose(columns), expression(columns), atol=1e-7)
    assert len(loose.constants) >= len(expression.constants)


@pytest.mark.parametrize(("text", "more"), [("sin(a)", 1), ("exp(-a)", 1), ("1 + a", 1), ("sin(2*a)", 0), ("a*b", 0)])
def test_loosening_adds_a_constant_per_argument(text: str, more: int) -> None:
    expression = Expression.parse(text)
    assert len(loosened(expression).constants) - len(expression.constants) == more


# --- noise ------------------------------------------------------------------------------------------------------------


def whites(make: Callable[[np.random.Generator, int], Problem], count: int, expression: str = "0*a") -> float:
    """Share of drawn problems whose residuals are called noise."""
    formula = Expression.parse(expression)
    return float(np.mean([is_white(formula, make(np.random.default_rng(i), i)) for i in range(count)]))


@pytest.mark.parametrize(("n", "d"), [(25, 1), (100, 2), (200, 5)])
def test_white_noise_is_called_so_at_about_the_level(n: int, d: int) -> None:
    def make(rng: np.random.Generator, _: int) -> Problem:
        names = ("a", "b", "c", "d", "f")[:d]
        return Problem.of(Samples(variables=names, x=rng.uniform(1, 5, (n, d)), y=rng.normal(size=n)))

    assert 0.90 <= whites(make, 300) <= 0.995  # two tests at 2 %


@pytest.mark.parametrize("truth", ["a", "a*b", "sin(3*a)", "a**2 - b", "abs(a - b)"])
def test_structure_is_seen_through_noise(truth: str) -> None:
    def make(_: np.random.Generator, i: int) -> Problem:
        return pose(f"3*({truth})", SIGNED, n=200, noise=1.0, seed=i)

    assert whites(make, 40) < 0.1
    assert whites(make, 100, f"3*({truth})") > 0.85


def test_few_points_and_no_residuals_are_never_noise() -> None:
    rng = np.random.default_rng(0)
    few = Problem.of(Samples(variables=("a",), x=rng.normal(size=(19, 1)), y=rng.normal(size=19)))
    assert not is_white(Expression.parse("0"), few)
    exact = pose("a*b", AB)
    assert not is_white(Expression.parse("a*b"), exact)
    assert not is_white(Expression.parse("log(-a)"), exact)
    tail = Problem.of(Samples(variables=("a",), x=rng.normal(size=(30, 1)), y=1e-200 * rng.normal(size=30)))
    assert not is_white(Expression.parse("0"), tail)  # whose squares are zero


def test_repeated_and_constant_columns_are_no_obstacle() -> None:
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(60), np.repeat(np.arange(6.0), 10), np.repeat(np.arange(6.0), 10)])
    noise = Problem.of(Samples(variables=("a", "b", "c"), x=x, y=rng.normal(size=60)))
    assert is_white(Expression.parse("0"), noise)
    line = Problem.of(Samples(variables=("a", "b", "c"), x=x, y=x[:, 1] + rng.normal(size=60)))
    assert not is_white(Expression.parse("0"), line)
