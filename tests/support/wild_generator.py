"""Seeded random tasks of many kinds, wider than those of `lies_generator`, to choose and measure a search on.

Formulas are grown from a grammar of sums, products, quotients, powers and units, with constants anywhere; a kind says
only how large, in how many variables and over which ranges. None is written down, and none has the skeleton of a
formula of a suite, monomials and polynomials aside. Rules and constants of methods are decided on `CHOOSING`;
`REPORTING` decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Final

import numpy as np
from lies_generator import is_elementary, skeleton
from numpy.random import Generator
from numpy.typing import NDArray

from srbench_lite import Expression, Sampling, Task
from srbench_lite.methods.discovery import discover

__all__ = ["CHOOSING", "KINDS", "REPORTING", "draw_task"]

_SEED: Final = 20_261_130
_NAMES: Final = tuple("abcdfghkmnpqrstuvwz")  # no e, which is a number
_POINTS: Final = 2_000
#: Names of the functions of one argument, and how likely each is.
_UNITS: Final = {
    "exp": 0.26, "sin": 0.14, "cos": 0.14, "log": 0.12, "sqrt": 0.2, "tanh": 0.06, "atan": 0.03, "asin": 0.02,
    "sinh": 0.03,
}  # fmt: skip
#: A unit's argument stays within this: three periods of a sine.
_WIDEST: Final = 20.0
#: Powers of ten by which variables and target may be rescaled in the kind `units`.
_MOST_DECADES: Final = 24.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What formulas of a kind are like.

    Attributes:
        name: of the kind.
        variables: fewest and most that the formula has.
        dummies: most further variables without effect.
        terms: fewest and most of the sum.
        depth: how deep factors may nest.
        unit, group: chances that a factor is a unit, or a sum in brackets; else it is a power of a variable.
        below: chance that a factor divides.
        constant: chance of a constant at each place where one may stand.
        signed: chance that variables take both signs.
        log: whether variables are drawn log-uniformly, in units in which they are very large or small.
    """

    name: str
    variables: tuple[int, int] = (1, 4)
    dummies: int = 0
    terms: tuple[int, int] = (1, 2)
    depth: int = 1
    unit: float = 0.25
    group: float = 0.2
    below: float = 0.3
    constant: float = 0.3
    signed: float = 0.2
    log: bool = False


KINDS: Final = (
    Kind("units", variables=(2, 5), terms=(1, 2), unit=0.35, constant=0.3, signed=0.0, log=True),
    Kind("sums", variables=(2, 5), terms=(2, 2), depth=1, unit=0.4, group=0.15, signed=0.3),
    Kind("products", variables=(2, 6), terms=(1, 1), depth=2, unit=0.25, group=0.45, signed=0.1),
    Kind("dummies", variables=(1, 3), dummies=5, terms=(1, 2), unit=0.35, signed=0.3),
    Kind("constants", variables=(1, 2), terms=(1, 2), depth=2, unit=0.5, constant=0.8, signed=0.5),
    Kind("rational", variables=(1, 3), terms=(1, 2), depth=2, unit=0.0, group=0.6, below=0.5, constant=0.5, signed=0.3),
    Kind("many", variables=(5, 9), terms=(1, 3), unit=0.15, group=0.25, signed=0.1),
)  # fmt: skip


@dataclass(slots=True)
class _Grower:
    """Grows one formula."""

    rng: Generator
    kind: Kind
    unused: list[str]
    names: list[str]

    def formula(self) -> Expression:
        """A sum of as many terms as the kind has; every variable stands somewhere."""
        rng, terms = self.rng, int(self.rng.integers(self.kind.terms[0], self.kind.terms[1] + 1))
        total = self.term(self.kind.depth, last=terms == 1)
        for index in range(1, terms):
            term = self.term(self.kind.depth, last=index == terms - 1)
            total = total - term if rng.random() < 0.35 else total + term
        return total

    def name(self) -> str:
        """An unused variable most of the time, else any."""
        if self.unused and self.rng.random() < 0.85:
            return self.unused.pop()
        return str(self.rng.choice(self.names))

    def constant(self) -> float:
        """One to three digits, most often a small number."""
        rng = self.rng
        if rng.random() < 0.5:
            return float(rng.choice([2, 3, 0.5, 1.5, 4, 0.25, 5, 0.1, 10]))
        value = 1.0
        while value == 1.0:
            value = float(f"{10 ** rng.uniform(-1, 1):.{rng.integers(1, 4)}g}")
        return value

    def power(self) -> Expression:
        variable = Expression.variable(self.name())
        exponent = float(self.rng.choice([1, 2, 3, 0.5], p=[0.66, 0.22, 0.05, 0.07]))
        return (
            variable if exponent == 1 else Expression.call("sqrt", variable) if exponent == 0.5 else variable**exponent
        )

    def factor(self, depth: int) -> Expression:
        draw = self.rng.random()
        if depth > 0 and draw < self.kind.unit:
            op = str(self.rng.choice(list(_UNITS), p=np.array(list(_UNITS.values()))))
            return Expression.call(op, self.argument(depth - 1))
        if depth > 0 and draw < self.kind.unit + self.kind.group:
            group = self.group(depth - 1)
            return group**2 if self.rng.random() < 0.15 else group
        return self.power()

    def argument(self, depth: int) -> Expression:
        if self.rng.random() < 0.35:
            return self.group(depth)
        inner = self.product(depth, int(self.rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15])))
        inner = self.constant() * inner if self.rng.random() < self.kind.constant else inner
        return -inner if self.rng.random() < 0.25 else inner

    def group(self, depth: int) -> Expression:
        """A sum of two."""
        rng = self.rng
        left = self.product(depth, 1 + int(rng.random() < 0.3))
        if rng.random() < 0.4:
            other = Expression.constant(self.constant() if rng.random() < self.kind.constant else 1.0)
        else:
            other = self.product(depth, 1 + int(rng.random() < 0.3))
            other = self.constant() * other if rng.random() < self.kind.constant else other
        if rng.random() < 0.5:
            left, other = other, left
        return left - other if rng.random() < 0.4 else left + other

    def product(self, depth: int, factors: int) -> Expression:
        result = self.factor(depth)
        for _ in range(factors - 1):
            factor = self.factor(depth)
            result = result / factor if self.rng.random() < self.kind.below else result * factor
        return result

    def term(self, depth: int, *, last: bool) -> Expression:
        """A product; the last one takes what variables are left."""
        result = self.product(depth, int(self.rng.choice([1, 2, 3], p=[0.35, 0.4, 0.25])))
        while last and self.unused:
            factor = self.factor(depth)
            result = result / factor if self.rng.random() < self.kind.below else result * factor
        return self.constant() * result if self.rng.random() < self.kind.constant else result


def _interval(rng: Generator, kind: Kind) -> Sampling:
    if kind.log:
        low = 10 ** rng.uniform(-1, 0)
        return Sampling(low=low, high=low * 10 ** rng.uniform(0.7, 2.0), sampling="log")
    if rng.random() < kind.signed:
        high = float(rng.choice([1.0, 2.0, 3.0, 5.0]))
        return Sampling(low=-high, high=high)
    low, high = ((1.0, 5.0), (1.0, 3.0), (0.0, 2.0), (0.5, 3.0), (0.0, 4.0), (2.0, 6.0))[rng.integers(6)]
    return Sampling(low=low, high=high)


Columns = dict[str, NDArray[np.float64]]


def _columns(variables: dict[str, Sampling], seed: int = 0) -> Columns:
    rng = np.random.default_rng(seed)
    return {name: sampling.draw_fresh(_POINTS, rng) for name, sampling in variables.items()}


def _is_wild(node: Expression, columns: Columns) -> bool:
    """Whether it has a pole, a root or logarithm near its end, or a unit of too wide an argument."""
    if node.op == "div":
        below = np.abs(node.args[1](columns)) * np.ones(_POINTS)
        return not np.min(below) > 1e-3 * np.median(below)
    if node.op in ("log", "sqrt"):
        return not np.min(node.args[0](columns)) > 0
    return node.op in ("sin", "cos", "exp", "sinh") and not np.max(np.abs(node.args[0](columns))) < _WIDEST


def _is_tame(truth: Expression, columns: Columns) -> bool:
    """Whether values are finite and none far from all others, and every variable and every term matters."""
    if not truth.variables or any(node.args and _is_wild(node, columns) for node in truth.postorder()):
        return False
    values = truth(columns) * np.ones(_POINTS)
    spread = float(np.std(values))
    if not np.isfinite(spread) or not spread > 1e-3 * np.max(np.abs(values)):
        return False
    if np.max(np.abs(values - np.mean(values))) > 25 * spread:
        return False
    rng = np.random.default_rng(0)
    for name in truth.variables:
        moved = truth(columns | {name: rng.permutation(columns[name])})
        if not np.std(moved - values) > 0.03 * spread:
            return False
    return _every_part_matters(truth, columns, values, spread)


def _every_part_matters(truth: Expression, columns: Columns, values: NDArray[np.float64], spread: float) -> bool:
    """Whether no part of a sum can be replaced by its mean without a change."""
    order = list(truth.postorder())
    for node in order:
        if node.op not in ("add", "sub") or not node.variables:
            continue
        for side in (0, 1):
            part = node.args[side]
            if part.variables:
                mean = Expression.constant(float(np.mean(part(columns))))
                other = Expression.call(node.op, *(mean if k == side else arg for k, arg in enumerate(node.args)))
                if not np.std(_replaced(truth, node, other)(columns) - values) > 0.01 * spread:
                    return False
            elif not abs(float(np.mean(part(columns)))) > 1e-3 * float(np.std(node.args[1 - side](columns))):
                return False
    return True


def _replaced(formula: Expression, node: Expression, other: Expression) -> Expression:
    if formula == node:
        return other
    if not formula.args:
        return formula
    return Expression.call(formula.op, *(_replaced(arg, node, other) for arg in formula.args))


@cache
def _taken() -> frozenset[str]:
    """Return the skeletons that no task may have: those of all suites that are installed."""
    return frozenset(
        skeleton(task.truth) for suite in discover().suites.values() for task in suite.tasks if task.truth is not None
    )


def _rescaled(
    truth: Expression, variables: dict[str, Sampling], rng: Generator
) -> tuple[Expression, dict[str, Sampling]]:
    """Return the formula with each variable, and the value, in another unit."""
    factors = {name: float(f"{10 ** rng.uniform(-_MOST_DECADES, _MOST_DECADES):.4g}") for name in variables}
    mapping = {name: Expression.variable(name) / factor for name, factor in factors.items()}
    new = {
        name: replace(sampling, low=sampling.low * factors[name], high=sampling.high * factors[name])
        for name, sampling in variables.items()
    }
    return truth.substitute(mapping), new


def draw_task(number: int) -> Task:
    """Return generated task `number`, of the kind `number % len(KINDS)`."""
    kind = KINDS[number % len(KINDS)]
    for attempt in count():
        rng = np.random.default_rng([_SEED, number, attempt])
        n_variables = int(rng.integers(kind.variables[0], kind.variables[1] + 1))
        names = [str(name) for name in rng.choice(_NAMES, n_variables + kind.dummies, replace=False)]
        used = names[:n_variables]
        variables = {name: _interval(rng, kind) for name in names}
        truth = _Grower(rng, kind, list(used), used).formula()
        if set(truth.variables) != set(used) or not 7 <= truth.complexity <= 60:
            continue
        if not _is_tame(truth, _columns(variables)):
            continue
        if not is_elementary(truth) and skeleton(truth) in _taken():
            continue
        break
    if kind.log:
        truth, variables = _rescaled(truth, variables, rng)
    variables = {name: variables[name] for name in sorted(variables)}
    return Task(
        name=f"wild/{kind.name}-{number:04d}", suite="wild", truth=truth, variables=variables,
        n_train=int(rng.choice([100, 200, 200, 1000])), source="seeded generator",
    )  # fmt: skip


#: On these rules and constants of methods are decided.
CHOOSING: Final = tuple(range(140))
#: These decide nothing: figures of whole methods.
REPORTING: Final = tuple(range(10_000, 10_140))
