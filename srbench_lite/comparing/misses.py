"""`miss_breakdown`: how the runs of each method ended that did not recover the truth.

Each run is of one kind. Recovered is recovered, however the run ended. Otherwise a run that did not end ok is of the
kind of its status; one that did is of the kind of its verdict. A formula that is another function than the truth has
the right form where it differs from the truth in its constants only (`srbench_lite.comparing.formula_form`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from srbench_lite.comparing.breakdown import Breakdown, assembled, rates_of
from srbench_lite.comparing.formula_form import is_same_form
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["KINDS", "kinds_of", "miss_breakdown", "other_functions"]

RECOVERED: Final = "recovered"
RIGHT_FORM: Final = "right form"
WRONG_FORM: Final = "wrong form"
UNJUDGED: Final = "not judged"
#: Every kind, in the order of tables, with what it means.
KINDS: Final = {
    RECOVERED: "the formula is the truth",
    RIGHT_FORM: "another function, which differs from the truth in its constants only",
    "affine": "the truth but for one summand or one factor",
    WRONG_FORM: "another function",
    "undecided": "the judge could not tell",
    UNJUDGED: "there is a formula and no verdict",
    "timeout": "stopped at the time limit",
    "memout": "stopped at the memory limit",
    "failed": "the method found nothing",
    "crashed": "the method raised an error, or its process died",
    "invalid": "what came back is no formula in the variables of the task",
    "skipped": "the method said that it cannot do the task",
}


def other_functions(runs: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for which runs the kind depends on the form of the formula: ended ok with another function, (n,)."""
    return ((runs["status"] == Status.OK) & (runs["verdict"] == "different")).to_numpy(dtype=np.bool_)


def kinds_of(runs: pd.DataFrame, formulas: Mapping[int, str | None]) -> NDArray[np.object_]:
    """Return the kind of each run, (n,).

    Args:
        runs: of `judged_runs`, with the columns `id`, `status` and `verdict`.
        formulas: what the runs of `other_functions` found, by the `id` of the run.
    """
    verdict = runs["verdict"].astype(object).where(runs["verdict"].notna(), UNJUDGED)
    status = runs["status"].astype(str).to_numpy(dtype=object)
    kinds = np.where(status == Status.OK, verdict.to_numpy(dtype=object), status)
    kinds[runs["solved"].to_numpy() == 1] = RECOVERED
    for place in np.flatnonzero(other_functions(runs) & (kinds != RECOVERED)):
        found, truth = formulas.get(int(runs["id"].iloc[place])), str(runs["truth"].iloc[place])
        kinds[place] = RIGHT_FORM if found is not None and is_same_form(found, truth) else WRONG_FORM
    return np.asarray(kinds, dtype=np.object_)


def miss_breakdown(runs: pd.DataFrame, formulas: Mapping[int, str | None]) -> Breakdown:
    """Return the share of each kind in the runs of each method, averaged over formulas; the shares add up to one.

    Args:
        runs, formulas: as for `kinds_of`; kinds that no run is of are left out.
    """
    kinds = kinds_of(runs, formulas)
    present = [kind for kind in KINDS if (kinds == kind).any()]
    rates = {kind: rates_of(runs.assign(is_kind=(kinds == kind).astype(float)), kind, of="is_kind") for kind in present}
    return assembled(runs, rates, by="miss", title="how runs ended")
