"""`verdict_of`: one sentence on who is best over all suites, by how much, and how sure that is.

With 95 % confidence the best method is among those of which none is surely behind another, since the intervals of all
differences hold at once (`srbench_lite.comparing.rank_intervals`). Where that is one method, it is called best.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.statistics import Interval
from srbench_lite.comparing.wins import Duel

__all__ = ["Leader", "amount", "verdict_of"]

_MAX_NAMED: Final = 4


class Leader(NamedTuple):
    """A method with what it has over all suites: mean, 95 % interval, first and last possible rank."""

    method: str
    value: float
    interval: Interval
    ranks: tuple[int, int]


def amount(metric: str, value: float) -> str:
    """Return a mean or a difference as texts show it: percent or points with one decimal, digits with two."""
    text = f"{100 * value:.1f}" if metric == "recovery" else f"{value:.2f}"
    return text.lstrip("-") if not float(text) else text  # no -0.0


def verdict_of(
    metric: str, leaders: Sequence[Leader], duels: Sequence[Sequence[Duel | None]], suites: Sequence[str]
) -> str:
    """Return the sentence.

    Args:
        metric: "recovery" or "accuracy".
        leaders: the ranked methods, the best first.
        duels: row against column, in the same order.
        suites: names of the suites.
    """
    where = f"in {suites[0]}" if len(suites) == 1 else f"over {len(suites)} suites"
    if not leaders:
        return f"No method ran on every task {where}, so none is ranked."
    best = leaders[0]
    has = f"{best.method} {_has(metric, best)} {where}"
    second = duels[0][1] if len(leaders) > 1 else None
    if second is None:
        return f"{has}; no other method ran on every task, so there is none to compare it with."
    lead = f"{_lead(metric, second)} more than {second.other}"
    able = [leader.method for leader in leaders if leader.ranks[0] == 1]
    if len(able) == 1:
        return f"{best.method} is best: it {_has(metric, best)} {where}, {lead}, the next{_smallness(metric, second)}."
    if second.difference == 0:
        lead = f"as much as {second.other}"
    if len(able) == len(leaders):
        return f"None can be called best: {has}, {lead}, and no method is surely behind another one."
    return f"Best is one of {_listed(able)}, and which of them cannot be said: {has}, {lead}."


def _has(metric: str, leader: Leader) -> str:
    low, high = (amount(metric, bound) for bound in leader.interval)
    value = amount(metric, leader.value)
    between = f"(95 %: {low} to {high})"
    return f"recovers {value} % {between}" if metric == "recovery" else f"has {value} digits of accuracy {between}"


def _lead(metric: str, duel: Duel) -> str:
    low, high = (amount(metric, bound) for bound in duel.interval)
    unit = "points" if metric == "recovery" else "digits"
    return f"{amount(metric, duel.difference)} {unit} (95 %: {low} to {high})"


def _smallness(metric: str, duel: Duel) -> str:
    """Say that a lead is sure and yet too small to matter."""
    margin = METRICS[metric].margin
    if duel.difference >= margin:
        return ""
    unit = "points" if metric == "recovery" else "digits"
    return f"; that is sure, and less than the {amount(metric, margin)} {unit} that matter"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _MAX_NAMED:
        return f"{', '.join(names[: _MAX_NAMED - 1])} and {len(names) - _MAX_NAMED + 1} others"
    return f"{', '.join(names[:-1])} and {names[-1]}"
