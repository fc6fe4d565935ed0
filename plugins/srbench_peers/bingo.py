"""The method `bingo`: genetic programming with fitted constants, by the package bingo-nasa."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from srbench_lite import Budget, Expression, FitError, Report, Samples
from srbench_peers.peer import Clock, Found, Peer, pareto, writable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Bingo", "formula_of"]

_call: Final = Expression.call
_OPERATORS: Final = (
    "+", "-", "*", "/", "sin", "cos", "exp", "log", "pow", "safe pow", "abs", "sqrt", "sinh", "cosh", "tan", "arcsin",
    "arccos", "arctan", "tanh", "square", "cube",
)  # fmt: skip
_METRICS: Final = ("mse", "rmse", "mae")
_ALGORITHMS: Final = ("lm", "Nelder-Mead", "Powell", "CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP")
_EVOLUTIONS: Final = ("AgeFitnessEA", "GeneralizedCrowdingEA")
#: Generations that must fit in the time that is left: one, and the fits of 100 formulas with which the search ends.
_REST: Final = 2.5
#: The number of processes that evaluate a population: the package reads it there; 1 would make a pool of one.
_PROCESSES: Final = "OMP_NUM_THREADS"


@dataclass(frozen=True, kw_only=True)
class Bingo(Peer):
    """Bingo, with the settings that its authors gave to SRBench (`bingo/symbolic_regression/srbench_interface.py`).

    Two things differ. Whether the error is small enough to end the search, and whether time is over, is looked at after
    each generation, not after ten, of which there are few in seconds; and an error is small in units of the variance.
    Bingo ends by fitting the constants of 100 formulas again; time is left for that. Where the time does not suffice,
    a generation is given up, or those fits. Its square root and logarithm are of absolute values.
    """

    name: ClassVar[str] = "bingo"
    summary: ClassVar[str] = "peer: Bingo, genetic programming over acyclic graphs with fitted constants"
    source: ClassVar[str] = (
        "Randall, Townsend, Hochhalter & Bomarito, Bingo: A Customizable Framework for Symbolic Regression with "
        "Genetic Programming, GECCO 2022 Companion"
    )
    engine: ClassVar[tuple[str, ...]] = ("bingo.symbolic_regression.symbolic_regressor",)
    licence: ClassVar[str] = "Apache-2.0"
    environment: ClassVar[str | None] = "bingo"
    requirements: ClassVar[tuple[str, ...]] = ("bingo-nasa==0.5.7", "mpich==5.0.2")

    population_size: int = 500
    stack_size: int = 24  # commands of a graph
    operators: tuple[str, ...] = ("+", "-", "*", "/", "sin", "cos", "exp", "log", "sqrt")
    use_simplification: bool = True  # of graphs, before their constants are fitted
    crossover_prob: float = 0.3
    mutation_prob: float = 0.45
    metric: str = "mse"  # or "rmse", "mae"
    clo_alg: str = "lm"  # how constants are fitted
    clo_threshold: float = 1e-5  # tolerance of that
    evolutionary_algorithm: str = "AgeFitnessEA"  # or "GeneralizedCrowdingEA"
    fitness_threshold: float = 1e-16  # error at which the search ends, in units of the variance of y

    def __post_init__(self) -> None:
        for name in ("population_size", "stack_size"):
            self.require(getattr(self, name) >= 1, name, "at least 1")
        known = bool(self.operators) and set(self.operators) <= {*_OPERATORS}
        self.require(known, "operators", f"some of {', '.join(_OPERATORS)}")
        for name in ("crossover_prob", "mutation_prob"):
            self.require(0.0 <= getattr(self, name) <= 1.0, name, "from 0 to 1")
        self.require(self.crossover_prob + self.mutation_prob <= 1.0, "mutation_prob", "at most 1 with crossover_prob")
        self.require(self.metric in _METRICS, "metric", f"one of {', '.join(_METRICS)}")
        self.require(self.clo_alg in _ALGORITHMS, "clo_alg", f"one of {', '.join(_ALGORITHMS)}")
        self.require(self.evolutionary_algorithm in _EVOLUTIONS, "evolutionary_algorithm", " or ".join(_EVOLUTIONS))
        for name in ("clo_threshold", "fitness_threshold"):
            self.require(0.0 <= getattr(self, name) < math.inf, name, "at least 0 and finite")

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Run one generation after the other; see `Peer.search`."""
        import numpy as np
        from bingo.symbolic_regression import symbolic_regressor

        clock = Clock(budget, share=0.9)
        settings = self.parameters() | {
            "operators": list(self.operators),
            "fitness_threshold": self.fitness_threshold * float(np.var(samples.y)),
        }
        model = symbolic_regressor.SymbolicRegressor(**settings, max_time=clock.left, random_state=seed)
        follow = _Follower(clock, samples.variables, report)
        make_island, make_fitness = model._get_archipelago, model._get_local_opt
        model._get_archipelago = lambda *args: follow.island(make_island(*args))
        if budget.threads == 1:  # other processes could not be given the clock
            model._get_local_opt = lambda *args: _ends_with(clock, make_fitness(*args))
        try:
            with _processes(budget.threads), _bounded(symbolic_regressor, clock):
                model.fit(np.array(samples.x), np.array(samples.y))
            front = [(member.equation, member.fitness) for member in model.get_pareto_front()]
        except _TimeIsOver:
            front = [(equation, equation.fitness) for equation in follow.evaluated()]
        if not front:
            raise FitError(f"Bingo had not evaluated one of its first {self.population_size} in {clock.seconds:.3g} s")
        written = [
            (equation, formula, error)
            for equation, error in sorted(front, key=lambda pair: pair[1])
            if math.isfinite(error) and (formula := writable(_formula, equation, samples.variables)) is not None
        ]
        if not written:
            raise FitError(
                f"none of the {len(front)} formulas of Bingo's front has a finite error and finite constants"
            )
        chosen, formula, error = written[0]
        return Found(
            expression=formula,
            predict=lambda x: _values(chosen, x),
            candidates=pareto((formula, error) for _, formula, error in written),
            stopped="done" if error <= settings["fitness_threshold"] else "budget",
            extras={"generations": int(follow.followed.generational_age)},
        )


class _TimeIsOver(Exception):  # noqa: N818 - no error
    """The clock ended a generation."""


def _ends_with(clock: Clock, fitness: Any) -> Any:
    """Return Bingo's measure of error, which ends the generation when time is over: it is asked for each formula."""

    class Ending(type(fitness)):  # type: ignore[misc]
        """The measure, which looks at the clock."""

        def __call__(self, individual: Any) -> Any:
            if clock.left < 0.0:
                raise _TimeIsOver
            return super().__call__(individual)

    fitness.__class__ = Ending
    return fitness


@contextmanager
def _bounded(package: Any, clock: Clock) -> Iterator[None]:
    """Let no formula be made when time is over, and no constants of the last formulas be fitted again."""
    generator: Any = package.AGraphGenerator
    regressor: Any = package.EquationRegressor

    class Generator(generator):  # type: ignore[misc]
        """Makes formulas."""

        def __call__(self) -> Any:
            if clock.left < 0.0:
                raise _TimeIsOver
            return super().__call__()

    class Regressor(regressor):  # type: ignore[misc]
        """A formula at the end of a search."""

        def fit(self, *args: Any) -> None:
            if clock.left > 0.0:
                super().fit(*args)

    package.AGraphGenerator, package.EquationRegressor = Generator, Regressor
    try:
        yield
    finally:
        package.AGraphGenerator, package.EquationRegressor = generator, regressor


class _Follower:
    """Lets an island look after each generation whether it is done, and reports its best formula.

    Attributes:
        followed: the island; None before there is one.
    """

    followed: Any = None

    def __init__(self, clock: Clock, names: Sequence[str], report: Report) -> None:
        self._clock, self._names, self._report = clock, names, report
        self._best, self._longest = math.inf, 0.0

    def island(self, island: Any) -> Any:
        """Return the island, which is followed now."""
        evolve, evolve_until_convergence = island.evolve, island.evolve_until_convergence

        def evolve_and_look(*args: Any, **kwargs: Any) -> None:
            before = self._clock.left
            evolve(*args, **kwargs)
            self._longest = max(self._longest, before - self._clock.left)
            leader = island.hall_of_fame[0]
            if leader.fitness < self._best:
                self._best = leader.fitness
                if (formula := writable(_formula, leader, self._names)) is not None:
                    self._report(formula)

        def until_convergence(**kwargs: Any) -> Any:
            often = kwargs | {"convergence_check_frequency": 1, "max_time": max(self._clock.left, 0.0)}
            return evolve_until_convergence(**often)

        island.evolve, island.evolve_until_convergence = evolve_and_look, until_convergence
        island._not_enough_time_for_another_checkpoint = lambda _: self._clock.left < _REST * self._longest
        self.followed = island
        return island

    def evaluated(self) -> list[Any]:
        """Return the best formulas so far: of the first population those that were evaluated, later the front."""
        if self.followed is None:
            return []
        return list(self.followed.hall_of_fame) or [one for one in self.followed.population if one.fit_set]


@contextmanager
def _processes(number: int) -> Iterator[None]:
    """Let the package evaluate populations in this many processes; one is this process itself."""
    before = os.environ.get(_PROCESSES)
    os.environ[_PROCESSES] = str(number) if number > 1 else "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_PROCESSES]
        else:
            os.environ[_PROCESSES] = before


def _values(equation: Any, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what an equation of Bingo computes, not a number where it is undefined; its `predict` says 0 there."""
    import numpy as np

    values = np.asarray(equation.evaluate_equation_at(np.array(x)), dtype=np.float64).reshape(-1)
    return np.broadcast_to(values, len(x)) if len(values) == 1 else values


def _formula(equation: Any, names: Sequence[str]) -> Expression:
    equation.get_number_local_optimization_params()  # brings the commands up to date
    return formula_of(equation._simplified_command_array, equation.constants, names)


#: What the commands of Bingo's graphs compute (`agraph/evaluation_backend/operator_eval.py`), by their numbers.
_MEANINGS: Final[Mapping[int, Callable[..., Expression]]] = {
    2: lambda a, b: a + b,
    3: lambda a, b: a - b,
    4: lambda a, b: a * b,
    5: lambda a, b: a / b,
    6: lambda a, b: _call("sin", a),
    7: lambda a, b: _call("cos", a),
    8: lambda a, b: _call("exp", a),
    9: lambda a, b: _call("log", _call("abs", a)),
    10: lambda a, b: a**b,
    11: lambda a, b: _call("abs", a),
    12: lambda a, b: _call("sqrt", _call("abs", a)),
    13: lambda a, b: _call("abs", a) ** b,
    14: lambda a, b: _call("sinh", a),
    15: lambda a, b: _call("cosh", a),
    16: lambda a, b: _call("tan", a),
    17: lambda a, b: _call("asin", a),
    18: lambda a, b: _call("acos", a),
    19: lambda a, b: _call("atan", a),
    20: lambda a, b: _call("tanh", a),
    21: lambda a, b: a**2.0,
    22: lambda a, b: a**3.0,
}


def formula_of(commands: Sequence[Sequence[int]], constants: Sequence[float], names: Sequence[str]) -> Expression:
    """Return a graph of Bingo, with its constants in full and its protected functions as what they compute.

    Args:
        commands: each a number and two places: of earlier commands, of a variable (0) or a constant (1), or an integer
            (-1). The last one is the formula; one with a single argument has it in both places.
        constants: their values.
        names: of the variables.

    Raises:
        ExpressionError: the formula has too many nodes (graphs share parts), or a constant is no number.
    """
    built: list[Expression] = []
    for number, first, second in commands:
        match int(number):
            case -1:
                built.append(Expression.constant(float(first)))
            case 0:
                built.append(Expression.variable(names[first]))
            case 1:
                built.append(Expression.constant(float(constants[first])))
            case kind:
                built.append(_MEANINGS[kind](built[first], built[second]))
    return built[-1]
