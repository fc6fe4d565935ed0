"""One method on one extreme data set, in a forked process whose clock counts its own CPU time, and how that ended.

A busy machine then ends no fit early, and a step that is too long shows at any limit.
"""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from extreme_data import KINDS, ExtremeData

if TYPE_CHECKING:
    from srbench_lite import Expression, Method, Registry

__all__ = ["BAD", "EndedFit", "count_cpu_time", "fit_in_fork", "fit_once", "method_of", "turns"]

#: Methods in rotation: data sets go to one after another, and more of them to those that people use most.
_OFTEN: Final = ("lies", "lies-fast", "lasso", "transformer")
_SELDOM: Final = (
    "lies-paper", "lstm", "neuron", "network-polyfit", "weight-decoder", "weight-mean", "weight-regressor",
    "prior-sampling", "workshop-network", "portfolio", "diffusion", "planning", "refined", "goals", "symbolnet",
    "invertible", "mean", "linear", "polynomial", "log-linear",
)  # fmt: skip
_ROTATION: Final = (*_OFTEN, *_SELDOM[:4], *_OFTEN, *_SELDOM[4:8], *_OFTEN, *_SELDOM[8:])
#: Statuses that no data set may have.
BAD: Final = ("crashed", "timeout", "invalid", "memout")
_MAX_TEXT: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedFit:
    """How a fit ended.

    Attributes:
        status: of a run.
        text: the formula, or why there is none.
        undefined: on how many of its own points the formula is not finite.
        cpu_seconds: of its process.
    """

    status: str
    text: str
    undefined: int = 0
    cpu_seconds: float = math.nan


def count_cpu_time() -> None:
    """Let the clock that methods read count the CPU time of their own process; to be called before they are loaded."""
    assert "srbench_lite.fitting.deadline" not in sys.modules
    time.perf_counter = time.process_time


def method_of(data: ExtremeData, registry: Registry) -> Method:
    """Return the method whose turn a data set is, of those that do not skip it."""
    methods = [m for name in _ROTATION if (m := registry.method(name)).skip_reason(data.samples) is None]
    return methods[(data.number + data.number // len(KINDS)) % len(methods)]


def turns(some: Iterable[ExtremeData], registry: Registry) -> Iterator[tuple[ExtremeData, Method]]:
    """Yield data sets, each with the method that has had the fewest turns before, of those that do not skip it."""
    taken = dict.fromkeys(dict.fromkeys(_ROTATION), 0)
    for data in some:
        for name in sorted(taken, key=taken.__getitem__):
            method = registry.method(name)
            if method.skip_reason(data.samples) is None:
                taken[name] += 1
                yield data, method
                break


def fit_once(data: ExtremeData, method: Method, *, seconds: float) -> EndedFit:
    """Fit a data set; what the method raises becomes a status, as in a run."""
    import numpy as np

    from srbench_lite import Budget, Expression, ExpressionError, FitError

    names = data.samples.variables

    def report(expression: Expression) -> None:
        Expression.parse(str(expression), variables=names)

    try:
        fit = method.fit(data.samples, seed=data.number, budget=Budget(seconds=seconds), report=report)
        json.dumps(dict(fit.extras), allow_nan=False)
        formulas = [Expression.parse(str(formula), variables=names) for formula in (*fit.candidates, fit.expression)]
        values = formulas[-1](data.samples.columns)
    except FitError as error:
        return EndedFit(status="failed" if str(error) else "crashed", text=str(error))
    except ExpressionError as error:
        return EndedFit(status="invalid", text=_where(error))
    except MemoryError as error:
        return EndedFit(status="memout", text=_where(error))
    except Exception as error:  # noqa: BLE001 - whatever a method raises is a finding
        return EndedFit(status="crashed", text=_where(error))
    return EndedFit(status="ok", text=str(fit.expression), undefined=int((~np.isfinite(values)).sum()))


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = ", ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames[-3:])
    return f"{type(error).__name__}: {error} ({places})"


def fit_in_fork(data: ExtremeData, method: Method, *, seconds: float, grace: int) -> EndedFit:
    """Fit a data set in a process of its own, which ends when it has used `seconds` and `grace` of CPU time."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            limit = math.ceil(seconds) + grace
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            signal.alarm(20 * limit)  # a process that waits uses no CPU time
            answer = asdict(fit_once(data, method, seconds=seconds))
            os.write(writing, json.dumps({**answer, "text": answer["text"][:_MAX_TEXT]}).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    _, wait_status, usage = os.wait4(pid, 0)
    answer_of: dict[str, Any] = {"status": "crashed", "text": f"the process ended without an answer ({wait_status})"}
    if text:
        answer_of = json.loads(text)
    elif os.WIFSIGNALED(wait_status) and os.WTERMSIG(wait_status) in (signal.SIGXCPU, signal.SIGALRM):
        answer_of = {"status": "timeout", "text": signal.Signals(os.WTERMSIG(wait_status)).name}
    return EndedFit(**{**answer_of, "cpu_seconds": usage.ru_utime + usage.ru_stime})
