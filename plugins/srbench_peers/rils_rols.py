"""The method `rils-rols`: iterated local search with least squares, by the package of that name."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from srbench_lite import Budget, Capabilities, Expression, Report, Samples
from srbench_peers.peer import Clock, Found, Peer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RilsRols", "formula_of"]


@dataclass(frozen=True, kw_only=True)
class RilsRols(Peer):
    """RILS-ROLS, with the settings that its authors gave to SRBench (`algorithms/rils-rols/regressor.py`).

    It prints constants with six decimals. The digits that its text lacks are recovered from its own predictions of the
    training points: `extras` says by how much the formula then still differs from them. Its last step, by which sympy
    rewrites what it prints, is left out: the formula is the one that it predicts with. It searches until its whole
    seconds are over, even when it has found the truth, hands out nothing meanwhile, and uses one thread.
    """

    name: ClassVar[str] = "rils-rols"
    summary: ClassVar[str] = "peer: RILS-ROLS, iterated local search with least squares, in C++"
    source: ClassVar[str] = (
        "Kartelj & Djukanovic, RILS-ROLS: Robust Symbolic Regression via Iterated Local Search and Ordinary Least "
        "Squares, Journal of Big Data 10, 2023, doi:10.1186/s40537-023-00743-2"
    )
    capabilities: ClassVar[Capabilities] = Capabilities(deterministic=False)
    engine: ClassVar[tuple[str, ...]] = ("rils_rols.rils_rols",)
    licence: ClassVar[str] = "MIT"
    environment: ClassVar[str | None] = "rils-rols"
    requirements: ClassVar[tuple[str, ...]] = (
        "build: pybind11==3.1.0", "build: setuptools", "build: wheel", "rils-rols==1.6.7", "scikit-learn==1.9.1",
    )  # fmt: skip

    max_fit_calls: int = 1_000_000  # formulas that are tried, at most
    complexity_penalty: float = 0.001  # what a node costs, as a share of the error
    max_complexity: int = 50  # nodes
    sample_size: float = (
        0.0  # share of the points that are used; 0: all, of more than 10,000 a tenth where that will do
    )

    def __post_init__(self) -> None:
        self.require(self.max_fit_calls >= 1, "max_fit_calls", "at least 1")
        self.require(0.0 <= self.complexity_penalty < math.inf, "complexity_penalty", "at least 0 and finite")
        self.require(self.max_complexity >= 1, "max_complexity", "at least 1")
        self.require(0.0 <= self.sample_size <= 1.0, "sample_size", "from 0 to 1")

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Search until the limit; see `Peer.search`."""
        import numpy as np
        from rils_rols.rils_rols import RILSROLSRegressor

        clock = Clock(budget, share=0.9)
        limit = max(int(clock.left) - 1, 0)  # it ends when one second more than the limit has gone by
        model = RILSROLSRegressor(**self.parameters(), max_time=limit, random_state=seed)
        model.call_model_symplify = lambda: None  # up to two seconds of sympy, in a thread
        model.fit(samples.x, samples.y)
        predicted = model.predict(samples.x)
        formula = formula_of(model.model, samples, predicted)
        gap = float(np.abs(formula(samples.columns) - predicted).max() / max(1.0, np.abs(predicted).max()))
        return Found(
            expression=formula,
            predict=model.predict,
            stopped="done" if model.fit_calls >= self.max_fit_calls else "budget",
            extras={
                "formulas_tried": int(model.fit_calls), "seconds_to_best": float(model.best_time),
                **({"difference": gap} if math.isfinite(gap) else {}),
            },
        )  # fmt: skip


def formula_of(text: str, samples: Samples, predicted: NDArray[np.float64]) -> Expression:
    """Return a model of RILS-ROLS, with its constants in full.

    Args:
        text: the formula, in which variables are x0, x1, ... Whole numbers stand there as they are, other constants
            with six decimals.
        samples: points.
        predicted: what the model predicts there. Constants that have decimals are fitted to that, from where they
            stand.

    Raises:
        ExpressionError: the formula has too many nodes.
    """
    from srbench_lite.fitting import Problem, refit

    names = {f"x{i}": name for i, name in enumerate(samples.variables)}
    formula = Expression.parse(text, variables=names)
    numbers = re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)
    free = [place for place, number in enumerate(numbers) if "." in number]
    if not all(math.isfinite(value) for value in predicted):
        return formula
    problem = Problem.of(Samples(variables=samples.variables, x=samples.x, y=predicted))
    return refit(formula, problem, free=free).expression
