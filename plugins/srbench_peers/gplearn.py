"""The method `gplearn`: genetic programming by the package of that name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from srbench_lite import Budget, Capabilities, Expression, FitError, Report, Samples
from srbench_peers.peer import Clock, Found, Peer, pareto, writable

__all__ = ["Gplearn", "formula_of"]

#: Names of gplearn's built-in functions.
_FUNCTIONS: Final = (
    "abs", "add", "cos", "div", "inv", "log", "max", "min", "mul", "neg", "sin", "sqrt", "sub", "tan",
)  # fmt: skip
_METRICS: Final = ("mean absolute error", "mse", "rmse")
#: Parameters that share a probability of 1; the rest of it is for copies.
_OPERATIONS: Final = ("p_crossover", "p_subtree_mutation", "p_hoist_mutation", "p_point_mutation")
#: gplearn's protected functions look whether an absolute value is above this.
_THRESHOLD: Final = 0.001


@dataclass(frozen=True, kw_only=True)
class Gplearn(Peer):
    """gplearn, with its defaults (https://gplearn.readthedocs.io/en/stable/reference.html).

    Two settings are not gplearn's own but those of SRBench (La Cava et al., 2021; `algorithms/gplearn/regressor.py` of
    cavalab/srbench): the functions, since the default has no sine, and 500 generations, since 20 end long before the
    budget. gplearn has no time limit: generations are run one by one, as `warm_start` allows, and the one in which the
    time ends is given up. The formulas are those of an uninterrupted run, generation for generation.
    """

    name: ClassVar[str] = "gplearn"
    summary: ClassVar[str] = "peer: gplearn, genetic programming in Python with protected functions"
    source: ClassVar[str] = "Stephens, gplearn: Genetic Programming in Python, 2015; Koza, Genetic Programming, 1992"
    capabilities: ClassVar[Capabilities] = Capabilities(deterministic=False, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("gplearn.genetic",)
    licence: ClassVar[str] = "BSD-3-Clause"
    environment: ClassVar[str | None] = "gplearn"
    requirements: ClassVar[tuple[str, ...]] = ("gplearn==0.4.3", "scikit-learn==1.9.1")

    population_size: int = 1000  # programs in a generation
    generations: int = 500  # at most
    tournament_size: int = 20  # programs that compete to be a parent
    stopping_criteria: float = 0.0  # error at which the search ends
    const_low: float = -1.0  # least constant
    const_high: float = 1.0  # greatest
    function_set: tuple[str, ...] = ("add", "sub", "mul", "div", "log", "sqrt", "sin", "cos")
    metric: str = "mean absolute error"  # or "mse", "rmse"
    parsimony_coefficient: float = 0.001  # error that one node costs
    p_crossover: float = 0.9
    p_subtree_mutation: float = 0.01
    p_hoist_mutation: float = 0.01
    p_point_mutation: float = 0.01
    p_point_replace: float = 0.05  # of a node, in a point mutation

    def __post_init__(self) -> None:
        for name in ("population_size", "generations", "tournament_size"):
            self.require(getattr(self, name) >= 1, name, "at least 1")
        for name in ("stopping_criteria", "parsimony_coefficient"):
            self.require(0.0 <= getattr(self, name) < math.inf, name, "at least 0 and finite")
        self.require(abs(self.const_low) < math.inf, "const_low", "finite")
        self.require(self.const_low < self.const_high < math.inf, "const_high", "above const_low and finite")
        known = bool(self.function_set) and set(self.function_set) <= set(_FUNCTIONS)
        self.require(known, "function_set", f"some of {', '.join(_FUNCTIONS)}")
        self.require(self.metric in _METRICS, "metric", f"one of {', '.join(_METRICS)}")
        for name in (*_OPERATIONS, "p_point_replace"):
            self.require(0.0 <= getattr(self, name) <= 1.0, name, "from 0 to 1")
        self.require(
            sum(getattr(self, name) for name in _OPERATIONS) <= 1.0, "p_crossover", "at most 1 with all mutations"
        )

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Run one generation after the other; see `Peer.search`."""
        from gplearn.fitness import _fitness_map, make_fitness
        from gplearn.genetic import SymbolicRegressor

        clock = Clock(budget, share=0.9)
        error = _fitness_map[self.metric]
        settings = {k: v for k, v in self.parameters().items() if k not in ("generations", "const_low", "const_high")}
        settings["metric"] = make_fitness(function=_ends_with(clock, error), greater_is_better=False, wrap=False)
        model = SymbolicRegressor(
            **settings, const_range=(self.const_low, self.const_high), warm_start=True, low_memory=True,
            n_jobs=budget.threads, random_state=seed,
        )  # fmt: skip
        best, generation, over = float("inf"), 0, False
        while generation < self.generations and best > self.stopping_criteria:
            try:
                model.set_params(generations=generation + 1)
                model.fit(samples.x, samples.y, samples.weights)
            except _TimeIsOver:
                over = True
                break
            generation += 1
            program = model._program
            if program.raw_fitness_ < best:
                best = program.raw_fitness_
                if (formula := writable(formula_of, program.program, samples.variables)) is not None:
                    report(formula)
        if not generation:
            raise FitError(f"gplearn had not made its first {self.population_size} programs in {clock.seconds:.3g} s")
        last = sorted((p for p in model._programs[-1] if p.raw_fitness_ < float("inf")), key=lambda p: p.raw_fitness_)
        for program in last:
            if (formula := writable(formula_of, program.program, samples.variables)) is not None:
                return Found(
                    expression=formula,
                    predict=program.execute,
                    candidates=pareto(
                        (candidate, leader.raw_fitness_)
                        for leader in _shortest(last)
                        if (candidate := writable(formula_of, leader.program, samples.variables)) is not None
                    ),
                    stopped="budget" if over else "done",
                    extras={"generations": generation, "too_large": last.index(program)},
                )
        raise FitError(f"none of the {len(last)} programs of gplearn's last generation can be written as a formula")


def _shortest(programs: Sequence[Any]) -> list[Any]:
    """Return the programs, given from the best to the worst, than which none is both better and shorter."""
    shortest: list[Any] = []
    for program in programs:
        if not shortest or program.length_ < shortest[-1].length_:
            shortest.append(program)
    return shortest


class _TimeIsOver(Exception):  # noqa: N818 - no error
    """The clock ended a generation."""


def _ends_with(clock: Clock, error: Callable[..., Any]) -> Callable[[Any, Any, Any], Any]:
    """Return gplearn's measure of error, which ends the generation when time is over: it is asked for each program."""

    def measured(y: Any, values: Any, weights: Any) -> Any:
        if clock.left < 0.0:
            raise _TimeIsOver
        return error(y, values, weights)

    return measured


def formula_of(program: Iterable[Any], names: Sequence[str]) -> Expression:
    """Return a program of gplearn with its protected functions written out and its constants in full.

    Args:
        program: nodes in prefix order: functions with a `name` and an `arity`, constants, numbers of variables.
        names: of the variables.

    Raises:
        ExpressionError: the formula would have too many nodes; what is protected stands there twice.
    """
    built: list[Expression] = []
    for node in reversed(list(program)):
        if isinstance(node, float):
            built.append(Expression.constant(node))
        elif isinstance(node, int):
            built.append(Expression.variable(names[node]))
        else:
            built.append(_applied(node.name, [built.pop() for _ in range(node.arity)]))
    return built[0]


def _applied(name: str, args: Sequence[Expression]) -> Expression:
    """Apply one of gplearn's functions (`gplearn/functions.py`), as its documentation defines it."""
    last = args[-1]
    match name:
        case "div":
            return _unless_small(last, lambda: args[0] / last, 1.0)
        case "inv":
            return _unless_small(last, lambda: 1.0 / last, 0.0)
        case "log":
            return _unless_small(last, lambda: Expression.call("log", Expression.call("abs", last)), 0.0)
        case "sqrt":
            return Expression.call("sqrt", Expression.call("abs", last))
        case _:
            return Expression.call(name, *args)


def _unless_small(protected: Expression, usual: Any, small: float) -> Expression:
    """Return the usual value where the size of something is above the threshold, and `small` elsewhere."""
    if protected.value is not None:
        return usual() if abs(protected.value) > _THRESHOLD else Expression.constant(small)
    return Expression.call("ifelse", Expression.call("abs", protected) - _THRESHOLD, usual(), small)
