"""Constants of skeletons: derivatives, those that are tied or held, and the search among skeletons."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_transformer.constraints import Held, Tied
from srbench_transformer.conversion import skeleton
from srbench_transformer.generator import Generator
from srbench_transformer.neighbours import completed, grown, near, polynomials, power, united, varied
from srbench_transformer.program import Program
from srbench_transformer.search import Search
from srbench_transformer.shortening import shortened
from srbench_transformer.tokens import parse

from srbench_lite import Expression, Samples, Sampling, UsageError
from srbench_lite.fitting.deadline import Clock
from srbench_lite.fitting.pareto_front import Front
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.variable_projection import descend
from srbench_lite.judging.judge import judge
from srbench_lite.methods.discovery import discover


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


def test_what_is_held_does_not_move():
    program = Program(parse(["sin", "x1"]))
    x = np.linspace(-2, 2, 50)[:, None]
    y = 3 * np.sin(1.5 * x[:, 0])
    assert program.offsets == ((1, True),)
    part = Held(program, np.array([1.2, 0.0]), [1])
    found = descend(part, x, y, np.array([[1.2]]), 40)
    assert part.whole(found.theta[None])[0] == pytest.approx([1.5, 0.0])
    assert found.rss < 1e-20


def test_a_term_that_is_left_out_takes_its_constants_with_it():
    program = Program(parse(["+", "sin", "x1", "pow2", "x1"]))
    assert [program.places(row) for row in (1, 2)] == [range(0), range(2)]
    x = np.linspace(-2, 2, 50)[:, None]
    y = 3 * x[:, 0] ** 2 + 1
    whole = np.array([7.0, 0.5])
    part = Held(program, whole, [], [2])
    assert (part.size, part.width) == (0, 2)
    found = descend(part, x, y, np.empty((1, 0)), 5)
    assert part.whole_linear(found.linear) == pytest.approx([1.0, 3.0, 0.0])
    assert part.whole(found.theta[None])[0] == pytest.approx(whole)
    waves = Held(program, whole, [1], [0, 1])
    found = descend(waves, x, 2 * np.sin(1.4 * x[:, 0] + 0.5), np.array([[1.2]]), 30)
    assert waves.whole_linear(found.linear) == pytest.approx([0.0, 0.0, 2.0])
    assert waves.whole(found.theta[None])[0] == pytest.approx([1.4, 0.5])


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
        found, other = program.usual(theta, linear)
        for place, is_phase in program.offsets:
            assert is_phase or found[place] == theta[place]
            assert not is_phase or abs(found[place]) <= np.pi / 2
        with np.errstate(all="ignore"):
            before = linear @ program.columns(x, theta[None], False)[0][0]
            after = other @ program.columns(x, found[None], False)[0][0]
        np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-11)
        assert all(
            (again == once).all() for again, once in zip(program.usual(found, other), (found, other), strict=True)
        )
    outer = Program(parse(["*", "x1", "sin", "x1"]))
    theta, linear = outer.usual(np.array([-2.0, 9.0]), np.array([1.0, 3.0]))
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
        found = program.absorbed(theta, linear, ["a", "b"])
        assert (found is not None) == absorbs
        if found is not None:
            before = linear @ program.columns(x, theta[None], False)[0][0]
            np.testing.assert_allclose(found({"a": x[:, 0], "b": x[:, 1]}), before, rtol=1e-9, atol=1e-12)
            assert len(found.constants) <= program.size + program.width + 2


def test_what_cannot_be_drawn_in_stays_outside():
    square = Program(parse(["pow2", "+", "x1", "x2"]))
    assert square.absorbed(np.array([2.0]), np.array([0.0, -3.0]), ["a", "b"]) is None  # no root of -3
    logarithm = Program(parse(["log", "x1"]))
    assert logarithm.absorbed(np.array([1.0, 0.0]), np.array([800.0, 1.0]), ["a"]) is None  # exp(800) is no number
    assert logarithm.absorbed(np.array([1.0, 0.0]), np.array([0.0, 1.0]), ["a"]) is None  # there is nothing to draw in


def test_constants_of_a_noisy_square_are_those_of_its_sum():
    rng = np.random.default_rng(3)
    x = rng.uniform(-2, 2, (200, 2))
    truth = Expression.parse("(b + a**3 + 0.1*a)**2")
    y = truth({"a": x[:, 0], "b": x[:, 1]})
    problem = Problem.of(Samples(variables=("a", "b"), x=x, y=y + 0.01 * np.std(y) * rng.standard_normal(200)))
    front = Front(problem)
    search = Search(problem, front, Clock(60), 10_000, 1)
    search.propose([("pow2", "+", "x1", "+", "x2", "pow3", "x1")])
    search.finish(4, Clock(60))
    assert front.best().expression.complexity <= truth.complexity
    assert judge(front.best().expression, truth, {k: Sampling(low=-2, high=2) for k in ("a", "b")}).recovered


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
    found = program.express(*program.usual(np.array(theta), np.array([0.0, 1.0])), ["x"])
    wanted = Expression.parse(formula)
    x = np.linspace(-2, 2, 40)
    np.testing.assert_allclose(found({"x": x}), wanted({"x": x}), atol=1e-12)
    assert ("cos" in str(found)) == ("cos" in formula)
    assert not any(abs(abs(c) - np.pi / 2) < 1e-6 for c in found.constants)


@pytest.mark.parametrize(
    ("truth", "skeleton_text"),
    [
        ("2*sin(3*x)", "+ x1 + pow2 x1 sin + x1 pow3 x1"),
        ("x**2 - 3*x", "+ x1 + pow2 x1 + pow3 x1 pow4 x1"),
        ("exp(-0.5*x) + 2", "+ exp x1 sin x1"),
    ],
)
def test_what_noise_has_made_goes_until_the_rest_is_missed(truth, skeleton_text):
    rng = np.random.default_rng(8)
    x = np.linspace(-2, 3, 150)
    y = Expression.parse(truth)({"x": x})
    y = y + 0.01 * np.std(y) * rng.standard_normal(150)
    program = Program(parse(skeleton_text.split()))
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y))
    found = descend(program, problem.x, y, program.draw(problem.x, 32, rng), 40)
    forms = list(
        shortened(program, problem.x, y, found.theta, found.linear, found.rss, misfit=problem.misfit, price=8.0)
    )
    sizes = [np.count_nonzero(linear) for _, linear in forms]
    assert sizes == sorted(sizes, reverse=True)
    front = Front(problem)
    for theta, linear in forms:
        front.offer(program.express(theta, linear, ["x"]))
    assert judge(front.best().expression, Expression.parse(truth), {"x": Sampling(low=-2, high=3)}).recovered


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
    part = Tied(program)
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


def test_rates_that_are_equal_are_found():
    x = np.linspace(-0.7, 0.7, 60)
    y = 13.4 * (x + 2) * np.exp(-x) - 1
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y))
    front = Front(problem)
    assert Search(problem, front, Clock(60), 10_000, 1).propose([("+", "exp", "x1", "*", "x1", "exp", "x1")])
    truth = Expression.parse("13.4*(x + 2)*exp(-x) - 1")
    assert judge(front.best().expression, truth, {"x": Sampling(low=-1, high=1)}).recovered


def spelled(nodes):
    return [" ".join(node.tokens) for node in nodes]


def test_two_skeletons_are_united_as_sums_and_where_they_differ():
    def of(one, other):
        return spelled(united(parse(one.split()), parse(other.split())))

    assert of("+ x1 pow4 x1", "+ x1 pow2 x1") == ["+ x1 + pow2 x1 pow4 x1"]
    assert of("sin + x1 inv x1", "sin pow2 x1") == ["+ sin pow2 x1 sin + x1 inv x1", "sin + x1 + inv x1 pow2 x1"]
    assert of("* x1 sin x1", "* x1 exp x1") == ["+ * x1 exp x1 * x1 sin x1", "* x1 + exp x1 sin x1"]
    assert of("exp x1", "log x1") == ["+ exp x1 log x1"]


def test_missing_powers_and_terms_are_added():
    assert completed(parse(["+", "x1", "pow4", "x1"]), 1).tokens == tuple(
        ["+", "x1", "+", "pow2", "x1", "+", "pow3", "x1", "pow4", "x1"]
    )
    assert spelled(grown(parse(["+", "x1", "*", "x1", "sin", "x1"]), parse(["exp", "x1"]))) == [
        "+ x1 + exp x1 * x1 sin x1", "+ x1 * sin x1 + x1 exp x1", "+ x1 * x1 + exp x1 sin x1",
        "+ x1 * x1 sin + x1 exp x1",
    ]  # fmt: skip
    assert list(grown(parse(["x1"]), parse(["x1"]))) == []


@pytest.mark.parametrize(("variables", "widths"), [(1, [1, 2, 3, 4, 5, 6]), (2, [2, 5, 9, 14])])
def test_polynomials_are_full_and_linear(variables, widths):
    programs = [Program(node) for node in polynomials(variables)]
    assert [program.width - 1 for program in programs] == widths
    assert not any(program.size for program in programs)


def test_functions_arguments_and_factors_are_varied():
    found = spelled(varied(parse(["sin", "x1"]), 1))
    assert set(found) >= {
        "* x1 sin x1",
        "* inv x1 sin x1",
        "exp x1",
        "log x1",
        "sin pow2 x1",
        "sin inv x1",
        "sin sqrt x1",
    }
    both = spelled(varied(parse(["sin", "x1"]), 2))
    assert set(both) >= {"sin x2", "sin * x1 x2", "* x2 sin x1"}
    assert "+ x1 sin pow2 x1" in spelled(varied(parse(["+", "x1", "sin", "x1"]), 1))


@given(seed=st.integers(0, 2**32 - 1), variables=st.sampled_from([1, 2]))
@settings(max_examples=30, deadline=None)
def test_neighbours_are_canonical_skeletons(seed, variables):
    rng = np.random.default_rng(seed)
    generator = Generator(variables=variables, split=None)
    drawn = [s for s in (generator.skeleton(rng) for _ in range(60)) if s is not None][:3]
    leaders = [parse(tokens) for tokens in drawn]
    for node in near(leaders, leaders, variables):
        assert parse(node.tokens) == node
        assert set(node.tokens) >= {"x1"} or "x2" in node.tokens


@pytest.mark.parametrize("leader", ["* x1 sin x1", "inv x1", "log x1", "pow2 x1", "sqrt x1", "abs x1", "exp x1"])
def test_what_has_a_shorter_spelling_is_no_neighbour(leader):
    found = {node.tokens for node in near([parse(leader.split())], [], 2)}
    assert found
    longer = ["* x1 x1", "* x1 inv x1", "inv inv x1", "log pow2 x1", "pow2 pow2 x1", "sqrt pow2 x1", "abs abs x1"]
    assert not found & {tuple(text.split()) for text in longer}


def test_a_skeleton_near_a_proposed_one_is_found():
    x = np.linspace(0.3, 3, 80)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=np.sin(x + 0.4 * x**2) - 2 * np.exp(-x)))
    front = Front(problem)
    search = Search(problem, front, Clock(60), 10_000, 1)
    assert not search.propose([("exp", "x1"), ("sin", "+", "x1", "pow2", "x1")])
    assert search.propose(search.neighbours())


def test_of_an_exact_fit_terms_that_do_nothing_go():
    x = np.linspace(0.3, 3, 80)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=3 * np.sin(2 * x + 1)))
    front = Front(problem)
    search = Search(problem, front, Clock(60), 10_000, 1)
    assert search.propose([("+", "x1", "+", "pow3", "x1", "sin", "+", "x1", "pow2", "x1")])
    assert front.best().expression == Expression.parse("3*sin(2*x + 1)")


def test_in_the_end_offsets_are_tried_at_zero():
    rng = np.random.default_rng(5)
    x = np.linspace(0, 4, 150)
    y = 2 * np.sin(3 * x)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y + 0.02 * rng.standard_normal(150)))
    front = Front(problem)
    search = Search(problem, front, Clock(60), 10_000, 1)
    assert not search.propose([("sin", "x1")])
    search.finish(4, Clock(0))  # no time is left
    with_offsets = front.leader
    assert len(with_offsets.constants) == 4
    search.finish(4, Clock(60))
    assert front.best().expression == Expression.parse("2*sin(3*x)")


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_sparse_polynomial_is_found_among_the_full_ones_and_noise_is_noticed(noise):
    rng = np.random.default_rng(6)
    x = rng.uniform(-2, 2, 200)
    truth = Expression.parse("exp(1.5*x) + log(x + 3)" if noise == 0 else "x**5 - 4*x**3")
    y = truth({"x": x})
    y = y + noise * np.std(y) * rng.standard_normal(200)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y))
    front = Front(problem)
    search = Search(problem, front, Clock(60), 10_000, 1)
    assert not search.is_noisy  # nothing was tried
    assert not search.propose(search.polynomials())
    search.propose(node.tokens for node in near([parse(["+", "pow3", "x1", "pow5", "x1"])], [], 1))
    assert search.is_noisy == (noise > 0)
    search.finish(0, Clock(60))  # the polynomials alone
    if noise:
        assert judge(front.best().expression, truth, {"x": Sampling(low=-2, high=2)}).recovered


def test_work_ends_a_search_and_is_the_same_for_all_machines():
    x = np.linspace(0.3, 3, 80)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=np.exp(-(x**2)) + np.sin(5 * np.sqrt(x))))
    fits = []
    for _ in range(2):
        search = Search(problem, Front(problem), Clock(600), 30, 1)
        search.propose([("sin", "pow2", "x1"), ("exp", "sqrt", "x1"), ("log", "x1")] * 20)
        assert search.is_over
        assert search.left <= 0
        fits.append(search.fits)
    assert fits[0] == fits[1] < 60


def test_a_long_formula_does_not_end_the_search_and_each_length_keeps_its_best():
    x = np.linspace(-0.3, 0.3, 80)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=np.exp(np.sin(x)) / (2 + x)))
    front = Front(problem)
    search = Search(problem, front, Clock(60), 10_000, 1)
    powers = [power(parse(["x1"]), k).tokens for k in range(1, 6)]
    terms = [*powers, ("sin", "x1"), ("exp", "x1"), ("*", "x1", "sin", "x1")]
    long = [token for term in terms[:-1] for token in ("+", *term)] + list(terms[-1])
    assert not search.propose([("x1",), ("exp", "x1"), long])
    lengths = sorted((len(fit.node.tokens), fit.rss) for fit in search.leaders)
    assert len(lengths) >= 2
    assert all(after[1] < before[1] for before, after in itertools.pairwise(lengths))


@pytest.mark.parametrize("text", ["sin C", "inv + C C", "C", "+ x1 log C"])
def test_a_part_without_a_variable_is_refused(text):
    with pytest.raises(UsageError, match="variable"):
        Program(parse(text.split()))


def test_constants_of_the_suites_are_found_when_the_skeleton_is_known():
    suites = discover().suites
    missed = []
    for name in ("nguyen", "sin", "composite"):
        for task in suites[name].tasks:
            problem = Problem.of(task.dataset(seed=1).train)
            front = Front(problem)
            search = Search(problem, front, Clock(60), 10_000, 1)
            exact = search.propose([skeleton(task.truth, tuple(task.variables))] * 3)
            if not exact or not judge(front.best().expression, task.truth, task.variables).recovered:
                missed.append(task.name)
    assert len(missed) <= 1, missed
