"""`judge`: is the formula that was found the true one? The answer is a `Verdict`: a word, and the step that decided.

The found formula f carries constants c; the truth is g. The question is whether constants c* near c exist for which
f(c*) and g are the same function, and how near. In the order of their cost:

1. both are evaluated in float64 at random points of the domain (with 50 digits where float64 is mere rounding);
2. c* is solved for (`srbench_lite.judging.alignment`), first in float64, then to 80 digits;
3. f(c*) and g are compared at other random points, with 80 digits, on the domain and on boxes up to ten million times
   wider or narrower (`srbench_lite.judging.certification`). Two formulas made of analytic functions that agree so at
   random points are the same function on each connected piece of the domain, with probability one (Schwartz, 1980;
   Zippel, 1979, for polynomials). Where the digits do not settle it (cancellation, branches outside the domain), 320
   and then 1,280 digits are used: equal functions then agree to more digits, unequal ones to as many as before;
4. only what is left undecided is given to SymPy, in a child process with a time limit.

Points are real: variables are real, or positive where their sampling says so, and a formula that is undefined where the
truth is defined is another one. The same inputs give the same verdict; the clock only cuts off (`undecided`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.case import Answer, Case
from srbench_lite.judging.free_constants import gathered
from srbench_lite.judging.high_precision import OutOfTimeError
from srbench_lite.judging.verdict import SCORING_VERSION, TOLERANCES, Verdict, VerdictWord

if TYPE_CHECKING:
    from srbench_lite.problems.sampling import Sampling

__all__ = ["SCORING_VERSION", "TOLERANCES", "Verdict", "VerdictWord", "judge"]


def judge(found: Expression, truth: Expression, domain: Mapping[str, Sampling], *, time_limit: float = 5.0) -> Verdict:
    """Say whether `found` is `truth`.

    Args:
        found: the formula that a method returned.
        truth: the formula that the data were made from.
        domain: where each variable comes from.
        time_limit: wall clock in seconds; what is not decided by then is `undecided`.

    Raises:
        ExpressionError: the truth uses a variable that the domain does not have.
    """
    began = time.perf_counter()
    missing = sorted(set(truth.variables) - set(domain))
    if missing:
        raise ExpressionError(f"no sampling for the variable {missing[0]} of the truth; given: {', '.join(domain)}")
    strange = sorted(set(found.variables) - set(domain))
    if strange:
        word, by, aligned = VerdictWord.DIFFERENT, f"uses {strange[0]}, which is no variable of the task", None
    elif found == truth:
        word, by, aligned = VerdictWord.EXACT, "the same tree", str(found)
    else:
        import numpy as np

        try:
            with np.errstate(all="ignore"):  # formulas may overflow or have no value: that is looked at, not warned of
                word, by, aligned = _decide(found, truth, domain, began + time_limit)
        except OutOfTimeError:
            word, by, aligned = VerdictWord.UNDECIDED, f"time limit of {time_limit:g} s", None
    return Verdict(word=word, by=by, aligned=aligned, seconds=time.perf_counter() - began)


def _decide(found: Expression, truth: Expression, domain: Mapping[str, Sampling], deadline: float) -> Answer:
    """Judge the formula with its constants as they stand, then with those of parts without a variable as one.

    The second look counts where it says `exact`: cos(0.3) for 0.95533648912561 and pi for 3.14159265358979 are. What
    `recovered` asks for is that every constant as it stands be near.
    """
    case = Case(found, truth, domain, deadline)
    answer = case.decide()
    if answer[0] == VerdictWord.EXACT or not case.near:
        return answer
    fewer = gathered(found)
    if fewer == found:
        return answer
    undecided = answer[0] == VerdictWord.UNDECIDED
    again = Case(fewer, truth, domain, deadline).decide(exact_only=not undecided)
    return again if again[0] == VerdictWord.EXACT or undecided else answer
