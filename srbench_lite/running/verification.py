"""Claims to checked claims: the formulas that people hand in, judged here without running a method.

`verify` judges each different formula of a task once, in processes with limits, and takes its errors on the test points
of each of its runs. Nothing else in a record is believed: whatever is not computed here is left out of the scores.
What cannot be computed from a formula stays a word of the submission: times, memory, the machine, how the run ended,
and that the method made the formula from the points that it was to be given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from srbench_lite._version import __version__
from srbench_lite.errors import DataError, ExpressionError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.scores import Scores
from srbench_lite.judging.scoring import SCORING_VERSION, SOLVED_R2, errors_on, unscored_on
from srbench_lite.problems.drawn_task import DrawnTask
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.claim import CheckedClaim, Worth
from srbench_lite.recording.record import Record
from srbench_lite.running.judge_messages import JudgeRequest
from srbench_lite.running.pool import run_in_pool
from srbench_lite.running.verdict_cache import VerdictCache

if TYPE_CHECKING:
    from srbench_lite.judging.brief_scores import BriefScores
    from srbench_lite.problems.task import Task
    from srbench_lite.running.supervisor import Supervisor

__all__ = ["Finding", "verify"]

_FORMULAS_PER_PROCESS: Final = 32
_CPU_SECONDS_PER_FORMULA: Final = 5.0  # what the judge takes at most for one formula
_WALL_SECONDS_PER_CPU_SECOND: Final = 4.0  # the judge's own backstop comes at three
_MEMORY_MB: Final = 4096.0
_MAX_TRAIN_SIZE: Final = 1_000_000  # that is drawn because a claim says so
_UNJUDGED: Final = "it could not be judged"
#: Errors of two machines are the same within this share of the larger one, and below this number.
_SHARE_OF_ERROR: Final = 0.01
_NEGLIGIBLE_NMSE: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one formula, or of none, on the points of one run.

    Attributes:
        verdict: of the judge; None without a truth, and where it could not judge.
        mse_test, nmse_test, r2_test: errors on the test points (`srbench_lite.judging.scores.Scores`).
        complexity: nodes of the formula.
        truth: of the run, in the names and units of its points.
        complexity_truth: nodes of the truth.
        y_constant: whether the target is constant on the test points.
        fault: why there is no verdict and no error; None where there is.
        not_a_formula: whether the fault is that the text is no formula of the task.
    """

    verdict: str | None = None
    mse_test: float | None = None
    nmse_test: float | None = None
    r2_test: float | None = None
    complexity: int | None = None
    truth: str | None = None
    complexity_truth: int | None = None
    y_constant: bool | None = None
    fault: str | None = None
    not_a_formula: bool = False

    @property
    def is_final(self) -> bool:
        """Whether judging again would find the same; a busy machine leaves formulas undecided that others decide."""
        return self.verdict != "undecided" and not (self.fault or "").startswith(_UNJUDGED)


#: What a finding of another version lacks is found anew.
_FIELDS: Final = tuple(field.name for field in fields(Finding))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What the points of a run are drawn from, beside its task."""

    seed: int
    perturbation: str  # settings as JSON text

    @classmethod
    def of(cls, record: Record) -> _Run:
        return cls(seed=record.seed, perturbation=json.dumps(dict(record.perturbation), sort_keys=True))

    def drawn(self, task: Task) -> DrawnTask:
        """Draw truth, domain and points. The noise is in the training points only, which are not looked at.

        Raises:
            DataError, UsageError: no points can be drawn, or far too many are wanted.
        """
        perturbation = Perturbation.of(json.loads(self.perturbation))
        if perturbation.train_size is not None and perturbation.train_size > _MAX_TRAIN_SIZE:
            raise UsageError(f"a training-set size of {perturbation.train_size:,} is not drawn to verify a claim")
        return DrawnTask.of(task, seed=self.seed, perturbation=perturbation)


#: What is judged: the fingerprint of a task, a run, and a formula.
_What = tuple[str, _Run, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Formulas of one task with one truth and one domain, each with the runs that it was found in; None is none."""

    task: Task
    formulas: Mapping[str | None, tuple[_Run, ...]]


def verify(
    submissions: Mapping[str, Sequence[Record]], tasks: Iterable[Task], *, cache: VerdictCache, jobs: int = 1,
    plugins: Sequence[Path] = (), on_result: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[CheckedClaim, ...]:  # fmt: skip
    """Judge the records of submissions.

    Args:
        submissions: records by the submission's name.
        tasks: tasks whose definitions are known.
        cache: what was found before; what is found now is added to it, also when an interrupt comes. What could not be
            decided is not: a machine that is less busy may do better.
        jobs: how many processes judge at once.
        plugins: plugin files that the processes load.
        on_result: hears how many formulas of how many are judged.

    Returns:
        A checked claim for each record, in the order of the submissions.

    Raises:
        KeyboardInterrupt: Ctrl-C; the same call goes on where it was.
        UsageError: `jobs` is below 1.
    """
    if jobs < 1:
        raise UsageError(f"jobs must be at least 1, got {jobs}")
    known = {task.fingerprint: task for task in tasks}
    names = {task.name for task in known.values()}
    every = [record for records in submissions.values() for record in records]
    keys: dict[_What, str] = {}
    for record in every:
        task = known.get(record.task_fingerprint)
        if task is not None and task.name == record.task:
            keys[(task.fingerprint, _Run.of(record), record.expression)] = _cache_key(record)
    findings = {key: Finding(**content) for key, content in cache.find(set(keys.values()))}
    batches = list(_batches(known, (what for what, key in keys.items() if key not in findings)))
    total = sum(len(batch.formulas) - (None in batch.formulas) for batch in batches)
    done = 0

    def save(result: Mapping[_What, Finding]) -> None:
        new = {keys[what]: finding for what, finding in result.items()}
        findings.update(new)
        cache.keep({key: asdict(finding) for key, finding in new.items() if finding.is_final})

    def told(result: Mapping[_What, Finding]) -> None:
        nonlocal done
        judged = len({text for _, _, text in result if text is not None})
        done += judged
        if judged:
            on_result(done, total)

    if batches and run_in_pool(batches, _judged, save=save, on_result=told, jobs=jobs, plugins=plugins):
        raise KeyboardInterrupt
    checked = partial(_checked, known=known, names=names, findings=findings)
    return tuple(checked(name, record) for name, records in submissions.items() for record in records)


def _cache_key(record: Record) -> str:
    run = _Run.of(record)
    facts = [
        __version__, SCORING_VERSION, _FIELDS, record.task_fingerprint, run.seed, run.perturbation, record.expression,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _batches(known: Mapping[str, Task], formulas: Iterable[_What]) -> Iterator[_Batch]:
    """Put formulas together that one process can judge: those that have the same truth and domain."""
    alike: dict[tuple[str, _Run | None], dict[str | None, list[_Run]]] = {}
    for fingerprint, run, text in formulas:
        own = None if run.perturbation == "{}" else run  # names and units are those of the seed
        alike.setdefault((fingerprint, own), {}).setdefault(text, []).append(run)
    for (fingerprint, _), runs in alike.items():
        texts = list(runs)
        for start in range(0, len(texts), _FORMULAS_PER_PROCESS):
            some = {text: tuple(runs[text]) for text in texts[start : start + _FORMULAS_PER_PROCESS]}
            yield _Batch(task=known[fingerprint], formulas=some)


def _judged(batch: _Batch, supervisor: Supervisor) -> dict[_What, Finding]:
    """Judge the formulas of a batch, and take their errors on the points of each run."""
    fingerprint = batch.task.fingerprint
    drawn: dict[_Run, DrawnTask] = {}
    faults: dict[_Run, str] = {}
    for run in {run: None for runs in batch.formulas.values() for run in runs}:
        try:
            drawn[run] = run.drawn(batch.task)
        except (DataError, UsageError) as error:
            faults[run] = f"no points could be drawn: {error}"
    texts = [t for t, runs in batch.formulas.items() if t is not None and any(run in drawn for run in runs)]
    scores = _scored(texts, next(iter(drawn.values())), supervisor) if texts else {}
    found: dict[_What, Finding] = {}
    for text, runs in batch.formulas.items():
        for run in runs:
            if run in faults:
                finding = Finding(fault=faults[run])
            else:
                finding = Finding() if text is None else _finding(text, scores[text], drawn[run])
                finding = _with_points(finding, drawn[run])
            found[(fingerprint, run, text)] = finding
    return found


def _with_points(finding: Finding, drawn: DrawnTask) -> Finding:
    """Return a finding with what is known of the points without a formula."""
    truth = drawn.truth
    return replace(
        finding, truth=None if truth is None else str(truth), y_constant=unscored_on(drawn.dataset).y_constant,
        complexity_truth=None if truth is None else truth.complexity,
    )  # fmt: skip


def _scored(texts: Sequence[str], drawn: DrawnTask, supervisor: Supervisor) -> dict[str, BriefScores | str]:
    """Judge formulas in one process; where it is stopped or dies, each in a process of its own.

    Returns:
        For each formula its scores, or why there are none.
    """
    seconds = _CPU_SECONDS_PER_FORMULA * len(texts)
    request = JudgeRequest(
        formulas=tuple(texts), candidates=(), truth=None if drawn.truth is None else str(drawn.truth),
        domain=drawn.variables, test=drawn.dataset.test, seconds=seconds,
    )  # fmt: skip
    result = supervisor.run(request, seconds=_WALL_SECONDS_PER_CPU_SECOND * seconds, memory_mb=_MEMORY_MB)
    if result.answer is not None:
        why = "; ".join(result.answer.complaints) or "the time for it was over"
        pairs = zip(texts, result.answer.formulas, strict=True)
        return {text: scores or f"{_UNJUDGED}: {why[:300]}" for text, scores in pairs}
    if len(texts) > 1:
        return {text: own for one in texts for text, own in _scored([one], drawn, supervisor).items()}
    return {texts[0]: f"{_UNJUDGED}: {result.why_no_answer()}"}


def _finding(text: str, scores: BriefScores | str, drawn: DrawnTask) -> Finding:
    """Return the verdict of a formula with its errors on the points of a run."""
    if isinstance(scores, str):
        return Finding(fault=scores)
    if scores.not_a_formula is not None:
        return Finding(fault=f"its text is no formula of the task: {scores.not_a_formula}", not_a_formula=True)
    try:  # a process has had it before, so it is read and evaluated within its limits
        mse, nmse, r2 = errors_on(Expression.parse(text, variables=tuple(drawn.variables)), drawn.dataset.test)
    except ExpressionError as error:
        return Finding(fault=f"its text is no formula of the run: {error}", not_a_formula=True)
    return Finding(
        verdict=scores.verdict, mse_test=mse, nmse_test=nmse, r2_test=r2, complexity=scores.complexity
    )  # fmt: skip


def _checked(
    submission: str, claim: Record, *, known: Mapping[str, Task], names: Collection[str],
    findings: Mapping[str, Finding],
) -> CheckedClaim:  # fmt: skip
    """Compare a claim with what was found here."""

    def as_claimed(why: str) -> CheckedClaim:
        return CheckedClaim(submission=submission, claim=claim, judged=None, worth=Worth.CLAIMED, why=why)

    task = known.get(claim.task_fingerprint)
    if task is None:
        here = "another definition of the task is known here" if claim.task in names else "the task is not known here"
        return as_claimed(here)
    if task.name != claim.task:
        return as_claimed(f"its task has the definition of {task.name}")
    finding = findings[_cache_key(claim)]
    if finding.fault is not None and not finding.not_a_formula:
        return as_claimed(finding.fault)
    judged = replace(
        claim, scores=_scores(finding), truth=finding.truth, task_version=task.version, judged_here=True,
        scoring_version=SCORING_VERSION, identifiable=None if task.truth is None else not task.unidentifiable,
        candidates=(), progress=(), reports=(), recovered_any=None, right_candidates=None,
    )  # fmt: skip
    why = finding.fault or _disagreement(claim, finding)
    if why:
        worth = Worth.REJECTED
    elif finding.verdict == "undecided" and claim.scores.verdict not in (None, "undecided"):
        worth, why = Worth.CLAIMED, f"claimed {claim.scores.verdict}, and not decided here"
    else:
        worth = Worth.VERIFIED
    return CheckedClaim(submission=submission, claim=claim, judged=judged, worth=worth, why=why)


def _scores(finding: Finding) -> Scores:
    """Return what was found as scores; those that were not computed are None."""
    recovered = None if finding.verdict is None else finding.verdict in ("exact", "recovered")
    return Scores(
        verdict=finding.verdict, recovered=recovered,
        recovered_srbench=None if recovered is None else recovered or finding.verdict == "affine",
        mse_test=finding.mse_test, nmse_test=finding.nmse_test, r2_test=finding.r2_test,
        solved_r2=None if finding.r2_test is None else finding.r2_test > SOLVED_R2, y_constant=finding.y_constant,
        complexity=finding.complexity, complexity_truth=finding.complexity_truth,
    )  # fmt: skip


def _disagreement(claim: Record, finding: Finding) -> str:
    """Say in what a claim differs from what was found; empty where it does not. Nothing claimed is nothing wrong."""
    claimed, here = claim.scores.verdict, finding.verdict
    if claim.expression is None:
        told = {"verdict": claimed, "NMSE": claim.scores.nmse_test, "R²": claim.scores.r2_test}
        given = [f"{name} {value}" for name, value in told.items() if value is not None]
        return f"claimed {', '.join(given)} without a formula" if given else ""
    if "undecided" not in (claimed, here) and claimed is not None and claimed != here:
        return f"claimed {claimed}, judged {here or 'without a truth'}"
    for name, what in (("nmse_test", "NMSE"), ("r2_test", "R²")):
        value, own = getattr(claim.scores, name), getattr(finding, name)
        if value is not None and not _alike(value, own):
            return f"claimed {what} {value:.3g}, found {'none' if own is None else f'{own:.3g}'}"
    return ""


def _alike(claimed: float, here: float | None) -> bool:
    if here is None:
        return False
    return abs(claimed - here) <= max(_NEGLIGIBLE_NMSE, _SHARE_OF_ERROR * max(abs(claimed), abs(here)))
