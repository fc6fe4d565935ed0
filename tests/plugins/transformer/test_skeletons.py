"""What skeletons are: one form for one function, tokens, and the functions that are drawn."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from srbench_transformer import MOST_LIKELIEST
from srbench_transformer.algebra import Sum, Term
from srbench_transformer.conversion import held_out, skeleton
from srbench_transformer.generator import Generator, fingerprint, split_of, values
from srbench_transformer.likeliest import counted, likeliest
from srbench_transformer.neighbours import is_plain, polynomials, terms_of
from srbench_transformer.tasks import drawn_suite
from srbench_transformer.tokens import BEGIN, END, LONGEST, PAD, TOKENS, parse
from srbench_transformer.training import chunk

from srbench_lite import Expression, UsageError
from srbench_lite.methods.discovery import discover


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2*sin(x) + 3", "sin(x)"),
        ("cos(3*x + 1)", "sin(x)"),
        ("sin(x)**2", "cos(2*x)"),
        ("(x + 1)**2", "x**2 + x"),
        ("x*(sin(x) + 2)", "x*sin(x) + x"),
        ("exp(x + 2)*exp(3*x)", "exp(x)"),
        ("exp(2*log(x))*5", "x**2"),
        ("log(7*x + 2)", "log(x + 1)"),
        ("log(exp(x))", "x"),
        ("log(x**3)", "log(x)"),
        ("sqrt(4*x)", "sqrt(x)"),
        ("sqrt(x)*sqrt(x)", "x"),
        ("sqrt(x**2)", "abs(x)"),
        ("abs(-3*x)", "abs(x)"),
        ("x/(x**2*3)", "1/x"),
        ("x - x + y", "y"),
        ("tanh(1 - x)", "tanh(x)"),
        ("x**y", "exp(y*log(x))"),
        ("abs(x)**2", "x**2"),
        ("tan(x)", "sin(x)/cos(x)"),
    ],
)
def test_what_differs_by_constants_only_has_one_skeleton(one, other):
    names = ("x", "y")
    first, second = (skeleton(Expression.parse(text), names) for text in (one, other))
    assert first is not None
    assert first == second


@pytest.mark.parametrize("text", ["3", "x - x", "asin(x)", "a + b + c", "1/(x - x)"])
def test_what_has_no_skeleton(text):
    formula = Expression.parse(text)
    assert skeleton(formula, formula.variables or ("x",)) is None


def value_of(formula: Sum, x: np.ndarray) -> np.ndarray:
    """Evaluate a sum without its own rules."""
    functions = {"sin": np.sin, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "abs": np.abs}

    def term_of(term: Term) -> np.ndarray:
        result = np.ones(len(x))
        for (name, inner), exponent in term:
            if name == "x":
                base = x[:, inner]
            else:
                argument = value_of(inner, x)
                base = argument if name == "sum" else functions[name](argument)
            result = result * base ** float(exponent)
        return result

    return formula.constant + sum((c * term_of(t) for t, c in formula.terms), np.zeros(len(x)))


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 2))
@example(139076, 2)  # a sine of numbers so large that rounding decides their phase
def test_a_sum_is_the_function_that_was_drawn(seed, variables):
    from srbench_transformer.generator import _sum

    generator = Generator(variables=variables, split=None, thinned=False)
    for drawn in itertools.islice(generator.accepted(np.random.default_rng(seed)), 5):
        with np.errstate(all="ignore"):
            found = value_of(_sum(drawn.tree), drawn.x)
            beside = values(drawn.tree, drawn.x * (1 + 1e-13))
        both = np.isfinite(found) & np.isfinite(drawn.y)
        assert both.mean() > 0.5
        size = 1e-300 + np.abs(drawn.y).max()
        steady = both & (np.abs(beside - drawn.y) < 1e-7 * size)
        error = np.abs(found - drawn.y)[steady] / size
        assert not len(error) or np.median(error) < 1e-6
        tokens = drawn.skeleton
        assert parse(tokens).tokens == tokens
        assert len(tokens) <= LONGEST


@pytest.mark.parametrize(
    ("tokens", "said"),
    [("", "ends too early"), ("+ x1", "ends too early"), ("x1 x1", "goes on"), ("sin zz", "unknown token 'zz'")],
)
def test_what_is_no_skeleton_says_why(tokens, said):
    with pytest.raises(UsageError, match=said):
        parse(tokens.split())


def test_chains_are_put_in_order():
    assert parse(["+", "pow2", "x1", "+", "sin", "x1", "x1"]).tokens == tuple(
        ["+", "x1", "+", "pow2", "x1", "sin", "x1"]
    )
    assert parse(["*", "sin", "x1", "+", "C", "x1"]).tokens == tuple(["*", "sin", "x1", "+", "x1", "C"])


def test_training_never_draws_a_classic_nor_another_split():
    """The functions of the first steps of the training with the seed of the weights that ship."""
    seen = chunk(0, 0, 1, 2000, 0.4)[0].tokens
    drawn = {tuple(TOKENS[c] for c in row if c not in (PAD, BEGIN, END)) for row in seen.tolist()}
    assert len(drawn) > 500
    assert not drawn & held_out()
    assert {split_of(tokens) for tokens in drawn} == {"training"}
    other = chunk(1, 0, 1, 200, 0.4, split="held-out")[0].tokens
    assert not drawn & {tuple(TOKENS[c] for c in row if c not in (PAD, BEGIN, END)) for row in other.tolist()}


def test_every_classic_in_two_variables_is_held_out():
    suites = discover().suites
    for name in ("nguyen", "feynman"):
        for task in suites[name].tasks:
            for names in itertools.permutations(task.variables):
                tokens = skeleton(task.truth, names)
                assert tokens is None or len(tokens) <= 3 or len(tokens) > LONGEST or tokens in held_out()


def test_the_same_seed_draws_the_same():
    one, other = chunk(3, 5, 2, 20, 0.5)[1], chunk(3, 5, 2, 20, 0.5)[1]
    np.testing.assert_array_equal(one.features, other.features)
    np.testing.assert_array_equal(one.tokens, other.tokens)
    np.testing.assert_array_equal(one.spectrum, other.spectrum)
    assert np.isfinite(one.features).all()
    assert np.isfinite(one.spectrum).all()
    assert (one.tokens != chunk(3, 6, 2, 20, 0.5)[1].tokens).any()


def test_trees_of_one_size_are_drawn_alike():
    """Of two internal nodes there are six shapes; arities in prefix order."""
    from srbench_transformer.generator import _shape

    rng = np.random.default_rng(0)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        shape = tuple(_shape(2, rng))
        counts[shape] = counts.get(shape, 0) + 1
    assert len(counts) == 6
    assert max(counts.values()) < 1.25 * min(counts.values())


def test_a_fingerprint_is_that_of_the_function():
    tree = ("add", ("x", 0), ("x", 0))
    assert fingerprint(tree) == fingerprint(("mul", ("c", 2.0), ("x", 0)))
    assert fingerprint(tree) != fingerprint(("mul", ("c", 2.001), ("x", 0)))
    assert fingerprint(("log", ("sub", ("x", 0), ("x", 0)))) is None


def test_a_suite_of_drawn_functions_is_one_of_held_out_skeletons():
    suite = drawn_suite("drawn-2", 2, 12, 7)
    assert len(suite.tasks) == 12
    for task in suite.tasks:
        tokens = skeleton(task.truth, tuple(task.variables))
        assert {"x1", "x2"} <= set(tokens)
        assert split_of(tokens) == "held-out"
        assert np.isfinite(task.dataset(seed=1).train.y).all()


@pytest.mark.parametrize("variables", [1, 2])
def test_the_likeliest_skeletons_are_plain_and_no_polynomials(variables):
    listed = likeliest(variables)
    assert len(listed) == len(set(listed)) == MOST_LIKELIEST
    whole = {term for node in polynomials(variables) for term in terms_of(node)}
    for tokens in listed:
        node = parse(tokens)
        assert node.tokens == tokens
        assert is_plain(node)
        assert not set(terms_of(node)) <= whole
        assert {token for token in tokens if token in ("x1", "x2")} <= {f"x{k}" for k in range(1, variables + 1)}
    assert ("sin", "x1") in listed[:50]


def test_those_that_come_more_often_come_first():
    few = counted(1, 3000, 4, most=20)
    drawn = Generator(variables=1, split=None)
    rng = np.random.default_rng(4)
    counts = Counter(drawn.skeleton(rng) for _ in range(3000))
    numbers = [counts[skeleton] for skeleton in few]
    assert numbers == sorted(numbers, reverse=True)
    assert few == counted(1, 3000, 4, most=20)
    assert len(set(few) & set(likeliest(1)[:60])) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("variables", [1, 2])
def test_the_list_is_what_its_command_writes(variables):
    assert tuple(counted(variables, 100_000, 0)) == likeliest(variables)
