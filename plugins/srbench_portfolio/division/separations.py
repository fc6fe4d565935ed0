"""`Separation`: y as a sum or a product of parts in other variables, found from the points alone.

A surrogate that has no column with both x_i and x_j in it predicts as well as one that has, if y has no term of both.
What is left is a graph of the variables that belong together; its components are the parts (AI Feynman's additive and
multiplicative separability, Udrescu & Tegmark, Science Advances 6, 2020, but from the points, without a network).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Samples
from srbench_lite.fitting import Deadline
from srbench_portfolio.division.surrogate import Surrogate, fit_surrogate

__all__ = ["Separation", "separations"]

Array = NDArray[np.float64]

#: Two variables do not belong together if a surrogate without their products has an error no larger than this share.
_MAX_RISE: Final = 1.05
#: The surrogate of the parts must have an error below this share of the spread of the target.
_MAX_ERROR: Final = 0.02
_MAX_VARIABLES: Final = 8
#: Parts that are looked at first, each in turn: one may be easier to name than the other.
_FIRST_PARTS: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """One part of a target, and the variables of the rest.

    Attributes:
        is_product: whether the parts are factors; else they are terms.
        part: the variables of the part with its values up to a constant, as samples.
        rest: places of the other variables.
        error: of the surrogate, relative to the spread of the target (of its logarithm for a product).
    """

    is_product: bool
    part: Samples
    rest: tuple[int, ...]
    error: float


def separations(samples: Samples, budget: Deadline) -> list[Separation]:
    """Return the parts into which a target falls, the most certain first, of these those with the fewest variables.

    Args:
        samples: the problem.
        budget: when it is over, no more are looked for.
    """
    d = len(samples.variables)
    if not 2 <= d <= _MAX_VARIABLES:
        return []
    found = []
    with np.errstate(all="ignore"):
        y = samples.y
        for is_product in (False, True):
            if is_product and not ((y > 0).all() or (y < 0).all()):
                continue
            target = np.log(np.abs(y)) if is_product else y
            found += _separated(samples, target, budget, is_product=is_product)
    return sorted(found, key=lambda s: s.error)


def _separated(samples: Samples, target: Array, budget: Deadline, *, is_product: bool) -> list[Separation]:
    x, d = samples.x, len(samples.variables)
    full = fit_surrogate(x, target)
    spread = float(np.std(target))
    if full is None or spread == 0.0:
        return []
    together = np.zeros((d, d), dtype=bool)
    for i, j in itertools.combinations(range(d), 2):
        if budget.is_over:
            return []
        groups = tuple(tuple(k for k in range(d) if k != out) for out in (i, j))
        without = fit_surrogate(x, target, groups=groups)
        apart = without is not None and without.error <= max(_MAX_RISE * full.error, 1e-13 * spread)
        together[i, j] = together[j, i] = not apart
    components = _components(together)
    if len(components) < 2:
        return []
    parts = fit_surrogate(x, target, groups=tuple(components), top=18)
    if parts is None or parts.error > min(_MAX_ERROR * spread, full.error * _MAX_RISE):
        return []
    found = []
    for chosen in sorted(components, key=lambda c: (len(c), c))[:_FIRST_PARTS]:
        values = _part_values(parts, x, chosen)
        if is_product:
            values = np.exp(values - values.mean())
        part = Samples(variables=tuple(samples.variables[j] for j in chosen), x=x[:, list(chosen)], y=values)
        rest = tuple(j for j in range(d) if j not in chosen)
        found.append(Separation(is_product, part, rest, parts.error / spread))
    return found


def _components(together: NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """Return the connected components of a graph, each as places in order."""
    left, components = set(range(len(together))), []
    while left:
        reached, edge = set(), {min(left)}
        while edge:
            reached |= edge
            edge = {j for i in edge for j in np.flatnonzero(together[i]).tolist()} - reached
        components.append(tuple(sorted(reached)))
        left -= reached
    return components


def _part_values(surrogate: Surrogate, x: Array, chosen: tuple[int, ...]) -> Array:
    """Return the sum of those columns of a surrogate that have variables of one part only, shape (n,)."""
    others = [j for j in range(x.shape[1]) if j not in chosen]
    of_part = (surrogate.exponents[:, others] == 0).all(axis=1) & (surrogate.exponents.sum(axis=1) > 0)
    return np.asarray(surrogate.columns(x)[:, of_part] @ surrogate.coefficients[: len(of_part)][of_part])
