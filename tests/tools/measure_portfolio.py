"""What `portfolio` finds: `python tests/tools/measure_portfolio.py --store FILE.db [PART...]`, without names all.

Each part is one `srbench run` on suites, or on tasks of the generator that decide nothing; beside each stands `lies`
where nothing committed has its runs. `peers` is run only by its name: `srbench env install` installs them. What stands
in the store is not run again. `--publish` then writes the records, without candidates and extras, to `results/`, and
`python tests/tools/make_tables.py` makes the tables of the README.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from measure_lies import Figures, asked, execute
from places import ROOT
from wild_generator import REPORTING, draw_task

from srbench_lite import Budget, Record, Registry, discover, plan
from srbench_lite.recording.exchange import read_records, write_records
from srbench_lite.running.plan import PlannedRun

RECORDS: Final = (ROOT / "results" / "portfolio.json.gz",)
#: Runs of `lies` on all suites, and with other limits and noise, to compare with.
OF_LIES: Final = (ROOT / "results" / "suites.json.gz", ROOT / "results" / "lies.json")

_CLASSIC: Final = ("keijzer", "korns", "livermore", "vladislavleva", "jin", "neat", "r", "constant")
_SHORT: Final = ("nguyen", "sin", "composite", "poly2")
_WILD: Final = "wild"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One measurement.

    Attributes:
        suites: whose tasks, or that of the generator.
        seconds: limit of a fit.
        noise: share of the RMS of y.
        asked: rate that is to be reached.
        changes: hyper-parameters that differ from the defaults.
        methods: that are run.
        every: one of so many tasks is run.
    """

    suites: tuple[str, ...]
    seconds: float = 12.0
    noise: float = 0.0
    asked: float | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    methods: tuple[str, ...] = ("portfolio",)
    every: int = 1

    def cells(self, registry: Registry) -> tuple[PlannedRun, ...]:
        """List its runs, as `srbench run` would."""
        if self.suites == (_WILD,):
            tasks = [draw_task(number) for number in REPORTING[:: self.every]]
        else:
            tasks = [task for name in self.suites for task in registry.suite(name).tasks if not task.unidentifiable]
        methods = [registry.method(name).with_parameters(self.changes) for name in self.methods]
        return plan(methods, tasks, seeds=[0], noises=[self.noise], budget=Budget(seconds=self.seconds))

    def of(self, records: Iterable[Record], method: str) -> list[Record]:
        """Return the records of this part that a method made."""
        return [
            r for r in records
            if r.method == method and r.suite in self.suites and r.seed == 0
            and (r.noise, r.budget_seconds) == (self.noise, self.seconds) and self._has(r)
        ]  # fmt: skip

    def _has(self, record: Record) -> bool:
        changed = {k: v for k, v in record.parameters.items() if k in _SWITCHES and v is False}
        return record.method != "portfolio" or changed == self.changes


#: Parts of the method that can be turned off, as rows of the ablation table.
_SWITCHES: Final = ("halves", "monomials", "rational", "noisy", "reductions", "inner", "separations")
_BOTH: Final = ("portfolio", "lies")
#: Of the generator's tasks one of so many is run where that takes long; its seven kinds follow one another.
_FEW: Final = 4
#: Parts whose tasks and limits those without a part of the method have.
_ABLATED_LIMITS: Final = ("wild2", "wild")

PARTS: Final = {
    "classic": Part(suites=_CLASSIC, asked=70 / 85),
    "srsd": Part(suites=("srsd",), asked=0.8),
    "bonus": Part(suites=("feynman-bonus",), asked=11 / 20),
    "strogatz": Part(suites=("strogatz",), asked=13 / 14),
    "short": Part(suites=_SHORT, asked=1.0),
    "feynman": Part(suites=("feynman",), asked=0.94),
    "feynman60": Part(suites=("feynman",), seconds=60.0, asked=0.97),
    "noise-1": Part(suites=("feynman",), noise=0.01, asked=0.8),
    "noise-10": Part(suites=("feynman",), noise=0.1, asked=0.45),
    "wild": Part(suites=(_WILD,), methods=_BOTH),
    "wild2": Part(suites=(_WILD,), methods=_BOTH, seconds=2.0, every=2),
    "wild60": Part(suites=(_WILD,), methods=_BOTH, seconds=60.0, every=_FEW),
}
#: The same without one part of the method, under each limit on few of the tasks.
ABLATED: Final = {
    (name, limit): Part(suites=(_WILD,), changes={name: False}, seconds=PARTS[limit].seconds, every=_FEW)
    for limit in _ABLATED_LIMITS
    for name in _SWITCHES
}
#: Other people's methods on tasks that decide nothing.
PEERS: Final = Part(suites=(_WILD,), methods=(*_BOTH, "hroch", "operon", "psrn"), every=_FEW)
_NAMED: Final = PARTS | {f"no-{name}-{limit}": part for (name, limit), part in ABLATED.items()}

HEADERS: Final = (
    "tasks", "noise", "limit, s", "`portfolio` found", "rate [95 %]", "asked", "`lies` found", "median s of found",
    "found in 1 s", "in 2 s", "in 5 s", "failures",
)  # fmt: skip


def table(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each part that is not of the ablation."""
    own = list(records)
    committed = [record for path in OF_LIES for record in read_records(path)]
    for part in PARTS.values():
        mine = part.of(own, "portfolio")
        if not mine:
            continue
        beside = "lies" in part.methods
        tasks = {r.task for r in mine}
        others = {r.task: r for r in part.of(own if beside else committed, "lies") if r.task in tasks}
        figures = Figures(mine)
        yield (
            ", ".join(part.suites), f"{part.noise:g}", f"{part.seconds:g}", figures.found, figures.rate,
            "–" if part.asked is None else f"{100 * part.asked:.0f} %",
            Figures(list(others.values())).found if len(others) == len(mine) else "–", _to_exact(mine),
            *(_in_time(mine, list(others.values()) if beside else [], s) for s in (1, 2, 5)), figures.failures,
        )  # fmt: skip


def _in_time(records: Sequence[Record], others: Sequence[Record], seconds: float) -> str:
    """Return how many recovered the truth in so many seconds, in brackets those of others that ran beside them."""
    found, beside = (sum(bool(r.scores.recovered) and r.seconds <= seconds for r in some) for some in (records, others))
    return f"{found} ({beside})" if others else str(found)


def _to_exact(records: Sequence[Record]) -> str:
    """Return the median seconds of the runs that recovered the truth."""
    taken = [r.seconds for r in records if r.scores.recovered]
    return f"{median(taken):.2f}" if taken else "–"


MISSED_HEADERS: Final = ("suite", "noise", "limit, s", "not found")


def missed(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Yield for each suite of a part the tasks that were not found; the generator's tasks have no names."""
    every = list(records)
    for part in PARTS.values():
        if part.suites == (_WILD,):
            continue
        mine = part.of(every, "portfolio")
        for suite in part.suites:
            names = [r.task.split("/", 1)[1] for r in mine if r.suite == suite and not r.scores.recovered]
            if names:
                yield suite, f"{part.noise:g}", f"{part.seconds:g}", ", ".join(names)


ABLATION_HEADERS: Final = (
    "without",
    *(f"found in {PARTS[limit].seconds:g} s" for limit in _ABLATED_LIMITS),
)


def ablation(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Yield the method as it is, then a row for each part that was turned off, then `lies`; on the generator's tasks.

    A cell counts what is found of the tasks that were run without a part, in brackets those lost and gained.
    """
    every = list(records)
    whole = {limit: _found(PARTS[limit].of(every, "portfolio")) for limit in _ABLATED_LIMITS}
    for name in ("–", *_SWITCHES, "lies"):
        cells = []
        for limit in _ABLATED_LIMITS:
            looked_at = {r.task for switch in _SWITCHES for r in ABLATED[switch, limit].of(every, "portfolio")}
            if name == "–":
                mine = whole[limit]
            elif name == "lies":
                mine = _found(PARTS[limit].of(every, "lies"))
            else:
                mine = _found(ABLATED[name, limit].of(every, "portfolio"))
            cells.append(_lost_and_gained(whole[limit], mine, looked_at))
        yield name if name == "–" else f"`{name}`", *cells


def _found(records: Iterable[Record]) -> dict[str, bool]:
    """Return whether the truth was recovered, by task."""
    return {r.task: bool(r.scores.recovered) for r in records}


def _lost_and_gained(whole: dict[str, bool], mine: dict[str, bool], tasks: set[str]) -> str:
    common = sorted(tasks & whole.keys() & mine.keys())
    if not common:
        return "not run"
    text = f"{sum(mine[task] for task in common)} of {len(common)}"
    lost = sum(whole[task] and not mine[task] for task in common)
    gained = sum(mine[task] and not whole[task] for task in common)
    return f"{text} (-{lost}, +{gained})" if lost or gained else text


PEERS_HEADERS: Final = ("method", "found", "rate [95 %]", "median s of found", "median s", "failures")


def peers(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each method that was run beside others on the same tasks of the generator."""
    every = list(records)
    tasks = {r.task for r in PEERS.of(every, PEERS.methods[-1])}
    for method in PEERS.methods:
        mine = [r for r in PEERS.of(every, method) if r.task in tasks]
        if mine:
            figures = Figures(mine)
            yield (
                f"`{method}`", figures.found, figures.rate, _to_exact(mine), figures.seconds[0], figures.failures
            )  # fmt: skip


def main() -> int:
    arguments = asked(__doc__, _NAMED, unasked=("peers",))
    parts = _NAMED | {"peers": PEERS}
    registry = discover()
    cells = [cell for name in arguments.parts for cell in parts[name].cells(registry)]
    records = execute(
        list({cell.key: cell for cell in cells}.values()), registry, store=arguments.store, jobs=arguments.jobs
    )
    if records is not None and arguments.publish:
        print(f"{write_records(records, *RECORDS, form='json')} records written to {RECORDS[0]}")
    return 130 if records is None else 0


if __name__ == "__main__":
    sys.exit(main())
