"""What a reader asks first of the leader: where it is weak, and what it costs. A sentence each, with how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

__all__ = ["answers_of"]

_MIN_TASKS: Final = 5  # of a kind, for it to be named
_KINDS: Final = {
    "variables": "with {} variables", "size": "whose truth has {} nodes", "operators": "with the operator {}",
    "tags": "tagged {}",
}  # fmt: skip

Json = Mapping[str, Any]


def answers_of(standings: Sequence[Json], weaknesses: Sequence[Json]) -> Iterator[Json]:
    """Yield the sentences of each noise level and perturbation where methods are ranked by recovery.

    Args:
        standings: of `standings_of`.
        weaknesses: of `weaknesses_of`.
    """
    for table in standings:
        if table["metric"] != "recovery" or not table["lines"]:
            continue
        leader = table["lines"][0]["method"]
        for own in weaknesses:
            if (own["noise"], own["perturbation"]) == (table["noise"], table["perturbation"]):
                sentences = [*_weakest(leader, own["breakdowns"]), *_cost(leader, own["costs"])]
                yield {"noise": table["noise"], "perturbation": table["perturbation"], "sentences": sentences}


def _weakest(method: str, breakdowns: Sequence[Json]) -> Iterator[str]:
    """Say of which kind of tasks the method recovers least, of those whose interval lies below its own average."""
    found = []
    for table in breakdowns:
        if table["by"] not in _KINDS or method not in table["total"]:
            continue
        whole = table["total"][method][0]
        for level, name, rate, low, high, tasks in table["cells"]:
            if name == method and tasks >= _MIN_TASKS and high < whole:
                found.append((rate, -tasks, _KINDS[table["by"]].format(level), low, high, tasks, whole))
    if not found:
        yield f"No kind of task can be named of which {method} recovers surely less than of all."
        return
    rate, _, kind, low, high, tasks, whole = min(found)
    kind = kind.replace("with 1 variables", "with 1 variable")
    yield (
        f"{method} recovers least of the tasks {kind}: {_percent(rate)} % of {tasks} "
        f"(95 %: {_percent(low)} to {_percent(high)}), against {_percent(whole)} % of all."
    )


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
    between = f"; that of {least} {others[least]:.2g} s"
    yield f"{said}{between}{f', of {most} {others[most]:.2g} s' if most != least else ''}."


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
