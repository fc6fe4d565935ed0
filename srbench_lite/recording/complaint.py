"""A record's `complaint`: what went wrong beside the run, one line for each thing, apart from the `reason` of its end.

What the fit is to blame for (extras that were dropped, predictions of the wrong shape) begins with `fit: `; every other
line is of the scoring. So a record that is scored again keeps the first kind and gets the second anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["complaint_of_fit", "join_complaints", "split_old_reason"]

_FIT: Final = "fit: "
#: How the complaints of the scoring begin in a reason of a store of schema 2, where they stand at the end.
_OLD_SCORING: Final = re.compile(
    r"(?:^|; )(?=scoring stopped \(|scoring died: |metrics were not computed: |metric [A-Za-z0-9_-]+: )"
)


def join_complaints(*, fit: Iterable[str] = (), scoring: Iterable[str] = ()) -> str | None:
    """Return the complaint of a record; None where there is nothing to complain about.

    Args:
        fit: what to complain about in the method's answer.
        scoring: what went wrong when its formula was scored.
    """
    lines = [*(f"{_FIT}{_one_line(text)}" for text in fit), *(_one_line(text) for text in scoring)]
    return "\n".join(lines) or None


def complaint_of_fit(complaint: str | None) -> tuple[str, ...]:
    """Return what a complaint says of the fit, without what it says of the scoring."""
    lines = (complaint or "").split("\n")
    return tuple(line.removeprefix(_FIT) for line in lines if line.startswith(_FIT))


def split_old_reason(status: str, reason: str | None) -> tuple[str | None, str | None]:
    """Return the reason and the complaint of a record that was written when one text held both.

    Stores of schema 2 and exports of their time joined them with semicolons, complaints of the scoring last. A run that
    ended ok had no reason to give, so all of its text is complaint. This is the only place that reads the old form.
    """
    if not reason:
        return None, None
    match = _OLD_SCORING.search(reason)
    of_fit, of_scoring = (reason, "") if match is None else (reason[: match.start()], reason[match.end() :])
    scoring = [of_scoring] if of_scoring else []
    if status == "ok":
        return None, join_complaints(fit=[of_fit] if of_fit else [], scoring=scoring)
    return of_fit or None, join_complaints(scoring=scoring)


def _one_line(text: str) -> str:
    return " ".join(text.split())
