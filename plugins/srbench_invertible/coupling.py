"""Affine coupling blocks with symbolic inner functions: y = x_k*S(rest) + T(rest), S and T found in the same way.

From the paper is the block y = x_k*exp(s) + t, whose inverse is x_k = (y - t)/exp(s) (Tohme et al., 2024; Dinh et al.,
2017, equations 7 and 8). It differs that S = exp(s), or -exp(s), is itself searched as a formula, not trained as a
network, and that blocks stack: S and T are chains of invertible maps where one variable is left, and blocks of fewer
variables where more are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_invertible.chains import Chain, chains
from srbench_invertible.smooth import Estimate, estimates
from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem, finite_formula, refit

__all__ = ["blocks"]

Array = NDArray[np.float64]

#: Powers of a variable that are split off as a factor.
_POWERS: Final = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
#: Maps through which the values are seen, and how a formula comes back from there.
_OUTER: Final[dict[str, tuple[Callable[[Array], Array], Callable[[Expression], Expression]]]] = {
    "identity": (lambda v: v, lambda e: e),
    "reciprocal": (np.reciprocal, lambda e: 1 / e),
    "log": (np.log, lambda e: Expression.call("exp", e)),
    "square": (np.square, lambda e: Expression.call("sqrt", e)),
    "sqrt": (np.sqrt, lambda e: e**2),
    "exp": (np.exp, lambda e: Expression.call("log", e)),
}
#: Share of the variance that an estimate may leave at points left out, for a block to be tried.
_MOST_LEFT: Final = 0.01
#: Blocks that are searched, for each number of blocks around them; formulas of S that are gone on with.
_BLOCKS: Final = (5, 2, 1)
_SCALES: Final = 2
#: Pairs of maps in the chains of inner functions, for each number of blocks around them.
_PAIRS: Final = (0, 16, 6, 3)
#: Nodes that a formula has at most, and how many times less must be left for another node.
_MOST_NODES: Final = 80
_GAIN: Final = 3.0
#: Range of values, as a share of their size, that are a constant.
_CONSTANT: Final = 1e-9
#: Steps of a fit of all constants of a block.
_STEPS: Final = 60
#: How many times what an estimate leaves a formula of it may leave.
_ESTIMATED: Final = 3.0
#: Share of the variance of an inner function that a chain may leave: the fit of the whole block goes on from there.
_PLAIN: Final = 1e-10
#: Share of the variance below which nothing is left but rounding.
_EXACT: Final = 1e-24


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """A variable, and what the values are affine in it with."""

    view: str
    values: Array
    column: int
    power: float
    estimate: Estimate


def blocks(
    values: Array,
    x: Array,
    names: Sequence[str],
    *,
    most: int,
    deadline: Deadline,
    depth: int = 0,
    accuracy: float = _EXACT,
) -> list[Chain]:
    """Return formulas that explain values, the best first, at most so many.

    Args:
        values: shape (n,).
        x: variables, shape (n, d).
        names: of them, d.
        most: how many.
        deadline: ends the search.
        depth: blocks around this one.
        accuracy: share of the variance by which the values may be off.
    """
    d = x.shape[1]
    if d == 0 or np.ptp(values) <= _CONSTANT * np.abs(values).max():
        return [Chain(Expression.constant(float(values.mean())), 1.0 if np.ptp(values) else 0.0)]
    if d == 1:
        return chains(
            values, x[:, 0], names[0], pairs=_PAIRS[min(depth, 3)], most=most, deadline=deadline, monotone=False,
            accuracy=max(accuracy, _PLAIN) if depth else accuracy,
        )  # fmt: skip
    problem = Problem.of(Samples(variables=tuple(names), x=x, y=values))
    variation = float(np.square(values - values.mean()).sum())
    enough = max(accuracy, _EXACT)
    found: dict[Expression, float] = {}

    def offer(formula: Expression | None) -> float:
        if formula is None or formula.complexity > _MOST_NODES:
            return 1.0
        fitted = refit(formula, problem, steps=_STEPS)
        left = fitted.rss / variation if np.isfinite(fitted.rss) else 1.0
        found[fitted.expression] = left
        return left

    product = finite_formula(_power_product, values, x, names)
    if product is None or offer(product) > enough:
        _search(values, x, names, offer, depth, deadline, enough)
    ranked = sorted(found.items(), key=lambda item: (max(item[1], enough) * _GAIN ** item[0].complexity, str(item[0])))
    return [Chain(formula, left) for formula, left in ranked[:most]]


def _search(
    values: Array, x: Array, names: Sequence[str], offer: Callable[[Expression | None], float], depth: int,
    deadline: Deadline, enough: float,
) -> None:  # fmt: skip
    """Offer the formulas of the most promising blocks until one is exact."""
    ranked = sorted(_candidates(values, x, depth, deadline), key=lambda block: block.estimate.rank)
    for block in ranked[: _BLOCKS[min(depth, 2)]]:
        rest = [j for j in range(x.shape[1]) if j != block.column]
        inner = x[:, rest]
        inner_names = [names[j] for j in rest]
        factor = x[:, block.column] ** block.power
        written = Expression.variable(names[block.column])
        written = written if block.power == 1 else written**block.power
        back = _OUTER[block.view][1]
        accuracy = max(_ESTIMATED * block.estimate.left, enough)
        scales = blocks(
            block.estimate.scale, inner, inner_names, most=_SCALES, deadline=deadline, depth=depth + 1,
            accuracy=accuracy,
        )  # fmt: skip
        for scale in scales:
            if deadline.is_over:
                return
            columns = dict(zip(inner_names, inner.T, strict=True))
            known = np.broadcast_to(scale.expression(columns), len(values))
            shift = block.values - factor * known
            if offer(finite_formula(_product, written, scale.expression, back)) <= enough:
                return
            if block.estimate.shift is None:
                continue
            with np.errstate(all="ignore"):
                inside = shift / known
            for shifts, is_inside in ((shift, False), (inside, True)):
                if not np.isfinite(shifts).all() or deadline.is_over:
                    continue
                inners = blocks(
                    shifts, inner, inner_names, most=1, deadline=deadline, depth=depth + 1,
                    accuracy=max(accuracy, _ESTIMATED * scale.left),
                )  # fmt: skip
                for each in inners:
                    formula = finite_formula(_joined, written, scale.expression, each.expression, back, is_inside)
                    if offer(formula) <= enough:
                        return


def _product(factor: Expression, scale: Expression, back: Callable[[Expression], Expression]) -> Expression:
    """Return the formula of a block without a shift."""
    return back(factor * scale)


def _joined(
    factor: Expression, scale: Expression, shift: Expression, back: Callable[[Expression], Expression], is_inside: bool
) -> Expression:
    """Return the formula of a block, seen back through its outer map; the scale may stand before the shift too."""
    return back(scale * (factor + shift) if is_inside else factor * scale + shift)


def _candidates(values: Array, x: Array, depth: int, deadline: Deadline) -> Iterator[_Block]:
    """Yield the blocks whose estimates leave little."""
    seen: dict[str, Array] = {}
    for view, (apply, _) in _OUTER.items():
        with np.errstate(all="ignore"):
            through = apply(values)
        if np.isfinite(through).all() and np.ptp(through) > 0 and not (depth and view == "exp"):
            seen[view] = through
    views = np.stack(list(seen.values()), axis=1)  # (n, views)
    for column in range(x.shape[1]):
        if deadline.is_over:
            return
        own, rest = x[:, column], np.delete(x, column, axis=1)
        with np.errstate(all="ignore"):
            factors = {power: factor for power in _POWERS if np.isfinite(1 / (factor := own**power)).all()}
        tried = [(estimates(views, rest, own), 1.0)]
        tried += [(estimates(views / factor[:, None], rest), power) for power, factor in factors.items()]
        for found, power in tried:
            for view, estimate in zip(seen, found, strict=True):
                if estimate is not None and estimate.left < _MOST_LEFT:
                    yield _Block(view, seen[view], column, power, estimate)


def _power_product(values: Array, x: Array, names: Sequence[str]) -> Expression | None:
    """Return c times powers of the variables, by least squares of logarithms; None where signs forbid it."""
    sign = float(np.sign(values[0]))
    if not ((x > 0).all() and (sign * values > 0).all()):
        return None
    design = np.column_stack([np.ones(len(values)), np.log(x)])
    weights = np.linalg.lstsq(design, np.log(sign * values), rcond=None)[0]
    exponents = np.round(2 * weights[1:]) / 2
    size = float(np.exp(np.mean(np.log(sign * values) - np.log(x) @ exponents)))
    formula = Expression.constant(sign * size)
    for name, exponent in zip(names, exponents.tolist(), strict=True):
        if exponent:
            factor = Expression.variable(name)
            formula = formula * (factor if exponent == 1 else factor**exponent)
    return formula
