"""The suite `nguyen`: Nguyen-1 to -12 of genetic programming, 20 training points each.

Formulas from Nguyen Quang Uy, Nguyen Xuan Hoai, O'Neill, McKay & Galvan-Lopez, "Semantically-based crossover in genetic
programming: application to real-valued symbolic regression" (Genetic Programming and Evolvable Machines 12(2), 2011);
the dozen, its intervals and its 20 points are those of Petersen et al., "Deep symbolic regression" (ICLR 2021), in the
file `benchmarks.csv` of dso-org/deep-symbolic-optimization (BSD-3).

Variables are called x1 and x2, as there. There a formula is tested on 20 fresh points of the same domain; here on 1000.
Nguyen-12 is also used on [0, 10] ("12a"): another task, and not in this suite.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from srbench_lite import Suite, hookimpl

#: Training points of every task.
N_TRAIN: Final = 20

_LINE: Final = {"x1": (-1.0, 1.0)}
_SQUARE: Final = {"x1": (0.0, 1.0), "x2": (0.0, 1.0)}
_FORMULAS: Final = {
    "nguyen-1": ("x1**3 + x1**2 + x1", _LINE),
    "nguyen-2": ("x1**4 + x1**3 + x1**2 + x1", _LINE),
    "nguyen-3": ("x1**5 + x1**4 + x1**3 + x1**2 + x1", _LINE),
    "nguyen-4": ("x1**6 + x1**5 + x1**4 + x1**3 + x1**2 + x1", _LINE),
    "nguyen-5": ("sin(x1**2)*cos(x1) - 1", _LINE),
    "nguyen-6": ("sin(x1) + sin(x1 + x1**2)", _LINE),
    "nguyen-7": ("log(x1 + 1) + log(x1**2 + 1)", {"x1": (0.0, 2.0)}),
    "nguyen-8": ("sqrt(x1)", {"x1": (0.0, 4.0)}),
    "nguyen-9": ("sin(x1) + sin(x2**2)", _SQUARE),
    "nguyen-10": ("2*sin(x1)*cos(x2)", _SQUARE),
    "nguyen-11": ("x1**x2", _SQUARE),
    "nguyen-12": ("x1**4 - x1**3 + x2**2/2 - x2", _SQUARE),
}
_SOURCE: Final = (
    "Nguyen Quang Uy et al., Semantically-based crossover in genetic programming, Genet. Program. Evolvable Mach. "
    "12(2), 2011; intervals of Petersen et al., Deep symbolic regression, ICLR 2021 (DSO, BSD-3)"
)
_LICENCE: Final = "BSD-3-Clause (DSO's list)"


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `nguyen`."""
    summary = "12 formulas of genetic programming, Nguyen-1 to -12, 20 training points each"
    return [
        Suite.from_formulas(
            "nguyen", summary=summary, formulas=_FORMULAS, source=_SOURCE, licence=_LICENCE,
            tags=("genetic-programming",), n_train=N_TRAIN, deferred=True,
        )
    ]  # fmt: skip
