"""Transforms of the target: undone by the formulas they write, weighted by their slope, refused without an inverse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from srbench_lies.targets import PRODUCTS, SUMS, Target, Transform, targets

from srbench_lite import Expression

Array = NDArray[np.float64]

BY_NAME = {t.name: t for t in (*SUMS, *PRODUCTS)}
#: Least weight as a fraction of the largest.
FLOOR = 1e-2
CORE, DIVISOR = Expression.variable("core"), Expression.variable("h")


def undone(target: Target, values: Array, h: Array) -> Array:
    """y for the given values of a target: through the formula that it writes."""
    core = target.signs * np.exp(values) if target.is_product else values
    return np.broadcast_to(target.write(CORE)({"core": core, "h": h}), values.shape)


def one(v: Array, transform: Transform, *, is_product: bool, h: Array | None = None) -> list[Target]:
    y = v if h is None else v * h
    divisor = None if h is None else DIVISOR
    return targets(y, (transform,), is_product=is_product, divisor=divisor, h=h)


def draw(seed: int, transform: Transform, negative: bool) -> tuple[Array, Array]:
    """Values on which the transform has an inverse, and divisors of both signs; shape (20,) each."""
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.15, 1.4, 20)  # within a quarter of a period
    sign = -1.0 if negative and transform.suits(-v) else 1.0
    return sign * v, rng.uniform(0.3, 3.0, 20) * rng.choice([-1.0, 1.0], 20)


def drawn(
    transform: Transform, seed: int, *, is_product: bool, negative: bool, divided: bool
) -> tuple[Target, Array, Array]:
    """Return a target of y = v h, v and h; h is 1 unless the target has a divisor."""
    v, divisors = draw(seed, transform, negative)
    (target,) = one(v, transform, is_product=is_product, h=divisors if divided else None)
    return target, v, divisors if divided else np.ones_like(v)


def test_the_sets_are_what_their_names_say() -> None:
    assert [t.name for t in SUMS][:2] == ["y", "1/y"]
    assert PRODUCTS[0].name == "y"
    assert {"y^2", "ln y", "sqrt y"} <= {t.name for t in SUMS}
    assert {"y + 1", "y - 1"} <= {t.name for t in PRODUCTS}
    for kinds in (SUMS, PRODUCTS):
        assert len({t.name for t in kinds}) == len(kinds)


@pytest.mark.parametrize("is_product", [False, True])
@pytest.mark.parametrize("transform", BY_NAME.values(), ids=BY_NAME)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), negative=st.booleans(), divided=st.booleans())
def test_undoing_a_transform_gives_y(
    transform: Transform, is_product: bool, seed: int, negative: bool, divided: bool
) -> None:
    target, v, h = drawn(transform, seed, is_product=is_product, negative=negative, divided=divided)
    np.testing.assert_allclose(undone(target, target.values, h), v * h, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("is_product", [False, True])
@pytest.mark.parametrize("transform", BY_NAME.values(), ids=BY_NAME)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), negative=st.booleans(), divided=st.booleans())
def test_weights_are_the_slopes_of_y(
    transform: Transform, is_product: bool, seed: int, negative: bool, divided: bool
) -> None:
    target, v, h = drawn(transform, seed, is_product=is_product, negative=negative, divided=divided)
    core = np.abs(target.signs * np.exp(target.values) if target.is_product else target.values)
    step = 1e-6 * (np.ones_like(v) if is_product else np.minimum(core, 1.0))
    if transform.name.startswith(("sin y", "cos y")):  # stay where the inverse is defined
        step = step * 1e-1
    with np.errstate(all="ignore"):
        rise = undone(target, target.values + step, h) - undone(target, target.values - step, h)
    slopes = np.abs(rise / (2 * step))
    good = np.isfinite(slopes)
    assert good.sum() > 15
    least = FLOOR * target.weights.max()
    np.testing.assert_allclose(target.weights[good], np.maximum(slopes[good], least), rtol=2e-3)
    assert (target.weights >= least).all()


@pytest.mark.parametrize(
    ("name", "y"),
    [
        ("1/y", [1.0, 0.0, 2.0]),
        ("y^2", [1.0, -1.0, 2.0]),
        ("1/y^2", [1.0, -1.0, 2.0]),
        ("ln y", [1.0, -1.0, 2.0]),
        ("ln y", [1.0, 0.0, 2.0]),
        ("sqrt y", [-1.0, -2.0, -3.0]),
        ("sqrt y", [0.0, 1.0, 2.0]),
        ("exp y", [0.0, 1.0, 30.0]),
        ("exp y", [100.0, 101.0, 102.0]),
        ("sin y", [0.0, 1.0, 2.0]),
        ("cos y", [-0.1, 1.0, 2.0]),
        ("cos y", [0.1, 1.0, 3.5]),
        ("tan y", [0.0, 1.0, 1.6]),
        ("y", [2.0, 2.0, 2.0]),
        ("y", [1.0, np.inf, 2.0]),
    ],
)
def test_values_without_an_inverse_are_refused(name: str, y: list[float]) -> None:
    assert targets(np.array(y), (BY_NAME[name],), is_product=False) == []


def test_a_product_is_refused_where_a_logarithm_is_not_defined() -> None:
    assert targets(np.array([1.0, 0.0, 2.0]), (BY_NAME["y"],), is_product=True) == []
    assert targets(np.array([1.0, 2.0, 3.0]), (BY_NAME["y - 1"],), is_product=True) == []
    (target,) = targets(np.array([1.0, -2.0, 3.0]), (BY_NAME["y"],), is_product=True)
    assert target.signs.tolist() == [1.0, -1.0, 1.0]


def test_a_divisor_that_vanishes_is_refused() -> None:
    y, h = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 2.0])
    assert targets(y, SUMS, is_product=False, divisor=DIVISOR, h=h) == []


def test_a_target_that_is_its_divisor_is_refused() -> None:
    y = np.array([1.0, 2.0, 3.0])
    assert targets(y, SUMS, is_product=False, divisor=DIVISOR, h=2.5 * y) == []


def test_identity_has_equal_weights_and_costs_nothing() -> None:
    y = np.array([3.0, -1.0, 4.0])
    (target,) = targets(y, SUMS[:1], is_product=False)
    np.testing.assert_array_equal(target.values, y)
    assert len(set(target.weights.tolist())) == 1
    assert target.nodes == 0
    assert target.write(CORE) == CORE


def test_targets_come_in_the_order_of_their_transforms() -> None:
    y = np.linspace(0.2, 1.3, 9)
    for kinds in (SUMS, PRODUCTS):
        for is_product in (True, False):
            found = [t.transform.name for t in targets(y, kinds, is_product=is_product)]
            assert found == [t.name for t in kinds if t.name in found]
            assert len(found) >= len(kinds) - 1


@pytest.mark.parametrize(
    ("name", "sign", "text"),
    [
        ("y", 1, "core"),
        ("1/y", 1, "1/core"),
        ("y^2", 1, "sqrt(core)"),
        ("y^2", -1, "-sqrt(core)"),
        ("1/y^2", 1, "1/sqrt(core)"),
        ("ln y", -1, "-exp(core)"),
        ("sqrt y", 1, "core**2"),
        ("exp y", 1, "log(core)"),
        ("y - 1", 1, "core + 1"),
        ("y + 1", 1, "core - 1"),
        ("1/y + 1", 1, "1/(core - 1)"),
        ("cos y", 1, "acos(core)"),
    ],
)
def test_how_inverses_are_written(name: str, sign: int, text: str) -> None:
    y = sign * np.linspace(0.2, 0.9, 7)
    (target,) = targets(y, (BY_NAME[name],), is_product=False)
    assert str(target.write(CORE)) == text


def test_a_divisor_is_written_as_a_factor() -> None:
    y, h = np.linspace(1, 2, 5), np.linspace(2, 3, 5) ** 2
    plain, inverse = targets(y, SUMS[:2], is_product=False, divisor=DIVISOR, h=h)
    assert str(plain.write(CORE)) == "h*core"
    assert str(inverse.write(CORE)) == "h/core"
    assert math.isclose(inverse.values[0], h[0] / y[0])
