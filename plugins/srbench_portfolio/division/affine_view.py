"""`AffineView`: the separations y = A + B * C of a problem, and what it is without idle variables and factors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import mul
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, shortest_decimal
from srbench_portfolio.division.affine import Affine, affine_separations
from srbench_portfolio.division.affine_form import AffineForm, affine_form
from srbench_portfolio.division.basis import adapted_basis, looked_at, plain_basis
from srbench_portfolio.division.single_powers import written_power

__all__ = ["AffineView", "Rest", "chosen_number"]

Array = NDArray[np.float64]

#: Points that are looked at.
_MAX_POINTS: Final = 300
#: Error of the functions of the variables, as a share of the spread, below which they are believed.
_MAX_ERROR: Final = 0.04
#: The same of variables that seem to be idle.
_MAX_IDLE_ERROR: Final = 0.01
#: A named C may make the error so many times larger, or this share of the spread.
_MAX_LOSS: Final = 2.0
_ROUNDING: Final = 1e-9
#: Digits of a number that people write.
_SHORT: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """A function that has no name yet, its values at all points, and the formula of y with it."""

    places: tuple[int, ...]
    values: Array
    write: Callable[[Expression], Expression]
    kind: str


class AffineView:
    """A problem at the points that are looked at.

    Args:
        problem: all of it.
        budget: ends the look.

    Attributes:
        problem: all of it.
        rows: of these points, shape (m,).
        y: target at these, shape (m,).
        spread: of it.
        basis: functions of the variables.
        used: places of the variables that are not idle.
        separations: those that are believed.
        forms: with a known C of one variable, by its places.
        rest: the problem without idle variables or factors of one variable; None where there are none.
        seen: what was left and looked at: places, mean and standard deviation.
    """

    def __init__(self, problem: Problem, budget: Deadline) -> None:
        self.problem, self.budget = problem, budget
        n = len(problem.y)
        self.rows = np.sort(np.random.default_rng(0).permutation(n)[:_MAX_POINTS])
        self.x, self.y = problem.x[self.rows], problem.y[self.rows]
        self.spread = float(np.std(self.y)) or 1.0
        self.basis = adapted_basis(self.x, self.y, budget)
        if not self.basis.error < _MAX_IDLE_ERROR * self.spread:
            self.basis = self.basis.without_idle(self.x)
        self.used = tuple(j for j, table in enumerate(self.basis.tables) if table.shape[1] > 1)
        self.seen: set[tuple[tuple[int, ...], str]] = set()
        u = looked_at(self.x)
        self.separations = affine_separations(self.basis, u, self.y, budget)
        if not self.separations:
            self.basis = plain_basis(self.x, self.y)
            self.used = tuple(range(len(problem.names)))
            self.separations = affine_separations(self.basis, u, self.y, budget)
        self.forms = {s.t: self.form(s) for s in self.separations if self.is_single(s)}
        self.rest = self._without_factors() or self._without_idle()

    @property
    def has_idle(self) -> bool:
        """Whether it is sure that there are idle variables, or factors of one."""
        return self.rest is not None and self.error <= _MAX_IDLE_ERROR

    @property
    def error(self) -> float:
        """Least error of what is believed, relative to the spread of the target; infinity where nothing is."""
        errors = [s.error for s in self.separations]
        if self.rest is not None:
            errors.append(self.basis.error / self.spread)
        return min(errors, default=np.inf)

    def variable(self, j: int) -> Expression:
        """Return one of the variables."""
        return Expression.variable(self.problem.names[j])

    def _without_idle(self) -> Rest | None:
        """Return the same problem in the variables that matter; None where all do."""
        if len(self.used) == len(self.problem.names):
            return None
        return Rest(self.used, self.problem.y, lambda rest: rest, "without effect")

    def _without_factors(self) -> Rest | None:
        """Return the problem divided by all factors that are functions of one variable; None where there are none."""
        factors = {s.t[0]: self.named(s)[0] for s in self.separations if self.is_factor(s)}
        if not factors:
            return None
        factor = reduce(mul, factors.values())
        left = self.problem.y / factor(self.problem.columns)
        places = tuple(j for j in self.used if j not in factors)
        return Rest(places, left, lambda rest: factor * rest, "product")

    def is_factor(self, separation: Affine) -> bool:
        """Whether y is a multiple of a known function of one variable."""
        if not self.is_single(separation) or not separation.error < _MAX_ERROR:
            return False
        form = self.forms.get(separation.t)
        return separation.is_product or (form is not None and form.a is None)

    def is_single(self, separation: Affine) -> bool:
        """Whether C is a known function of one variable."""
        return len(separation.t) == 1 and separation.t[0] in self.basis.single

    def named(self, separation: Affine) -> list[Expression]:
        """Return formulas of C where it is a function of one variable: with a short constant, and as it was fitted."""
        j = separation.t[0]
        formula = written_power(self.basis.single[j], self.variable(j))
        if not separation.is_product:
            return [formula]
        values = formula({self.problem.names[j]: self.x[:, j]})
        low, high = float(values.min()), float(values.max())
        constant = separation.constant * (high - low) / 2 - (low + high) / 2  # the table runs from -1 to 1
        size = max(abs(low), abs(high))
        off = max(10 * separation.error, 1e-10) * size
        if abs(constant) < off:
            return [formula]
        return [formula + chosen_number(shortest_decimal(constant, off / 10), constant)]

    def ranked(self) -> list[Affine]:
        """Return the separations whose C is known first, those that leave the fewest variables together first."""
        single = [s for s in self.separations if self.is_single(s)]

        def cost(separation: Affine) -> tuple[int, int, float]:
            form = self.forms[separation.t]
            if form is None:
                return 99, 99, 0.0
            sizes = sorted((len(form.a or ()), len(form.b)))
            return sizes[0], sizes[1], form.error

        return sorted(single, key=cost) + [s for s in self.separations if not self.is_single(s)]

    def form(self, separation: Affine) -> AffineForm | None:
        """Return the variables and values of A and B for the known C of one variable."""
        values = self.named(separation)[0]({self.problem.names[j]: self.x[:, j] for j in separation.t})
        bound = self.bound(separation)
        return affine_form(self.basis, self.y, values, separation.s, separation.s, bound, self.budget)

    def bound(self, separation: Affine) -> float:
        """Return the error above which a named C is not worth it."""
        return max(_MAX_LOSS * separation.error, _ROUNDING) * self.spread


def chosen_number(short: float, value: float) -> float:
    """Return the short number if it is one that people write, else the value."""
    return short if len(f"{short:.12g}".replace(".", "").strip("-0")) <= _SHORT else value
