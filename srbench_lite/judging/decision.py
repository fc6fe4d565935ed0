"""`decide`: the verdict about one pair of formulas, step by step. This page is the judge.

The found formula f carries constants c; the truth is g. The question is whether constants c* near c exist for which
f(c*) and g are the same function, and how near:

    screen    -> Screen          look at both in float64: most wrong formulas end here
    align     -> Alignment       try each way in which constants may move, with the next three steps:
      search    -> ConstantSearch  move c in float64 to where f is g
      certify   -> Certificate     solve for c* to 80 digits and more, compare f(c*) with g at other points
      classify  -> Classification  say how far c* is from c, and what the constants that vanished did
    prove     -> Proof           let SymPy look at what is still open

Every step takes values and returns a new one; none is changed later. The three inner steps are put together in
`srbench_lite.judging.alignment`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from srbench_lite.judging.alignment import Alignment, align, align_up_to_a_constant
from srbench_lite.judging.free_constants import gathered, tied, whole_exponents
from srbench_lite.judging.leftovers import without_leftovers
from srbench_lite.judging.pair import Pair
from srbench_lite.judging.screening import NO_CONSTANTS, Screen, Unsettled, further_vanishing, screen
from srbench_lite.judging.sympy_proof import prove
from srbench_lite.judging.verdict import Ruling, VerdictWord

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.cpu_deadline import CpuDeadline
    from srbench_lite.problems.sampling import Sampling

__all__ = ["decide"]

#: Leaving out what changes less, in standard deviations of y, brings no formula near that was clearly far.
_MIN_TELLING: Final = 1e-6
#: Why a pair is open.
LOST_DIGITS: Final = "the digits do not settle it"


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at a pair came to.

    Attributes:
        ruling: the verdict.
        is_near: whether some constants nearby brought the formula to the truth as far as float64 tells.
        child_seconds: CPU time that SymPy's process used.
        is_far: whether the screen showed the formula to be far.
    """

    ruling: Ruling
    is_near: bool = False
    child_seconds: float = 0.0
    is_far: bool = False


def decide(found: Expression, truth: Expression, domain: Mapping[str, Sampling], deadline: CpuDeadline) -> Ruling:
    """Judge the formula with its constants as they stand, then with those of parts without a variable as one.

    The second look counts where it says `exact`: cos(0.3) for 0.95533648912561 and pi for 3.14159265358979 are. What
    `recovered` asks for is that every constant as it stands be near. What is not recovered is looked at once more
    without parts that a constant makes vanish by growing.

    Raises:
        OutOfTimeError: the time is used up.
    """
    first = _look(found, truth, domain, deadline)
    best = _looked_at_again(first, found, truth, domain, deadline)
    if best.word in (VerdictWord.EXACT, VerdictWord.RECOVERED):
        return best
    deadline = deadline.charged(first.child_seconds)
    for rest in without_leftovers(Pair.of(whole_exponents(found), truth, domain, deadline)):
        if first.is_far and rest.effect < _MIN_TELLING:
            continue
        second = _look(rest.formula, truth, domain, deadline, spent=rest.effect, exact_only=True, prove_open=False)
        ruling = _looked_at_again(second, rest.formula, truth, domain, deadline, spent=rest.effect)
        if ruling.word in (VerdictWord.EXACT, VerdictWord.RECOVERED):
            return ruling
    return best


def _looked_at_again(
    first: _Look, found: Expression, truth: Expression, domain: Mapping[str, Sampling], deadline: CpuDeadline,
    *, spent: float = 0.0,
) -> Ruling:  # fmt: skip
    """Return the verdict of the first look, or that of a second one with parts without a variable as one number."""
    if first.ruling.word == VerdictWord.EXACT or not first.is_near:
        return first.ruling
    fewer = gathered(found)
    if fewer == found:
        return first.ruling
    is_open = first.ruling.word == VerdictWord.UNDECIDED
    left = deadline.charged(first.child_seconds)
    second = _look(fewer, truth, domain, left, exact_only=not is_open, spent=spent)
    return second.ruling if second.ruling.word == VerdictWord.EXACT or is_open else first.ruling


def _look(
    found: Expression,
    truth: Expression,
    domain: Mapping[str, Sampling],
    deadline: CpuDeadline,
    *,
    exact_only: bool = False,
    spent: float = 0.0,
    prove_open: bool = True,
) -> _Look:
    """Go through the steps.

    Args:
        found, truth, domain, deadline: as for `decide`.
        exact_only: whether no other verdict is of interest: steps that cannot lead to it are left out.
        spent: what leftovers that are already left out of the formula change, in standard deviations of y.
        prove_open: whether SymPy is asked about what is still open.
    """
    pair = Pair.of(whole_exponents(found), truth, domain, deadline)
    screened = screen(pair, spent)
    if isinstance(screened, Ruling):
        return _Look(screened, is_far=True)
    if isinstance(screened, Unsettled):
        if not prove_open:
            return _Look(Ruling(VerdictWord.UNDECIDED, screened.reason))
        return _prove(pair, screened.reason)
    direct = align(screened, screened.vanishing)
    aligned = direct if direct.is_exact else _align_otherwise(screened, direct, exact_only=exact_only)
    if aligned.ruling is not None:
        return _Look(aligned.ruling, aligned.is_near)
    if direct.is_settled:
        return _Look(Ruling(VerdictWord.DIFFERENT, aligned.objection or NO_CONSTANTS), aligned.is_near)
    if not prove_open:
        return _Look(Ruling(VerdictWord.UNDECIDED, LOST_DIGITS), aligned.is_near)
    return _prove(pair, LOST_DIGITS, is_near=aligned.is_near)


def _align_otherwise(screened: Screen, direct: Alignment, *, exact_only: bool) -> Alignment:
    """Try what is less likely: alike constants as one, other constants at zero, one more constant."""
    total = direct
    constants = screened.terms.constants
    if (total.is_near or screened.reference.is_precise) and len(set(tied(constants))) < len(constants):
        total = total.then(align(screened, screened.vanishing, alike_are_one=True))
    if total.ruling is None and not exact_only:
        total = total.then(align(screened, further_vanishing(screened.vanishing)))
    if total.ruling is None and not exact_only and screened.is_affinely_near and not total.is_hidden:
        total = total.then(align_up_to_a_constant(screened))
    return total


def _prove(pair: Pair, reason: str, *, is_near: bool = False) -> _Look:
    """Let SymPy prove the formulas equal; `undecided` where it does not."""
    proof = prove(pair.found, pair.truth, positive=pair.positive, deadline=pair.deadline)
    if proof.is_equal:
        ruling = Ruling(VerdictWord.EXACT, f"SymPy ({reason})", str(pair.found))
    else:
        ruling = Ruling(VerdictWord.UNDECIDED, reason)
    return _Look(ruling, is_near, proof.cpu_seconds)
