"""Constants that are held, left out, or shared by parts of one spelling."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_transformer.constraints import HeldProgram, TiedProgram
from srbench_transformer.program import Program
from srbench_transformer.tokens import parse

from srbench_lite.fitting.variable_projection import fit_separable


def test_what_is_held_does_not_move():
    program = Program(parse(["sin", "x1"]))
    x = np.linspace(-2, 2, 50)[:, None]
    y = 3 * np.sin(1.5 * x[:, 0])
    assert program.offsets == ((1, True),)
    part = HeldProgram(program, np.array([1.2, 0.0]), [1])
    found = fit_separable(part, x, y, np.array([[1.2]]), 40)
    assert part.whole(found.theta[None])[0] == pytest.approx([1.5, 0.0])
    assert found.rss < 1e-20


def test_a_term_that_is_left_out_takes_its_constants_with_it():
    program = Program(parse(["+", "sin", "x1", "pow2", "x1"]))
    assert [program.places(row) for row in (1, 2)] == [range(0), range(2)]
    x = np.linspace(-2, 2, 50)[:, None]
    y = 3 * x[:, 0] ** 2 + 1
    whole = np.array([7.0, 0.5])
    part = HeldProgram(program, whole, [], [2])
    assert (part.size, part.width) == (0, 2)
    found = fit_separable(part, x, y, np.empty((1, 0)), 5)
    assert part.whole_linear(found.linear) == pytest.approx([1.0, 3.0, 0.0])
    assert part.whole(found.theta[None])[0] == pytest.approx(whole)
    waves = HeldProgram(program, whole, [1], [0, 1])
    found = fit_separable(waves, x, 2 * np.sin(1.4 * x[:, 0] + 0.5), np.array([[1.2]]), 30)
    assert waves.whole_linear(found.linear) == pytest.approx([0.0, 0.0, 2.0])
    assert waves.whole(found.theta[None])[0] == pytest.approx([1.4, 0.5])


@pytest.mark.parametrize(
    ("text", "size", "tied"),
    [
        ("+ exp x1 * x1 exp x1", 2, 1),
        ("+ sin x1 * x1 sin x1", 4, 3),  # phases stay free
        ("+ log sin x1 * x1 log sin x1", 8, 4),  # the whole of a logarithm is shared
        ("+ inv + x1 C * x2 inv + x1 C", 2, 1),
        ("+ exp x1 exp x2", 2, 2),
    ],
)
def test_parts_of_one_spelling_share_constants_but_for_phases(text, size, tied):
    program = Program(parse(text.split()))
    part = TiedProgram(program)
    assert (program.size, part.size, part.is_tied) == (size, tied, tied < size)
    rng = np.random.default_rng(5)
    points = rng.uniform(0.3, 1.0, (30, 2))
    theta = np.abs(rng.normal(size=(4, part.size))) + 0.5
    columns, (inner,) = part.columns(points, theta, True)
    np.testing.assert_array_equal(columns, program.columns(points, part.whole(theta), False)[0])
    for k in range(part.size):
        moved = [theta.copy(), theta.copy()]
        moved[0][:, k] += 1e-6
        moved[1][:, k] -= 1e-6
        up, down = (part.columns(points, t, False)[0][:, 1:] for t in moved)
        wanted = ((up - down) / 2e-6).transpose(1, 0, 2)
        if np.abs(inner[:, k]).any():  # a sign stays as it is drawn
            np.testing.assert_allclose(inner[:, k], wanted, rtol=1e-4, atol=1e-6 * max(1, np.abs(wanted).max()))
