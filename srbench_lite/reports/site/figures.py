"""What the charts of a site draw, and the CSV file beside each."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing.leaderboard import ALL_SUITES
from srbench_lite.comparing.runs import counted, perturbation_of
from srbench_lite.reports.paper.data import degradation_curves, not_drawn
from srbench_lite.reports.series import on_shared_tasks, times
from srbench_lite.reports.site.addresses import data_file
from srbench_lite.reports.site.charts import figure
from srbench_lite.reports.site.data_files import csv_file

if TYPE_CHECKING:
    from srbench_lite.comparing.history import History
    from srbench_lite.comparing.overall import Standing
    from srbench_lite.reports.palette import Look
    from srbench_lite.reports.site.content import SiteContent
    from srbench_lite.reports.site.overview import Matrix

__all__ = ["Drawing", "history_drawing", "left_out", "overview_drawings"]

_MAX_METHODS: Final = 12  # in a chart: more lines hide each other

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart before it is drawn.

    Attributes:
        names: of its CSV file, as `data_file` takes them.
        title, note: above it.
        chart: name of the chart.
        rows: what its CSV file has.
        methods: those that are drawn, in this order; none for all.
        words: texts of the chart that are replaced.
        lines: whether it has a line for each method.
    """

    names: tuple[str, ...]
    title: str
    note: str
    chart: str
    rows: Rows
    methods: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    lines: bool = False

    def element(self, looks: Mapping[str, Look], up: str) -> ET.Element:
        """Draw it for a page from which `up` leads to the top of the site."""
        own = [row for row in self.rows if not self.methods or row["method"] in self.methods]
        return figure(
            self.title, self.note, self.chart, own, looks, data=f"{up}{data_file(*self.names)}", words=self.words,
            lines=self.lines,
        )  # fmt: skip

    def file(self) -> tuple[str, bytes]:
        """Return its CSV file with the address."""
        return data_file(*self.names), csv_file(self.rows)


def overview_drawings(content: SiteContent, matrix: Matrix) -> Iterator[Drawing]:
    """Yield the charts of the first page.

    Args:
        content: of the site.
        matrix: methods by suites at the first noise level: its first methods are drawn.
    """
    methods = tuple(line.label for line in matrix.lines[:_MAX_METHODS])
    most = f" The first {_MAX_METHODS} methods of the table." if len(matrix.lines) > _MAX_METHODS else ""
    standings = [line.standing for line in matrix.lines if line.standing is not None]
    if len(standings) > 1:
        yield Drawing(
            names=("overall",), title="Overall", chart="standings", methods=methods, lines=True,
            note=f"Mean over all suites with its 95 % interval; then the rank and the possible ranks.{most}",
            rows=[
                {
                    "method": one.method, "value": one.value, "low": one.interval.low, "high": one.interval.high,
                    "ranks": _ranks(one),
                }
                for one in standings
            ],
        )  # fmt: skip
    yield from _over_time(content, matrix, methods, most)
    curves = degradation_curves(content.run_table)
    for setting in dict.fromkeys(str(row["setting"]) for row in curves):
        own = [row for row in curves if row["setting"] == setting]
        yield Drawing(
            names=("degradation", setting), title=f"Recovery against {setting}", chart="curve", rows=own,
            note=f"Of each method the tasks that it ran on at every level, with 95 % intervals.{most}",
            methods=methods, words={"the setting": setting},
        )  # fmt: skip


def _ranks(standing: Standing) -> str:
    low, high = standing.ranks
    return f"{standing.rank} [{low}, {high}]" if low < high else str(standing.rank)


def left_out(content: SiteContent) -> str:
    """Return a sentence on the settings that have no curves; empty where all have."""
    return not_drawn(content.run_table) if len(content.run_table.runs) else ""


def _over_time(content: SiteContent, matrix: Matrix, methods: Sequence[str], most: str) -> Iterator[Drawing]:
    """Yield the chart of runs recovered over seconds, on the tasks that most methods share."""
    runs = content.run_table.runs
    here = (runs["noise"] == matrix.noise) & (runs["perturbation"].map(perturbation_of) == matrix.perturbation)
    shared = on_shared_tasks(runs[here.astype(bool)])
    rows = list(times(shared.assign(suite=ALL_SUITES)))
    if any(row["solved"] for row in rows):
        tasks = counted(int(shared["task"].nunique()), "task")
        yield Drawing(
            names=("time",), title="Recovered over time", chart="time", rows=rows, methods=tuple(methods),
            note=f"Share of runs on {tasks} that most methods share. Formulas are judged here, seconds are the "
            f"submissions' word.{most}",
        )  # fmt: skip


def history_drawing(history: History, method: str) -> Drawing | None:
    """Return the curve of a method over its versions; None where no state has a recovery rate.

    Args:
        history: its states.
        method: its name on the site.
    """
    rows: Rows = []
    for state in history.states:
        if state.line is not None and state.interval is not None:
            same = sum(other.version == state.version for other in history.states) > 1
            level = f"{state.version} ({(state.code or '?')[:7]})" if same else state.version
            rows.append({
                "method": method, "level": level, "recovery": state.line.after, "low": state.interval.low,
                "high": state.interval.high, "tasks": history.tasks, "since": state.first,
            })  # fmt: skip
    if len(rows) < 2:
        return None
    return Drawing(
        names=("history", method), title="Recovery over versions", chart="curve", rows=rows,
        note=f"On the {counted(history.tasks, 'task')} that all versions share, with 95 % intervals; the oldest first.",
        words={"the setting": "version"},
    )  # fmt: skip
