"""`judge`: is the formula that was found the true one? The answer is a `Verdict`: a word, and the step that decided.

Here the plain cases are answered, the time is limited and the verdict is made; `srbench_lite.judging.decision` is the
page with the steps, and the README beside it explains them. What the steps rest on: two formulas made of analytic
functions that agree to many digits at random points are nearly always the same function on each connected piece of the
domain (Schwartz, 1980; Zippel, 1979, for polynomials); where they may hide something, they say so themselves.

Points are real: variables are real, or positive where their sampling says so, and a formula that is undefined in the
middle of where the truth is defined is another one. The same inputs give the same verdict; the clock only cuts off
(`undecided`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from srbench_lite.errors import ExpressionError
from srbench_lite.judging.cpu_deadline import CpuDeadline, OutOfTimeError
from srbench_lite.judging.verdict import SCORING_VERSION, TOLERANCES, Ruling, Verdict, VerdictWord

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.problems.sampling import Sampling

__all__ = ["SCORING_VERSION", "TOLERANCES", "Verdict", "VerdictWord", "judge"]


def judge(found: Expression, truth: Expression, domain: Mapping[str, Sampling], *, time_limit: float = 5.0) -> Verdict:
    """Say whether `found` is `truth`.

    Args:
        found: the formula that a method returned.
        truth: the formula that the data were made from.
        domain: where each variable comes from.
        time_limit: seconds of CPU, those of SymPy's process included; what is not decided by then is `undecided`.
            Wall clock counts only on a machine so busy that the judge gets less than a third of a core.

    Raises:
        ExpressionError: the truth uses a variable that the domain does not have.
    """
    began = time.perf_counter()
    ruling = _ruling(found, truth, domain, time_limit)
    return Verdict(word=ruling.word, by=ruling.by, aligned=ruling.aligned, seconds=time.perf_counter() - began)


def _ruling(found: Expression, truth: Expression, domain: Mapping[str, Sampling], time_limit: float) -> Ruling:
    """Answer what needs no work, and let `decide` answer the rest in time."""
    deadline = CpuDeadline.after(time_limit)
    missing = sorted(set(truth.variables) - set(domain))
    if missing:
        raise ExpressionError(f"no sampling for the variable {missing[0]} of the truth; given: {', '.join(domain)}")
    strange = sorted(set(found.variables) - set(domain))
    if strange:
        return Ruling(VerdictWord.DIFFERENT, f"uses {strange[0]}, which is no variable of the task")
    if found == truth:
        return Ruling(VerdictWord.EXACT, "the same tree", str(found))
    import numpy as np  # here: whoever only wants the tolerances need not load it

    from srbench_lite.judging.decision import decide

    try:
        with np.errstate(all="ignore"):  # formulas may overflow or have no value: that is looked at, not warned of
            return decide(found, truth, domain, deadline)
    except OutOfTimeError:
        return Ruling(VerdictWord.UNDECIDED, f"time limit of {time_limit:g} s of CPU")
