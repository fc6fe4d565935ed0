"""Linear models of a target: exact where the data are, without needless terms, with exponents that people write."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from srbench_lies.spaces import Part, basis, formulas
from srbench_lies.targets import PRODUCTS, SUMS, Transform, targets

from srbench_lite import Expression, Samples
from srbench_lite.fitting.problem import Problem

Array = NDArray[np.float64]

TRANSFORMS = {t.name: t for t in (*SUMS, *PRODUCTS)}


def pose(truth: str, intervals: dict[str, tuple[float, float]], n: int = 60, noise: float = 0.0) -> Problem:
    rng = np.random.default_rng(8)
    columns = {name: rng.uniform(low, high, n) for name, (low, high) in intervals.items()}
    y = np.broadcast_to(Expression.parse(truth)(columns), (n,)).astype(np.float64)
    y = y + noise * rng.normal(size=n)
    return Problem.of(Samples(variables=tuple(columns), x=np.column_stack(list(columns.values())), y=y))


def fitted(
    problem: Problem, degree: int, *parts: tuple[str, bool], transform: str = "y", product: bool = False
) -> list[Expression]:
    """Formulas of y for one transform, with features given as (formula, logged)."""
    kind: Transform = TRANSFORMS[transform]
    (target,) = targets(problem.y, (kind,), is_product=product)
    base = basis(problem.x, degree, is_product=product)
    return formulas(problem, target, base, [Part(Expression.parse(text), logged) for text, logged in parts])


def error(problem: Problem, expression: Expression) -> float:
    """Largest error as a fraction of the size of y."""
    return float(np.abs(expression(problem.columns) - problem.y).max() / np.abs(problem.y).max())


AB = {"a": (0.5, 2.0), "b": (1.0, 3.0)}
SIGNED = {"a": (-2.0, 2.0), "b": (-3.0, -1.0)}

# --- bases ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "degree", "count"), [(1, 3, 3), (2, 2, 5), (3, 2, 9), (4, 1, 4), (2, 0, 0)])
def test_powers_up_to_a_total_degree(d: int, degree: int, count: int) -> None:
    x = np.random.default_rng(0).normal(size=(7, d))
    base = basis(x, degree, is_product=False)
    assert base.exponents.shape == (count, d)
    columns = base.columns(x)
    assert columns.shape == (7, 1 + count)
    np.testing.assert_array_equal(columns[:, 0], 1.0)
    for row, column in zip(base.exponents, columns.T[1:], strict=True):
        np.testing.assert_allclose(column, np.prod(x**row, axis=1))


def test_logarithms_of_variables_that_have_one() -> None:
    x = np.array([[1.0, -2.0, 0.0, 3.0], [2.0, -1.0, 1.0, 3.0]])
    base = basis(x, 0, is_product=True)
    assert base.exponents.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0]]  # neither a zero nor a constant
    np.testing.assert_allclose(base.columns(x), np.column_stack([np.ones(2), np.log(np.abs(x[:, :2]))]))


# --- sums ------------------------------------------------------------------------------------------------------------


@given(
    coefficients=st.lists(st.sampled_from([0.0, 0.0, 1.0, -1.0, 0.25, -3.5, 12.0]), min_size=6, max_size=6),
    signed=st.booleans(),
)
def test_polynomials_are_exact_and_without_needless_terms(coefficients: list[float], signed: bool) -> None:
    powers = ["1", "a", "b", "a**2", "a*b", "b**2"]
    used = [(c, p) for c, p in zip(coefficients, powers, strict=True) if c]
    truth = " + ".join(f"({c})*{p}" for c, p in used) or "1"
    problem = pose(truth, SIGNED if signed else AB)
    if np.ptp(problem.y) < 1e-9:
        return
    (found,) = fitted(problem, 2)
    assert error(problem, found) < 1e-9
    terms = Expression.parse(truth)
    assert set(found.variables) == {v for v in terms.variables if any(v in p for _, p in used)}
    assert len(found.constants) <= 2 * len(used)  # coefficients and exponents


def test_noise_buys_no_terms() -> None:
    problem = pose("3*a - 2", AB, n=200, noise=0.05)
    (found,) = fitted(problem, 3)
    assert found.complexity <= 9
    assert error(problem, found) < 0.1
    exact = Expression.parse("3*a - 2")(problem.columns)
    assert np.abs(found(problem.columns) - exact).max() < 0.05


def test_features_stay() -> None:
    problem = pose("2*sin(a) - 0.5*b + 1", AB)
    (found,) = fitted(problem, 1, ("sin(a)", False))
    assert error(problem, found) < 1e-9
    (with_more,) = fitted(problem, 1, ("sin(a)", False), ("exp(b)", False))
    assert error(problem, with_more) < 1e-9
    assert "exp(b)" in str(with_more)


@pytest.mark.parametrize(
    ("truth", "transform"),
    [
        ("1/(2 + 3*a*b)", "1/y"),
        ("sqrt(a**2 + 2*b)", "y^2"),
        ("-sqrt(a**2 + 2*b)", "y^2"),
        ("exp(1.5*a - b)", "ln y"),
        ("-exp(1.5*a - b)", "ln y"),
        ("1/sqrt(a + b)", "1/y^2"),
        ("(a - 4*b)**2", "sqrt y"),
        ("log(a + 2*b)", "exp y"),
        ("acos(0.1*a*b - 0.2)", "cos y"),
        ("atan(a - 0.3*b)", "tan y"),
    ],
)
def test_transformed_sums_are_exact(truth: str, transform: str) -> None:
    problem = pose(truth, AB)
    (found,) = fitted(problem, 2, transform=transform)
    assert error(problem, found) < 1e-9


def test_dependent_columns_do_no_harm() -> None:
    problem = pose("2*a + 3*b", AB)
    (found,) = fitted(problem, 1, ("a + b", False), ("a - b", False))
    assert error(problem, found) < 1e-9
    assert np.abs(found.constants).max() < 1e6


@pytest.mark.parametrize("product", [False, True])
def test_a_feature_that_is_undefined_gives_nothing(product: bool) -> None:
    problem = pose("a**2 + 3", {"a": (-1.0, 1.0)})
    assert fitted(problem, 1, ("log(a)", False), product=product) == []


# --- products --------------------------------------------------------------------------------------------------------

EXPONENTS = [-3.0, -2.0, -1.5, -1.0, -0.5, -1 / 3, 0.0, 0.25, 0.5, 2 / 3, 1.0, 1.5, 2.0, 4.0]


@given(e=st.sampled_from(EXPONENTS), f=st.sampled_from(EXPONENTS), scale=st.sampled_from([1.0, -1.0, 0.3, -250.0]))
def test_power_laws_are_exact_with_short_exponents(e: float, f: float, scale: float) -> None:
    if e == f == 0:
        return
    problem = pose(f"({scale!r})*a**({e!r})*b**({f!r})", AB)
    tidy, free = fitted(problem, 0, product=True)
    assert error(problem, tidy) < 1e-9
    assert error(problem, free) < 1e-9
    assert set(tidy.variables) == {n for n, p in (("a", e), ("b", f)) if p}
    for constant in tidy.constants:
        assert min(abs(abs(constant) - abs(k)) for k in (*EXPONENTS, scale)) < 1e-8


@pytest.mark.parametrize(
    ("truth", "text"),
    [
        ("a*b**2", "a*b**2"),
        ("-a/b", "-a/b"),
        ("a**3/b**2", "a**3/b**2"),
        ("sqrt(-b)*a", "a*sqrt(-b)"),
        ("1/sqrt(-b)", "1/sqrt(-b)"),
    ],
)
def test_signs_of_bases(truth: str, text: str) -> None:
    problem = pose(truth, SIGNED)
    tidy = fitted(problem, 0, product=True)[0]
    assert error(problem, tidy) < 1e-9
    assert tidy(problem.columns) == pytest.approx(Expression.parse(text)(problem.columns), rel=1e-9)


def test_signs_that_no_power_explains_give_nothing() -> None:
    problem = pose("a**2*b", {"a": (-2.0, 2.0), "b": (1.0, 2.0)})
    flipped = Problem.of(Samples(variables=("a", "b"), x=problem.x, y=problem.y * np.sign(problem.x[:, 0])))
    assert all(np.isfinite(e(flipped.columns)).all() for e in fitted(flipped, 0, product=True))
    assert [e for e in fitted(flipped, 0, product=True) if error(flipped, e) < 1e-9] == []


@pytest.mark.parametrize(
    ("truth", "parts"),
    [
        ("2*a**1.5*exp(-0.7*b)/sqrt(1 + b)", [("b", False), ("1 + b", True)]),
        ("0.1*b*sin(a)**2", [("sin(a)", True)]),
        ("-3*a*exp(0.5*a**2)", [("a**2", False)]),
        ("(1 - a/b)/(a + b)", [("1 - a/b", True), ("a + b", True)]),
    ],
)
def test_features_as_factors_and_in_the_exponent(truth: str, parts: list[tuple[str, bool]]) -> None:
    problem = pose(truth, {"a": (0.5, 2.0), "b": (2.5, 4.0)})
    tidy, _ = fitted(problem, 0, *parts, product=True)
    assert error(problem, tidy) < 1e-9


@pytest.mark.parametrize(
    ("truth", "transform"),
    [("2*a*b + 1", "y - 1"), ("1 - a**2/9", "y - 1"), ("1/(1 + a*b)", "1/y - 1"), ("acos(0.1*a*b)", "cos y")],
)
def test_shifted_products_are_exact(truth: str, transform: str) -> None:
    problem = pose(truth, AB)
    tidy, _ = fitted(problem, 0, transform=transform, product=True)
    assert error(problem, tidy) < 1e-9


def test_noise_does_not_move_short_exponents() -> None:
    problem = pose("2.5*sqrt(a)/b**2", AB, n=200, noise=0.003)
    tidy, free = fitted(problem, 0, product=True)
    assert str(tidy).endswith("*(sqrt(a)/b**2)")
    assert tidy.constants[0] == pytest.approx(2.5, rel=1e-2)
    assert problem.rss(tidy) < 1.1 * problem.rss(free)
