"""What a reader asks first of the leader: who is behind it, where it is weak, what it costs. A sentence each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any, Final

from srbench_lite.comparing.overall_verdict import amount

__all__ = ["answers_of"]

_MIN_TASKS: Final = 5  # of a kind, for it to be named
_TAIL: Final = 0.025  # of a 95 % interval
_NORMAL: Final = NormalDist()
_KINDS: Final = {
    "variables": "with {} variables", "size": "whose truth has {} nodes", "operators": "with the operator {}",
    "tags": "tagged {}",
}  # fmt: skip

Json = Mapping[str, Any]


def answers_of(standings: Sequence[Json], weaknesses: Sequence[Json]) -> Iterator[Json]:
    """Yield the sentences of each noise level and perturbation where methods are ranked.

    Where they are ranked by recovery and, on other tasks, by accuracy, sentences are of the first.

    Args:
        standings: of `standings_of`.
        weaknesses: of `weaknesses_of`.
    """
    said = set()
    for table in standings:
        level = table["noise"], table["perturbation"]
        if not table["lines"] or level in said:
            continue
        said.add(level)
        leader = table["lines"][0]["method"]
        for own in weaknesses:
            if (own["noise"], own["perturbation"]) == level:
                weakest = _weakest(leader, own["breakdowns"]) if table["metric"] == "recovery" else ()
                sentences = [*_behind(table), *weakest, *_cost(leader, own["costs"])]
                yield dict(zip(("noise", "perturbation"), level, strict=True)) | {
                    "metric": table["metric"], "sentences": sentences,
                }  # fmt: skip


def _behind(table: Json) -> Iterator[str]:
    """Say which method is the first that is surely behind the leader, where that is not the next one."""
    first, *others = table["lines"]
    if not others:
        return
    for place, (line, duel) in enumerate(zip(others, table["duels"][0][1:], strict=True)):
        _, _, _, difference, low, high, _ = duel
        if low > 0:
            if place:
                less, *between = (amount(table["metric"], value) for value in (difference, low, high))
                unit = "points" if table["metric"] == "recovery" else "digits"
                yield (
                    f"The first that is surely behind {first['method']} is {line['method']}, with {less} {unit} less "
                    f"(95 %: {between[0]} to {between[1]})."
                )
            return


def _weakest(method: str, breakdowns: Sequence[Json]) -> Iterator[str]:
    """Say of which kind of tasks the method recovers least, of those that are surely below its own average."""
    looked_at = [
        (rate, -tasks, _KINDS[table["by"]].format(level), low, high, tasks, table["total"][method][0])
        for table in breakdowns
        if table["by"] in _KINDS and method in table["total"]
        for level, name, rate, low, high, tasks in table["cells"]
        if name == method and tasks >= _MIN_TASKS
    ]
    found = [kind for kind in looked_at if _is_below(kind[0], high=kind[4], whole=kind[-1], kinds=len(looked_at))]
    if not found:
        yield f"No kind of task can be named of which {method} recovers surely less than of all."
        return
    rate, _, kind, low, high, tasks, whole = min(found)
    kind = kind.replace("with 1 variables", "with 1 variable")
    yield (
        f"{method} recovers least of the tasks {kind}: {_percent(rate)} % of {tasks} "
        f"(95 %: {_percent(low)} to {_percent(high)}), against {_percent(whole)} % of all formulas."
    )


def _is_below(rate: float, *, high: float, whole: float, kinds: int) -> bool:
    """Return whether a rate is below another by the test whose 95 % interval is Wilson's (JASA 22, 1927).

    The worst of many kinds often lies below by chance, so the 2.5 % are shared among all (Bonferroni).

    Args:
        rate, high: of the kind, 0 to 1, with the upper bound of its interval.
        whole: of all tasks.
        kinds: how many were looked at.
    """
    if not rate < high < whole < 1:
        return False
    units = (_NORMAL.inv_cdf(1 - _TAIL) / (high - rate)) ** 2 * high * (1 - high)  # that make such a bound
    return whole - rate > _NORMAL.inv_cdf(1 - _TAIL / kinds) * math.sqrt(whole * (1 - whole) / units)


def _cost(method: str, costs: Sequence[Json]) -> Iterator[str]:
    """Say what one fit takes, and how the cheapest and the dearest method compare."""
    known = {cost["method"]: cost for cost in costs if cost["seconds"] is not None}
    if method not in known:
        return
    own = known[method]
    memory = "" if own["memory"] is None else f" and {own['memory']:.0f} MiB"
    said = f"A fit of {method} takes {own['seconds']:.2g} s{memory} in the median"
    others = {name: cost["seconds"] for name, cost in known.items() if name != method}
    if not others:
        yield f"{said}."
        return
    least, most = (min(others, key=others.__getitem__), max(others, key=others.__getitem__))
    named = {"the quickest other": least, "the slowest": most} if most != least else {"the other": least}
    yield f"{said}; {', '.join(f'{what}, {name}, {others[name]:.2g} s' for what, name in named.items())}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
