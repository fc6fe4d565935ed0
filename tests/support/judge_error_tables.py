"""Tables of what the rules said about labelled pairs: error rates, times, kinds, mistakes."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from judge_questions import Reply
from labelled_pairs import LabelledPair
from markdown_table import table

from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.judging.judge import VerdictWord

#: The rules by their short names, and what the tables call them.
CHECKERS: Final = {"judge": "the judge", "srbench": "SRBench's rule", "simplify": "`sympy.simplify`"}
WORDS: Final = tuple(word.value for word in VerdictWord)
#: All generated pairs, about which the judge alone is asked; the SymPy rules would take hours.
EVERY: Final = "all generated"
#: A mistake table shows at most so many pairs.
MOST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One pair, the set it belongs to, and what each rule said about it."""

    group: str
    pair: LabelledPair
    replies: Mapping[str, Reply]  # by rule; some rules may not have been asked


def rate(n: int, of: int) -> str:
    """Return `3 of 4 (75.0 %, 30.1 to 95.4)`: a share with its Wilson interval."""
    if of == 0:
        return "–"
    low, high = wilson_interval(n / of, of) or (0.0, 1.0)
    return f"{n} of {of} ({100 * n / of:.1f} %, {100 * low:.1f} to {100 * high:.1f})"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]


def _times(values: Sequence[float]) -> list[str]:
    shown = (statistics.median(values), statistics.fmean(values), percentile(values, 0.99), max(values))
    return [f"{1000 * value:,.1f}" if value < 1 else f"{1000 * value:,.0f}" for value in shown]


def error_rates(cases: Sequence[Case]) -> str:
    """Make the table of acceptances by set and rule."""
    headers = ("set", "rule", "same function: accepted", "same but for constants within 1 %: accepted",
               "another function: accepted", "no answer")  # fmt: skip
    rows = []
    for group in dict.fromkeys(case.group for case in cases):
        some = [case for case in cases if case.group == group]
        for checker, name in _asked(some).items():
            rows.append([group, name, *_shares(some, lambda case, c=checker: case.replies[c].accepted)])
            rows[-1].append(str(sum(case.replies[checker].open for case in some)))
            if checker == "judge":
                rows.append([group, "the judge, `affine` taken too", *_shares(some, _affine_too), rows[-1][-1]])
    return table(headers, rows)


def _asked(cases: Iterable[Case]) -> dict[str, str]:
    """Return the rules that were asked about all of the pairs, and their names."""
    return {checker: name for checker, name in CHECKERS.items() if all(checker in case.replies for case in cases)}


def _affine_too(case: Case) -> bool:
    return case.replies["judge"].word in ("exact", "recovered", "affine")


def _shares(cases: Sequence[Case], accepted: Callable[[Case], bool]) -> list[str]:
    cells = []
    for label in ("exact", "recovered", "neither"):
        some = [case for case in cases if case.pair.label == label]
        cells.append(rate(sum(map(accepted, some)), len(some)))
    return cells


def times(cases: Sequence[Case]) -> str:
    """Make the table of CPU times by set and rule."""
    headers = ("set", "rule", "pairs", "median ms", "mean ms", "99th percentile ms", "longest ms", "mean / the judge's")
    rows = []
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    compared = [case for case in cases if len(_asked([case])) == len(CHECKERS)]
    if len({case.group for case in compared}) - 1 > 0:
        groups["those that all were asked about"] = compared
    for group, some in groups.items():
        unit = 0.0
        for checker, name in _asked(some).items():
            seconds = [case.replies[checker].seconds for case in some]
            unit = unit or statistics.fmean(seconds)
            rows.append([group, name, len(seconds), *_times(seconds), f"{statistics.fmean(seconds) / unit:.1f}"])
    return table(headers, rows)


def once(cases: Sequence[Case]) -> list[Case]:
    """Return the cases without those that stand among all generated ones, too."""
    every = any(case.group == EVERY for case in cases)
    return [case for case in cases if case.group != "generated" or not every]


def _accepted(cases: Sequence[Case], checker: str) -> str:
    """Return `3 of 4`: how many of the pairs that a rule was asked about it accepted."""
    asked = [case.replies[checker].accepted for case in cases if checker in case.replies]
    return f"{sum(asked)} of {len(asked)}" if asked else "–"


def by_kind(cases: Sequence[Case], *, effect: bool) -> str:
    """Make the table by kind of pair; `effect`: of the pairs whose verdict a tiny term decides, else of the others."""
    headers = ("set", "kind", "label", "pairs", *(f"judge: {word}" for word in WORDS), "SRBench's rule: accepted",
               "`sympy.simplify`: accepted")  # fmt: skip
    rows: list[list[object]] = []
    chosen = [case for case in cases if (case.pair.label == "by effect") == effect]
    for group, kind, label in dict.fromkeys((case.group, case.pair.kind, case.pair.label) for case in chosen):
        some = [case for case in chosen if (case.group, case.pair.kind, case.pair.label) == (group, kind, label)]
        words = Counter(case.replies["judge"].word for case in some)
        others = [_accepted(some, checker) for checker in ("srbench", "simplify")]
        rows.append([group, kind, label, len(some), *(words[word] for word in WORDS), *others])
    return table(headers, rows) if rows else "There are none."


def constants_off(cases: Sequence[Case]) -> str:
    """Make the table of the judge's words when all that is wrong is a constant, by how much it is off."""
    found: dict[float, list[Case]] = {}
    for case in cases:
        if match := re.fullmatch(r"constants? off by (\S+)", case.pair.kind):
            found.setdefault(float(match[1]), []).append(case)
    if not found:
        return "There are none."
    rows: list[list[object]] = []
    for off, some in sorted(found.items()):
        words = Counter(case.replies["judge"].word for case in some)
        shares = [f"{100 * words[word] / len(some):.1f} %" for word in WORDS]
        rows.append([f"{off:g}", len(some), *shares])
    headers = ("off by", "pairs", *(f"judge: {word}" for word in WORDS))
    return table(headers, rows)


def is_mistake(case: Case) -> bool:
    """Whether the judge's word contradicts the label."""
    allowed = {
        "exact": {"exact"}, "recovered": {"exact", "recovered"}, "neither": {"affine", "different", "undecided"},
        "not different": {"exact", "recovered", "affine", "undecided"},
    }  # fmt: skip
    return case.pair.label in allowed and case.replies["judge"].word not in allowed[case.pair.label]


def mistakes(cases: Sequence[Case]) -> str:
    """Make the list of the pairs where the judge contradicts the label."""
    wrong = [case for case in cases if is_mistake(case)]
    if not wrong:
        return "There are none."
    rows = [
        (case.pair.name, case.pair.kind, f"`{_cut(str(case.pair.found))}`", f"`{_cut(str(case.pair.truth))}`",
         case.pair.label, case.replies["judge"].word, case.replies["judge"].why)
        for case in wrong[:MOST_SHOWN]
    ]  # fmt: skip
    headers = ("pair", "kind", "found", "truth", "label", "the judge says", "because")
    rest = f"\n\n... and {len(wrong) - MOST_SHOWN} more." if len(wrong) > MOST_SHOWN else ""
    return table(headers, rows) + rest


def _cut(text: str, longest: int = 90) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
