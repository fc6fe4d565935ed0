"""The method `operon`: genetic programming in C++ with fitted constants, by the package pyoperon."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, ClassVar, Final

from srbench_lite import Budget, Expression, Report, Samples
from srbench_peers.peer import Clock, Found, Peer, pareto, writable

__all__ = ["Operon", "formula_of"]

_call: Final = Expression.call
_SYMBOLS: Final = (
    "add", "mul", "sub", "div", "fmin", "fmax", "aq", "pow", "powabs", "abs", "acos", "asin", "atan", "cbrt", "ceil",
    "cos", "cosh", "exp", "floor", "log", "logabs", "log1p", "sin", "sinh", "sqrt", "sqrtabs", "tan", "tanh", "square",
    "constant", "variable",
)  # fmt: skip
#: Errors that are scaled by least squares, and the length of a tree.
_OBJECTIVES: Final = ("r2", "nmse", "rmse", "mse", "mae", "length")
#: Seconds that must be left for another run.
_LEAST_RUN: Final = 0.5
#: The one that Operon's authors chose for SRBench, and the only one for which the size of the noise counts.
_OF_THE_ENTRY: Final = "minimum_description_length"
_CRITERIA: Final = (
    "mean_squared_error", _OF_THE_ENTRY, "bayesian_information_criterion", "akaike_information_criterion",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Operon(Peer):
    """Operon, with the settings that its authors gave to SRBench (`algorithms/operon/regressor.py` of cavalab/srbench).

    Two objectives, error and length; one step of Levenberg and Marquardt for each individual. There, a further search
    makes up to 100 runs, each with one of four sets of symbols and five lengths. Here each has the largest set,
    pyoperon's default length and another seed; the next one starts when the evaluations of one are spent in time.

    One setting differs, in Operon's favour where there is no noise. There, the answer is the formula with the shortest
    description, where the error of a random forest on the training points counts as noise; with few points it is far
    above the noise, and formulas are too short. Here it is the one with the least Bayesian information criterion, which
    needs no noise.

    Operon computes in float32: constants are float32 numbers, written exactly.
    """

    name: ClassVar[str] = "operon"
    summary: ClassVar[str] = "peer: Operon, genetic programming in C++ with fitted constants, in float32"
    source: ClassVar[str] = (
        "Burlacu, Kronberger & Kommenda, Operon C++: An Efficient Genetic Programming Framework for Symbolic "
        "Regression, GECCO 2020 Companion, doi:10.1145/3377929.3398099"
    )
    engine: ClassVar[tuple[str, ...]] = ("pyoperon.sklearn", "sklearn.ensemble")
    licence: ClassVar[str] = "MIT"
    environment: ClassVar[str | None] = "operon"
    requirements: ClassVar[tuple[str, ...]] = ("pyoperon==0.6.2", "scikit-learn==1.9.1")

    allowed_symbols: str = "add,sub,mul,div,sin,cos,exp,log,sqrt,pow,constant,variable"
    objectives: tuple[str, ...] = ("r2", "length")
    optimizer_iterations: int = 1  # of Levenberg and Marquardt for each individual
    runs: int = 100  # at most
    max_length: int = 50  # nodes of a tree
    max_depth: int = 10
    population_size: int = 1000
    generations: int = 1000  # of a run, at most
    max_evaluations: int = 1_000_000  # of errors and of gradients in a run, at most
    tournament_size: int = 5
    epsilon: float = 1e-5  # errors closer than this are equal
    model_selection_criterion: str = "bayesian_information_criterion"  # by which the answer is chosen from the fronts

    def __post_init__(self) -> None:
        self.require(self.optimizer_iterations >= 0, "optimizer_iterations", "at least 0")
        for name in (
            "runs", "max_length", "max_depth", "population_size", "generations", "max_evaluations", "tournament_size",
        ):  # fmt: skip
            self.require(getattr(self, name) >= 1, name, "at least 1")
        self.require(0.0 <= self.epsilon < math.inf, "epsilon", "at least 0 and finite")
        symbols = self.allowed_symbols.split(",")
        self.require(set(symbols) <= {*_SYMBOLS}, "allowed_symbols", f"some of {','.join(_SYMBOLS)}")
        known = bool(self.objectives) and set(self.objectives) <= {*_OBJECTIVES}
        self.require(known, "objectives", f"some of {','.join(_OBJECTIVES)}")
        self.require(
            self.model_selection_criterion in _CRITERIA, "model_selection_criterion", f"one of {', '.join(_CRITERIA)}"
        )

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Run the evolution until the limit; see `Peer.search`."""
        import numpy as np
        import pyoperon
        from pyoperon.sklearn import SymbolicRegressor

        clock = Clock(budget, share=0.9)
        noise = _noise_of_forest(samples, seed) if self.model_selection_criterion == _OF_THE_ENTRY else 1.0
        settings = {k: v for k, v in self.parameters().items() if k not in ("objectives", "runs")}
        after_generation = _AfterGeneration(pyoperon, samples, clock, report)
        best: Any = None
        front: list[tuple[Expression, float]] = []
        least, runs, generations = math.inf, 0, 0
        while runs == 0 or (runs < self.runs and clock.left > _LEAST_RUN):
            model = SymbolicRegressor(
                **settings, objectives=list(self.objectives), uncertainty=[noise], n_threads=budget.threads,
                max_time=self._limit(clock), random_state=(seed + runs) % 2**31,
            )  # fmt: skip
            with _watched(pyoperon, after_generation):
                model.fit(samples.x, np.array(samples.y))  # it takes no read-only array
            runs += 1
            generations += int(model.stats_["generations"])
            names = _names(model.variables_, samples.variables)
            front += [
                (formula, member["mean_squared_error"])
                for member in model.pareto_front_
                if (formula := writable(formula_of, member["tree"].Nodes, names)) is not None
            ]
            value = min(float(member[self.model_selection_criterion]) for member in model.pareto_front_)
            if best is None or value < least:
                best, least = model, value
        return Found(
            expression=formula_of(best.model_.Nodes, names),
            predict=lambda x: best.predict(np.array(x)),  # a read-only column is refused
            candidates=pareto(front),
            stopped="done" if clock.left > _LEAST_RUN else "budget",
            extras={"runs": runs, "generations": generations},
        )

    def _limit(self, clock: Clock) -> int:
        """Return the seconds of a run, which pyoperon counts whole; with a front it is ended when the clock says so."""
        return max(math.ceil(clock.left) if len(self.objectives) > 1 else int(clock.left), 1)


def _noise_of_forest(samples: Samples, seed: int) -> float:
    """Return the error of a random forest on the training points, or 1 where there is none."""
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(random_state=seed).fit(samples.x, samples.y)
    return float(np.sqrt(np.mean((samples.y - forest.predict(samples.x)) ** 2))) or 1.0


class _AfterGeneration:
    """Reports the most accurate member of the front, scaled, when a generation made it better; ends a run in time."""

    def __init__(self, pyoperon: Any, samples: Samples, clock: Clock, report: Report) -> None:
        import numpy as np

        self._operon, self._samples, self._clock, self._report = pyoperon, samples, clock, report
        self._best = float("inf")
        self._data = pyoperon.Dataset(np.asfortranarray(np.column_stack((samples.x, samples.y))))
        self._target = np.array(samples.y)
        self._table = pyoperon.DispatchTable()

    def __call__(self, algorithm: Any, evaluators: Sequence[Any]) -> None:
        if self._clock.left < 0.0:
            for evaluator in evaluators:
                evaluator.Budget = 1  # evaluations, which are spent: the algorithm ends
        leader = min(algorithm.BestFront, key=lambda individual: float(individual[0]))
        if not float(leader[0]) < self._best:
            return
        self._best = float(leader[0])
        variables = sorted(self._data.Variables, key=lambda variable: variable.Index)
        names = _names({v.Hash: v.Name for v in variables}, self._samples.variables)
        rows = self._operon.Range(0, self._data.Rows)
        values = self._operon.Evaluate(self._table, leader.Genotype, self._data, rows)
        scale, offset = self._operon.FitLeastSquares(values, self._target)
        formula = writable(lambda: formula_of(leader.Genotype.Nodes, names) * float(scale) + float(offset))
        if formula is not None:
            self._report(formula)


@contextmanager
def _watched(pyoperon: Any, after_generation: Callable[[Any, Sequence[Any]], None]) -> Iterator[None]:
    """Give the algorithm that `SymbolicRegressor` makes for several objectives a callback; it passes none itself.

    The callback takes the algorithm and the evaluators that were made for it.
    """
    original: Any = pyoperon.NSGA2Algorithm
    original_evaluator = pyoperon.MultiEvaluator
    made: list[Any] = []

    def evaluator(problem: Any) -> Any:
        made.append(original_evaluator(problem))
        return made[-1]

    class Watched(original):  # type: ignore[misc]
        """The algorithm, which calls back after each generation."""

        def Run(self, rng: Any, callback: None, threads: int, warm_start: bool) -> None:  # noqa: N802
            """Run as the original does."""
            super().Run(rng, lambda: after_generation(self, made), threads, warm_start)

    try:
        pyoperon.NSGA2Algorithm, pyoperon.MultiEvaluator = Watched, evaluator
        yield
    finally:
        pyoperon.NSGA2Algorithm, pyoperon.MultiEvaluator = original, original_evaluator


def _names(variables: Mapping[int, str], names: Sequence[str]) -> dict[int, str]:
    """Return the samples' names by Operon's hashes: its own are X1, X2, ... in the order of the columns."""
    return {number: names[int(own[1:]) - 1] for number, own in variables.items() if int(own[1:]) <= len(names)}


def _folded(op: str, *args: Expression) -> Expression:
    return reduce(partial(_call, op), args)


#: What Operon's nodes compute, by the name of their type; others are the operator of their name.
_MEANINGS: Final[Mapping[str, Callable[..., Expression]]] = {
    "add": partial(_folded, "add"),
    "mul": partial(_folded, "mul"),
    "sub": lambda *args: _folded("sub", *args) if len(args) > 1 else -args[0],
    "div": lambda *args: _folded("div", *args) if len(args) > 1 else 1.0 / args[0],
    "fmin": partial(_folded, "min"),
    "fmax": partial(_folded, "max"),
    "aq": lambda a, b: a / _call("sqrt", 1.0 + b**2.0),
    "powabs": lambda a, b: _call("abs", a) ** b,
    "logabs": lambda a: _call("log", _call("abs", a)),
    "log1p": lambda a: _call("log", 1.0 + a),
    "sqrtabs": lambda a: _call("sqrt", _call("abs", a)),
    "square": lambda a: a**2.0,
}


def formula_of(nodes: Sequence[Any], names: Mapping[int, str]) -> Expression:
    """Return a tree of Operon, with its float32 constants exactly.

    Args:
        nodes: in postfix order, the last argument of each operator first. Variables have a factor.
        names: of the variables, by their hash.

    Raises:
        ExpressionError: a constant is no finite number.
    """
    built: list[Expression] = []
    for node in nodes:
        if node.IsConstant:
            built.append(Expression.constant(float(node.Value)))
        elif node.IsVariable:
            variable = Expression.variable(names[node.HashValue])
            built.append(variable if node.Value == 1.0 else float(node.Value) * variable)
        else:
            args = [built.pop() for _ in range(node.Arity)]
            kind = str(node.Type).rpartition(".")[2].lower()
            built.append(_MEANINGS[kind](*args) if kind in _MEANINGS else _call(kind, *args))
    return built[0]
