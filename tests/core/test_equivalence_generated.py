"""The judge against pairs that are equal, or not, by construction: rewrites and mutations of random formulas."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from srbench_lite.equivalence import VerdictWord, judge
from srbench_lite.expression import Expression
from srbench_lite.task import Sampling

X, Y, Z = (Expression.variable(name) for name in "xyz")
PI = Expression.named("pi")
DOMAIN = {
    "x": Sampling(low=-2.0, high=3.0),
    "y": Sampling(low=0.5, high=3.0),
    "z": Sampling(sampling="log", low=1e-2, high=1e2),
}
call, constant = Expression.call, Expression.constant


def columns(n: int = 400) -> dict[str, np.ndarray]:
    """Return random points of the domain, and its corners."""
    rng = np.random.default_rng(7)
    corners = np.array(list(itertools.product(*[sampling.interval for sampling in DOMAIN.values()])))
    inside = np.column_stack([sampling.draw_fresh(n, rng) for sampling in DOMAIN.values()])
    return dict(zip(DOMAIN, np.concatenate([inside, corners]).T, strict=True))


COLUMNS = columns()


def grow(rng: random.Random, depth: int) -> Expression:
    if depth == 0 or rng.random() < 0.1:
        if rng.random() < 0.3:
            return constant(round(rng.uniform(0.2, 5.0), rng.choice([0, 1, 4])) or 1.0)
        return rng.choice([X, Y, Z])
    op = rng.choice(["add", "add", "sub", "mul", "mul", "div", "sin", "cos", "exp", "log", "sqrt", "square", "tanh"])
    if op == "square":
        return grow(rng, depth - 1) ** 2
    arity = 2 if op in ("add", "sub", "mul", "div") else 1
    return call(op, *[grow(rng, depth - 1) for _ in range(arity)])


def truths(n: int) -> list[Expression]:
    """Return random formulas that vary, and are finite, on the whole domain."""
    rng = random.Random(11)
    kept: list[Expression] = []
    while len(kept) < n:
        formula = grow(rng, rng.choice([2, 3, 3, 4]))
        y = formula(COLUMNS)
        if (
            np.isfinite(y).all()
            and np.max(np.abs(y)) < 1e8
            and 1e-2 < np.std(y) < 1e4
            and np.max(np.abs(y)) < 1e3 * np.std(y)
            and formula.complexity > 2
        ):
            kept.append(formula)
    return kept


def at_random_node(
    formula: Expression, rng: random.Random, change: Callable[[Expression], Expression | None]
) -> Expression | None:
    """Apply `change` to one node, chosen among those where it gives something."""
    nodes = list(formula.postorder())
    changed = [change(node) for node in nodes]
    places = [i for i, node in enumerate(changed) if node is not None]
    if not places:
        return None
    place, seen = rng.choice(places), -1

    def rebuilt(node: Expression, args: list[Expression]) -> Expression:
        nonlocal seen
        seen += 1
        new = changed[place]
        return new if seen == place and new is not None else (Expression(node.op, args=args) if args else node)

    return formula.fold(lambda node: rebuilt(node, []), rebuilt)


def positive(node: Expression) -> bool:
    return bool(np.all(node(COLUMNS) > 1e-6))


def rewritten(node: Expression, rng: random.Random) -> Expression | None:
    """Return the same function, written differently."""
    a, b = (*node.args, None, None)[:2]
    options: list[Expression] = []
    if node.op in ("add", "mul"):
        options.append(call(node.op, b, a))
    if node.op == "sub":
        options += [-(b - a), a + (-1) * b]
    if node.op == "div":
        options += [a * b**-1, a * (1 / b)]
        if positive(b):
            options.append(a * call("exp", -call("log", b)))
    if node.op == "mul" and b.op in ("add", "sub"):
        options.append(call(b.op, a * b.args[0], a * b.args[1]))
    if node.op == "sin":
        options += [
            call("cos", a - PI / 2),
            call("cos", a - 1.5707963267948966),
            2 * call("sin", a / 2) * call("cos", a / 2),
        ]
    if node.op == "cos":
        options += [call("sin", a + PI / 2), 1 - 2 * call("sin", 0.5 * a) ** 2]
    if node.op == "exp" and a.op == "add":
        options.append(call("exp", a.args[0]) * call("exp", a.args[1]))
    if node.op == "log":
        options.append(2 * call("log", call("sqrt", a)))
        if a.op in ("mul", "div") and positive(a.args[0]) and positive(a.args[1]):
            options.append(call({"mul": "add", "div": "sub"}[a.op], call("log", a.args[0]), call("log", a.args[1])))
    if node.op == "sqrt":
        options.append(a**0.5)
    if node.op == "tanh":
        options.append(1 - 2 / (call("exp", 2 * a) + 1))
    if node.op == "pow" and b.value == 2:
        options += [a * a, call("abs", a) ** 2]
    if node.is_constant:
        part = round(rng.uniform(0.3, 3.0), 3)
        options += [constant(node.value / part) * part, constant(node.value - part) + part]
    if node.is_operator and positive(node):
        options += [call("exp", call("log", node)), call("sqrt", node**2), call("abs", node)]
    return rng.choice(options) if options else None


def mutated(node: Expression, rng: random.Random) -> Expression | None:
    """Return another function."""
    swap = {
        "add": "sub",
        "sub": "add",
        "mul": "div",
        "div": "mul",
        "sin": "cos",
        "cos": "sin",
        "exp": "tanh",
        "sqrt": "log",
    }
    options: list[Expression] = []
    if node.op in swap:
        options.append(call(swap[node.op], *node.args))
    if node.op == "pow":
        options.append(node.args[0] ** 3)
    if node.is_variable:
        options += [v for v in (X, Y, Z) if v != node]
    if node.is_operator:
        options += [node * (1 + 0.1 * Y), node + 0.1 * call("sin", 3 * Z), node + 0.2 * call("max", X, constant(2.5))]
    return rng.choice(options) if options else None


def off_by(formula: Expression, share: float, rng: random.Random) -> Expression:
    return formula.with_constants(
        c * (1 + rng.choice([-1, 1]) * rng.uniform(0.3, 0.9) * share) if c not in (-1.0, 2.0, 3.0) else c
        for c in formula.constants
    )


def equal_pairs(n: int) -> list[tuple[Expression, Expression]]:
    rng = random.Random(13)
    pairs = []
    for truth in truths(n):
        found = truth
        for _ in range(rng.choice([1, 2, 3, 4])):
            found = at_random_node(found, rng, lambda node: rewritten(node, rng)) or found
        if found != truth and np.isfinite(found(COLUMNS)).all():
            pairs.append((found, truth))
    return pairs


def unequal_pairs(n: int) -> list[tuple[Expression, Expression]]:
    """Pairs that differ by more than a summand, a factor, or constants within reach: shown by least squares."""
    rng = random.Random(17)
    pairs = []
    for truth in truths(n):
        found = at_random_node(truth, rng, lambda node: mutated(node, rng))
        for _ in range(2):
            found = found and (at_random_node(found, rng, lambda node: rewritten(node, rng)) or found)
        if found is None:
            continue
        y, other = truth(COLUMNS), found(COLUMNS)
        if np.isfinite(other).all():
            # what is left after the best factor, summand and small changes of every constant
            slopes = [np.ones_like(y), other]
            for i, c in enumerate(found.constants):
                moved = list(found.constants)
                moved[i] = c * 1.0001
                slopes.append((found.with_constants(moved)(COLUMNS) - other) / 1e-4)
            basis = np.column_stack(slopes)
            good = np.isfinite(basis).all(axis=1)
            if good.sum() < 100:
                continue
            left = y[good] - basis[good] @ np.linalg.lstsq(basis[good], y[good], rcond=None)[0]
            if not np.std(left) > 1e-2 * np.std(y):
                continue
        pairs.append((found, truth))
    return pairs


def words(pairs: list[tuple[Expression, Expression]]) -> tuple[Counter[str], list[str], list[float]]:
    count: Counter[str] = Counter()
    log, seconds = [], []
    for found, truth in pairs:
        verdict = judge(found, truth, DOMAIN)
        count[verdict.word] += 1
        seconds.append(verdict.seconds)
        log.append(f"{verdict.word}: {found}  |  {truth}  |  {verdict.by}")
    return count, log, seconds


def test_rewritten_formulas_are_exact() -> None:
    count, log, seconds = words(equal_pairs(150))
    total = sum(count.values())
    wrong = [line for line in log if not line.startswith("exact")]
    assert count[VerdictWord.EXACT] >= 0.99 * total, "\n".join(wrong)
    assert count[VerdictWord.DIFFERENT] + count[VerdictWord.AFFINE] == 0, "\n".join(wrong)
    assert float(np.median(seconds)) < 0.05


@pytest.mark.parametrize(("share", "word"), [(1e-6, VerdictWord.EXACT), (1e-3, VerdictWord.RECOVERED)])
def test_constants_that_are_a_little_off(share: float, word: VerdictWord) -> None:
    rng = random.Random(19)
    pairs = [(off_by(truth, share, rng), truth) for truth in truths(80)]
    pairs = [(found, truth) for found, truth in pairs if found != truth and np.isfinite(found(COLUMNS)).all()]
    count, log, _ = words(pairs)
    wrong = [line for line in log if not line.startswith((word, "exact"))]
    assert count[word] >= 0.9 * len(pairs), log
    assert len(wrong) <= 0.02 * len(pairs), "\n".join(wrong)


def test_mutated_formulas_are_never_recovered() -> None:
    count, log, _ = words(unequal_pairs(250))
    assert sum(count.values()) > 75
    wrong = [line for line in log if line.startswith(("exact", "recovered"))]
    assert not wrong, "\n".join(wrong)
    assert count[VerdictWord.UNDECIDED] <= 0.01 * sum(count.values()), log


def test_stray_terms_follow_their_effect() -> None:
    for truth in truths(40):
        y = truth(COLUMNS)
        if np.max(np.abs(y)) > 10 * np.std(y):  # std(y) would depend on the points
            continue
        scale = float(np.std(y)) / float(np.max(np.abs(COLUMNS["x"])))
        for share, allowed in ((1e-11, {"exact"}), (1e-5, {"recovered"}), (0.05, {"different", "affine"})):
            stray = float(f"{share * scale:.3e}")
            verdict = judge(truth + stray * X, truth, DOMAIN)
            assert verdict.word in allowed, (str(truth), stray, verdict)
            assert math.isfinite(verdict.seconds)
