"""The method `eggp`: genetic programming with an e-graph of all that was visited, by the package of that name."""

from __future__ import annotations

import math
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

from srbench_lite import Budget, Expression, FitError, Report, Samples
from srbench_peers.peer import Clock, Found, Peer, pareto, writable

__all__ = ["Eggp", "formula_of"]

_FUNCTIONS: Final = (
    "add", "sub", "mul", "div", "power", "powerabs", "aq", "abs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin",
    "acos", "atan", "asinh", "acosh", "atanh", "sqrt", "sqrtabs", "cbrt", "square", "log", "logabs", "exp", "recip",
    "cube",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Eggp(Peer):
    """eggp, with its defaults (https://github.com/folivetti/eggp#parameters).

    Two settings are not eggp's own: the functions, since the default has only arithmetic (its tutorials name them for
    each problem), and the number of generations, since 100 may end before the budget. Its own time limit counts whole
    seconds and is overrun by several times, so generations are run in slices: each goes on from the e-graph of the
    one before, as `loadFrom` allows, and begins with new random expressions beside the front. No slice is begun for
    which the time may not suffice. eggp takes no seed: two runs may differ.
    """

    name: ClassVar[str] = "eggp"
    summary: ClassVar[str] = "peer: eggp, genetic programming with equality graphs, in Haskell; takes no seed"
    source: ClassVar[str] = (
        "de Franca & Kronberger, Improving Genetic Programming for Symbolic Regression with Equality Graphs, GECCO "
        "2025, doi:10.1145/3712256.3726383"
    )
    engine: ClassVar[tuple[str, ...]] = ("eggp",)
    licence: ClassVar[str] = "GPL-3.0-only"
    environment: ClassVar[str | None] = "eggp"
    requirements: ClassVar[tuple[str, ...]] = ("eggp==2.2.2", "scikit-learn==1.9.1")

    gen: int = 10_000  # generations, at most
    slice: int = 5  # generations after which the clock is looked at and the best is reported
    nPop: int = 100  # noqa: N815 - eggp's name; expressions in a generation
    maxSize: int = 15  # noqa: N815 - nodes of an expression
    nTournament: int = 3  # noqa: N815 - expressions that compete to be a parent
    pc: float = 0.9  # probability of a crossover
    pm: float = 0.3  # of a mutation
    nonterminals: str = "add,sub,mul,div,sin,cos,exp,log,sqrt"
    optIter: int = 50  # noqa: N815 - iterations of a fit of the parameters
    optRepeat: int = 2  # noqa: N815 - its restarts
    nParams: int = -1  # noqa: N815 - parameters of an expression, at most; -1: any number
    simplify: bool = False  # the answers by equality saturation, when the search is over

    def __post_init__(self) -> None:
        for name in ("gen", "slice", "nPop"):
            self.require(getattr(self, name) >= 1, name, "at least 1")
        self.require(1 <= self.maxSize <= 100, "maxSize", "from 1 to 100")
        self.require(1 <= self.nTournament <= self.nPop, "nTournament", "from 1 to nPop")
        for name in ("pc", "pm"):
            self.require(0.0 <= getattr(self, name) <= 1.0, name, "from 0 to 1")
        for name in ("optIter", "optRepeat"):
            self.require(getattr(self, name) >= 0, name, "at least 0")
        self.require(self.nParams >= -1, "nParams", "at least -1")
        known = set(self.nonterminals.split(",")) <= {*_FUNCTIONS}
        self.require(known, "nonterminals", f"some of {','.join(_FUNCTIONS)}")

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Run slices of generations until the limit; see `Peer.search`."""
        os.environ["GHCRTS"] = f"-N{budget.threads}"
        from eggp import EGGP

        clock = Clock(budget, share=0.9)
        settings = {name: value for name, value in self.parameters().items() if name not in ("gen", "slice")}
        found: list[tuple[float, Expression, Callable[..., Any]]] = []
        generations, before, longest = 0, clock.left, 0.0
        with tempfile.TemporaryDirectory() as folder:
            graph = os.path.join(folder, "all.egg")
            while generations < self.gen and (not generations or clock.left > longest):
                number = min(self.slice, self.gen - generations)
                model = EGGP(**settings, gen=number, dumpTo=graph, loadFrom=graph if generations else "")
                model.fit(samples.x, samples.y)
                generations += number
                longest, before = max(longest, before - clock.left), clock.left
                best = min((error for error, _, _ in found), default=math.inf)
                found += _written(model, samples.variables)
                error, formula, _ = min(found, key=_error, default=(math.inf, None, None))
                if formula is not None and error < best:
                    report(formula)
        if not found:
            raise FitError(f"none of the expressions of eggp's {generations} generations can be written as a formula")
        _, formula, predict = min(found, key=_error)
        return Found(
            expression=formula,
            predict=predict,
            candidates=pareto((formula, error) for error, formula, _ in found),
            stopped="done" if generations == self.gen else "budget",
            extras={"generations": generations},
        )


def _error(found: tuple[float, Expression, Callable[..., Any]]) -> float:
    return found[0]


def _written(model: Any, names: Sequence[str]) -> list[tuple[float, Expression, Callable[..., Any]]]:
    """Return the members of a model's front that are formulas: their errors, they, and how they predict."""
    from eggp import make_function

    rows = model.results.to_dict("records") if model.is_fitted_ else ()
    return [
        (error, formula, partial(make_function(row["Numpy"]), t=_numbers(row["theta"])))
        for row in rows
        if math.isfinite(error := float(row["loss_train"]))
        and (formula := writable(formula_of, row["Numpy"], row["theta"], names)) is not None
    ]


def _numbers(theta: Any) -> list[float]:
    return [float(value) for value in str(theta).split(";") if value]


def formula_of(text: str, theta: Any, names: Sequence[str]) -> Expression:
    """Return a row of eggp's results, with its parameters in full.

    Args:
        text: the expression for numpy, in which variables are x[:, 0], ... and parameters t[0], ...
        theta: the values of the parameters, between semicolons; empty where there are none.
        names: of the variables.

    Raises:
        ExpressionError: a parameter is no finite number, or the text is no formula.
    """
    values = [Expression.constant(value) for value in _numbers(theta)]
    numbered = re.sub(r"\bt\[(\d+)\]", r"theta_\1", re.sub(r"\bx\[:, (\d+)\]", r"column_\1", text))
    variables = {f"column_{i}": Expression.variable(name) for i, name in enumerate(names)}
    numbers = {f"theta_{i}": value for i, value in enumerate(values)}
    formula = Expression.parse(numbered, variables=(*variables, *numbers), dialect="numpy")
    return formula.substitute({name: (variables | numbers)[name] for name in formula.variables})
