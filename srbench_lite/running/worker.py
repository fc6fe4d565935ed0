"""What happens inside the process of a cell: fit a method, score a formula, or run a conformance check.

Runs in a child of the zygote. The child that fits is handed the training points and nothing else, and another process
scores its answer. That keeps honest methods honest; it is no prison for hostile code, which can read whatever its user
can read. Together with `runner` this is the one place that catches whatever a method raises.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from srbench_lite.errors import ExpressionError, FitError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.method import Budget, Fit
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.recording.record import Status
from srbench_lite.running.wire import Message, receive, send

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry

__all__ = ["serve"]

Answer = TypeVar("Answer")

#: Longest reason and extras kept, in characters.
_MAX_REASON: Final = 2_000
_MAX_EXTRAS: Final = 100_000
_MAX_CANDIDATES: Final = 200


def serve(stream: socket.socket, registry: Registry) -> None:
    """Answer the one request that comes over `stream`."""
    request = receive(stream)
    if request is None:
        return
    kinds = {"fit": _fit, "score": _score, "metrics": _metrics, "conform": _conform}
    kinds[request.header["kind"]](stream, request, registry)


class _SkippedError(Exception):
    """The method says that it cannot do this task."""


def _fit(stream: socket.socket, request: Message, registry: Registry) -> None:
    header, arrays = request
    samples = Samples(variables=tuple(header["variables"]), x=arrays["x"], y=arrays["y"])
    budget = Budget(**header["budget"])
    _seed_globals(header["seed"])
    times: list[float] = []

    def report(expression: Expression) -> None:
        if not isinstance(expression, Expression):
            raise ExpressionError(f"report() takes an Expression, got {type(expression).__name__}")
        send(stream, {"kind": "report", "expression": str(expression)})

    def attempt() -> tuple[dict[str, Any], dict[str, Any]]:
        method = registry.methods[header["method"]].with_parameters(header["parameters"])
        skip = method.skip_reason(samples)
        if skip is not None:
            raise _SkippedError(str(skip))
        send(stream, {"kind": "started"})
        times.append(time.perf_counter())
        fit = method.fit(samples, seed=header["seed"], budget=budget, report=report)
        times.append(time.perf_counter())
        if not isinstance(fit, Fit):
            raise ExpressionError(f"fit() must return a Fit, got {type(fit).__name__}: {fit!r:.200}")
        return _answer(fit, len(samples))

    status, reason, answer = _outcome(attempt)
    if len(times) == 1:
        times.append(time.perf_counter())
    seconds = times[1] - times[0] if times else 0.0
    content, out = answer or ({}, {})
    for output in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the method may have closed or replaced it
            output.flush()
    reason = reason or content.pop("complaint", None)
    ended = {"kind": "ended", "status": status, "seconds": seconds, "reason": reason and reason[:_MAX_REASON]}
    send(stream, ended | content, out)


def _outcome(attempt: Callable[[], Answer]) -> tuple[Status, str | None, Answer | None]:
    """Run a method; whatever it raises becomes a status and a reason."""
    try:
        return Status.OK, None, attempt()
    except _SkippedError as skipped:
        return Status.SKIPPED, str(skipped), None
    except FitError as error:
        return Status.FAILED, str(error) or "the method gave no reason", None
    except ExpressionError as error:
        return Status.INVALID, str(error), None
    except MemoryError:
        return Status.MEMOUT, "the method ran out of memory (MemoryError)", None
    except BaseException as error:  # noqa: BLE001 - whatever a method raises becomes a record
        return Status.CRASHED, _where(error), None


def _answer(fit: Fit, n: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a fit as a message: plain values, and the predictions; what had to be dropped is complained of."""
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
        complaints.append(f"extras were dropped: {error}")
    out = {}
    if fit.predictions is not None:
        predictions = np.asarray(fit.predictions, dtype=np.float64)
        if predictions.shape == (n,):
            out["predictions"] = predictions
        else:
            complaints.append(f"predictions were dropped: their shape must be ({n},), got {predictions.shape}")
    if fit.stopped not in ("done", "budget"):
        complaints.append(f"stopped must be 'done' or 'budget', got {fit.stopped!r}")
    content = {
        "expression": str(fit.expression),
        "candidates": [str(candidate) for candidate in list(fit.candidates)[:_MAX_CANDIDATES]],
        "stopped": "budget" if fit.stopped == "budget" else "done",
        "extras": extras,
        "complaint": "; ".join(complaints) or None,
    }
    return content, out


def _where(error: BaseException) -> str:
    """Return one line that says what was raised and in which line of the method."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
    text = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    return f"{text}{place}"


def _seed_globals(seed: int) -> None:
    """Seed the global generators too: a method that uses them against the rules is still repeatable."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002


def _score(stream: socket.socket, request: Message, registry: Registry) -> None:
    from srbench_lite.judging.scoring import score, simple_form

    header, arrays = request
    names = tuple(header["variables"])
    domain = {name: Sampling(**fields) for name, fields in header["variables"].items()}
    send(stream, {"kind": "started"})
    try:
        found = Expression.parse(header["expression"], variables=names)
    except ExpressionError as error:
        send(stream, {"kind": "ended", "status": Status.INVALID, "reason": str(error)})
        return
    truth, simple_truth = (_known(header[part], names) for part in ("truth", "simple_truth"))
    if truth is not None and simple_truth is None:
        simple_truth = simple_form(truth, domain)  # sent back, to be told when the task's next formula is scored
    scores = score(
        found, truth=truth, domain=domain, train=_points("train", names, arrays),
        test=_points("test", names, arrays), far=_points("far", names, arrays) if "far_x" in arrays else None,
        predictions=arrays.get("predictions"), simple_truth=simple_truth,
    )  # fmt: skip
    content = {
        "scores": dataclasses.asdict(scores),
        "simple_truth": None if simple_truth is None else str(simple_truth),
    }
    send(stream, {"kind": "ended", "status": Status.OK, "metrics": list(registry.metrics)} | content)


def _metrics(stream: socket.socket, request: Message, registry: Registry) -> None:
    """Compute the scores that plugins add, in a process of their own: they cost nobody else their scores."""
    from srbench_lite.judging.scoring import compute_metric

    header, arrays = request
    names = tuple(header["variables"])
    send(stream, {"kind": "started"})
    found, test = Expression.parse(header["expression"], variables=names), _points("test", names, arrays)
    metrics: dict[str, float | None] = {}
    complaints = []
    for name, metric in registry.metrics.items():
        try:
            metrics[name] = compute_metric(metric, found, truth=_known(header["truth"], names), test=test)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a metric raises is said in the record
            metrics[name] = None
            complaints.append(f"metric {name}: {_where(error)}")
    reason = "; ".join(complaints)[:_MAX_REASON] or None
    send(stream, {"kind": "ended", "metrics": metrics, "reason": reason})


def _known(text: str | None, names: tuple[str, ...]) -> Expression | None:
    return None if text is None else Expression.parse(text, variables=names)


def _points(part: str, names: tuple[str, ...], arrays: Mapping[str, Any]) -> Samples:
    return Samples(variables=names, x=arrays[f"{part}_x"], y=arrays[f"{part}_y"])


def _conform(stream: socket.socket, request: Message, registry: Registry) -> None:
    from srbench_lite.testing import METHOD_CHECKS, run_check

    check = next(check for check in METHOD_CHECKS if check.name == request.header["check"])
    send(stream, {"kind": "started"})
    send(stream, {"kind": "ended", "complaint": run_check(check, registry.methods[request.header["method"]])})
