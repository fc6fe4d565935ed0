"""A comparison in words and tables, for a terminal and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from srbench_lite.comparing.comparison import Change, Comparison, Line
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.runs import counted
from srbench_lite.comparing.statistics import Judgement
from srbench_lite.recording.output import safely_shown
from srbench_lite.reports.fitted_table import fitted_table, wrapped_text

__all__ = [
    "change_cells", "change_table", "difference", "escaped", "inert", "level", "level_title", "margin_of",
    "markdown_table",
    "p_value", "render_markdown", "render_plain", "shortened",
]  # fmt: skip

MISSING: Final = "–"
_TEXTS: Final = ("task", "perturbation")  # columns of a table of changes that are no numbers
_LEGEND: Final = (
    "A verdict is about the second side, against the margin, one-sided at 5 % and with Holm's adjustment. p: "
    "Wilcoxon's signed-rank test over tasks, two-sided, without it. Effect: rank-biserial correlation, positive where "
    "the second side is better."
)


def _headers(comparison: Comparison) -> list[str]:
    sides = [comparison.before, comparison.after]
    perturbed = ["perturbation"] if _perturbed(comparison.lines) else []
    return ["metric", "suite", "noise", *perturbed, "tasks", *sides, "difference [95 %]", "p", "effect", "verdict"]


def _rows(comparison: Comparison) -> list[list[str]]:
    return [_cells(line, perturbed=_perturbed(comparison.lines)) for line in comparison.lines]


def _perturbed(things: Iterable[Line | Change]) -> bool:
    """Return whether a table says what was changed of the tasks' points: where something was, on some of them."""
    return any(thing.perturbation not in (None, "none") for thing in things)


def _cells(line: Line, *, perturbed: bool) -> list[str]:
    return [
        METRICS[line.metric].title, line.suite or "all", MISSING if line.noise is None else f"{line.noise:g}",
        *([line.perturbation or MISSING] if perturbed else []), str(line.tasks), level(line, line.before),
        level(line, line.after), difference(line), p_value(line.p_value), f"{line.effect:+.2f}", line.verdict.value,
    ]  # fmt: skip


def level(line: Line, value: float) -> str:
    """Return a mean as people read it."""
    if line.metric == "recovery":
        return f"{100 * value:.1f} %"
    return f"{10**value:.3g}" if METRICS[line.metric].ratio else f"{value:.1f}"


def level_title(metric: str) -> str:
    """Return the head of a column of means."""
    return "recovered" if metric == "recovery" else METRICS[metric].title


def amount(line: Line, value: float) -> str:
    """Return a difference as people read it: points of recovery, or a factor."""
    if METRICS[line.metric].ratio:
        return f"×{10**value:.2f}"
    return f"{100 * value:+.1f}" if line.metric == "recovery" else f"{value:+.2f}"


def difference(line: Line) -> str:
    """Return a difference with its interval, which one task does not have."""
    if line.interval is None:
        return f"{amount(line, line.difference)} [{MISSING}]"
    return f"{amount(line, line.difference)} [{amount(line, line.interval.low)}, {amount(line, line.interval.high)}]"


def p_value(p: float) -> str:
    """Return a p-value with two digits that count."""
    return "<0.0001" if p < 1e-4 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def conclusion(comparison: Comparison, metric: str) -> str:
    """Return in one sentence what a metric says on all tasks."""
    line = comparison.overall(metric)
    title = METRICS[metric].title
    if line is None:
        return f"{title}: no task has it on both sides."
    what = {
        Judgement.IDENTICAL: f"{comparison.after} and {comparison.before} do not differ on any task",
        Judgement.EQUIVALENT: f"{comparison.after} is equivalent to {comparison.before}",
        Judgement.BETTER: f"{comparison.after} is better than {comparison.before}",
        Judgement.WORSE: f"{comparison.after} is worse than {comparison.before}",
        Judgement.UNDECIDED: f"whether {comparison.after} is better or worse than {comparison.before} is undecided",
    }[line.verdict]
    return f"{title}: {what}{_sure(line)}."


def _sure(line: Line) -> str:
    """Return by how much and how surely, for the end of a sentence."""
    parts = [f"{difference(line)}, margin {margin_of(line)}"]
    if line.detectable is not None and line.verdict in (Judgement.UNDECIDED, Judgement.IDENTICAL):
        parts.append(f"these {line.tasks} tasks would show a difference of {margin_of(line, line.detectable)}")
    return f" ({'; '.join(parts)})"


def margin_of(line: Line, value: float | None = None) -> str:
    """Return the margin of a line, or another size of a difference, in words."""
    value = line.margin if value is None else value
    if line.metric == "recovery":
        return f"{100 * value:.1f} points"
    return f"a factor of {10**value:.2f}" if METRICS[line.metric].ratio else f"{value:.2f} digits"


def change_table(changes: Sequence[Change]) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the lines of a table of changes."""
    perturbed = _perturbed(changes)
    heads = ["task", "noise", *(["perturbation"] if perturbed else []), "before", "after"]
    return heads, [change_cells(change, perturbed=perturbed) for change in changes]


def change_cells(change: Change, *, perturbed: bool) -> list[str]:
    """Return a line of a table of changes: recovered runs of how many."""
    return [
        change.task, f"{change.noise:g}", *([change.perturbation] if perturbed else []),
        f"{change.before} of {change.seeds}", f"{change.after} of {change.seeds}",
    ]  # fmt: skip


def shortened(changes: Sequence[Change], most: int) -> tuple[list[Change], int]:
    """Return the largest losses and gains, and how many changes are left out."""
    if len(changes) <= most:
        return list(changes), 0
    lost = math.ceil(most / 2)
    return [*changes[:lost], *changes[len(changes) - (most - lost) :]], len(changes) - most


def render_plain(comparison: Comparison, *, most: int) -> str:
    """Return conclusions, a table of all lines, and the tasks that changed, as a terminal may show them."""
    keys = 4 if _perturbed(comparison.lines) else 3
    heads = _headers(comparison)
    table = fitted_table(heads, _rows(comparison), texts={*range(keys), len(heads) - 1}, keys=keys)
    conclusions = [conclusion(comparison, line.metric) for line in comparison.lines if line.suite is None]
    parts = [f"{comparison.before} -> {comparison.after}", _wrapped(conclusions), table]
    parts.append(_wrapped([_LEGEND, *_remarks(comparison)]))
    shown, hidden = shortened(comparison.changes, most)
    if shown:
        parts.append(f"Tasks whose recovery changed ({len(comparison.changes)}):")
        changed, rows = change_table(shown)
        parts.append(fitted_table(changed, rows, texts=[k for k, head in enumerate(changed) if head in _TEXTS]))
        parts += [f"... and {hidden} more; --changes N lists more of them"] if hidden else []
    return safely_shown("\n\n".join(parts)) + "\n"


def _wrapped(sentences: Sequence[str]) -> str:
    return "\n".join(line for sentence in sentences for line in wrapped_text(sentence))


def render_markdown(comparison: Comparison, *, most: int) -> str:
    """Return the same as Markdown, the tasks folded."""
    parts = [f"## {inert(f'{comparison.before} → {comparison.after}')}\n"]
    parts += [f"- {inert(conclusion(comparison, line.metric))}" for line in comparison.lines if line.suite is None]
    parts += ["", markdown_table(_headers(comparison), _rows(comparison)), "", _LEGEND]
    parts += map(inert, _remarks(comparison))
    shown, hidden = shortened(comparison.changes, most)
    if shown:
        parts += ["", "<details>", f"<summary>Tasks whose recovery changed: {len(comparison.changes)}</summary>", ""]
        parts += [markdown_table(*change_table(shown)), ""]
        parts += [f"... and {hidden} more.", ""] if hidden else []
        parts.append("</details>")
    return safely_shown("\n".join(parts)) + "\n"


def markdown_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in which nothing that a name holds is markup."""
    lines = [
        [escaped(head) for head in headers],
        ["---"] * len(headers),
        *([escaped(cell) for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """Return text for a line of Markdown, in which nothing is markup."""
    for mark, written in (("&", "&amp;"), ("|", r"\|"), ("`", "'"), ("\n", " ")):
        text = text.replace(mark, written)
    return inert(text)


def inert(text: str) -> str:
    """Return a line of Markdown, which may have code in backticks, without elements, links and pictures."""
    return text.replace("<", "&lt;").replace("](", r"]\(").replace("\n", " ")


def _remarks(comparison: Comparison) -> list[str]:
    sentences = []
    if comparison.unpaired:
        are = "are" if comparison.unpaired > 1 else "is"
        sentences.append(f"{counted(comparison.unpaired, 'run')} without a partner {are} left out.")
    for name, count in zip((comparison.before, comparison.after), comparison.failures, strict=True):
        if count:
            runs = f"{counted(count, 'run')} of {name}"
            sentences.append(f"{runs} crashed or gave no valid formula, which counts as not recovered.")
    return sentences
