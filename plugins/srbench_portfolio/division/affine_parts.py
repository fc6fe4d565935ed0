"""The part that uses y = A(s) + B(s) * C(t): two of the three are named, then what they leave is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, FitError, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem, finite_formula, shortest_decimal
from srbench_portfolio.division.affine import Affine
from srbench_portfolio.division.affine_form import AffineForm, affine_form
from srbench_portfolio.division.affine_view import AffineView, Rest, chosen_number
from srbench_portfolio.division.single_powers import single_powers
from srbench_portfolio.division.single_units import single_units
from srbench_portfolio.division.turns import TURNS, Turn
from srbench_portfolio.lies_search import LiesSearch
from srbench_portfolio.part import Proposal, Solve

__all__ = ["AffineParts"]

Array = NDArray[np.float64]

#: Share of what is left for the problem without idle variables or factors.
_SMALLER_SHARE: Final = 0.95
#: Variables with which transforms of y are divided too.
_MAX_VARIABLES_TURNED: Final = 5
#: Separations that are followed, and names of one function.
_SEPARATIONS: Final = 3
_NAMES: Final = 2
#: Share of what is left for each separation, where its error is small, and what is small; for each name of it; seconds
#: of work for a name by a small search, by units with an inner constant, and by a larger search.
_SHARE: Final = 0.6
_SHARE_OF_CERTAIN: Final = 0.85
_CERTAIN: Final = 1e-4
_REST_SHARE: Final = 0.8
_NAMING: Final = (0.03, 0.06, 0.12)
#: Units of one variable that are fitted.
_UNITS: Final = 3
#: A name with so many constants may be no more than an approximation.
_MAX_CONSTANTS: Final = 4
#: Values of a part are off by at most so many times the error of the fit.
_TRUST: Final = 2.0
#: Points at which they may be off by so many times what is typical are left out.
_CORNER: Final = 4.0
#: A spread below this share of the size is rounding.
_ROUNDING: Final = 1e-9
#: Share of the points at which what is left must be finite.
_MIN_FINITE: Final = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class _Unnamed:
    """Values of A, B or C at the points that were looked at.

    Attributes:
        places: of its variables.
        values: shape (m,).
        sd: how far off they are, shape (m,).
        rest: what is exact when this one has a name: takes the formula, its values at all points, and gives the places
            of the other function, its values, and the formula of y with that; None where only a name is asked for.
        factor, constant: whether the values are known up to a factor, and up to a constant.
    """

    places: tuple[int, ...]
    values: Array
    sd: Array
    rest: Callable[[Expression, Array], Rest] | None = None
    factor: bool = False
    constant: bool = False


@dataclass(frozen=True, slots=True)
class AffineParts:
    """Parts of y = A + B * C.

    Attributes:
        solve: looks for formulas of what is left.
        depth: how many problems this one is inside of.
        seed: of the searches for names.
    """

    solve: Solve
    depth: int
    seed: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield formulas of the separations that are believed."""
        d = len(problem.names)
        views: list[tuple[float, int, Turn, AffineView]] = []
        for rank, turn in enumerate(TURNS if d <= _MAX_VARIABLES_TURNED else TURNS[:1]):
            if d < 2 or budget.is_over:
                return
            if turn.suits(problem.y):
                view = AffineView(turn.problem(problem), budget)
                views.append((view.error, rank, turn, view))
                if view.error < _CERTAIN:
                    break
        error, _, turn, view = min(views, key=lambda v: v[:2])
        if not error < np.inf:
            return
        for proposal in self._divided(view, budget):
            formula = finite_formula(lambda found=proposal.formula: turn.write(found))  # type: ignore[misc]
            if formula is not None:
                yield replace(proposal, formula=formula)

    def _divided(self, view: AffineView, budget: Deadline) -> Iterator[Proposal]:
        if view.rest is not None:
            share = _SMALLER_SHARE if view.has_idle else _SHARE
            yield from _Division(self, view, budget.part_of_rest(share)).rest(view.rest, 1.0)
            return
        for separation in view.ranked()[:_SEPARATIONS]:
            if budget.is_over:
                return
            share = _SHARE if separation.error > _CERTAIN else _SHARE_OF_CERTAIN
            yield from _Division(self, view, budget.part_of_rest(share)).formulas(separation)


class _Division:
    """One separation of one problem."""

    def __init__(self, parts: AffineParts, view: AffineView, budget: Deadline) -> None:
        self.parts, self.view, self.budget = parts, view, budget
        self.problem, self.rows, self.y, self.basis = view.problem, view.rows, view.y, view.basis

    def formulas(self, separation: Affine) -> Iterator[Proposal]:
        """Yield formulas of y."""
        self.separation = separation
        self.bound = self.view.bound(separation)
        if self.view.is_single(separation):
            form = self.view.forms[separation.t]
            if form is not None:
                name = self.view.named(separation)[0]
                yield from self._with_c(name, name(self.problem.columns), form)
        elif separation.is_product:
            yield from self.product()
        else:
            yield from self.affine()

    def product(self) -> Iterator[Proposal]:
        """Yield y = B * C."""
        c, y = self.separation, self.problem.y
        form = affine_form(self.basis, self.y, c.values, None, c.s, self.bound, self.budget)
        if form is None:
            return

        def other(places: tuple[int, ...]) -> Callable[[Expression, Array], Rest]:
            return lambda name, values: Rest(places, y / values, lambda rest: name * rest, "product")

        size = float(np.std(form.b_values)) or float(np.mean(np.abs(form.b_values))) or 1.0
        yield from self._completed(
            [
                _Unnamed(c.t, c.values, _off(form) / size, other(form.b), factor=True),
                _Unnamed(form.b, form.b_values, _off(form), other(c.t), factor=True),
            ]
        )

    def affine(self) -> Iterator[Proposal]:
        """Yield y = A + B * C, by the name of C, or, where it has none, by that of B."""
        c = self.separation
        unnamed = _Unnamed(c.t, c.values, np.hypot(c.error, c.residuals), factor=True, constant=True)
        for good, name in self._names([unnamed]):
            values = name.formula(self.problem.columns)
            if not np.isfinite(values).all() or not np.ptp(values[self.rows]) > 0:
                continue
            form = affine_form(self.basis, self.y, values[self.rows], c.s, c.s, self.bound, self.budget)
            if form is not None:
                yield from self._with_c(name.formula, values, form)
                if good:
                    return
        form = affine_form(self.basis, self.y, c.values, c.s, c.s, np.inf, self.budget)
        if form is None or not form.b:
            return
        unnamed = _Unnamed(form.b, form.b_values, _off(form), factor=True)
        for _, name in self._names([unnamed]):
            values = name.formula(self.problem.columns)
            form = affine_form(self.basis, self.y, values[self.rows], c.s, c.t, self.bound, self.budget)
            if form is not None:
                yield from self._with_c(name.formula, values, form)

    def _with_c(self, name: Expression, values: Array, form: AffineForm) -> Iterator[Proposal]:
        """Yield y = A + B * C with the name of C, or of B in its place."""
        y = self.problem.y
        if form.a is None:
            yield from self.rest(Rest(form.b, y / values, lambda rest: name * rest, "product"))
            return
        kind = "affine" if form.a and form.b else "sum" if form.a else "product"
        a: tuple[int, ...] = form.a

        def of_b(factor: Expression, b_values: Array) -> Rest:
            return Rest(a, y - b_values * values, lambda rest: factor * name + rest, kind)

        def of_a(term: Expression, a_values: Array) -> Rest:
            return Rest(form.b, (y - a_values) / values, lambda rest: rest * name + term, kind)

        sd = _off(form)
        of_factor = _Unnamed(form.b, form.b_values, sd / float(np.std(values[self.rows])), of_b)
        yield from self._completed([of_factor, _Unnamed(a, form.a_values, sd, of_a)])

    def _completed(self, unnamed: list[_Unnamed]) -> Iterator[Proposal]:
        """Name the simplest, and look for the other in what that leaves of the points."""
        for _, name in self._names(unnamed):
            complete = name.unnamed.rest
            if self.budget.is_over or complete is None:
                return
            values = name.formula(self.problem.columns) * np.ones(len(self.problem.y))
            yield from self.rest(complete(name.formula, values))

    def rest(self, rest: Rest, share: float = _REST_SHARE) -> Iterator[Proposal]:
        """Look for the function that is left."""
        good = np.isfinite(rest.values)
        values = rest.values[good]
        if good.sum() < _MIN_FINITE * len(good):
            return
        if not rest.places or np.ptp(values) < _ROUNDING * np.abs(values).max():
            formula = finite_formula(lambda: rest.write(Expression.constant(float(np.median(values)))))
            if formula is not None:
                yield Proposal(formula, (rest.kind,))
            return
        problem = self.problem
        key = (rest.places, f"{np.mean(values):.5e} {np.std(values):.5e}")
        if key in self.view.seen:
            return
        self.view.seen.add(key)
        names = tuple(problem.names[j] for j in rest.places)
        smaller = Problem.of(Samples(variables=names, x=problem.x[good][:, list(rest.places)], y=values))
        budget = self.budget.part_of_rest(share)
        for proposal in self.parts.solve(smaller, budget, self.parts.depth + 1):
            formula = finite_formula(lambda found=proposal.formula: rest.write(found))  # type: ignore[misc]
            if formula is not None:
                yield proposal.through(rest.kind, formula)

    # --- names --------------------------------------------------------------------------------------------------------

    def _names(self, unnamed: list[_Unnamed]) -> Iterator[tuple[bool, _Name]]:
        """Yield names of the function that has the shortest one, with whether it explains the values."""
        order = sorted(unnamed, key=lambda each: len(each.places))
        for each in order:
            if not each.places:
                for constant in self._constants(each):
                    yield True, _Name(each, constant)
                return
        for each in order:
            if len(each.places) == 1:
                powers = self._powers(each)
                for formula in powers[:_NAMES]:
                    yield True, _Name(each, formula)
                if powers:
                    return
        found: list[tuple[int, int, _Name]] = []
        for effort in range(len(_NAMING)):
            for k, each in enumerate(order):
                good, formulas = self._found(each, effort)
                named = [_Name(each, formula) for formula in formulas[:_NAMES]]
                if good:
                    yield from ((True, name) for name in named)
                    return
                found += [(rank, k, name) for rank, name in enumerate(named)]
        found.sort(key=lambda f: f[:2])
        yield from ((False, name) for _, _, name in found[:_NAMES])

    def _constants(self, each: _Unnamed) -> list[Expression]:
        """Return the constant that the values are, as a short number and as it is."""
        middle = float(np.mean(each.values))
        short = shortest_decimal(middle, max(float(np.median(each.sd)), 1e-14 * abs(middle)))
        return [Expression.constant(chosen_number(short, middle))]

    def _powers(self, each: _Unnamed) -> list[Expression]:
        """Return powers of the only variable that are the values up to what they are known to."""
        j = each.places[0]
        sd = _TRUST * float(np.sqrt(np.mean(each.sd**2)))
        found = single_powers(self.problem.x[self.rows, j], each.values, sd, constant=each.constant)
        variable = Expression.variable(self.problem.names[j])
        if each.factor:
            return [write(variable) for write, _ in found]
        share = sd / (float(np.std(each.values)) or 1.0)
        return [
            write(variable) if short == 1.0 else short * write(variable)
            for write, factor in found
            for short in (chosen_number(shortest_decimal(factor, max(share, 1e-13) * abs(factor)), factor),)
        ]

    def _found(self, each: _Unnamed, effort: int) -> tuple[bool, list[Expression]]:
        """Return formulas that a smaller search of `lies` finds, and whether the first explains the values."""
        problem = self._known(each)
        part = self.budget.part_of_rest(min(1.0, _NAMING[effort] / max(self.budget.work_left, 1e-9)))
        if effort == 1:
            found = self._fitted(problem, self._units(each, problem), part)
        else:
            search = LiesSearch("part", effort=min(effort, 1), seed=self.parts.seed)
            found = [proposal.formula for proposal in search.propose(problem, part)]
        found = [formula for formula in found if len(formula.constants) <= _MAX_CONSTANTS and formula.variables]
        good = bool(found) and problem.is_within_noise(problem.rss(found[0]))
        names = dict.fromkeys(
            _bare(formula, constant=each.constant) if each.factor else formula
            for formula in (*found[:1], *reversed(found[1:]))
        )
        return good, list(names)

    def _units(self, each: _Unnamed, problem: Problem) -> list[Expression]:
        """Return units of the only variable with a constant inside."""
        if len(each.places) > 1:
            return []
        variable = Expression.variable(problem.names[0])
        found = single_units(problem.x[:, 0], problem.y, variable, constant=each.constant)[:_UNITS]
        if not (each.factor or each.constant):
            found += single_units(problem.x[:, 0], problem.y, variable, constant=True)[:_UNITS]
        return found

    def _fitted(self, problem: Problem, formulas: list[Expression], budget: Deadline) -> list[Expression]:
        """Return the best of formulas with its constants fitted and rounded."""
        front = ParetoFront(problem, deadline=budget)
        for formula in formulas:
            front.offer(formula)
        try:
            return [front.best().expression]
        except FitError:
            return []

    def _known(self, each: _Unnamed) -> Problem:
        """Return the problem of values that are known to a standard deviation: nothing is taken for exact."""
        good = each.sd <= _CORNER * np.median(each.sd)
        sd = max(_TRUST * float(np.sqrt(np.mean(each.sd[good] ** 2))), 1e-13 * float(np.sqrt(np.mean(each.values**2))))
        names = tuple(self.problem.names[j] for j in each.places)
        x = self.problem.x[self.rows[good]][:, list(each.places)]
        y = each.values[good] + 0.5 * sd * np.random.default_rng(0).normal(size=len(x))
        return Problem.of(Samples(variables=names, x=x, y=y, weights=np.full(len(x), sd**-2.0)))


@dataclass(frozen=True, slots=True, eq=False)
class _Name:
    """A formula of a function."""

    unnamed: _Unnamed
    formula: Expression


def _off(form: AffineForm) -> Array:
    """Return how far off the values of a form may be at each point, shape (m,)."""
    return np.asarray(np.hypot(form.error, form.residuals))


def _bare(formula: Expression, *, constant: bool) -> Expression:
    """Return a formula without what it is multiplied by, and without what is added to it."""
    ops = ("add", "sub", "mul") if constant else ("mul",)
    while True:
        varying = [arg for arg in formula.args if arg.variables]
        if len(varying) == 1 and (
            formula.op == "neg" or formula.op in ops or (formula.op == "div" and formula.args[0].variables)
        ):
            formula = varying[0]
        else:
            return formula
