"""Records to records: stored formulas judged and scored again, without running a method.

`plan_rescoring` says which records that concerns, and on which task each was run; `rescore` draws the points of each
run again, scores the stored formula in a process of its own, as `runner` does, and puts the new record in the place of
the old one. What belongs to the fit stays as it was: times, memory, extras, candidates, and the replay gap, because
predictions are not stored. So do the metrics of plugins that are not installed.
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
from srbench_lite.recording.record import Record
from srbench_lite.running.runner import environment_of_scoring, reason_of_fit, scored, work_off

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task
    from srbench_lite.recording.store import Store
    from srbench_lite.running.supervisor import Slot

__all__ = ["Again", "Outcome", "RescoringPlan", "plan_rescoring", "rescore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One record to score again.

    Attributes:
        record: the record.
        task: the task that it is a run of.
        twins: keys of records of the same cell by still older versions of the scoring; they go with the record.
    """

    record: Record
    task: Task
    twins: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RescoringPlan:
    """What a rescoring will do.

    Attributes:
        todo: records to score again.
        current: number of records that stay because today's scoring has judged them.
        twins: keys of records that go because a record of the same cell by today's scoring stands.
        left: records that stay as they are although another version has scored them, each with the reason.
    """

    todo: tuple[Again, ...]
    current: int
    twins: tuple[str, ...]
    left: tuple[tuple[Record, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one record.

    Attributes:
        before: the record that stood in the store.
        after: the record that stands there now; None where it stays as it was.
        why: why it stays; None where it does not.
        twins: number of older records of the same cell that went with it.
    """

    before: Record
    after: Record | None
    why: str | None = None
    twins: int = 0


def plan_rescoring(records: Iterable[Record], tasks: Iterable[Task], *, everything: bool = False) -> RescoringPlan:
    """Say which records are to be scored again.

    Args:
        records: what stands in the store: all records of every cell that is in it.
        tasks: tasks whose definitions are known.
        everything: whether records that today's scoring has judged are scored again too.
    """
    known = {task.fingerprint: task for task in tasks}
    names = {task.name for task in known.values()}
    cells: dict[str, list[Record]] = {}  # by the key that all records of a cell would have today
    for record in records:
        cells.setdefault(record.key_by(SCORING_VERSION), []).append(record)
    todo, twins, left = [], [], []
    current = 0
    for several in cells.values():
        several.sort(key=lambda record: (scoring_age(record.scoring_version), record.started_at))
        while several and scoring_age(several[-1].scoring_version) > scoring_age(SCORING_VERSION):
            newer = several.pop()
            left.append((newer, f"scored by version {newer.scoring_version}, this srbench-lite has {SCORING_VERSION}"))
        if not several:
            continue
        *older, newest = several
        task = known.get(newest.task_fingerprint)
        if newest.scoring_version == SCORING_VERSION and not everything:
            current += 1
            twins += [record.key for record in older]
        elif task is not None:
            todo.append(Again(record=newest, task=task, twins=tuple(record.key for record in older)))
        else:
            why = "another definition of the task is installed" if newest.task in names else "the task is not installed"
            left += [(record, why) for record in several]
    return RescoringPlan(todo=tuple(todo), current=current, twins=tuple(twins), left=tuple(left))


def rescore(
    plan: RescoringPlan, *, store: Store | None, metrics: Collection[str] = (), jobs: int = 1,
    plugins: Sequence[Path] = (), tell: Callable[[Outcome, int], None] = lambda outcome, done: None,
) -> tuple[tuple[Outcome, ...], bool]:  # fmt: skip
    """Score records again, and put each new one in the place of the old one as it is made.

    On `KeyboardInterrupt` what is finished is kept; the same call on a new plan does the rest.

    Args:
        plan: what to do.
        store: where the records stand; this process must be its only writer. None: nothing is written.
        metrics: names of the installed metrics: these are computed again, others are kept.
        jobs: how many formulas are scored at once, each in processes of its own.
        plugins: plugin files that the processes load.
        tell: hears of every outcome, and how many there are by then.

    Returns:
        What became of each record that was done, in the order of the plan, and whether an interrupt ended it.

    Raises:
        UsageError: `jobs` is below 1.
        StoreError: the store cannot be written.
    """
    if jobs < 1:
        raise UsageError(f"jobs must be at least 1, got {jobs}")
    outcomes: dict[str, Outcome] = {}
    if store is not None and plan.twins:
        store.add_all((), without=plan.twins)
    gone = {again.record.key: {again.record.key, *again.twins} for again in plan.todo}

    def keep(outcome: Outcome) -> None:
        key, after = outcome.before.key, outcome.after
        if store is not None and after is not None:
            store.add_all([after], replace=True, without=gone[key] - {after.key})
        outcomes[key] = outcome

    interrupted = bool(plan.todo) and work_off(
        plan.todo, partial(_again, metrics=metrics), keep=keep, tell=lambda outcome: tell(outcome, len(outcomes)),
        jobs=jobs, plugins=plugins,
    )  # fmt: skip
    return tuple(outcomes[key] for key in gone if key in outcomes), interrupted


def _again(again: Again, slot: Slot, *, metrics: Collection[str]) -> Outcome:
    """Score one record again."""
    record, task = again.record, again.task
    scores, reason = Scores(), record.reason
    try:
        dataset = task.dataset(seed=record.seed, noise=record.noise)
    except (DataError, UsageError) as error:
        if record.expression is not None:
            return Outcome(before=record, after=None, why=f"no points could be drawn: {error}")
    else:
        if record.expression is None:
            scores = unscored_on(dataset)
        else:
            judged, complaint, scores = scored(record.expression, task, dataset, slot)
            if not judged:
                return Outcome(before=record, after=None, why=f"its formula is none any more: {complaint}")
            kept = {name: value for name, value in record.scores.metrics.items() if name not in metrics}
            scores = replace(scores, replay_gap=record.scores.replay_gap, metrics={**kept, **scores.metrics})
            reason = "; ".join(text for text in (reason_of_fit(record.reason), complaint) if text) or None
    after = replace(
        record, key=record.key_by(SCORING_VERSION), scoring_version=SCORING_VERSION, scores=scores, reason=reason,
        environment=environment_of_scoring(record.environment),
    )  # fmt: skip
    return Outcome(before=record, after=after, twins=len(again.twins))
