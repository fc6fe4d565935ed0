"""Random formulas with their domains, and how far another formula is from one, to 100 digits."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping

import mpmath
import numpy as np
from scipy.optimize import least_squares

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS, mpmath_function
from srbench_lite.problems.sampling import Sampling

call, constant = Expression.call, Expression.constant

Domain = Mapping[str, Sampling]


class Truth:
    """A random formula that is finite and varies on its whole domain."""

    def __init__(self, formula: Expression, domain: Domain, rng: random.Random) -> None:
        draw = np.random.default_rng(rng.randrange(2**32))
        self.formula = formula
        self.domain = domain
        self.columns = {name: sampling.draw_fresh(600, draw) for name, sampling in domain.items()}
        self.y = formula(self.columns)
        self.again = formula({name: sampling.draw_fresh(6000, draw) for name, sampling in domain.items()})
        self.points = [{name: float(column[i]) for name, column in self.columns.items()} for i in range(12)]

    @property
    def is_good(self) -> bool:
        y = self.y
        return bool(
            self.formula.variables
            and self.formula.complexity > 2
            and np.isfinite(y).all()
            and np.std(y) > 1e-3 * np.sqrt(np.mean(y**2)) > 0
            and np.max(np.abs(y)) < 30 * np.std(y)
            and 1e-60 < np.std(y) < 1e60
            and np.isfinite(self.again).all()
            and 0.7 < np.std(self.again) / np.std(y) < 1.4
            and all(value(self.formula, point) is not None for point in self.points)
        )

    @property
    def spread(self) -> float:
        return float(np.std(self.y))


# --- truths ---------------------------------------------------------------------------------------------------------


def random_sampling(rng: random.Random) -> Sampling:
    match rng.randrange(6):
        case 0 | 1:
            half = rng.choice([1.0, 2.0, 3.0, 5.0])
            return Sampling(low=-half, high=half)
        case 2 | 3:
            low = rng.choice([0.0, 0.1, 0.5, 1.0])
            return Sampling(low=low, high=low + rng.choice([1.0, 2.0, 4.0]), sampling=rng.choice(["uniform", "grid"]))
        case 4:
            low = 10.0 ** rng.randint(-2, 1)
            return Sampling(sampling="log", low=low, high=low * 10.0 ** rng.choice([1, 2]))
        case _:
            return Sampling(sampling="log", low=0.1, high=10.0, sign=rng.choice(["both", "negative"]))


def random_number(rng: random.Random) -> float:
    digits = rng.choice([0, 1, 2, 4, 15])
    return round(rng.uniform(0.2, 6.0), digits) or 1.0


def grow(rng: random.Random, depth: int, names: list[str]) -> Expression:
    if depth == 0 or rng.random() < 0.1:
        if rng.random() < 0.3:
            return Expression.named("pi") if rng.random() < 0.1 else constant(random_number(rng))
        return Expression.variable(rng.choice(names))
    op = rng.choice(
        ["add"] * 4 + ["sub"] * 2 + ["mul"] * 5 + ["div"] * 3
        + ["sin", "cos", "exp", "log", "sqrt", "tanh", "abs", "atan", "square", "cube", "power", "affine", "max", "neg"]
    )  # fmt: skip
    if op == "square":
        return grow(rng, depth - 1, names) ** 2
    if op == "cube":
        return grow(rng, depth - 1, names) ** 3
    if op == "power":
        return grow(rng, depth - 1, names) ** rng.choice([0.5, 1.5, -1.0, -2.0, round(rng.uniform(0.3, 3.0), 2)])
    if op == "affine":
        inner = random_number(rng) * grow(rng, depth - 1, names) + random_number(rng)
        return call(rng.choice(["sin", "cos", "exp", "log", "sqrt", "tanh"]), inner)
    arity = OPERATORS[op].arity
    return call(op, *[grow(rng, depth - 1, names) for _ in range(arity)])


def in_other_units(truth: Expression, domain: Domain, rng: random.Random) -> tuple[Expression, Domain]:
    """Return the same problem with variables in other units: charges of 1e-19, masses of 1e24."""
    changed = dict(domain)
    mapping = {}
    for name, sampling in domain.items():
        if sampling.sampling == "log" or rng.random() < 0.5:
            unit = float(f"{rng.uniform(1.0, 9.9):.3f}e{rng.choice([-23, -19, -11, -6, 8, 12, 24])}")
            mapping[name] = Expression.variable(name) / unit
            low, high = sampling.low * unit, sampling.high * unit
            changed[name] = Sampling(sampling=sampling.sampling, low=low, high=high, sign=sampling.sign)
    factor = float(f"{rng.uniform(1.0, 9.9):.4f}e{rng.choice([-34, -11, 0, 9])}")
    return factor * truth.substitute(mapping), changed


def random_truths(count: int, rng: random.Random) -> Iterator[Truth]:
    made = 0
    pools = [["x"], ["x", "y"], ["x1", "x2", "x3"], ["a", "b", "c", "d"], ["E", "I", "N", "gamma", "q"]]
    while made < count:
        names = rng.choice(pools)
        formula = grow(rng, rng.choice([2, 3, 3, 4, 4, 5]), names)
        domain: Domain = {name: random_sampling(rng) for name in names}
        if rng.random() < 0.15:
            formula, domain = in_other_units(formula, domain, rng)
        if formula.complexity > 40:
            continue
        truth = Truth(formula, domain, rng)
        if truth.is_good:
            made += 1
            yield truth


# --- 100 digits -----------------------------------------------------------------------------------------------------


def value(formula: Expression, point: Mapping[str, float]) -> mpmath.mpf | None:
    """Return the formula's value with 100 digits, by mpmath; None where it is not real and finite."""

    def leaf(node: Expression) -> mpmath.mpf:
        if node.value is not None:
            return mpmath.mpf(repr(node.value))
        if node.name is not None:
            return mpmath.mpf(point[node.name])
        return {"pi": +mpmath.pi, "e": +mpmath.e}[node.op]

    def inner(node: Expression, args: list[mpmath.mpf]) -> mpmath.mpf:
        result = mpmath_function(node.op, mpmath)(*args)
        if isinstance(result, mpmath.mpc) or not mpmath.isfinite(result):
            raise ArithmeticError
        return result

    with mpmath.workdps(100):
        try:
            return formula.fold(leaf, inner)
        except (ArithmeticError, ValueError, OverflowError):
            return None


def deviation(found: Expression, truth: Truth) -> float:
    """Return the largest deviation at random points in units of std(y); infinite where only one has a value."""
    largest = 0.0
    for point in truth.points:
        one, two = value(found, point), value(truth.formula, point)
        if one is None or two is None:
            return math.inf
        largest = max(largest, float(abs(one - two)) / truth.spread)
    return largest


def best_deviation(found: Expression, truth: Truth, margin: float) -> float:
    """Return the deviation that is left when every constant is fitted within `margin` of itself."""
    start = np.array(found.constants)
    y = found(truth.columns)
    if not np.isfinite(y).all():
        return math.inf
    free = []
    for i, c in enumerate(start):  # not the exponents of what may be negative
        moved = start.copy()
        moved[i] *= 1 + margin
        if c != 0 and np.isfinite(found.with_constants(moved)(truth.columns)).all():
            free.append(i)

    def residuals(shares: np.ndarray) -> np.ndarray:
        moved = start.copy()
        moved[free] *= 1 + shares
        with np.errstate(all="ignore"):
            off = (found.with_constants(moved)(truth.columns) - truth.y) / truth.spread
        return np.where(np.isfinite(off), np.clip(off, -1e6, 1e6), 1e6)

    if free:
        starts = [np.zeros(len(free)), *np.random.default_rng(1).uniform(-margin, margin, (3, len(free)))]
        solved = min(
            (
                least_squares(
                    residuals,
                    s,
                    bounds=(-margin, margin),
                    x_scale=margin,
                    max_nfev=60,
                    ftol=1e-15,
                    xtol=1e-15,
                    gtol=1e-15,
                )
                for s in starts
            ),
            key=lambda result: float(result.cost),
        )
        moved = start.copy()
        moved[free] *= 1 + solved.x
        found = found.with_constants(moved)
    return deviation(found, truth)


def sampling_text(domain: Domain) -> str:
    return "; ".join(f"{name}={s.sampling}:{s.low!r}:{s.high!r}:{s.sign}" for name, s in domain.items())


def perturbed(formula: Expression, share: float, rng: random.Random) -> Expression:
    """Return the formula with every constant off by up to `share` of itself, powers of what may be negative aside."""
    fixed = {
        id(leaf)
        for node in formula.postorder()
        if node.op == "pow" and float(node.args[1]({})[0] if not node.args[1].variables else 0.5).is_integer()
        for leaf in node.args[1].postorder()
    }

    def leaf(node: Expression) -> Expression:
        if node.value is None or id(node) in fixed:
            return node
        return constant(node.value * (1 + rng.choice([-1, 1]) * rng.uniform(0.5, 0.9) * share))

    return formula.fold(leaf, lambda node, args: Expression(node.op, args=args))
