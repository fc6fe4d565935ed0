"""`Reduction`: the same problem in fewer variables, found from the points alone.

Three symmetries are looked for, each a direction along which the target changes in a simple way:

- a variable without effect: d y / d x_i = 0;
- translations: y depends on differences such as a - b only, so that sum a_i d y / d x_i = 0 for whole numbers a_i;
- scalings: y(.., x_i * exp(a_i t), ..) = exp(b t) * y, so that sum a_i x_i d y / d x_i = b y. Physics calls it
  dimensional analysis (Buckingham, Phys. Rev. 4, 1914); here the exponents come from the points.

Slopes come from a surrogate; what they suggest is believed only if a surrogate in the fewer variables predicts better.
A wrong reduction costs time, never correctness: what is found in its variables is fitted to the points themselves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, power_product
from srbench_portfolio.division.surrogate import fit_surrogate

__all__ = ["Reduction", "reductions", "without_idle"]

Array = NDArray[np.float64]

#: A reduction is believed if its surrogate's error is below this share of the one in all variables, ...
_MAX_SHARE_OF_ERROR: Final = 0.1
#: ... or below this share of the spread of y, whatever that one is; ...
_SMALL_ERROR: Final = 1e-7
#: ... and below this share of the spread of y in any case.
_MAX_ERROR: Final = 0.03
#: A variable has no effect if leaving it out makes the error no larger than this.
_MAX_RISE: Final = 1.02
#: ... and the error is small, or at last below this share of that in all variables.
_MAX_SHARE_OF_IDLE_ERROR: Final = 0.2
#: Exponents are multiples of one over these.
_DENOMINATORS: Final = (1, 2, 3)
_MAX_EXPONENT: Final = 6
#: Directions along which the slopes are below this share of those along the steepest are candidates.
_MAX_SINGULAR_SHARE: Final = 0.3
#: Choices of the coordinates that are kept for one scaling: those with the shortest exponents.
_BASES: Final = 2
#: Reductions that are returned.
_MOST: Final = 3
#: A positive variable whose largest value is so many times its least is looked at through its logarithm.
_MIN_RATIO: Final = 1.2


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """A problem in fewer variables.

    Attributes:
        kind: of the symmetry, for reports.
        coordinates: the new variables as formulas of the old.
        factor: y is this times the new target; None for 1.
        samples: the new problem.
        error: of the surrogate in the new variables, relative to the spread of its target.
    """

    kind: str
    coordinates: Mapping[str, Expression]
    factor: Expression | None
    samples: Samples
    error: float

    def restore(self, formula: Expression) -> Expression:
        """Return a formula of the new variables as one of the old."""
        formula = formula.substitute(self.coordinates)
        return formula if self.factor is None else self.factor * formula


def reductions(samples: Samples, budget: Deadline) -> list[Reduction]:
    """Return the symmetries that reduce a problem, best first: fewest variables, then least error.

    Args:
        samples: the problem.
        budget: when it is over, no more is looked for.
    """
    if not _are_enough(samples):
        return []
    with np.errstate(all="ignore"):
        found = list(_translations(samples, budget)) + list(_scalings(samples, budget))
    found.sort(key=_order)
    return list(_worth_it(found))[:_MOST]


def without_idle(samples: Samples, budget: Deadline) -> Reduction | None:
    """Return the problem without the variables that have no effect; None where all have one, or none is told."""
    if not _are_enough(samples):
        return None
    with np.errstate(all="ignore"):
        return _without_idle(samples, budget)


def _are_enough(samples: Samples) -> bool:
    return len(samples.variables) >= 2 and len(samples) >= 3 * len(samples.variables)


def _worth_it(found: list[Reduction]) -> Iterator[Reduction]:
    """Leave out those that have another one's coordinates."""
    seen: set[tuple[str, ...]] = set()
    for each in found:
        key = tuple(sorted(map(str, each.coordinates.values())))
        if key not in seen:
            seen.add(key)
            yield each


# --- variables without effect -----------------------------------------------------------------------------------------


def _without_idle(samples: Samples, budget: Deadline) -> Reduction | None:
    """Leave out, one after the other, variables without which the surrogate predicts as well."""
    found: Reduction | None = None
    for x, y in _views(samples):
        reduction = _idle_in(samples, x, y, budget)
        if reduction is not None and (found is None or _order(reduction) < _order(found)):
            found = reduction
    return found


def _idle_in(samples: Samples, x: Array, y: Array, budget: Deadline) -> Reduction | None:
    kept = list(range(len(samples.variables)))
    first = best = fit_surrogate(x, y)
    if first is None or best is None:
        return None
    spread = float(np.std(y)) or 1.0
    while len(kept) > 1 and not budget.is_over:
        trials = [(fit_surrogate(x[:, [j for j in kept if j != i]], y), i) for i in kept]
        errors = [(trial.error, i) for trial, i in trials if trial is not None]
        if not errors:
            break
        error, idle = min(errors)
        if error > max(_MAX_RISE * best.error, 1e-12 * spread):
            break
        kept.remove(idle)
        best = next(trial for trial, i in trials if i == idle and trial is not None)
    believed = best.error < max(_MAX_ERROR * spread, _MAX_SHARE_OF_IDLE_ERROR * first.error)
    if len(kept) == len(samples.variables) or not believed:
        return None
    names = [samples.variables[j] for j in kept]
    return Reduction(
        "without effect", {name: Expression.variable(name) for name in names}, None,
        Samples(variables=tuple(names), x=samples.x[:, kept], y=samples.y, weights=samples.weights),
        best.error / spread,
    )  # fmt: skip


def _order(reduction: Reduction) -> tuple[int, float]:
    return len(reduction.coordinates), reduction.error


def _views(samples: Samples) -> Iterator[tuple[Array, Array]]:
    """Yield the inputs and the target as they are, and with logarithms of what is positive and wide."""
    x, y = samples.x, samples.y
    yield x, y
    logged = _logged(x)
    one_sign = bool((y > 0).all() or (y < 0).all())
    if logged.any() or one_sign:
        yield np.where(logged, np.log(np.where(logged, x, 1.0)), x), np.log(np.abs(y)) if one_sign else y


def _logged(x: Array) -> NDArray[np.bool_]:
    """Which columns are looked at through their logarithm, shape (d,)."""
    return np.asarray((x > 0).all(axis=0) & (x.max(axis=0) > _MIN_RATIO * x.min(axis=0)))


# --- translations -----------------------------------------------------------------------------------------------------


def _translations(samples: Samples, budget: Deadline) -> Iterator[Reduction]:
    full = fit_surrogate(samples.x, samples.y, slopes=True)
    if full is None or full.slopes is None:
        return
    spread = float(np.std(samples.y)) or 1.0
    d = len(samples.variables)
    for basis in _null_spaces(full.slopes, d):
        if budget.is_over:
            return
        kept = _pivots(basis, d)
        if kept is None:
            continue
        pivots, rows = kept
        coordinates: dict[str, Expression] = {}
        columns = []
        names = _fresh(samples.variables)
        for j in (j for j in range(d) if j not in pivots):
            formula, column = Expression.variable(samples.variables[j]), samples.x[:, j].copy()
            for row, pivot in zip(rows, pivots, strict=True):
                if row[j]:
                    formula = _plus(formula, -row[j], Expression.variable(samples.variables[pivot]))
                    column -= row[j] * samples.x[:, pivot]
            plain = formula.is_variable
            coordinates[samples.variables[j] if plain else next(names)] = formula
            columns.append(column)
        if all(formula.is_variable for formula in coordinates.values()):
            continue  # variables without effect are dealt with elsewhere
        yield from _believed(
            "translation", samples, coordinates, np.column_stack(columns), None, samples.y, full.error, spread
        )


def _plus(formula: Expression, times: float, other: Expression) -> Expression:
    size = abs(times)
    part = other if size == 1 else size * other
    return formula + part if times > 0 else formula - part


# --- scalings ---------------------------------------------------------------------------------------------------------


def _scalings(samples: Samples, budget: Deadline) -> Iterator[Reduction]:
    x, y, d = samples.x, samples.y, len(samples.variables)
    logged = _logged(x)
    looked_at = np.where(logged, np.log(np.where(logged, x, 1.0)), x)
    one_sign = bool((y > 0).all() or (y < 0).all())
    target = np.log(np.abs(y)) if one_sign else y
    full = fit_surrogate(looked_at, target, slopes=True)
    if full is None or full.slopes is None:
        return
    rates = np.where(logged, full.slopes, x * full.slopes)  # x_i d y / d x_i
    right = np.ones((len(y), 1)) if one_sign else full.values[:, None]
    # errors, relative to the size of y
    error = full.error if one_sign else full.error / float(np.sqrt(np.mean(y * y)))
    for basis in _null_spaces(np.column_stack([rates, -right]), d):
        for pivots, rows in itertools.islice(_all_pivots(basis, d, logged), _BASES):
            if budget.is_over:
                return
            yield from _scaled(samples, pivots, rows, error)


def _scaled(samples: Samples, pivots: tuple[int, ...], rows: Array, error: float) -> Iterator[Reduction]:
    """Yield the problem in the coordinates x_j / prod pivot**row_j, y / prod pivot**row_y."""
    x, d = samples.x, len(samples.variables)
    variables = [Expression.variable(name) for name in samples.variables]
    coordinates: dict[str, Expression] = {}
    columns, names = [], _fresh(samples.variables)
    for j in (j for j in range(d) if j not in pivots):
        beside = [(variables[p], -row[j]) for row, p in zip(rows, pivots, strict=True) if row[j]]
        powers = [(variables[j], 1.0), *beside]
        column = x[:, j].copy()
        for row, p in zip(rows, pivots, strict=True):
            column = column * x[:, p] ** -row[j]
        formula = variables[j] if len(powers) == 1 else power_product(powers)
        coordinates[samples.variables[j] if formula.is_variable else next(names)] = formula
        columns.append(column)
    powers = [(variables[p], row[d]) for row, p in zip(rows, pivots, strict=True) if row[d]]
    factor = power_product(powers) if powers else None
    y = samples.y.copy()
    for row, p in zip(rows, pivots, strict=True):
        y = y * x[:, p] ** -row[d]
    if not columns:
        return
    size = float(np.sqrt(np.mean(y * y))) or 1.0
    yield from _believed("scaling", samples, coordinates, np.column_stack(columns), factor, y, error * size, size)


# --- parts of both ----------------------------------------------------------------------------------------------------


def _believed(
    kind: str, samples: Samples, coordinates: dict[str, Expression], columns: Array, factor: Expression | None,
    y: Array, error: float, spread: float,
) -> Iterator[Reduction]:  # fmt: skip
    """Yield the reduction if its surrogate predicts better than the one in all variables."""
    if not (np.isfinite(columns).all() and np.isfinite(y).all()):
        return
    looked_at = columns.copy()
    for j in range(columns.shape[1]):
        column = columns[:, j]
        if (column > 0).all() and column.max() > 3 * column.min():
            looked_at[:, j] = np.log(column)
    fitted = fit_surrogate(looked_at, y)
    other = fit_surrogate(columns, y)
    errors = [s.error for s in (fitted, other) if s is not None]
    if not errors:
        return
    least = min(errors)
    if least < max(_MAX_SHARE_OF_ERROR * error, _SMALL_ERROR * spread) and least < _MAX_ERROR * spread:
        new = Samples(variables=tuple(coordinates), x=columns, y=y)
        yield Reduction(kind, coordinates, factor, new, least / spread)


def _null_spaces(rates: Array, d: int) -> Iterator[Array]:
    """Yield bases of the directions along which nearly nothing changes, most directions first.

    Args:
        rates: shape (n, k), k = d or d + 1.
        d: number of variables.

    Yields:
        A basis of them, shape (number, k), in the columns of `rates`.
    """
    rows = rates[np.isfinite(rates).all(axis=1)]
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    for power in (
        0.0,
        0.5,
        1.0,
    ):  # where a target is small its slopes are inexact, where it is large there are few points
        _, s, V = np.linalg.svd(rows / np.maximum(norms, 1e-300) ** power, full_matrices=True)
        s = np.concatenate([s, np.zeros(V.shape[0] - len(s))])
        for number in range(d - 1, 0, -1):
            if s[-number] <= _MAX_SINGULAR_SHARE * s[0]:
                yield V[-number:]


def _rational(values: Array) -> Array | None:
    """Return the values rounded to small fractions; None where they are far from such."""
    for q in _DENOMINATORS:
        rounded = np.round(values * q) / q
        if np.abs(values - rounded).max(initial=0.0) < 0.12 / q and np.abs(rounded).max(initial=0.0) <= _MAX_EXPONENT:
            return rounded
    return None


def _reduced(basis: Array, pivots: tuple[int, ...]) -> Array | None:
    """Return the basis whose part at the pivots is the identity."""
    part = basis[:, list(pivots)]
    if abs(np.linalg.det(part)) < 1e-3:
        return None
    return np.asarray(np.linalg.solve(part, basis))


def _pivots(basis: Array, d: int) -> tuple[tuple[int, ...], Array] | None:
    """Return the choice of pivots with the shortest rational rows."""
    return next(_all_pivots(basis, d, np.ones(d, dtype=bool)), None)


def _all_pivots(basis: Array, d: int, allowed: NDArray[np.bool_]) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield choices of pivots with their rational rows, shape (number, k), shortest first."""
    found: list[tuple[float, tuple[int, ...], Array]] = []
    for pivots in itertools.combinations(np.flatnonzero(allowed).tolist(), len(basis)):
        reduced = _reduced(basis, pivots)
        rows = None if reduced is None else _rational(reduced)
        if rows is not None:
            cost = float(np.abs(rows).sum() + 0.5 * (rows != np.round(rows)).sum())
            found.append((cost, pivots, rows))
    found.sort(key=lambda f: (f[0], f[1]))
    for _, pivots, rows in found:
        yield pivots, rows


def _fresh(taken: tuple[str, ...]) -> Iterator[str]:
    """Yield names that no variable has."""
    for k in itertools.count(1):
        if f"z{k}" not in taken:
            yield f"z{k}"
