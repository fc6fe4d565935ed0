"""One run: draw the points, fit them, score the formula, write the record."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.environments.environment import Environment
from srbench_lite.errors import DataError, StoreError
from srbench_lite.judging.judge import TOLERANCES
from srbench_lite.judging.scores import Scores
from srbench_lite.judging.scoring import SCORING_VERSION, unscored_on
from srbench_lite.methods.made_methods import name_elsewhere
from srbench_lite.methods.method import Budget
from srbench_lite.problems.data import Dataset
from srbench_lite.problems.drawn_task import DrawnTask
from srbench_lite.problems.seeds import derive_seed
from srbench_lite.problems.task import NOISE_DEFINITION, Task
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.complaint import join_complaints
from srbench_lite.recording.output import decoded, with_warnings
from srbench_lite.recording.record import Record, Status
from srbench_lite.running.interpreter import Place
from srbench_lite.running.messages import FitAnswer, FitRequest, MetricsRequest, ScoreRequest
from srbench_lite.running.plan import PlannedRun
from srbench_lite.running.process_result import ProcessResult
from srbench_lite.running.quality import Quality, judge_quality, without_formula
from srbench_lite.running.report_log import MAX_CHARACTERS
from srbench_lite.running.supervisor import Supervisor
from srbench_lite.running.zygote_pair import StartError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FitEnd", "ScoredFormula", "end_of_fit", "environment_of_scoring", "execute", "score_formula"]

_MAX_SCORING_SECONDS: Final = 60.0  # wall clock for scoring one formula
_MAX_SCORING_MEMORY_MB: Final = 4096.0
#: Simplified truths by truth and domain, as text: the first scoring of a task works it out, and the others are told.
_simple_truths: dict[str, str] = {}


def environment_of_scoring(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record's environment with the tolerances of today's judge in it."""
    return {**environment, "tolerances": dict(TOLERANCES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FitEnd:
    """How a fit ended, before its formula is scored."""

    status: Status
    reason: str | None = None
    expression: str | None = None
    stopped: str | None = None
    candidates: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()


def execute(
    planned: PlannedRun, supervisor: Supervisor, *, environment: Mapping[str, Any],
    places: Mapping[Environment, Place] | None = None, artifacts: Artifacts | None = None, lost: str | None = None,
) -> Record:  # fmt: skip
    """Do one run and return its record; whatever the method does becomes the record's status.

    Args:
        planned: the run.
        supervisor: runs the processes of our own interpreter, and starts those of others.
        environment: what the record says of machine and versions.
        places: where runs of other interpreters take place.
        artifacts: gives the fit a folder for files, which holds what is to be kept of them when this returns; None: the
            fit gets none.
        lost: why the fit is known to have crashed, elsewhere; it is not begun again.

    Raises:
        InterruptedRunError: the run was stopped.
    """
    begun = time.monotonic()
    started_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

    def record(
        result: ProcessResult[FitAnswer], end: FitEnd, scores: Scores, *complaints: str, quality: Quality | None = None
    ) -> Record:
        truth = planned.task.truth if drawn is None else drawn.truth
        seconds = result.seconds if result.answer is None else min(result.seconds, result.answer.seconds)
        quality = quality_of(result, end, scores, seconds) if quality is None else quality
        output = decoded(result.last_output, result.printed_bytes)
        return Record(
            key=planned.key,
            suite=planned.task.suite,
            task=planned.task.name,
            method=planned.method.name,
            seed=planned.seed,
            noise=planned.noise,
            status=end.status,
            reason=end.reason,
            expression=end.expression,
            scores=scores,
            stopped=end.stopped,
            seconds=seconds,
            cpu_seconds=result.cpu_seconds,
            cell_seconds=time.monotonic() - begun,
            peak_mb=result.peak_mb,
            task_version=planned.task.version,
            task_fingerprint=planned.fingerprint,
            truth=None if truth is None else str(truth),
            method_version=planned.method.version,
            parameters=planned.method.parameters(),
            budget_seconds=planned.budget.seconds,
            budget_memory_mb=planned.budget.memory_mb,
            budget_threads=planned.budget.threads,
            scoring_version=SCORING_VERSION,
            noise_definition=NOISE_DEFINITION,
            candidates=end.candidates,
            printed_bytes=result.printed_bytes,
            extras=with_warnings(end.extras, output),
            started_at=started_at,
            environment=environment if place is None else place.describe(environment),
            complaint=join_complaints(
                fit=(*end.complaints, *_left_out(result)), scoring=(*complaints, *quality.complaints)
            ),
            method_source=None if broken else planned.method_source,  # it is done again, whatever mends it
            judged_here=True,
            perturbation=planned.perturbation.settings,
            identifiable=is_identifiable(planned.task),
            progress=quality.progress,
            reports=result.reports.kept,
            recovered_any=quality.recovered_any,
            right_candidates=quality.right_candidates,
            output=output,
        )

    def quality_of(result: ProcessResult[FitAnswer], end: FitEnd, scores: Scores, seconds: float) -> Quality:
        if drawn is None:
            return without_formula(planned.budget.seconds, has_truth=planned.task.truth is not None)
        return judge_quality(
            result.reports.kept, ended_at=seconds, final=end.expression, scores=scores, candidates=end.candidates,
            budget_seconds=planned.budget.seconds, task=drawn, dataset=drawn.dataset, supervisor=supervisor,
        )  # fmt: skip

    drawn: DrawnTask | None = None
    where = planned.where
    place = (places or {}).get(where.environment) if where.environment is not None else None
    broken = place.broken if place is not None else None
    if (lacking := where.lacks or broken) is not None:
        return record(ProcessResult(), FitEnd(status=Status.SKIPPED, reason=lacking), Scores())
    try:
        drawn = DrawnTask.of(
            planned.task, seed=planned.seed, noise=planned.noise, perturbation=planned.perturbation
        )  # fmt: skip
    except DataError as error:
        skipped = FitEnd(status=Status.SKIPPED, reason=f"no points could be drawn: {error}")
        return record(ProcessResult(), skipped, Scores())
    unscored = unscored_on(drawn.dataset)
    if lost is not None:
        return record(ProcessResult(), FitEnd(status=Status.CRASHED, reason=lost), unscored)
    budget, no_folder = _budget_with_folder(planned, artifacts)
    request = FitRequest(
        method=name_elsewhere(planned.method), parameters=planned.method.parameters(), budget=budget,
        seed=derive_seed(task=planned.fingerprint, method=planned.method.name, seed=planned.seed, part="fit"),
        samples=drawn.dataset.train,
    )  # fmt: skip
    fitting = supervisor if place is None else supervisor.abroad(place.interpreter)
    try:
        result = fitting.run(request, seconds=planned.budget.seconds, memory_mb=planned.budget.memory_mb)
    except StartError as error:
        if place is None:
            raise
        return record(ProcessResult(), FitEnd(status=Status.CRASHED, reason=str(error)), unscored)
    end = end_of_fit(result, planned.budget)
    left_out = artifacts.sift(planned.key) if artifacts is not None and budget.artifacts else ()
    end = replace(end, complaints=(*end.complaints, *no_folder, *left_out))
    if end.expression is None:
        return record(result, end, unscored)
    predictions = None if result.answer is None else result.answer.predictions
    scored = score_formula(end.expression, drawn, drawn.dataset, supervisor, predictions=predictions)
    if scored.not_a_formula is not None:
        if result.limit is None:
            return record(result, FitEnd(status=Status.INVALID, reason=scored.not_a_formula), unscored)
        reason = (
            f"{_stopped_at(result.limit, planned.budget)}; what it had reported is no formula: {scored.not_a_formula}"
        )
        return record(result, FitEnd(status=end.status, reason=reason), unscored)
    try:  # before more of it is judged, which takes its time
        record(result, end, scored.scores, *scored.complaints, quality=Quality()).to_row()
    except StoreError as error:
        crashed = FitEnd(status=Status.CRASHED, reason=f"the method's answer cannot be kept: {error}")
        return record(result, crashed, unscored)
    return record(result, end, scored.scores, *scored.complaints)


def _budget_with_folder(planned: PlannedRun, artifacts: Artifacts | None) -> tuple[Budget, tuple[str, ...]]:
    """Return the budget of a fit with a folder for its files, and why there is none where it cannot be made."""
    if artifacts is None:
        return planned.budget, ()
    try:
        return replace(planned.budget, artifacts=str(artifacts.begin(planned.key))), ()
    except OSError as error:
        return planned.budget, (f"there was no folder for artifacts: {error.strerror}",)


def end_of_fit(result: ProcessResult[FitAnswer], budget: Budget) -> FitEnd:
    """Say how a fit ended."""
    stopped = "budget" if result.best else None
    if result.limit is not None:
        best = "the best formula so far is scored" if result.best else "it had reported no formula"
        reason = f"{_stopped_at(result.limit, budget)}; {best}"
        return FitEnd(status=result.limit, reason=reason, expression=result.best, stopped=stopped)
    answer = result.answer
    if answer is None:
        malformed = f"the method's process sent a malformed answer: {result.malformed}"
        return FitEnd(status=Status.CRASHED, reason=malformed if result.malformed else result.why_no_answer())
    if answer.status is Status.MEMOUT:
        return FitEnd(status=answer.status, reason=answer.reason, expression=result.best, stopped=stopped)
    return FitEnd(
        status=answer.status, reason=answer.reason, expression=answer.expression, stopped=answer.stopped,
        candidates=answer.candidates, extras=answer.extras, complaints=answer.complaints,
    )  # fmt: skip


def _left_out(result: ProcessResult[FitAnswer]) -> tuple[str, ...]:
    """Say how many reports are too long to be kept."""
    count = result.reports.too_long
    return (f"reports of more than {MAX_CHARACTERS:,} characters were not kept: {count}",) if count else ()


def _stopped_at(limit: Status, budget: Budget) -> str:
    bound = f"{budget.seconds:g} s" if limit is Status.TIMEOUT else f"{budget.memory_mb:g} MiB"
    return f"the fit was stopped at its limit of {bound}"


def is_identifiable(task: Task) -> bool | None:
    """Return whether points in float64 can show the truth of a task; None where there is none."""
    return None if task.truth is None else not task.unidentifiable


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFormula:
    """What became of a text that was to be scored.

    Attributes:
        scores: how good it is.
        not_a_formula: why the text is no formula of the task; None where it is one.
        complaints: what went wrong on the way.
    """

    scores: Scores
    not_a_formula: str | None = None
    complaints: tuple[str, ...] = ()


def score_formula(
    expression: str, task: Task | DrawnTask, dataset: Dataset, supervisor: Supervisor, *,
    predictions: NDArray[np.float64] | None = None,
) -> ScoredFormula:  # fmt: skip
    """Score a formula in a process of its own.

    Args:
        expression: the formula's text.
        task: what it was found for; a task that was perturbed as it was drawn.
        dataset: the points of that run.
        supervisor: runs the process.
        predictions: the method's own values on the training points, shape (n,), to replay the formula against.

    Raises:
        InterruptedRunError: the run was stopped.
    """
    truth = None if task.truth is None else str(task.truth)
    truth_and_domain = repr((truth, task.variables))
    request = ScoreRequest(
        expression=expression, truth=truth, simple_truth=_simple_truths.get(truth_and_domain), domain=task.variables,
        train=dataset.train, test=dataset.test, far=dataset.far, predictions=predictions,
    )  # fmt: skip
    result = supervisor.run(request, seconds=_MAX_SCORING_SECONDS, memory_mb=_MAX_SCORING_MEMORY_MB)
    answer = result.answer
    if answer is None:
        why = f"scoring stopped ({result.limit})" if result.limit else f"scoring died: {result.why_no_answer()}"
        undecided = None if task.truth is None else "undecided"
        return ScoredFormula(scores=replace(unscored_on(dataset), verdict=undecided, verdict_by=why), complaints=(why,))
    if answer.scores is None:
        return ScoredFormula(scores=Scores(), not_a_formula=answer.not_a_formula)
    if answer.simple_truth is not None:
        _simple_truths[truth_and_domain] = answer.simple_truth
    if not answer.metrics:
        return ScoredFormula(scores=answer.scores)
    further = supervisor.run(
        MetricsRequest(expression=expression, truth=truth, test=dataset.test), seconds=_MAX_SCORING_SECONDS,
        memory_mb=_MAX_SCORING_MEMORY_MB,
    )  # fmt: skip
    if further.answer is None:
        why = f"metrics were not computed: {further.limit or further.why_no_answer()}"
        return ScoredFormula(scores=answer.scores, complaints=(why,))
    scores = replace(answer.scores, metrics=further.answer.metrics)
    return ScoredFormula(scores=scores, complaints=further.answer.complaints)
