"""A skeleton as columns: derivatives, constants as people write them, and the formulas they become."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_transformer.program import Program
from srbench_transformer.tokens import parse

from srbench_lite import Expression


@pytest.mark.parametrize(
    "text",
    [
        "sin x1", "* x1 sin + x1 pow2 x1", "+ log x1 log pow2 x1", "exp * x2 log x1", "inv + x1 C", "sqrt + x1 x2",
        "* x1 + x1 + sin x1 C", "pow3 tanh + x1 sin x2", "abs + x1 exp x2", "+ x1 inv pow2 + x1 * x1 inv sin x1",
    ],
)  # fmt: skip
def test_derivatives_are_those_of_differences_and_the_formula_is_the_columns(text):
    program = Program(parse(text.split()))
    rng = np.random.default_rng(3)
    x = rng.uniform(0.3, 2.0, (40, 2))
    points = x
    theta = program.draw(points, 6, rng)
    assert theta.shape == (6, program.size)
    theta = np.abs(theta) + 0.1  # logarithms and roots are defined there
    columns, derivatives = program.columns(points, theta, True)
    assert columns.shape == (6, program.width, 40)
    step = 1e-6
    at = 0
    for row, inner in enumerate(derivatives, 1):
        for k in range(inner.shape[1]):
            moved = [theta.copy(), theta.copy()]
            moved[0][:, at] += step
            moved[1][:, at] -= step
            up, down = (program.columns(points, t, False)[0][:, row] for t in moved)
            wanted = (up - down) / (2 * step)
            if np.abs(inner[0, k]).any():  # a sign stays as it is drawn
                np.testing.assert_allclose(inner[0, k], wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max())
            at += 1
    assert at == program.size
    linear = rng.normal(size=program.width)
    names = ("u", "v")
    formula = program.express(theta[0], linear, names)
    np.testing.assert_allclose(
        formula({"u": x[:, 0], "v": x[:, 1]}), linear @ program.columns(points, theta[:1], False)[0][0], rtol=1e-9
    )


@pytest.mark.parametrize(
    ("text", "removable"),
    [
        ("sin + x1 pow2 x1", 2),  # either term may go
        ("log + x1 pow2 x1", 1),  # the first has a sign that stays
        ("pow2 + x1 sin x1", 1),
        ("pow2 + x1 sin + x1 exp x1", 3),  # two in the sine
        ("+ sin x1 pow3 x1", 0),  # those of the outer sum are linear
    ],
)
def test_coefficients_that_may_be_zero(text, removable):
    program = Program(parse(text.split()))
    assert len(set(program.removable)) == removable
    x = np.linspace(0.5, 2, 30)[:, None]
    theta = np.full((1, program.size), 0.7)
    for place in program.removable:
        without = theta.copy()
        without[0, place] = 0.0
        formula = program.express(without[0], np.ones(program.width), ["x"])
        shorter = formula.complexity < program.express(theta[0], np.ones(program.width), ["x"]).complexity
        assert shorter
        values = program.columns(x, without, False)[0][0].sum(axis=0)
        np.testing.assert_allclose(formula({"x": x[:, 0]}), values, rtol=1e-12)


@pytest.mark.parametrize(
    "text", ["sin + x1 pow2 x1", "+ exp sin x1 sin + x1 x2", "* log sin x1 sin sin x2", "* x1 * sin x1 sin pow2 x2"]
)
def test_usual_constants_are_those_of_the_same_formula(text):
    program = Program(parse(text.split()))
    rng = np.random.default_rng(1)
    x = rng.uniform(0.5, 2, (30, 2))
    for _ in range(20):
        theta, linear = rng.normal(size=program.size) * 8, rng.normal(size=program.width)
        found, other = program.usual_form(theta, linear)
        for place, is_phase in program.offsets:
            assert is_phase or found[place] == theta[place]
            assert not is_phase or abs(found[place]) <= np.pi / 2
        with np.errstate(all="ignore"):
            before = linear @ program.columns(x, theta[None], False)[0][0]
            after = other @ program.columns(x, found[None], False)[0][0]
        np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-11)
        assert all(
            (again == once).all() for again, once in zip(program.usual_form(found, other), (found, other), strict=True)
        )
    outer = Program(parse(["*", "x1", "sin", "x1"]))
    theta, linear = outer.usual_form(np.array([-2.0, 9.0]), np.array([1.0, 3.0]))
    assert theta[0] == 2.0
    assert theta[1] == pytest.approx(3 * np.pi - 9.0)
    assert linear.tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("text", "absorbs"),
    [
        ("pow2 + x1 pow3 x2", True),
        ("pow3 + x1 x2", True),
        ("inv + x1 pow2 x2", True),
        ("+ x2 log + x1 x2", True),
        ("+ x2 sqrt + x1 x2", True),
        ("+ abs + x1 x2 inv + x1 C", True),
        ("+ x1 sin x2", False),
        ("pow2 x1", False),
        ("* x1 log x2", False),
    ],
)
def test_what_is_drawn_into_a_sum_stays_the_same_formula(text, absorbs):
    program = Program(parse(text.split()))
    rng = np.random.default_rng(2)
    x = rng.uniform(0.5, 2, (30, 2))
    for _ in range(20):
        theta, linear = np.abs(rng.normal(size=program.size)), rng.normal(size=program.width)
        linear[1:] = np.abs(linear[1:])
        found = program.absorb(theta, linear, ["a", "b"])
        assert (found is not None) == absorbs
        if found is not None:
            before = linear @ program.columns(x, theta[None], False)[0][0]
            np.testing.assert_allclose(found({"a": x[:, 0], "b": x[:, 1]}), before, rtol=1e-9, atol=1e-12)
            assert len(found.constants) <= program.size + program.width + 2


def test_what_cannot_be_drawn_in_stays_outside():
    square = Program(parse(["pow2", "+", "x1", "x2"]))
    assert square.absorb(np.array([2.0]), np.array([0.0, -3.0]), ["a", "b"]) is None  # no root of -3
    logarithm = Program(parse(["log", "x1"]))
    assert logarithm.absorb(np.array([1.0, 0.0]), np.array([800.0, 1.0]), ["a"]) is None  # exp(800) is no number
    assert logarithm.absorb(np.array([1.0, 0.0]), np.array([0.0, 1.0]), ["a"]) is None  # there is nothing to draw in


@pytest.mark.parametrize(
    ("text", "theta", "formula"),
    [
        ("sin x1", [2.0, np.pi / 2], "cos(2*x)"),
        ("sin x1", [2.0, -np.pi / 2], "-cos(2*x)"),
        ("sin x1", [-2.0, 5 * np.pi / 2], "cos(2*x)"),
        ("* x1 sin x1", [3.0, np.pi], "-(x*sin(3*x))"),
        ("exp sin x1", [1.0, 2.0, -np.pi / 2], "exp(-cos(2*x))"),
    ],
)
def test_a_sine_a_right_angle_on_is_written_as_a_cosine(text, theta, formula):
    program = Program(parse(text.split()))
    found = program.express(*program.usual_form(np.array(theta), np.array([0.0, 1.0])), ["x"])
    wanted = Expression.parse(formula)
    x = np.linspace(-2, 2, 40)
    np.testing.assert_allclose(found({"x": x}), wanted({"x": x}), atol=1e-12)
    assert ("cos" in str(found)) == ("cos" in formula)
    assert not any(abs(abs(c) - np.pi / 2) < 1e-6 for c in found.constants)
