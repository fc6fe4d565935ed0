"""The work of a child process: one fit, the metrics of plugins, one check; or scorings, one after another.

Runs in a child of a zygote. The child that fits is handed the training points and nothing else, and another process
scores its answer. That keeps honest methods honest; it is no prison for hostile code, which can read whatever its user
can read. Together with `pool` this is the one place that catches whatever a method raises.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import ExpressionError, FitError, UnknownNameError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.brief_scores import BriefScores, score_briefly
from srbench_lite.judging.cpu_deadline import CpuDeadline
from srbench_lite.methods.method import Fit
from srbench_lite.recording.record import Status
from srbench_lite.running.judge_messages import JudgeAnswer, JudgeRequest
from srbench_lite.running.messages import (
    ConformAnswer,
    ConformRequest,
    FitAnswer,
    FitReport,
    FitRequest,
    MetricsAnswer,
    MetricsRequest,
    ScoreAnswer,
    ScoreRequest,
    Started,
    read_request,
)
from srbench_lite.running.wire import receive, send

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method

__all__ = ["serve"]

#: Longest reason and extras kept, in characters.
_MAX_REASON: Final = 2_000
_MAX_EXTRAS: Final = 100_000
_MAX_CANDIDATES: Final = 200
#: Candidates of a run that are judged, the simplest first, and seconds of CPU for one formula beside the answer.
_MAX_JUDGED: Final = 50
_SECONDS_FOR_ONE: Final = 5.0
#: Resident memory, MiB, beyond which a process that scores formulas ends itself.
_MAX_STANDING_MB: Final = 800.0


def serve(stream: socket.socket, registry: Registry) -> None:
    """Answer the one request that comes over `stream`; formulas are scored one after another until it is closed."""
    while (message := receive(stream)) is not None:
        match read_request(message):
            case ScoreRequest() as request:
                _score(stream, request, registry)
            case JudgeRequest() as request:
                _judge(stream, request)
            case FitRequest() as request:
                return _fit(stream, request, registry)
            case MetricsRequest() as request:
                return _metrics(stream, request, registry)
            case ConformRequest() as request:
                return _conform(stream, request, registry)
        if _resident_mb() > _MAX_STANDING_MB:
            return None  # another process takes over, which has nothing to carry along
    return None


def _resident_mb() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


class _SkippedError(Exception):
    """The method says that it cannot do this task."""


def _fit(stream: socket.socket, request: FitRequest, registry: Registry) -> None:
    _seed_globals(request.seed)
    samples = request.samples
    times: list[float] = []

    def report(expression: Expression) -> None:
        if not isinstance(expression, Expression):
            raise ExpressionError(f"report() takes an Expression, got {type(expression).__name__}")
        seconds = round(time.perf_counter() - times[0], 4)
        send(stream, FitReport(expression=str(expression), seconds=max(0.0, seconds)).to_message())

    def attempt() -> FitAnswer:
        method = _found(registry, request.method).with_parameters(request.parameters)
        skip = method.skip_reason(samples)
        if skip is not None:
            raise _SkippedError(str(skip))
        send(stream, Started().to_message())
        times.append(time.perf_counter())
        fit = method.fit(samples, seed=request.seed, budget=request.budget, report=report)
        times.append(time.perf_counter())
        if not isinstance(fit, Fit):
            raise ExpressionError(f"fit() must return a Fit, got {type(fit).__name__}: {fit!r:.200}")
        return _answer(fit, len(samples), seconds=times[1] - times[0])

    answer = _attempted(attempt, times)
    for output in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the method may have closed or replaced it
            output.flush()
    send(stream, answer.to_message())


def _found(registry: Registry, name: str) -> Method:
    """Return a method; where it is not there, say which plugins could not be imported in this interpreter."""
    try:
        return registry.method(name)
    except UnknownNameError:
        broken = "; ".join(f"plugin {plugin.name}: {plugin.error}" for plugin in registry.broken)
        raise UsageError(
            f"the method {name} cannot be loaded by {sys.executable}: {broken or 'no plugin has it'}"
        ) from None


def _attempted(attempt: Callable[[], FitAnswer], times: list[float]) -> FitAnswer:
    """Run a method; whatever it raises becomes an answer with a status and a reason."""
    try:
        return attempt()
    except _SkippedError as skipped:
        status, reason = Status.SKIPPED, str(skipped)
    except FitError as error:
        status, reason = Status.FAILED, str(error) or "the method gave no reason"
    except ExpressionError as error:
        status, reason = Status.INVALID, str(error)
    except MemoryError:
        status, reason = Status.MEMOUT, "the method ran out of memory (MemoryError)"
    except BaseException as error:  # noqa: BLE001 - whatever a method raises becomes a record
        status, reason = Status.CRASHED, _where(error)
    end = times[1] if len(times) > 1 else time.perf_counter()
    return FitAnswer(status=status, seconds=end - times[0] if times else 0.0, reason=reason[:_MAX_REASON])


def _answer(fit: Fit, n: int, *, seconds: float) -> FitAnswer:
    """Return a fit of n points as an answer of plain values; what had to be dropped is complained of."""
    import numpy as np

    complaints = []
    extras: dict[str, Any] = {}
    try:
        text = json.dumps(dict(fit.extras), allow_nan=False)
        if len(text) <= _MAX_EXTRAS:
            extras = json.loads(text)
        else:
            complaints.append(
                f"extras were dropped: {len(text):,} characters of JSON, at most {_MAX_EXTRAS:,} are kept"
            )
    except (TypeError, ValueError) as error:
        complaints.append(f"extras were dropped: {error}"[:_MAX_REASON])
    predictions = None
    if fit.predictions is not None:
        predictions = np.asarray(fit.predictions, dtype=np.float64)
        if predictions.shape != (n,):
            complaints.append(f"predictions were dropped: their shape must be ({n},), got {predictions.shape}")
            predictions = None
    if fit.stopped not in ("done", "budget"):
        complaints.append(f"stopped must be 'done' or 'budget', got {fit.stopped!r:.200}")
    return FitAnswer(
        status=Status.OK, seconds=seconds, reason=None, expression=str(fit.expression),
        stopped="budget" if fit.stopped == "budget" else "done",
        candidates=tuple(str(candidate) for candidate in list(fit.candidates)[:_MAX_CANDIDATES]), extras=extras,
        complaints=tuple(complaints), predictions=predictions,
    )  # fmt: skip


def _where(error: BaseException) -> str:
    """Return one line that says what was raised and in which line of the method."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
    lines = "".join(traceback.format_exception_only(error)).strip().splitlines()
    name = type(error).__name__
    text = next((line for line in lines if line.partition(":")[0].rpartition(".")[2] == name), lines[-1])
    return f"{text}{place}"


def _seed_globals(seed: int) -> None:
    """Seed the global generators too: a method that uses them against the rules is still repeatable."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002


def _score(stream: socket.socket, request: ScoreRequest, registry: Registry) -> None:
    from srbench_lite.judging.scoring import score, simple_form

    names = tuple(request.domain)
    send(stream, Started().to_message())
    try:
        expression = Expression.parse(request.expression, variables=names)
    except ExpressionError as error:
        send(stream, ScoreAnswer(scores=None, not_a_formula=str(error)).to_message())
        return
    truth, simple_truth = (_parsed(text, names) for text in (request.truth, request.simple_truth))
    if truth is not None and simple_truth is None:
        simple_truth = simple_form(
            truth, request.domain
        )  # sent back, to be told when the task's next formula is scored
    scores = score(
        expression, truth=truth, domain=request.domain, train=request.train, test=request.test, far=request.far,
        predictions=request.predictions, simple_truth=simple_truth,
    )  # fmt: skip
    answer = ScoreAnswer(
        scores=scores, simple_truth=None if simple_truth is None else str(simple_truth),
        metrics=tuple(registry.metrics),
    )  # fmt: skip
    send(stream, answer.to_message())


def _judge(stream: socket.socket, request: JudgeRequest) -> None:
    """Judge formulas one after another as long as there is time, those of the marks first, then simple candidates."""
    send(stream, Started().to_message())
    deadline = CpuDeadline.after(request.seconds)
    names = tuple(request.domain)
    complaints: list[str] = []
    truth = _parsed(request.truth, names)

    def judged(text: str, found: Expression | ExpressionError) -> BriefScores | None:
        if isinstance(found, ExpressionError):
            return BriefScores(not_a_formula=str(found)[:_MAX_REASON])
        left = min(_SECONDS_FOR_ONE, deadline.cpu_left, deadline.wall_left)
        if left <= 0:
            return None
        try:
            return score_briefly(found, truth=truth, domain=request.domain, test=request.test, time_limit=left)
        except Exception as error:  # noqa: BLE001 - one odd formula must not cost the others their verdicts
            complaints.append(f"{text[:100]}: {_where(error)}"[:_MAX_REASON])
            return None

    formulas = tuple(judged(text, _read(text, names)) for text in request.formulas)
    candidates: list[BriefScores | None] = [None] * len(request.candidates)
    unjudged = 0
    if truth is not None:
        found = [_read(text, names) for text in request.candidates]
        sizes = [0 if isinstance(one, ExpressionError) else one.complexity for one in found]
        for place in sorted(range(len(found)), key=sizes.__getitem__)[:_MAX_JUDGED]:
            candidates[place] = judged(request.candidates[place], found[place])
            unjudged += candidates[place] is None
    answer = JudgeAnswer(
        formulas=formulas, candidates=tuple(candidates), complaints=tuple(complaints), unjudged=unjudged
    )  # fmt: skip
    send(stream, answer.to_message())


def _read(text: str, names: tuple[str, ...]) -> Expression | ExpressionError:
    try:
        return Expression.parse(text, variables=names)
    except ExpressionError as error:
        return error


def _metrics(stream: socket.socket, request: MetricsRequest, registry: Registry) -> None:
    """Compute the scores that plugins add, in a process of their own: they cost nobody else their scores."""
    from srbench_lite.judging.scoring import compute_metric

    send(stream, Started().to_message())
    names = request.test.variables
    expression = Expression.parse(request.expression, variables=names)
    metrics: dict[str, float | None] = {}
    complaints = []
    for name, metric in registry.metrics.items():
        try:
            metrics[name] = compute_metric(metric, expression, truth=_parsed(request.truth, names), test=request.test)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a metric raises is said in the record
            metrics[name] = None
            complaints.append(f"metric {name}: {_where(error)}"[:_MAX_REASON])
    send(stream, MetricsAnswer(metrics=metrics, complaints=tuple(complaints)).to_message())


def _parsed(text: str | None, names: tuple[str, ...]) -> Expression | None:
    return None if text is None else Expression.parse(text, variables=names)


def _conform(stream: socket.socket, request: ConformRequest, registry: Registry) -> None:
    from srbench_lite.running.checks import METHOD_CHECKS, run_check

    check = next(check for check in METHOD_CHECKS if check.name == request.check)
    send(stream, Started().to_message())
    method = _found(registry, request.method).with_parameters(request.parameters)
    complaint = run_check(check, method)
    skipped = None if complaint else check.why_skipped(method)
    send(stream, ConformAnswer(complaint=complaint, skipped=skipped).to_message())
