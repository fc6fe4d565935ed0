"""The edit distance against a plain recursion, the package zss, SymPy's own trees and SRSD's way to its number."""

from __future__ import annotations

import itertools
import random
import time
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy
import zss
from hypothesis import given
from hypothesis import strategies as st
from labelled_pairs import peer_formulas
from strategies import expressions, tame_number

from srbench_lite.expressions.edit_distance import MAX_TREE_NODES, Tree, canonical, edit_distance, tree_distance
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.scoring import score, simple_form
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling

parse = Expression.parse


LABELS = st.sampled_from("abc")
TREES = st.recursive(
    LABELS.map(Tree),
    lambda smaller: st.builds(Tree, LABELS, st.lists(smaller, min_size=1, max_size=3).map(tuple)),
    max_leaves=8,
)


def as_zss(tree: Tree) -> zss.Node:
    return zss.Node(tree.label, [as_zss(child) for child in tree.children])


def zss_distance(one: zss.Node, two: zss.Node) -> int:
    """Return zss's distance; left alone it compares labels letter by letter where `editdistance` is installed."""
    return int(zss.simple_distance(one, two, label_dist=lambda a, b: int(a != b)))


# --- the distance of trees ----------------------------------------------------------------------------------------


def brute(one: tuple[Tree, ...], two: tuple[Tree, ...]) -> int:
    """Return the edit distance of two forests by the plain recursion."""

    @cache
    def distance(a: tuple[Tree, ...], b: tuple[Tree, ...]) -> int:
        if not a or not b:
            return sum(t.size for t in a + b)
        x, y = a[-1], b[-1]
        return min(
            distance(a[:-1] + x.children, b) + 1,
            distance(a, b[:-1] + y.children) + 1,
            distance(a[:-1], b[:-1]) + distance(x.children, y.children) + (x.label != y.label),
        )

    return distance(one, two)


def grown(rng: random.Random, size: int) -> Tree:
    if size == 1:
        return Tree(rng.choice("abc"))
    parts, left = [], size - 1
    while left:
        part = rng.randint(1, left)
        parts.append(grown(rng, part))
        left -= part
    return Tree(rng.choice("abc"), tuple(parts))


def test_tree_distance_is_the_plain_recursion() -> None:
    rng = random.Random(1)
    for _ in range(300):
        one, two = grown(rng, rng.randint(1, 8)), grown(rng, rng.randint(1, 8))
        assert tree_distance(one, two) == brute((one,), (two,)) == tree_distance(two, one)


@given(TREES, TREES)
def test_tree_distance_is_that_of_zss(one: Tree, two: Tree) -> None:
    assert tree_distance(one, two) == zss_distance(as_zss(one), as_zss(two))


@given(TREES, TREES, TREES)
def test_tree_distance_is_a_metric(one: Tree, two: Tree, three: Tree) -> None:
    def distance(a: Tree, b: Tree) -> int:
        result = tree_distance(a, b)
        assert result is not None
        return result

    assert distance(one, one) == 0
    assert (distance(one, two) == 0) == (one.text == two.text)
    assert distance(one, two) == distance(two, one)
    assert distance(one, three) <= distance(one, two) + distance(two, three)
    assert abs(one.size - two.size) <= distance(one, two) <= one.size + two.size


def test_larger_trees_are_compared_as_zss_does() -> None:
    rng = random.Random(2)
    for size in (20, 40, 60):
        one, two = grown(rng, size), grown(rng, size + 5)
        assert tree_distance(one, two) == zss_distance(as_zss(one), as_zss(two))


def test_the_example_of_zhang_and_shasha() -> None:
    def leaf(label: str) -> Tree:
        return Tree(label)

    one = Tree("f", (Tree("d", (leaf("a"), Tree("c", (leaf("b"),)))), leaf("e")))
    two = Tree("f", (Tree("c", (Tree("d", (leaf("a"), leaf("b"))),)), leaf("e")))
    assert tree_distance(one, two) == 2


@pytest.mark.parametrize(
    ("found", "truth", "distance"),
    [
        ("x*y", "y*x", 0.0),
        ("2*x + 3", "5*x + 1.1", 0.0),
        ("a/b", "a*b**(-1)", 0.0),
        ("sqrt(x)", "x**0.5", 0.0),
        ("2.9*x*1.1", "3*x", 0.0),
        ("x - 2*y", "x + 2*y", 0.0),
        ("x + y + z", "z + y", 1 / 3),
        ("sin(x)", "cos(x)", 1 / 2),
        ("sin(x)", "x", 1.0),
        ("exp(sin(x*y) + cos(z))", "x", 1.0),
    ],
)
def test_edit_distance(found: str, truth: str, distance: float) -> None:
    assert edit_distance(parse(found), parse(truth)) == pytest.approx(distance)


def test_large_trees_are_not_compared() -> None:
    many = parse("+".join(f"sin(x{i})" for i in range(MAX_TREE_NODES)))
    assert edit_distance(many, parse("x0")) is None


def test_the_work_is_bounded() -> None:
    def zigzag(left: bool) -> Expression:
        result = parse("x")
        for op in itertools.islice(itertools.cycle(("sin", "pow")), 200):
            other = parse("y")
            args = (result,) if op == "sin" else (result, other) if left else (other, result)
            result = Expression.call(op, *args)
        return result

    began = time.perf_counter()
    for one, two in itertools.product((zigzag(True), zigzag(False)), repeat=2):
        distance = edit_distance(one, two)
        assert distance is None or 0 <= distance <= 1
    assert time.perf_counter() - began < 20
    assert canonical(zigzag(True)).size > MAX_TREE_NODES // 2


# --- the trees are SymPy's ----------------------------------------------------------------------------------------


def sympy_tree(expr: Any) -> Tree:
    """Return the tree of a SymPy expression as SRSD reads it, in our order."""
    if expr.is_number:
        return Tree("number")
    if expr.is_Symbol:
        return Tree(f"variable {expr.name}")
    label = type(expr).__name__.lower()
    children = [sympy_tree(arg) for arg in expr.args]
    if label in ("add", "mul", "min", "max"):  # SymPy keeps 2*pi*x as three factors; as decimals, for SRSD, it is two
        others = sorted((child for child in children if child.label != "number"), key=lambda child: child.text)
        children = ([Tree("number")] if len(others) < len(children) else []) + others
    return Tree(label, tuple(children))


def check_tree(expression: Expression) -> bool:
    evaluated = expression.to_sympy()
    if evaluated.has(sympy.atan2, sympy.zoo, sympy.nan, sympy.oo):  # formulas have no such operator and no such number
        return False
    assert canonical(Expression.from_sympy(evaluated)).text == sympy_tree(evaluated).text
    return True


def test_the_trees_of_real_formulas_are_sympys() -> None:
    pairs = peer_formulas()
    found = dict.fromkeys(e for pair in pairs for e in (pair.found, pair.truth) if e.complexity <= 60)
    assert sum(check_tree(expression) for expression in found) > 300


@given(expressions(operators=("add", "sub", "mul", "div", "neg", "sin", "cos", "tanh"), constants=tame_number))
def test_the_trees_of_random_formulas_are_sympys(expression: Expression) -> None:
    check_tree(expression)


# --- the score is SRSD's ------------------------------------------------------------------------------------------


def srsd_distance(found: Expression, truth: Expression) -> float:
    """Return SRSD's score, its own way: decimals, factor, simplify, one symbol for numbers, Zhang & Shasha."""

    def node(expr: Any) -> zss.Node:
        label = "number" if expr.is_number else expr.name if expr.is_Symbol else type(expr).__name__
        return zss.Node(label, [node(arg) for arg in expr.args])

    one, two = (node(e.to_sympy().evalf().factor().simplify().subs(1.0, 1)) for e in (found, truth))
    return min(1.0, zss_distance(one, two) / sum(1 for _ in two.iter()))


@pytest.mark.parametrize(
    ("found", "truth"),
    [
        ("x*y", "y*x"),
        ("2*x + 3", "5*x + 1.1"),
        ("sin(x)", "cos(x)"),
        ("sin(x)**2 + cos(x)**2 + x", "x"),
        ("x*y/y + x", "x"),
        ("a*b/(c*d)", "a*b/c"),
        ("a/(b*c)", "a/b/c"),
        ("G*m1*m2/r**2", "G*m1*m2/r"),
        ("x**3 + x**2 + x", "x**3 + x**2"),
        ("exp(-theta**2/2)/2.5066", "exp(-theta**2)"),
        ("log(x) + sin(y)", "log(x)"),
        ("x - 2*y", "x + 2*y"),
        ("exp(x) + 1.5", "tanh(x)"),
    ],
)
def test_edit_distance_is_srsds(found: str, truth: str) -> None:
    names = {*parse(found).variables, *parse(truth).variables}
    domain = {name: Sampling(low=-2.0, high=2.0) for name in names}
    ours = edit_distance(simple_form(parse(found), domain), simple_form(parse(truth), domain))
    assert ours == pytest.approx(srsd_distance(parse(found), parse(truth)))


def test_what_cannot_be_simplified_is_compared_as_it_stands() -> None:
    domain = {"x": Sampling(low=1.0, high=2.0)}
    unwieldy = parse("x + (1 - 1)*x + 1/0")
    assert simple_form(unwieldy, domain) == unwieldy
    assert edit_distance(simple_form(unwieldy, domain), parse("x")) is not None


def test_a_score_compares_simplified_formulas() -> None:
    x = np.linspace(1.0, 2.0, 30)[:, None]
    points = Samples(variables=("x",), x=x, y=3 * x[:, 0])
    found, truth = parse("sin(x)**2*x + cos(x)**2*x + x + x"), parse("x + x + x")
    domain = {"x": Sampling(low=1.0, high=2.0)}
    assert edit_distance(found, truth) == 1.0
    scores = score(found, truth=truth, domain=domain, train=points, test=points, far=None)
    assert (scores.edit_distance, scores.complexity_simplified) == (0.0, 3)
    told = score(
        found, truth=truth, domain=domain, train=points, test=points, far=None, simple_truth=parse("sin(x)")
    )  # fmt: skip
    assert told.edit_distance == 1.0
    assert told.verdict == scores.verdict == "exact"
