"""How often ranks over suites err: `python tests/tools/measure_overall.py`, which writes `results/overall.csv`.

Methods are simulated on suites of tasks, each solved with a probability of its own, drawn from Beta(0.35, 0.35), so
that most tasks are solved nearly always or nearly never; seeds are drawn independently for each method. A tenth of the
formulas stands in two suites. Methods that are equal have "the same" probabilities, or probabilities of "their own",
drawn anew for each method: equal in the long run, and each better on other tasks. Where one is truly ahead, its
probabilities are those of the others, or their own, raised by so many points on average: by the same share of what is
missing. Each repetition goes through `srbench_lite.comparing.overall`, as the command does.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import combinations
from pathlib import Path
from typing import Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
from places import ROOT

from srbench_lite.comparing.overall import Overall
from srbench_lite.comparing.score_table import ScoreTable
from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.problems.perturbation import Perturbation

ROWS: Final = ROOT / "results" / "overall.csv"
HEADERS: Final = (
    "suites x tasks", "seeds", "methods", "true lead, points", "tasks are", "repetitions", "intervals overlap",
    "ranks overlap", "none is put behind", "holds the true mean", "order right", "called best", "a pair significant",
)  # fmt: skip
_BETA_SHAPE: Final = 0.35
_SHARED: Final = 0.1
#: Suites, tasks of each, seeds, methods, true lead of the first, and whose probabilities tasks have.
CASES: Final = [
    (5, 12, 1, 2, 0.0, "the same"), (5, 12, 1, 2, 0.0, "their own"), (5, 12, 3, 5, 0.0, "the same"),
    (5, 12, 3, 5, 0.0, "their own"), (5, 40, 3, 5, 0.0, "the same"), (5, 40, 3, 5, 0.0, "their own"),
    (2, 5, 1, 5, 0.0, "their own"), (18, 25, 1, 13, 0.0, "their own"),
    (5, 12, 3, 2, 0.1, "the same"), (5, 12, 3, 5, 0.1, "the same"), (5, 40, 1, 2, 0.1, "the same"),
    (5, 40, 3, 5, 0.1, "the same"), (5, 40, 3, 2, 0.1, "their own"), (5, 100, 3, 2, 0.1, "their own"),
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Case:
    """A line of the table: settings, and in how many repetitions what was seen; `true` counts methods."""

    suites: int
    tasks: int
    seeds: int
    methods: int
    lead: float
    kind: str
    repetitions: int
    intervals: int
    ranks: int
    open: int
    true: int
    order: int
    best: int
    pairs: int


def simulated(suites: int, tasks: int, seeds: int, methods: int, lead: float, kind: str, repetitions: int) -> Case:
    """Return how often the intervals of all means, and of all ranks, overlap, and more."""
    rng = np.random.default_rng([suites, tasks, seeds, methods, round(1000 * lead), kind == "the same"])
    suite = np.repeat(np.arange(suites), tasks)
    seen = dict.fromkeys(("intervals", "ranks", "open", "true", "order", "best", "pairs"), 0)
    for _ in range(repetitions):
        formula = _formulas(suite, rng)
        of_formula = rng.beta(_BETA_SHAPE, _BETA_SHAPE, (1 if kind == "the same" else methods, len(suite)))
        chances = np.broadcast_to(of_formula, (methods, len(suite))).copy()
        chances[0] += lead / 0.5 * (1 - chances[0])  # the mean of the draws is a half
        scores = rng.binomial(seeds, chances[:, formula]) / seeds
        table = Overall.of(_table(scores, suite, formula), seed=int(rng.integers(2**32)))
        standings = {s.method: s for s in table.standings}
        truth = {name: 0.5 + (lead if name == "m0" else 0.0) for name in standings}
        pairs = list(combinations(table.standings, 2))
        first = table.standings[0]
        seen["intervals"] += all(_overlap(a.interval, b.interval) for a, b in pairs)
        seen["ranks"] += all(_overlap(a.ranks, b.ranks) for a, b in pairs)
        seen["open"] += all(s.ranks == (1, methods) for s in table.standings)
        seen["true"] += sum(s.interval.low <= truth[name] <= s.interval.high for name, s in standings.items())
        seen["order"] += first.method == "m0" and first.value > table.standings[1].value
        seen["best"] += first.method == "m0" and standings["m0"].ranks == (1, 1)
        seen["pairs"] += any(d is not None and d.winner is not None for row in table.duels for d in row)
    return Case(
        suites=suites, tasks=tasks, seeds=seeds, methods=methods, lead=lead, kind=kind, repetitions=repetitions, **seen
    )  # fmt: skip


def _formulas(suite: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the formula of each task; some stand in the next suite, too."""
    formula = np.arange(len(suite))
    for task in rng.choice(len(suite), round(_SHARED * len(suite) / 2), replace=False):
        others = np.flatnonzero(suite == (suite[task] + 1) % (suite.max() + 1))
        formula[rng.choice(others)] = formula[task]
    return np.unique(formula, return_inverse=True)[1]


def _table(scores: np.ndarray, suite: np.ndarray, formula: np.ndarray) -> ScoreTable:
    names = tuple(f"m{k}" for k in range(len(scores)))
    return ScoreTable(
        metric="recovery", noise=0.0, perturbation=Perturbation(), methods=names,
        tasks=tuple(f"{k}" for k in range(len(suite))), suites=tuple(f"s{k}" for k in range(int(suite.max()) + 1)),
        suite=suite, formula=formula, scores=scores, runs=np.ones(scores.shape, dtype=np.int64),
        statuses=({},) * len(names), limits=((60.0,),) * len(names),
    )  # fmt: skip


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def committed(path: Path = ROWS) -> list[Case]:
    """Return the cases that stand in the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Case(lead=float(row.pop("lead")), kind=row.pop("kind"), **{name: int(text) for name, text in row.items()})
            for row in csv.DictReader(file)
        ]


def table(cases: Iterable[Case]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table; how often the order is right is said where there is one."""
    for case in cases:
        shares = [(case.intervals, 1), (case.ranks, 1), (case.open, 1), (case.true, case.methods)]
        ordered = [(case.order, 1), (case.best, 1)] if case.lead else [None, None]
        yield (
            f"{case.suites} x {case.tasks}", case.seeds, case.methods, f"{100 * case.lead:g}", case.kind,
            case.repetitions, *(_rate(case, share) for share in (*shares, *ordered, (case.pairs, 1))),
        )  # fmt: skip


def _rate(case: Case, share: tuple[int, int] | None) -> str:
    if share is None:
        return ""
    count, of = share[0], share[1] * case.repetitions
    interval = wilson_interval(count / of, of)
    assert interval is not None
    return f"{100 * count / of:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=300, help="of each case")
    arguments = parser.parse_args()
    cases = []
    for case in CASES:
        cases.append(simulated(*case, arguments.repetitions))
        print(*next(table(cases[-1:])), sep=" | ", flush=True)
    with ROWS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Case)])
        writer.writerows([getattr(case, field.name) for field in fields(Case)] for case in cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
