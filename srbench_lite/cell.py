"""What happens inside the process of a cell: fit a method, score a formula, or run a conformance check.

Runs in a child of the zygote. The child that fits gets the training points and nothing else; the child that scores is
another process, so that no method ever shares memory with a truth. Together with `runner` this is the one place that
catches whatever a method raises.
"""

from __future__ import annotations

import dataclasses
import json
import random
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.data import Samples
from srbench_lite.errors import ExpressionError, FitError
from srbench_lite.expression import Expression
from srbench_lite.method import Budget, Fit
from srbench_lite.record import Status
from srbench_lite.task import Sampling
from srbench_lite.wire import Message, receive, send

if TYPE_CHECKING:
    from srbench_lite.discovery import Registry

__all__ = ["serve"]

#: Longest reason and extras kept, in characters.
_MAX_REASON: Final = 2_000
_MAX_EXTRAS: Final = 100_000
_MAX_CANDIDATES: Final = 200


def serve(stream: socket.socket, registry: Registry) -> None:
    """Answer the one request that comes over `stream`."""
    request = receive(stream)
    if request is None:
        return
    {"fit": _fit, "score": _score, "conform": _conform}[request.header["kind"]](stream, request, registry)


def _fit(stream: socket.socket, request: Message, registry: Registry) -> None:
    header, arrays = request
    method = registry.methods[header["method"]].with_parameters(header["parameters"])
    samples = Samples(variables=tuple(header["variables"]), x=arrays["x"], y=arrays["y"])
    budget = Budget(**header["budget"])
    _seed_globals(header["seed"])
    skip = method.skip_reason(samples)
    if skip is not None:
        send(stream, {"kind": "ended", "status": Status.SKIPPED, "reason": skip[:_MAX_REASON]})
        return

    def report(expression: Expression) -> None:
        if not isinstance(expression, Expression):
            raise ExpressionError(f"report() takes an Expression, got {type(expression).__name__}")
        send(stream, {"kind": "report", "expression": str(expression)})

    send(stream, {"kind": "started"})
    start = time.perf_counter()
    status, reason, fit = _outcome(lambda: method.fit(samples, seed=header["seed"], budget=budget, report=report))
    ended: dict[str, Any] = {"kind": "ended", "status": status, "seconds": time.perf_counter() - start}
    out = {}
    if fit is not None:
        extras, complaint = _checked_extras(fit.extras)
        reason = reason or complaint
        ended |= {
            "expression": str(fit.expression),
            "candidates": [str(c) for c in fit.candidates[:_MAX_CANDIDATES]],
            "stopped": "budget" if fit.stopped == "budget" else "done",
            "extras": extras,
        }
        if fit.predictions is not None:
            import numpy as np

            out["predictions"] = np.asarray(fit.predictions, dtype=np.float64)
    sys.stdout.flush()
    sys.stderr.flush()
    send(stream, ended | {"reason": reason and reason[:_MAX_REASON]}, out)


def _outcome(fit: Callable[[], Any]) -> tuple[Status, str | None, Fit | None]:
    """Run a fit; whatever it raises becomes a status and a reason."""
    try:
        result = fit()
    except FitError as error:
        return Status.FAILED, str(error) or "the method gave no reason", None
    except ExpressionError as error:
        return Status.INVALID, str(error), None
    except MemoryError:
        return Status.MEMOUT, "the method ran out of memory (MemoryError)", None
    except BaseException as error:  # noqa: BLE001 - whatever a method raises becomes a record
        return Status.CRASHED, _where(error), None
    if not isinstance(result, Fit):
        return Status.INVALID, f"fit() must return a Fit, got {type(result).__name__}: {result!r:.200}", None
    return Status.OK, None, result


def _where(error: BaseException) -> str:
    """Return one line that says what was raised and in which line of the method."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno})" if frames else ""
    text = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    return f"{text}{place}"


def _checked_extras(extras: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    try:
        text = json.dumps(dict(extras), allow_nan=False)
    except (TypeError, ValueError) as error:
        return {}, f"extras were dropped: {error}"
    if len(text) > _MAX_EXTRAS:
        return {}, f"extras were dropped: {len(text):,} characters of JSON, at most {_MAX_EXTRAS:,} are kept"
    return json.loads(text), None


def _seed_globals(seed: int) -> None:
    """Seed the global generators too: a method that uses them against the rules is still repeatable."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002


def _score(stream: socket.socket, request: Message, registry: Registry) -> None:
    from srbench_lite.scoring import compute_metric, score

    header, arrays = request
    names = tuple(header["variables"])
    domain = {name: Sampling(**fields) for name, fields in header["variables"].items()}
    send(stream, {"kind": "started"})
    try:
        found = Expression.parse(header["expression"], variables=names)
    except ExpressionError as error:
        send(stream, {"kind": "ended", "status": Status.INVALID, "reason": str(error)})
        return
    points = {
        part: Samples(variables=names, x=arrays[f"{part}_x"], y=arrays[f"{part}_y"])
        for part in ("train", "test", "far")
        if f"{part}_x" in arrays
    }
    truth = None if header["truth"] is None else Expression.parse(header["truth"], variables=names)
    scores = score(
        found, truth=truth, domain=domain, train=points["train"], test=points["test"], far=points.get("far"),
        predictions=arrays.get("predictions"),
    )  # fmt: skip
    metrics: dict[str, float | None] = {}
    complaints = []
    for name, metric in registry.metrics.items():
        try:
            metrics[name] = compute_metric(metric, found, truth=truth, test=points["test"])
        except Exception as error:  # noqa: BLE001 - a plugin's metric costs nobody else their scores
            metrics[name] = None
            complaints.append(f"metric {name}: {_where(error)}")
    content = dataclasses.asdict(scores) | {"metrics": metrics}
    reason = "; ".join(complaints)[:_MAX_REASON] or None
    send(stream, {"kind": "ended", "status": Status.OK, "scores": content, "reason": reason})


def _conform(stream: socket.socket, request: Message, registry: Registry) -> None:
    from srbench_lite.testing import METHOD_CHECKS, run_check

    check = next(check for check in METHOD_CHECKS if check.name == request.header["check"])
    send(stream, {"kind": "started"})
    send(stream, {"kind": "ended", "complaint": run_check(check, registry.methods[request.header["method"]])})
