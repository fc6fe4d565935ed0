"""Records to records: stored formulas judged and scored again, without running a method.

`plan_rescoring` says which records that concerns, and on which task each was run; `rescore` draws the points of each
run again, scores the stored formula in a process of its own, as a run does, and puts the new record in the place of
the old one. What belongs to the fit stays as it was: times, memory, extras, candidates, the reason, what was to be said
of its answer, what it printed, and the replay gap, because predictions are not stored. So do the metrics of plugins
that are not installed. What a run had at its marks and its candidates are judged again where its record has progress;
records of before stay without.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from srbench_lite.errors import DataError, UsageError
from srbench_lite.judging.scores import Scores
from srbench_lite.judging.scoring import SCORING_VERSION, unscored_on
from srbench_lite.judging.verdict import scoring_age
from srbench_lite.problems.drawn_task import DrawnTask
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.complaint import complaint_of_fit, join_complaints
from srbench_lite.recording.record import Record
from srbench_lite.running.execution import environment_of_scoring, is_identifiable, score_formula
from srbench_lite.running.pool import run_in_pool
from srbench_lite.running.quality import Quality, judge_quality

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task
    from srbench_lite.recording.store import Store
    from srbench_lite.running.supervisor import Supervisor

__all__ = ["RecordToRescore", "Rescored", "RescoringPlan", "plan_rescoring", "rescore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordToRescore:
    """One record to score again.

    Attributes:
        record: the record.
        task: the task that it is a run of.
        older_keys: keys of records of the same run by still older versions of the scoring; they go with the record.
    """

    record: Record
    task: Task
    older_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RescoringPlan:
    """What a rescoring will do.

    Attributes:
        todo: records to score again.
        current: number of records that stay because today's scoring has judged them here.
        superseded: keys of records that go because a record of the same run by today's scoring stands.
        left: records that stay as they are although another version has scored them, or somebody else, each with the
            reason.
    """

    todo: tuple[RecordToRescore, ...]
    current: int
    superseded: tuple[str, ...]
    left: tuple[tuple[Record, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """What became of one record.

    Attributes:
        before: the record that stood in the store.
        after: the record that stands there now; None where it stays as it was.
        why_left: why it stays; None where it does not.
        removed: number of older records of the same run that went with it.
    """

    before: Record
    after: Record | None
    why_left: str | None = None
    removed: int = 0


def plan_rescoring(records: Iterable[Record], tasks: Iterable[Task], *, everything: bool = False) -> RescoringPlan:
    """Say which records are to be scored again: those of an older scoring, and those whose scores are a claim.

    Args:
        records: what stands in the store: all records of every run that is in it.
        tasks: tasks whose definitions are known.
        everything: whether records that today's scoring has judged here are scored again too.
    """
    known = {task.fingerprint: task for task in tasks}
    names = {task.name for task in known.values()}
    records_of_run: dict[str, list[Record]] = {}  # by the key that all records of a run would have today
    for record in records:
        records_of_run.setdefault(_key_today(record), []).append(record)
    todo, superseded, left = [], [], []
    current = 0
    for several in records_of_run.values():
        several.sort(key=lambda record: (scoring_age(record.scoring_version), record.started_at))
        while several and scoring_age(several[-1].scoring_version) > scoring_age(SCORING_VERSION):
            newer = several.pop()
            left.append((newer, f"scored by version {newer.scoring_version}, this srbench-lite has {SCORING_VERSION}"))
        if not several:
            continue
        *older, newest = several
        task = known.get(newest.task_fingerprint)
        if newest.scoring_version == SCORING_VERSION and newest.judged_here and not everything:
            current += 1
            superseded += [record.key for record in older]
        elif task is not None:
            keys = tuple(record.key for record in older)
            todo.append(RecordToRescore(record=newest, task=task, older_keys=keys))
        else:
            why = "another definition of the task is installed" if newest.task in names else "the task is not installed"
            left += [(record, why) for record in several]
    return RescoringPlan(todo=tuple(todo), current=current, superseded=tuple(superseded), left=tuple(left))


def _key_today(record: Record) -> str:
    """Return the key that a record has when today's scoring has judged it."""
    return replace(record.run_key, scoring_version=SCORING_VERSION).digest


def rescore(
    plan: RescoringPlan, *, store: Store | None, metrics: Collection[str] = (), jobs: int = 1,
    plugins: Sequence[Path] = (), on_result: Callable[[Rescored, int], None] = lambda rescored, done: None,
) -> tuple[tuple[Rescored, ...], bool]:  # fmt: skip
    """Score records again, and put each new one in the place of the old one as it is made.

    On `KeyboardInterrupt` what is finished is kept; the same call on a new plan does the rest.

    Args:
        plan: what to do.
        store: where the records stand; this process must be its only writer. None: nothing is written.
        metrics: names of the installed metrics: these are computed again, others are kept.
        jobs: how many formulas are scored at once, each in processes of its own.
        plugins: plugin files that the processes load.
        on_result: hears what became of each record, and how many are done by then.

    Returns:
        What became of each record that was done, in the order of the plan, and whether an interrupt ended it.

    Raises:
        UsageError: `jobs` is below 1.
        StoreError: the store cannot be written.
    """
    if jobs < 1:
        raise UsageError(f"jobs must be at least 1, got {jobs}")
    finished: dict[str, Rescored] = {}
    if store is not None and plan.superseded:
        store.add_all((), without=plan.superseded)
        Artifacts(store.path).remove(plan.superseded)
    replaced = {one.record.key: {one.record.key, *one.older_keys} for one in plan.todo}

    def save(rescored: Rescored) -> None:  # may be called again wherever an interrupt has ended it
        key, after = rescored.before.key, rescored.after
        if key in finished:
            return
        if store is not None and after is not None:
            after = replace(after, output=store.output(key) or store.output(after.key))
            gone = replaced[key] - {after.key}
            if key != after.key:
                store.tags.move(key, after.key)
            store.add_all([after], replace=True, without=gone)
            Artifacts(store.path).rename(key, after.key)
            Artifacts(store.path).remove(gone)
        finished[key] = rescored

    interrupted = bool(plan.todo) and run_in_pool(
        plan.todo, partial(_rescored, metrics=metrics), save=save,
        on_result=lambda rescored: on_result(rescored, len(finished)), jobs=jobs, plugins=plugins,
    )  # fmt: skip
    return tuple(finished[key] for key in replaced if key in finished), interrupted


def _rescored(one: RecordToRescore, supervisor: Supervisor, *, metrics: Collection[str]) -> Rescored:
    """Score one record again."""
    record, task = one.record, one.task
    scores, complaint = Scores(), record.complaint
    quality = Quality(
        progress=record.progress, recovered_any=record.recovered_any, right_candidates=record.right_candidates
    )
    try:
        perturbation = Perturbation.of(record.perturbation)
        drawn = DrawnTask.of(task, seed=record.seed, noise=record.noise, perturbation=perturbation)
    except (DataError, UsageError) as error:
        if record.expression is not None:
            return Rescored(before=record, after=None, why_left=f"no points could be drawn: {error}")
    else:
        if record.expression is None:
            scores = unscored_on(drawn.dataset)
        else:
            scored = score_formula(record.expression, drawn, drawn.dataset, supervisor)
            if scored.not_a_formula is not None:
                why = f"its text is no formula any more: {scored.not_a_formula}"
                return Rescored(before=record, after=None, why_left=why)
            others = {name: value for name, value in record.scores.metrics.items() if name not in metrics}
            scores = replace(
                scored.scores, replay_gap=record.scores.replay_gap, metrics={**others, **scored.scores.metrics}
            )
            complaint = join_complaints(fit=complaint_of_fit(record.complaint), scoring=scored.complaints)
        if record.progress:
            quality = judge_quality(
                record.reports, ended_at=record.seconds, final=record.expression, scores=scores,
                candidates=record.candidates, budget_seconds=record.budget_seconds, task=drawn, dataset=drawn.dataset,
                supervisor=supervisor,
            )  # fmt: skip
            of_scoring = () if record.expression is None else scored.complaints
            complaint = join_complaints(
                fit=complaint_of_fit(record.complaint), scoring=(*of_scoring, *quality.complaints)
            )
    after = replace(
        record, key=_key_today(record), scoring_version=SCORING_VERSION, scores=scores, complaint=complaint,
        environment=environment_of_scoring(record.environment), judged_here=True, identifiable=is_identifiable(task),
        progress=quality.progress, recovered_any=quality.recovered_any, right_candidates=quality.right_candidates,
    )  # fmt: skip
    return Rescored(before=record, after=after, removed=len(one.older_keys))
