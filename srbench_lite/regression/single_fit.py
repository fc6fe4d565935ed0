"""`fit_once`: one method on somebody's points, with its limits held from outside, and the formulas that it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from srbench_lite.environments.assignment import assigned
from srbench_lite.errors import ExpressionError, FitError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import Registry
from srbench_lite.methods.made_methods import name_elsewhere
from srbench_lite.methods.method import Budget, Method
from srbench_lite.problems.data import Samples
from srbench_lite.running.execution import FitEnd, end_of_fit
from srbench_lite.running.interpreter import Interpreter
from srbench_lite.running.messages import FitRequest
from srbench_lite.running.spare_supervisor import lent_supervisor

__all__ = ["FoundFormulas", "fit_once"]

_STOPPED_FROM_OUTSIDE: Final = ("timeout", "memout")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFormulas:
    """What one fit found.

    Attributes:
        expression: the method's answer; where the fit was stopped from outside, the best formula until then.
        candidates: the method's own Pareto front, simplest first; may be empty.
        stopped: `done`; `budget` where the method ended its search by the clock; `timeout` or `memout` where the fit
            was stopped at a limit.
        reason: what happened, where it was stopped at a limit.
    """

    expression: Expression
    candidates: tuple[Expression, ...]
    stopped: str
    reason: str | None = None


def fit_once(
    method: Method, samples: Samples, *, seed: int, budget: Budget, registry: Registry, plugins: Sequence[Path] = (),
    preload: Sequence[str] | None = None, isolated: bool = True,
) -> FoundFormulas:  # fmt: skip
    """Fit one method.

    Args:
        method: what to fit with.
        samples: the points.
        seed: the only source of randomness.
        budget: the limits. In a process of its own they are held from outside; in this one the method keeps to the
            clock by itself, and nobody looks at memory.
        registry: what is installed.
        plugins: the plugin files with which the registry was made.
        preload: modules that the process has imported before; None for those of the method. Fits of several methods
            that name the same modules share a process.
        isolated: whether to fit in a process of its own.

    Raises:
        UsageError: the method cannot be run on these points, or not in a process of its own.
        FitError: no formula was found.
        SrbenchError: no process could be started.
    """
    skipped = method.skip_reason(samples)
    if skipped is not None:
        raise UsageError(f"{method.name} cannot be run on these data: {skipped}; take another method")
    where = assigned(method)
    if where.lacks is not None:
        raise UsageError(f"{method.name} cannot be run: {where.lacks}")
    if not isolated:
        if where.environment is not None:
            raise UsageError(
                f"{method.name} runs in the environment {where.environment.name}; leave isolated=False out"
            )
        try:
            fit = method.fit(samples, seed=seed, budget=budget, report=_unheard)
        except FitError as error:
            raise FitError(f"{method.name} found no formula (failed): {error}") from error
        return FoundFormulas(expression=fit.expression, candidates=tuple(fit.candidates), stopped=fit.stopped)
    _check_findable(method, registry)
    request = FitRequest(
        method=name_elsewhere(method), parameters=method.parameters(), budget=budget, seed=seed, samples=samples
    )  # fmt: skip
    modules = method.engine if preload is None else preload
    there = None if where.environment is None else Interpreter.of(where.environment, [method], registry)
    with lent_supervisor(
        plugins=plugins, preload=modules, threads=budget.threads, interpreter=there
    ) as supervisor:  # fmt: skip
        result = supervisor.run(request, seconds=budget.seconds, memory_mb=budget.memory_mb)
    return _found(method, end_of_fit(result, budget), samples.variables)


def _found(method: Method, end: FitEnd, variables: Sequence[str]) -> FoundFormulas:
    if end.expression is None:
        raise FitError(f"{method.name} found no formula ({end.status}): {end.reason}")
    try:
        expression, *candidates = (
            Expression.parse(text, variables=variables) for text in (end.expression, *end.candidates)
        )
    except ExpressionError as error:
        raise FitError(f"{method.name} returned a text that is no formula of these data: {error}") from None
    limit = end.status.value if end.status.value in _STOPPED_FROM_OUTSIDE else None
    return FoundFormulas(
        expression=expression, candidates=tuple(candidates), stopped=limit or end.stopped or "done",
        reason=end.reason if limit else None,
    )  # fmt: skip


def _check_findable(method: Method, registry: Registry) -> None:
    """Refuse a method that another process cannot find by its name, such as one of a notebook."""
    present, kind = type(registry.find_method(method.name)), type(method)
    if (present.__module__, present.__qualname__) != (kind.__module__, kind.__qualname__):
        raise UsageError(
            f"the method {method.name!r} (class {kind.__qualname__} of {kind.__module__}) is not one that plugins "
            "offer, so a process of its own could not find it; fit in this process with isolated=False, or save the "
            "class and its hook srbench_methods as a file and give plugins=(FILE,)"
        )


def _unheard(expression: Expression) -> None:
    """Take a report that nobody needs: a fit in this process cannot be stopped and then be asked for its best."""
