"""What each figure shows, in a sentence that is made of its data, with the hedge that the intervals demand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from srbench_lite.comparing.runs import counted

__all__ = ["ALL", "FINDINGS", "finding"]

Rows = Sequence[Mapping[str, Any]]

#: What stands for all suites together in the rows of the matrix.
ALL: Final = "all"
_MAX_NAMED: Final = 3
_HALF: Final = 0.5
_MIN_FORMULAS: Final = 5  # of a kind of tasks, for it to be named
_KINDS: Final = {"variables": "{} variables", "size": "{} nodes", "operators": "{}", "tags": "the tag {}"}


def finding(name: str, rows: Rows) -> str:
    """Return the sentence of a figure as plain text; empty where it has none."""
    return FINDINGS[name](rows) if rows and name in FINDINGS else ""


def _matrix(rows: Rows) -> str:
    best: dict[str, int] = {}
    rates = {row["suite"] for row in rows if row["metric"] == "recovery"}
    tops = {suite: 0.0 for suite in dict.fromkeys(row["suite"] for row in rows) if suite != ALL}
    for suite in tops:
        own = [row for row in rows if row["suite"] == suite]
        tops[suite] = max(row["value"] for row in own)
        for row in own:
            best[row["method"]] = best.get(row["method"], 0) + (row["value"] == tops[suite])
    most = max(best.values())
    leaders = [method for method, count in best.items() if count == most]
    are = "is" if len(leaders) == 1 else "are each"
    hard = [suite for suite, top in tops.items() if suite in rates and top < _HALF]
    weak = f"; no method reaches 50 % in {listed(hard)}" if hard else ""
    suites = counted(len(tops), "suite")
    return f"By rates alone, {listed(leaders)} {are} best or level with the best in {most} of {suites}{weak}."


def _ranking(rows: Rows) -> str:
    first = [row["method"] for row in rows if row["first"] == 1]
    return f"Only {first[0]} may rank first." if len(first) == 1 else f"{listed(first)} may rank first."


def _weaknesses(rows: Rows) -> str:
    """Say which kinds of tasks are hard for all, and how the best method misses most; the best stands first."""
    tops: dict[str, float] = {}
    for row in rows:
        if row["by"] in _KINDS and row["formulas"] >= _MIN_FORMULAS:
            kind = _KINDS[row["by"]].format(row["level"]).replace("the tag none", "no tag")
            tops[kind] = max(tops.get(kind, 0.0), row["rate"])
    hard = sorted((kind for kind, top in tops.items() if top < _HALF), key=lambda kind: tops[kind])
    said = [f"No method recovers half of the tasks with {listed(hard)}"] if hard else []
    best = rows[0]["method"]
    misses = {row["level"]: row["rate"] for row in rows if row["by"] == "miss" and row["method"] == best}
    misses.pop("recovered", None)
    if any(misses.values()):
        most = max(misses, key=lambda kind: misses[kind])
        said.append(f"where {best} misses, its runs end most often so: {most}, {_percent(misses[most])} % of all")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _degradation(rows: Rows) -> str:
    """Say of each setting who is best at its last level, where it came from, and from whom it cannot be told."""
    said = []
    for setting in dict.fromkeys(row["setting"] for row in rows):
        own = [row for row in rows if row["setting"] == setting]
        levels = list(dict.fromkeys(row["level"] for row in own))
        first, last = ([row for row in own if row["level"] == level] for level in (levels[0], levels[-1]))
        best = max(last, key=lambda row: row["recovery"])
        before = next((row["recovery"] for row in first if row["method"] == best["method"]), None)
        since = "" if before is None else f", after {_percent(before)} % at {levels[0]}"
        alone = len({row["method"] for row in own}) == 1
        who = f"{best['method']}{', the only one that ran on several levels, recovers' if alone else ' is best'}"
        rate = f"{_percent(best['recovery'])} %"
        said.append(
            f"{who} {rate} at {levels[-1]} ({setting}){since}" if alone
            else f"{who} at {levels[-1]} ({setting}) with {rate}{since}{_hedge(last, best)}"
        )  # fmt: skip
    return f"{'; '.join(said)}."


def _over_time(rows: Rows) -> str:
    known = [row for row in rows if _is_number(row["recovery"])]
    if not known:
        return ""
    seconds = sorted({float(row["seconds"]) for row in known})
    first, last = ([row for row in known if float(row["seconds"]) == second] for second in (seconds[0], seconds[-1]))
    early, late = (max(at, key=lambda row: row["recovery"]) for at in (first, last))
    count = counted(len({row["method"] for row in known}), "method")
    said = f"Of the {count} whose runs kept what they had on their way, {early['method']} has recovered most after "
    said += f"{seconds[0]:g} s, {_percent(early['recovery'])} %"
    if len(seconds) == 1:
        return f"{said}{_hedge(first, early)}."
    who = "it still has" if late["method"] == early["method"] else f"{late['method']} has"
    return f"{said}; after {seconds[-1]:g} s {who}, {_percent(late['recovery'])} %{_hedge(last, late)}."


def _hedge(rows: Rows, best: Mapping[str, Any]) -> str:
    """Say which intervals reach into that of the best."""
    near = [row["method"] for row in rows if row["method"] != best["method"] and row["high"] >= best["low"]]
    return f" (its interval overlaps that of {listed(near)})" if near else ""


def _pareto(rows: Rows) -> str:
    front = [row["method"] for row in rows if float(row["front"])]
    beaten = len(rows) - len(front)
    others = f"each of the {beaten} others is beaten by one of them" if beaten > 1 else "the other one is beaten"
    tail = f"; {others}" if beaten else ""
    return f"No other method has both a smaller median error and a smaller formula than {listed(front)}{tail}."


def _difference(rows: Rows) -> str:
    means = sorted((float(row["rank"]), row["method"]) for row in rows if row["method"] != "")
    best = means[0][1]
    bars = [(float(row["low"]), float(row["high"])) for row in rows if row["method"] == ""]
    level = [name for rank, name in means[1:] if any(low <= means[0][0] and rank <= high for low, high in bars)]
    said = f"{best} has the best mean rank, {means[0][0]:.2f}"
    return (
        f"{said}; signed ranks do not tell it from {listed(level)}."
        if level
        else f"{said}, and differs from all others."
    )


def _profile(rows: Rows) -> str:
    at = min({float(row["nmse"]) for row in rows}, key=lambda nmse: abs(math.log10(nmse) + 12))
    shares = {row["method"]: float(row["share"]) for row in rows if float(row["nmse"]) == at}
    best = max(shares, key=lambda method: shares[method])
    worst = min(shares, key=lambda method: shares[method])
    said = f"The median error of {best} is at most {at:.0e} on {_percent(shares[best])} % of the tasks"
    return f"{said}, that of {worst} on {_percent(shares[worst])} %." if len(shares) > 1 else f"{said}."


def _time(rows: Rows) -> str:
    half = {}
    for method in dict.fromkeys(row["method"] for row in rows):
        reached = [float(row["seconds"]) for row in rows if row["method"] == method and float(row["solved"]) >= _HALF]
        if reached:
            half[method] = min(reached)
    if not half:
        return "No method has solved half of the runs within the limit."
    fastest = min(half, key=lambda method: half[method])
    several = len(half) > 1
    others = f"; {len(half)} methods get there at all" if several else "; no other method gets there"
    return f"{fastest} has solved half of its runs after {half[fastest]:.2g} s, the soonest{others}."


def _panels(rows: Rows) -> str:
    sizes = {row["method"]: row for row in rows if row["measure"] == "complexity"}
    if not sizes:
        return ""
    small = min(sizes, key=lambda method: float(sizes[method]["median"]))
    near = [m for m in sizes if m != small and float(sizes[m]["low"]) <= float(sizes[small]["high"])]
    hedge = f"; the interval of {listed(near)} overlaps its own" if near else ""
    return f"{small} writes the smallest formulas, {float(sizes[small]['median']):g} nodes in the median{hedge}."


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them, of many the first."""
    if len(names) > _MAX_NAMED + 1:
        return f"{', '.join(names[:_MAX_NAMED])} and {len(names) - _MAX_NAMED} others"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


FINDINGS: Final[Mapping[str, Callable[[Rows], str]]] = {
    "ranking": _ranking, "matrix": _matrix, "weaknesses": _weaknesses, "degradation": _degradation, "pareto": _pareto,
    "critical-difference": _difference, "profile": _profile, "time": _time, "over-time": _over_time, "panels": _panels,
}  # fmt: skip
