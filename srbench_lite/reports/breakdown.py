"""What `srbench breakdown` prints: where methods fail, how they degrade, what they cost.

Tables have a line a method. Where they are wider than the terminal, further columns stand in further tables below.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from srbench_lite.comparing.breakdown import ALL, Breakdown, BreakdownCell
from srbench_lite.comparing.cost import Cost, Reach
from srbench_lite.comparing.degradation import Degradation, DegradationPoint
from srbench_lite.comparing.diagnosis import Diagnosis
from srbench_lite.comparing.runs import counted
from srbench_lite.comparing.solvers import Solvers, only_by_one, unsolved
from srbench_lite.comparing.statistics import Interval
from srbench_lite.recording.output import safely_shown
from srbench_lite.reports.columns import MISSING, error_text, percent, seconds_text
from srbench_lite.reports.comparison import escaped, markdown_table
from srbench_lite.reports.csv_cells import inert_row
from srbench_lite.reports.fitted_table import fitted_table, wrapped_text

__all__ = ["CSV_COLUMNS", "render_csv", "render_json", "render_markdown", "render_plain"]

#: What the lines of the CSV hold; a bound or a number that does not exist is empty.
CSV_COLUMNS: Final = (
    "part", "level", "x", "method", "formulas", "tasks", "runs", "figure", "value", "low", "high", "noise",
    "perturbation",
)  # fmt: skip
_MAX_TRUTH: Final = 48  # characters of a truth in a list
_LEGEND: Final = (
    "Each cell: share of runs, averaged over {units}, with its 95 % Wilson interval over them; n: their number, or /n "
    "in a cell of a method that ran on fewer."
)
_NOTHING: Final = "There are no such runs. Run a method first: srbench run --method lasso --suite sin"


@dataclasses.dataclass(frozen=True, slots=True)
class _Table:
    """A table of texts: one line a method, or a task."""

    title: str
    heads: list[str]
    rows: list[list[str]]


def render_plain(diagnosis: Diagnosis, *, most: int = 20) -> str:
    """Return tables and lists for a terminal, no wider than it.

    Args:
        diagnosis: what is shown.
        most: tasks that a list has at most.
    """
    if diagnosis.condition is None:
        return "\n".join([_NOTHING, *diagnosis.remarks]) + "\n"
    parts: list[str] = []
    for table in _tables(diagnosis):
        parts += [_wrapped([table.title]), fitted_table(table.heads, table.rows, texts=(0,))]
    for title, listed in _lists(diagnosis):
        lines = [part for line in listed[:most] for part in wrapped_text(line, first="  ", further="    ")]
        lines += [f"  ... and {len(listed) - most} more; --most N lists more of them"] if len(listed) > most else []
        parts.append("\n".join([title, *lines]))
    parts.append(_wrapped([*_legends(diagnosis), *diagnosis.remarks]))
    return safely_shown("\n\n".join(part for part in parts if part)) + "\n"


def _wrapped(sentences: Sequence[str]) -> str:
    return "\n".join(line for sentence in sentences for line in wrapped_text(sentence))


def render_markdown(diagnosis: Diagnosis) -> str:
    """Return the same as Markdown, with all tasks."""
    if diagnosis.condition is None:
        return "\n".join([_NOTHING, *diagnosis.remarks]) + "\n"
    parts = ["# Where methods fail"]
    for table in _tables(diagnosis):
        heads = [head.replace("\n", ", ") for head in table.heads]
        parts.append(f"## {escaped(table.title)}\n\n{markdown_table(heads, table.rows)}")
    parts += [
        f"## {escaped(title)}\n\n" + "\n".join(f"- {escaped(line)}" for line in lines)
        for title, lines in _lists(diagnosis)
    ]
    parts += [escaped(text) for text in (*_legends(diagnosis), *diagnosis.remarks)]
    return safely_shown("\n\n".join(parts)) + "\n"


def _tables(diagnosis: Diagnosis) -> Iterator[_Table]:
    for breakdown in diagnosis.breakdowns:
        if breakdown.levels:
            yield _broken_down(breakdown, str(diagnosis.condition))
    for curve in diagnosis.degradations:
        yield _curve(curve, f"Recovery by {curve.title}", _recovery)
        yield _curve(curve, f"Median NMSE on test points by {curve.title}", _nmse)
    if diagnosis.costs:
        yield _costs(diagnosis.costs, str(diagnosis.condition))


def _broken_down(breakdown: Breakdown, condition: str) -> _Table:
    most = {
        level: max((cell.formulas for m in breakdown.methods if (cell := breakdown.cell(level, m))), default=0)
        for level in (*breakdown.levels, ALL)
    }
    is_miss = breakdown.by == "miss"
    levels = breakdown.levels if is_miss else (*breakdown.levels, ALL)
    heads = ["method", *(level if is_miss else f"{level}\nn {most[level]}" for level in levels)]
    rows = []
    for method in breakdown.methods:
        cells = [breakdown.cell(level, method) for level in levels]
        rows.append([method, *(_cell(cell, most[level]) for cell, level in zip(cells, levels, strict=True))])
    several = "; a task may stand in several columns" if breakdown.overlapping else ""
    title = "How runs ended" if is_miss else f"Recovery by {breakdown.title}"
    return _Table(f"{title} ({condition}{several})", heads, rows)


def _cell(cell: BreakdownCell | None, most: int) -> str:
    if cell is None:
        return MISSING
    return f"{_rate(cell.rate, cell.interval)}{f' /{cell.formulas}' if cell.formulas < most else ''}"


def _rate(rate: float | None, interval: Interval | None) -> str:
    if rate is None or interval is None:
        return MISSING
    return f"{percent(rate)} [{100 * interval.low:.0f}, {100 * interval.high:.0f}]"


def _curve(curve: Degradation, title: str, text: Callable[[DegradationPoint], str]) -> _Table:
    points = {(point.method, point.level): point for point in curve.points}
    rows = []
    for method in curve.methods:
        own = [points.get((method, level)) for level in curve.levels]
        number = next(point.formulas for point in own if point is not None)
        rows.append([method, str(number), *(MISSING if point is None else text(point) for point in own)])
    return _Table(title, ["method", "n", *curve.levels], rows)


def _recovery(point: DegradationPoint) -> str:
    return _rate(point.recovery, point.interval)


def _nmse(point: DegradationPoint) -> str:
    if point.nmse_test is None or point.nmse_interval is None:
        return MISSING
    low, high = (_error(bound) for bound in point.nmse_interval)
    return f"{_error(point.nmse_test)} [{low}, {high}]"


def _error(value: float) -> str:
    return "none" if math.isinf(value) else error_text(value)


def _costs(costs: Sequence[Cost], condition: str) -> _Table:
    shares = [reach.share for reach in max((cost.reach for cost in costs), key=len)]
    heads = ["method", "runs", "seconds", "CPU s", "MiB", "most MiB", *(f"{100 * s:.0f} % after" for s in shares)]
    rows = []
    for cost in costs:
        reached = [_reached(reach) for reach in cost.reach] or [MISSING] * len(shares)
        memory = [MISSING if mb is None else f"{mb:.0f}" for mb in (cost.peak_mb, cost.largest_mb)]
        times = [seconds_text(cost.seconds), seconds_text(cost.cpu_seconds)]
        rows.append([cost.method, str(cost.runs), *times, *memory, *reached])
    return _Table(f"Cost of a fit ({condition})", heads, rows)


def _reached(reach: Reach) -> str:
    bounds = [MISSING if bound is None else f"{bound:.3g}" for bound in (reach.earliest, reach.latest)]
    if reach.seconds is None:
        return "not reached"
    return f"{reach.seconds:.3g} s [{', '.join(bounds)}]"


def _lists(diagnosis: Diagnosis) -> Iterator[tuple[str, list[str]]]:
    tasks = diagnosis.tasks
    if not tasks:
        return
    methods = {method for one in tasks for method in one.tried}
    every, nobody = counted(len(tasks), "task"), unsolved(tasks)
    who = "Nobody recovered" if len(methods) > 1 else f"{min(methods)} did not recover"
    title = f"{who} {len(nobody)} of {every}" if nobody else f"Each of {every} was recovered in some run"
    yield title, [_missed(one, len(methods)) for one in nobody]
    for method, own in only_by_one(tasks).items():
        title = f"Only {method} recovered {counted(len(own), 'task')}"
        yield title, [f"{one.task}: {_short(one.truth)}" for one in own]


def _missed(task: Solvers, methods: int) -> str:
    best = "" if task.closest is None else f"; closest {task.closest}, NMSE {error_text(task.nmse_test)}"
    tried = "" if len(task.tried) == methods else f"; {len(task.tried)} of {methods} methods ran"
    return f"{task.task}: {_short(task.truth)}{best}{tried}"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TRUTH else f"{text[: _MAX_TRUTH - 3]}..."


def _legends(diagnosis: Diagnosis) -> Iterator[str]:
    """Say what the numbers are, of those tables that there are."""
    if any(one.levels for one in diagnosis.breakdowns) or diagnosis.degradations:
        cells = [cell for one in diagnosis.breakdowns for cell in one.total]
        points = [point for one in diagnosis.degradations for point in one.points]
        tasks = all(one.formulas == one.tasks for one in cells) and all(one.formulas == one.tasks for one in points)
        yield _LEGEND.format(units="tasks" if tasks else "formulas (tasks of one formula count once)")
    if any(one.by == "miss" and "right form" in one.levels for one in diagnosis.breakdowns):
        yield "Right form: another function than the truth, which differs from it in its constants only."
    if diagnosis.degradations:
        yield "NMSE: median over the same, with its 95 % bootstrap interval; none: half or more have no formula."
    if diagnosis.costs:
        said = "Seconds, CPU seconds and MiB: medians over fits that began."
        if any(cost.reach for cost in diagnosis.costs):
            said += (
                " 50 % after: wall clock of a fit after which the method has recovered half of the tasks, as far as "
                "the marks of its runs tell, and the seconds at which the bounds of the 95 % interval have."
            )
        yield said


def render_csv(diagnosis: Diagnosis) -> str:
    """Return one line for each figure, in the columns `CSV_COLUMNS`, in full precision.

    `figure` is what `value` is: `recovery`, `share` of runs that ended so, `nmse_test`, `seconds`, `cpu_seconds`,
    `peak_mb`, `largest_mb`, `seconds_to_50`, `seconds_to_90`; of tasks `recovered`, 1 or 0 for each method that ran.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    if diagnosis.condition is not None:
        condition = {"noise": diagnosis.condition.noise, "perturbation": str(diagnosis.condition.perturbation)}
        writer.writerows(inert_row(condition | line) for line in _figures(diagnosis))
    return stream.getvalue()


def _figures(diagnosis: Diagnosis) -> Iterator[dict[str, Any]]:
    for table in diagnosis.breakdowns:
        for cell in (*table.cells, *(() if table.by == "miss" else table.total)):
            counts = {name: getattr(cell, name) for name in ("level", "method", "formulas", "tasks", "runs")}
            figure = "share" if table.by == "miss" else "recovery"
            yield {"part": table.by, **counts, **_figure(figure, cell.rate, cell.interval)}
    for curve in diagnosis.degradations:
        for point in curve.points:
            counts = {name: getattr(point, name) for name in ("level", "method", "formulas", "tasks", "runs")}
            # the setting that is varied stands in x; the columns of the condition say what holds of all else
            common = {"part": curve.by, "x": point.value, **counts} | ({"noise": None} if curve.by == "noise" else {})
            common |= {"perturbation": None} if curve.by != "noise" else {}
            yield common | _figure("recovery", point.recovery, point.interval)
            yield common | _figure("nmse_test", point.nmse_test, point.nmse_interval)
    for cost in diagnosis.costs:
        for name in ("seconds", "cpu_seconds", "peak_mb", "largest_mb"):
            common = {"part": "cost", "method": cost.method, "runs": cost.runs}
            yield common | _figure(name, getattr(cost, name))
        for reach in cost.reach:
            common = {"part": "cost", "method": cost.method, "formulas": cost.traced}
            yield common | {
                "figure": f"seconds_to_{100 * reach.share:.0f}", "value": reach.seconds, "low": reach.earliest,
                "high": reach.latest,
            }  # fmt: skip
    for task in diagnosis.tasks:
        for method in task.tried:
            common = {"part": "tasks", "level": task.task, "method": method}
            yield common | _figure("recovered", float(method in task.solved))


def _figure(name: str, value: float | None, interval: Interval | None = None) -> dict[str, Any]:
    low, high = (None, None) if interval is None else interval
    return {"figure": name, "value": value, "low": low, "high": high}


def render_json(diagnosis: Diagnosis) -> str:
    """Return one object with the fields of `Diagnosis`; a number that is not finite is null."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    content = plain(dataclasses.asdict(diagnosis))
    if diagnosis.condition is not None:
        content["condition"]["perturbation"] = diagnosis.condition.perturbation.settings
    content = {"format": "srbench-lite breakdown", "version": 1} | content
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
