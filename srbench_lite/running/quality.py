"""`Quality`: what a run had found at its marks, and whether its candidates hold the truth; `judge_quality` finds out.

The formulas of the marks and the candidates are judged in one process of their own, after the answer of the run was
scored, and with a bound on its time. A formula that is the answer's text has the answer's scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.judging.brief_scores import BriefScores
from srbench_lite.recording.progress import entry, formulas_at, marks_of
from srbench_lite.running.judge_messages import JudgeRequest

if TYPE_CHECKING:
    from srbench_lite.judging.scores import Scores
    from srbench_lite.problems.data import Dataset
    from srbench_lite.problems.drawn_task import DrawnTask
    from srbench_lite.problems.task import Task
    from srbench_lite.running.supervisor import Supervisor

__all__ = ["Quality", "judge_quality", "without_formula"]

_CPU_SECONDS: Final = 20.0  # for all formulas of a run beside its answer
_WALL_SECONDS: Final = 65.0  # after which their process is stopped: the judge's own backstop comes before
_MEMORY_MB: Final = 4096.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What is kept of a run beside its answer; fields as in `srbench_lite.recording.record.Record`.

    Attributes:
        progress: an entry for each mark.
        recovered_any, right_candidates: what the candidates hold.
        complaints: what could not be judged, and why.
    """

    progress: tuple[Mapping[str, Any], ...] = ()
    recovered_any: bool | None = None
    right_candidates: int | None = None
    complaints: tuple[str, ...] = ()


def without_formula(budget_seconds: float, *, has_truth: bool) -> Quality:
    """Return what is kept of a run that has no formula at any mark, such as one that was skipped."""
    progress = tuple(entry(mark, None) for mark in marks_of(budget_seconds))
    return Quality(
        progress=progress, recovered_any=False if has_truth else None, right_candidates=0 if has_truth else None
    )  # fmt: skip


def judge_quality(
    reports: Sequence[tuple[float, str]], *, ended_at: float, final: str | None, scores: Scores,
    candidates: Sequence[str], budget_seconds: float, task: Task | DrawnTask, dataset: Dataset, supervisor: Supervisor,
) -> Quality:  # fmt: skip
    """Judge what a run had at its marks, and its candidates.

    Args:
        reports: what it reported, with the second of each, in the order of time.
        ended_at: the second at which it was over.
        final: the formula that it ended with; None for a run without one.
        scores: of that formula.
        candidates: further formulas that it gave.
        budget_seconds: its limit, the last mark.
        task: what the formulas were found for; a task that was perturbed as it was drawn.
        dataset: the points of the run.
        supervisor: runs the process.

    Raises:
        InterruptedRunError: the run was stopped.
    """
    marks = marks_of(budget_seconds)
    texts = formulas_at(marks, reports, ended_at=ended_at, final=final)
    known: dict[str, BriefScores | None] = {} if final is None else {final: BriefScores.of(scores)}
    on_the_way = tuple(dict.fromkeys(text for text in texts if text is not None and text not in known))
    others = {text: None for text in candidates if text not in known and text not in on_the_way}
    further = tuple(others) if task.truth is not None else ()
    complaints: tuple[str, ...] = ()
    open_candidates = 0
    if on_the_way or further:
        request = JudgeRequest(
            formulas=on_the_way, candidates=further, truth=None if task.truth is None else str(task.truth),
            domain=task.variables, test=dataset.test, seconds=_CPU_SECONDS,
        )  # fmt: skip
        result = supervisor.run(request, seconds=_WALL_SECONDS, memory_mb=_MEMORY_MB)
        answer = result.answer
        if answer is None:
            complaints = (f"formulas beside the answer were not judged: {result.why_no_answer()}",)
            open_candidates = len(further)
        else:
            known |= dict(zip(on_the_way, answer.formulas, strict=True))
            known |= dict(zip(further, answer.candidates, strict=True))
            open_candidates = answer.unjudged
            complaints = (*answer.complaints, *_unjudged(on_the_way, known, answer.unjudged))
    progress, odd = _entries(marks, texts, known)
    right = [scored.recovered for text in candidates if (scored := known.get(text)) is not None]
    recovered_any: bool | None = None
    right_candidates: int | None = None
    if task.truth is not None:
        is_right = bool(scores.recovered) or any(right)
        is_open = bool(open_candidates) or (final is not None and scores.recovered is None)
        recovered_any = True if is_right else None if is_open else False
        right_candidates = None if open_candidates else sum(map(bool, right))
    return Quality(
        progress=progress, recovered_any=recovered_any, right_candidates=right_candidates,
        complaints=(*complaints, *odd),
    )  # fmt: skip


def _unjudged(on_the_way: Sequence[str], known: Mapping[str, BriefScores | None], candidates: int) -> tuple[str, ...]:
    """Say how many formulas have no verdict."""
    counts = {"reported on the way": sum(known[text] is None for text in on_the_way), "of the candidates": candidates}
    return tuple(f"not judged: {count} {what}" for what, count in counts.items() if count)


def _entries(
    marks: Sequence[float], texts: Sequence[str | None], known: Mapping[str, BriefScores | None]
) -> tuple[tuple[Mapping[str, Any], ...], tuple[str, ...]]:
    """Return the entry of each mark, and what was reported there and is no formula."""
    entries, odd = [], []
    for mark, text in zip(marks, texts, strict=True):
        scored = None if text is None else known.get(text)
        if scored is None:
            entries.append(entry(mark, text))
        elif scored.not_a_formula is not None:
            entries.append(entry(mark, None))
            odd.append(f"what was reported by {mark:g} s is no formula: {scored.not_a_formula}")
        else:
            entries.append(entry(
                mark, text, verdict=scored.verdict, recovered=scored.recovered, nmse_test=scored.nmse_test,
                r2_test=scored.r2_test, complexity=scored.complexity,
            ))  # fmt: skip
    return tuple(entries), tuple(odd)
