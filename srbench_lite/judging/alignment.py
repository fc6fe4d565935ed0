"""`Alignment`: the best verdict that moving the found formula's constants c to c* leads to.

`align` tries sets of vanishing constants and says which of the others may move; each attempt solves for c* nearby
(`srbench_lite.judging.constant_search`), certifies it (`certification`), says what it is worth (`classification`) and,
where one constant moved far, redistributes the changes. `align_up_to_a_constant` does the same with one more constant,
added or multiplied. An attempt is an `Alignment` too: those of one search are put together in their order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.certification import Certificate, certify
from srbench_lite.judging.classification import Classification, classify
from srbench_lite.judging.constant_search import (
    MAX_CONSTANTS,
    Closeness,
    ConstantSearch,
    closeness,
    fit_nearby,
    hold_short_constants,
    prepare_search,
)
from srbench_lite.judging.free_constants import is_short, movable
from srbench_lite.judging.least_squares import minimise_largest_change
from srbench_lite.judging.sample_points import gradient_at
from srbench_lite.judging.verdict import EXACT_CONSTANT, RECOVERED_CONSTANT, Ruling, VerdictWord, better_ruling

if TYPE_CHECKING:
    from srbench_lite.judging.sample_points import Reference
    from srbench_lite.judging.screening import Screen

__all__ = [
    "Alignment",
    "HeldConstants",
    "align",
    "align_up_to_a_constant",
    "redistribute_changes",
    "which_constants_to_hold",
]

#: Weighted differences that rounding causes.
_MAX_ROUNDING: Final = 1e-12
#: Changes are redistributed where the largest is up to so many times what is allowed.
_MAX_REDISTRIBUTED: Final = 5.0
#: Steps of an added or multiplied constant, in units of its size: it moves more easily than the formula's own.
_FREE_STEP: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What became of one attempt, or of several.

    Attributes:
        ruling: the best verdict; None where there is none.
        is_settled: whether every search for c* came to a certain end.
        is_near: whether some constants nearby brought the formula to the truth as far as float64 tells.
        objection: why the last c* that was found was too far, in words; empty where none was.
        is_hidden: whether the formula is the truth without terms that the units of a variable hide.
    """

    ruling: Ruling | None = None
    is_settled: bool = True
    is_near: bool = False
    objection: str = ""
    is_hidden: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether no better verdict is possible."""
        return self.ruling is not None and self.ruling.word == VerdictWord.EXACT

    def then(self, later: Alignment) -> Alignment:
        """Return what this and later attempts came to together."""
        return Alignment(
            ruling=better_ruling(self.ruling, later.ruling),
            is_settled=self.is_settled and later.is_settled,
            is_near=self.is_near or later.is_near,
            objection=later.objection or self.objection,
            is_hidden=self.is_hidden or later.is_hidden,
        )


@dataclass(frozen=True, slots=True)
class _Solved:
    """A certificate, and whether the search came near the truth."""

    certificate: Certificate
    is_near: bool


@dataclass(frozen=True, slots=True)
class HeldConstants:
    """Whether constants of few digits are to stay: what to try, in order, and whether any constants came near."""

    hold_short: tuple[bool, ...]
    is_near: bool = False


def align(screen: Screen, vanishing: Sequence[frozenset[int]], *, alike_are_one: bool = False) -> Alignment:
    """Look for c* in all ways, until one is exact.

    Args:
        screen: the pair.
        vanishing: sets of constants to set to zero first.
        alike_are_one: whether numbers of many digits that are nearly equal become one.
    """
    total = Alignment(is_settled=len(screen.terms.constants) <= MAX_CONSTANTS)
    for attempt in _attempts(screen, vanishing, alike_are_one=alike_are_one):
        total = total.then(attempt)
        if total.is_exact:
            break
    return total


def align_up_to_a_constant(screen: Screen) -> Alignment:
    """Look for c* with one more constant, added or multiplied, until there is a verdict."""
    total = Alignment()
    for attempt in _attempts_up_to_a_constant(screen):
        total = total.then(attempt)
        if total.ruling is not None:
            break
    return total


def which_constants_to_hold(screen: Screen, search: ConstantSearch, here: Closeness) -> HeldConstants:
    """Say whether constants of few digits are to stay: first yes, then no; never, where none would do.

    Most formulas cannot be made the truth at all. For those it is enough to try once, with all constants free.

    Args:
        screen: the pair.
        search: the formula to align, with all constants free.
        here: how near it is to the truth as it stands.
    """
    if not any(is_short(c) for c in screen.terms.constants):
        return HeldConstants((False,))
    if here.is_close or fit_nearby(screen.reference, search) is not None:
        return HeldConstants((True, False), is_near=True)
    return HeldConstants(())


def redistribute_changes(
    screen: Screen, formula: Expression, constants: Sequence[float], zeros: frozenset[int]
) -> Alignment:
    """Try to have no constant move far by moving others more, where some can stand in for others.

    Args:
        screen: the pair.
        formula: the formula that was aligned.
        constants: those that make it the truth, one for each of its numbers.
        zeros: places of the constants that were set to zero first.
    """
    own, new = np.array(formula.constants), np.array(constants)
    moving = (own != 0) & (new != 0)
    change = float(np.max(np.abs((new - own)[moving] / own[moving]), initial=0.0))
    if not any(limit < change < _MAX_REDISTRIBUTED * limit for limit in (EXACT_CONSTANT, RECOVERED_CONSTANT)):
        return Alignment()
    reference = screen.reference
    scales = np.where(moving & movable(formula, reference.columns), np.abs(own), 0.0)
    begin = minimise_largest_change(gradient_at(reference, formula), reference.weights, own, new, scales)
    if begin is None:
        return Alignment()
    certificate = certify(screen.check, reference, prepare_search(reference, formula), begin)
    if certificate.constants is None:
        return Alignment()
    return _classified(classify(screen.terms, certificate.constants, zeros, certificate.by))


def _attempts(screen: Screen, vanishing: Sequence[frozenset[int]], *, alike_are_one: bool) -> Iterator[Alignment]:
    """Yield what each attempt comes to, the likeliest first."""
    for zeros in vanishing:
        search = prepare_search(screen.reference, screen.terms.without(zeros), alike_are_one=alike_are_one)
        here = closeness(screen.reference, search)
        held = which_constants_to_hold(screen, search, here)
        yield Alignment(is_near=held.is_near)
        for hold_short in held.hold_short:
            tried = hold_short_constants(search) if hold_short else search
            yield _attempt(screen, tried, here, zeros, as_written=not alike_are_one)


def _attempt(
    screen: Screen, search: ConstantSearch, here: Closeness, zeros: frozenset[int], *, as_written: bool
) -> Alignment:
    """Solve for c*, say what it is worth, and redistribute the changes where that may help."""
    solved = _solve(screen, search, here, as_written=as_written)
    certificate = solved.certificate
    attempt = Alignment(is_settled=certificate.is_settled, is_near=solved.is_near)
    if certificate.constants is None:
        return attempt
    attempt = attempt.then(_classified(classify(screen.terms, certificate.constants, zeros, certificate.by)))
    if attempt.is_exact:
        return attempt
    return attempt.then(redistribute_changes(screen, search.formula, certificate.constants, zeros))


def _solve(screen: Screen, search: ConstantSearch, here: Closeness, *, as_written: bool) -> _Solved:
    """Look for c*: at the constants as they are, then nearby.

    Args:
        screen: the pair.
        search: what to start from.
        here: how near the formula is to the truth there.
        as_written: whether these are the formula's own constants.
    """
    check, reference = screen.check, screen.reference
    at_start = Certificate(constants=None, is_settled=True, is_solved=False)
    if here.is_close:
        at_start = certify(check, reference, search, search.start, as_written=as_written)
        if at_start.is_solved or reference.is_blind or here.residual < _MAX_ROUNDING:
            return _Solved(at_start, is_near=True)
    begin = fit_nearby(reference, search)
    if begin is None:
        return _Solved(at_start, is_near=here.is_close)
    nearby = certify(check, reference, search, begin.constants)
    is_settled = nearby.is_settled and at_start.is_settled and not (begin.is_lost and nearby.constants is None)
    return _Solved(replace(nearby, is_settled=is_settled), is_near=True)


def _classified(classification: Classification) -> Alignment:
    return Alignment(
        ruling=classification.ruling, objection=classification.objection, is_hidden=classification.is_hidden
    )


def _attempts_up_to_a_constant(screen: Screen) -> Iterator[Alignment]:
    """Yield what each attempt with one more constant comes to: first an added one, then a multiplied one."""
    for op in ("add", "mul"):
        for zeros in screen.vanishing:
            base = screen.terms.without(zeros)
            begin = _best_constant(screen.reference, base, op)
            if not math.isfinite(begin) or begin == 0:
                continue
            try:
                wider = Expression.call(op, base, begin)
            except ExpressionError:  # no room for another node
                continue
            free_step = _FREE_STEP * (abs(begin) if op == "mul" else screen.reference.unit)
            search = prepare_search(screen.reference, wider, free_step=free_step)
            here = closeness(screen.reference, search)
            held = which_constants_to_hold(screen, search, here)
            yield Alignment(is_near=held.is_near)
            for hold_short in held.hold_short:
                tried = hold_short_constants(search) if hold_short else search
                yield _attempt_up_to_a_constant(screen, tried, here, zeros, op)


def _best_constant(reference: Reference, base: Expression, op: str) -> float:
    """Return the number that, added or multiplied, brings the formula nearest to the truth (weighted least squares)."""
    values = gradient_at(reference, base).value(base.constants)
    weights = reference.weights * reference.unit
    if op == "add":
        return float(np.sum((reference.y - values) * weights * weights) / np.sum(weights**2))
    size = values * weights
    largest = float(np.max(np.abs(size), initial=0.0)) or 1.0
    size = size / largest
    return float(np.sum(size * (reference.y * weights)) / np.sum(size**2)) / largest


def _attempt_up_to_a_constant(
    screen: Screen, search: ConstantSearch, here: Closeness, zeros: frozenset[int], op: str
) -> Alignment:
    """Solve for c* and the new constant, and say what they are worth."""
    solved = _solve(screen, search, here, as_written=True)
    constants, by = solved.certificate.constants, solved.certificate.by
    attempt = Alignment(is_settled=solved.certificate.is_settled, is_near=solved.is_near)
    if constants is None:
        return attempt
    *own, added = constants
    worth = classify(screen.terms, own, zeros, by)
    attempt = attempt.then(Alignment(objection=worth.objection, is_hidden=worth.is_hidden))
    if worth.ruling is None or (op == "mul" and added == 0):
        return attempt
    if added == (0 if op == "add" else 1):  # it was not needed, only a help on the way
        return attempt.then(Alignment(ruling=worth.ruling))
    by = f"up to {'an additive' if op == 'add' else 'a multiplicative'} constant; {by}"
    return attempt.then(Alignment(ruling=Ruling(VerdictWord.AFFINE, by, str(search.formula.with_constants(constants)))))
