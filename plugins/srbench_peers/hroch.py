"""The method `hroch`: parallel hill climbing over small programs, by the package HROCH."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from srbench_lite import Budget, Capabilities, Expression, FitError, Report, Samples
from srbench_peers.peer import Clock, Found, Peer, pareto, writable

__all__ = ["Hroch", "formula_of"]

#: Seconds of the first slice of time, and how much longer each is than the one before: reading the population after a
#: slice takes 20 ms, a twentieth of the time in slices of half a second.
_FIRST_SLICE: Final = 0.5
_GROWTH: Final = 1.5


@dataclass(frozen=True, kw_only=True)
class Hroch(Peer):
    """HROCH, with the settings of its README (https://github.com/janoPig/HROCH): problem 'math', precision 'f64'.

    All others are the defaults of the package ("zero hyperparameter tuning"). Its time limit is passed on in growing
    slices, so that its best formula can be reported. Nothing is lost by them: `warm_start` keeps population and random
    state, and with a limit of iterations sliced and unsliced searches end at the same formula.
    """

    name: ClassVar[str] = "hroch"
    summary: ClassVar[str] = "peer: HROCH, hill climbing over small programs, in C++"
    source: ClassVar[str] = (
        "Jano, HROCH: High-Performance C++ Symbolic Regression Library, github.com/janoPig/HROCH, 2022"
    )
    capabilities: ClassVar[Capabilities] = Capabilities(deterministic=False, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("HROCH",)
    licence: ClassVar[str] = "MIT"
    environment: ClassVar[str | None] = "hroch"
    requirements: ClassVar[tuple[str, ...]] = ("HROCH==1.4.12", "scikit-learn==1.5.2")

    problem: str = "math"  # set of instructions: "math" or "simple"
    precision: str = "f64"  # of its own computing: "f64" or "f32"
    feature_probs: str = "xicor"  # how variables are chosen: by their correlation, or "" for all alike
    metric: str = "MSE"  # or "MAE"

    def __post_init__(self) -> None:
        self.require(self.problem in ("math", "simple"), "problem", '"math" or "simple"')
        self.require(self.precision in ("f64", "f32"), "precision", '"f64" or "f32"')
        self.require(self.feature_probs in ("xicor", ""), "feature_probs", '"xicor" or ""')
        self.require(self.metric in ("MSE", "MAE"), "metric", '"MSE" or "MAE"')

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Search in slices of time; see `Peer.search`."""
        from HROCH import SymbolicRegressor

        clock = Clock(budget, share=0.9)
        model = SymbolicRegressor(
            num_threads=budget.threads, problem=self.problem, precision=self.precision,
            feature_probs=self.feature_probs or None, metric=self.metric, warm_start=True,
            random_state=seed or 1,  # 0 stands for the time
        )  # fmt: skip
        best, slice_of_time, over = float("inf"), _FIRST_SLICE, False
        while not over:
            left = max(clock.left, 0.01)  # 0 stands for no limit
            over = left <= 1.5 * slice_of_time
            model.set_params(time_limit=left if over else slice_of_time)
            model.fit(samples.x, samples.y, samples.weights)
            slice_of_time *= _GROWTH
            leader = model.models_[0]
            if leader.m.score < best and (formula := writable(_formula, leader, samples)) is not None:
                best = leader.m.score
                report(formula)
        written = [(m, f) for m in model.models_ if (f := writable(_formula, m, samples)) is not None]
        if not written:
            raise FitError("none of HROCH's models can be written as a formula")
        chosen, formula = written[0]
        return Found(
            expression=formula,
            predict=chosen.predict,
            candidates=pareto((formula, m.m.score) for m, formula in written),
            stopped="budget",
            extras={"too_large": model.models_.index(chosen)},
        )


def _formula(model: Any, samples: Samples) -> Expression:
    return formula_of(model.m.str_representation, [float(c) for c in model.m.coeffs], samples.variables)


def formula_of(text: str, constants: Sequence[float], names: Sequence[str]) -> Expression:
    """Return a model of HROCH, with its constants in full.

    Args:
        text: the formula, in which variables are x0, x1, ... and constants c0, c1, ...
        constants: their values.
        names: of the variables.

    Raises:
        ExpressionError: the formula has too many nodes (HROCH's programs share parts), or a constant is no number.
    """
    numbers = {f"c{i}": value for i, value in enumerate(constants)}
    variables = {f"x{i}": Expression.variable(name) for i, name in enumerate(names)}
    formula = Expression.parse(text, variables=(*variables, *numbers))
    used = {name: Expression.constant(numbers[name]) for name in formula.variables if name in numbers}
    return formula.substitute(variables | used)
