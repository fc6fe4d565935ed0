"""The facts that a method gave beside its formula, as people read them: where the time went, what was warned of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from srbench_lite.recording.output import WARNINGS, recorded_warnings, safely_shown

__all__ = ["fact_lines", "warned_lines"]

#: The fact that says where the time of a fit went: seconds by step.
_SECONDS: Final = "seconds"


def fact_lines(extras: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a label and a text for each fact of a record that says something, in their order."""
    warned = recorded_warnings(extras)
    for name, value in extras.items():
        if value is None or value == "":
            continue
        if name == WARNINGS and warned:
            text = _listed(warned)
        elif name == _SECONDS and _is_by_step(value):
            text = _shares(value)
        else:
            text = f"{value:.6g}" if isinstance(value, float) else str(value)
        yield safely_shown(name), safely_shown(text)


def warned_lines(runs: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """Yield a sentence for each method whose runs printed warnings.

    Args:
        runs: method and facts of each.
    """
    totals: dict[str, Counter[str]] = {}
    counts: dict[str, list[int]] = {}
    for method, extras in runs:
        found = recorded_warnings(extras)
        totals.setdefault(method, Counter()).update(found)
        counts.setdefault(method, []).append(sum(found.values()))
    for method, numbers in counts.items():
        if total := sum(numbers):
            runs_said = f"{sum(map(bool, numbers))} of {len(numbers)} runs" if len(numbers) > 1 else "its run"
            categories = _listed(dict(totals[method].most_common(3)))
            warnings = "warning" if total == 1 else "warnings"
            yield f"{method}: {total:,} {warnings} printed in {runs_said} ({categories}); `srbench log` shows them"


def _is_by_step(value: Any) -> bool:
    return (
        isinstance(value, Mapping) and bool(value) and all(type(s) in (int, float) and s >= 0 for s in value.values())
    )


def _shares(seconds: Mapping[str, float]) -> str:
    """Say how long each step took, the longest first, and its share of them all."""
    total = sum(seconds.values())
    longest = sorted(seconds.items(), key=lambda item: -item[1])
    return ", ".join(f"{step} {own:.3g} s" + (f" ({own / total:.0%})" if total else "") for step, own in longest)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
