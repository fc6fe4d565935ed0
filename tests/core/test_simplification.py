"""Simplified complexity, the child process that computes it, and the edit distance."""

from __future__ import annotations

import itertools
import os
import random
import time
from functools import cache

import pytest

from srbench_lite.child import in_child
from srbench_lite.edit_distance import MAX_TREE, Tree, canonical, edit_distance, tree_distance
from srbench_lite.expression import Expression
from srbench_lite.simplification import complexity_simplified, simplified

parse = Expression.parse


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("sin(x)**2 + cos(x)**2", "1"),
        ("x*y/y + 0*x", "x"),
        ("x + x + x", "3*x"),
        ("E*I + N/S - Q*gamma", "E*I + N/S - Q*gamma"),
        ("x", "x"),
    ],
)
def test_simplified(text: str, simple: str) -> None:
    assert simplified(parse(text)) == parse(simple)


def test_decimals_stay_one_number() -> None:
    assert complexity_simplified(parse("3.1234567*x*2.7182911")) == 3


def test_positive_variables_help() -> None:
    assert simplified(parse("sqrt(x**2)*y"), positive=["x"]) in (parse("x*y"), parse("y*x"))


def test_simplified_is_never_larger() -> None:
    for text in ("(x + 1)*(x + 2)*(x + 3)", "exp(x + y)", "tanh(x)", "x/(x + 1) + y/(y + 1)"):
        result = complexity_simplified(parse(text))
        assert result is not None
        assert result <= parse(text).complexity


@pytest.mark.parametrize("text", ["9**9**9**9*x", "(x + y)**9999999*1.5 + x", "1/0 + x", "sqrt(-1)*x"])
def test_what_cannot_be_simplified_is_none(text: str) -> None:
    began = time.perf_counter()
    assert complexity_simplified(parse(text), time_limit=0.5) is None
    assert time.perf_counter() - began < 5


def test_large_formulas_are_not_tried() -> None:
    assert complexity_simplified(parse("+".join(["x"] * 150))) is None


def test_a_child_answers() -> None:
    assert in_child(lambda: "é" * 100_000, cpu_seconds=5, wall_seconds=5) == "é" * 100_000


def test_a_child_is_ended_and_reaped() -> None:
    def busy() -> str:
        while True:
            pass

    def asleep() -> str:
        time.sleep(60)
        return "late"

    def failing() -> str:
        raise ValueError("on purpose")

    for work in (busy, asleep, failing, lambda: os._exit(3)):
        began = time.perf_counter()
        assert in_child(work, cpu_seconds=0.1, wall_seconds=0.5) is None
        assert time.perf_counter() - began < 3
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_child_inside_a_child() -> None:
    def outer() -> str:
        return in_child(lambda: "deep", cpu_seconds=2, wall_seconds=2) or "nothing"

    assert in_child(outer, cpu_seconds=5, wall_seconds=5) == "deep"


# --- edit distance ------------------------------------------------------------------------------------------------


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
    many = parse("+".join(f"sin(x{i})" for i in range(MAX_TREE)))
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
    assert canonical(zigzag(True)).size == 301 or canonical(zigzag(True)).size > 0
