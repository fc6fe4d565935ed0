"""Tables of results/README.md, made of the committed records."""

from __future__ import annotations

from functools import cache

from markdown_table import table
from places import ROOT

from srbench_lite.comparing.diagnosis import Diagnosis
from srbench_lite.comparing.overall import Overall, OverallTables
from srbench_lite.recording.exchange import read_records
from srbench_lite.recording.record import Record

#: Methods whose failures the page shows: the best of each kind.
_SHOWN = ("lies", "lasso", "transformer")
#: Seconds at which the peers are compared, besides the end.
_SECONDS = (1.0, 2.0, 5.0)


@cache
def _records(name: str) -> tuple[Record, ...]:
    return tuple(read_records(ROOT / "results" / f"{name}.json.gz"))


@cache
def _overall(name: str, at: float | None = None) -> Overall:
    (made,) = OverallTables.from_records(_records(name), at=at).tables
    return made


def _percent(value: float, interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{100 * value:.0f} [{100 * low:.0f}, {100 * high:.0f}]"


def _ranks(rank: int, ranks: tuple[int, int]) -> str:
    return f"{rank}" if ranks == (rank, rank) else f"{rank} [{ranks[0]}, {ranks[1]}]"


def overall() -> str:
    """Return our methods over all suites, with the sentence that says who is best."""
    made = _overall("suites")
    rows = (
        (f"`{s.method}`", _ranks(s.rank, s.ranks), _percent(s.value, s.interval), f"{s.statuses.get('skipped', 0)}")
        for s in made.standings
    )
    said = table(("method", "rank [95 %]", "recovery over all suites, % [95 %]", f"skipped of {made.tasks}"), rows)
    return f"{made.verdict}\n\n{said}"


def variables() -> str:
    """Return recovery by the number of variables of the truth."""
    records = [record for record in _records("suites") if record.method in _SHOWN]
    (made,) = Diagnosis.from_records(records, ("variables",)).breakdowns
    counts = (max(cell.formulas for cell in made.cells if cell.level == level) for level in made.levels)
    headers = ("variables", *made.levels)
    rows = [
        (
            f"`{method}`",
            *(f"{100 * cell.rate:.0f}" if (cell := made.cell(level, method)) else "–" for level in made.levels),
        )
        for method in made.methods
    ]
    return table(headers, [("formulas", *counts), *rows])


def peers() -> str:
    """Return our methods beside others."""
    return _in_time("peers")


def family() -> str:
    """Return the methods of related work beside two of ours and a floor."""
    return _in_time("family")


def _in_time(name: str) -> str:
    """Return recovery by suite, over all, and after some seconds."""
    made = _overall(name)
    early = [{s.method: s.value for s in _overall(name, at).standings} for at in _SECONDS]
    headers = (
        "recovery, % of runs", *(suite.name for suite in made.suites), "all [95 %]", "rank [95 %]",
        *(f"after {at:g} s" for at in _SECONDS),
    )  # fmt: skip
    rows = (
        (
            f"`{s.method}`", *(f"{100 * cell.value:.0f}" for cell in s.cells), _percent(s.value, s.interval),
            _ranks(s.rank, s.ranks), *(f"{100 * values[s.method]:.0f}" for values in early),
        )
        for s in made.standings
    )  # fmt: skip
    return f"{made.verdict}\n\n{table(headers, rows)}"


def peers_by_suite() -> str:
    """Return ours, peers and floors on every small suite: the suites in rows, since they are many."""
    made = _overall("peers_suites")
    headers = ("recovery, % of tasks", "tasks", *(f"`{s.method}`" for s in made.standings))
    rows = [
        (suite.name, suite.tasks, *(f"{100 * s.cells[place].value:.0f}" for s in made.standings))
        for place, suite in enumerate(made.suites)
    ]
    rows.append(("all [95 %]", made.tasks, *(_percent(s.value, s.interval) for s in made.standings)))
    rows.append(("rank [95 %]", "", *(_ranks(s.rank, s.ranks) for s in made.standings)))
    return f"{made.verdict}\n\n{table(headers, rows)}"
