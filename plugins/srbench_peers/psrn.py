"""The method `psrn`: all small formulas at once, by the package of that name (parallel symbolic enumeration, PSE)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from srbench_lite import Budget, Expression, FitError, Report, Samples
from srbench_peers.peer import Clock, Found, Peer, pareto, writable

__all__ = ["Psrn", "formula_of"]

_OPERATORS: Final = (
    "Identity", "Sin", "Cos", "Exp", "Log", "Neg", "Inv", "Add", "Mul", "Sub", "Div", "SemiDiv", "SemiSub", "Sign",
    "Pow2", "Pow3", "Pow", "Sigmoid", "Abs", "Cosh", "Tanh", "Sqrt",
)  # fmt: skip
#: Constants as PSRN and as we print them.
_CONSTANTS: Final = (("pi", "pi", math.pi), ("E", "e", math.e))
#: The largest whole number that may be tried.
_MOST: Final = 1000
#: The generator of subexpressions, as its authors set it up for SRBench (`token_generator_config.yaml` there).
_GENERATOR: Final = {
    "base": {
        "verbose": False, "epoch": 10, "has_const": True, "const_optimize": False, "reward_end_threshold": 1e-5,
        "tokens": ["Add", "Sub", "Mul", "Div", "Exp", "Log", "Cos", "Sin", "Sqrt"],
    },
    "gp": {
        "tournsize": 10, "max_height": 10, "max_const": 5, "cxpb": 0.1, "mutpb": 0.5, "pops": 50, "times": 20,
        "hof_size": 20, "token_discount": 0.99,
    },
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Psrn(Peer):
    """PSRN on the CPU (https://github.com/intell-sci-comput/PSE).

    Operators and inputs are those of its README's example for little memory (`psrn-run -i 3 -c False`), all else is its
    authors' entry to SRBench (`SRBenchRegressor`): they ran that on a GPU of 80 GB with 4 to 8 inputs. With 3, one pass
    over all formulas takes some 4 to 8 seconds and 1.8 GB on a core. It evaluates in float32 and chooses by that, but
    its answers are texts in which constants are whole: 1, -1, pi, and what its generator makes of them. It knows no
    limit within a pass, so none is begun for which the time may not suffice; a budget that is too short for the first
    gives no formula.
    """

    name: ClassVar[str] = "psrn"
    summary: ClassVar[str] = "peer: PSRN, parallel enumeration of formulas with torch, here on the CPU"
    source: ClassVar[str] = (
        "Ruan, Xu, Gao, Guo, Sun, Wen & Liu, Discovering physical laws with parallel symbolic enumeration, Nature "
        "Computational Science 6, 2026, doi:10.1038/s43588-025-00904-8"
    )
    engine: ClassVar[tuple[str, ...]] = ("psrn",)
    environment: ClassVar[str | None] = "psrn"
    licence: ClassVar[str] = "MIT"
    requirements: ClassVar[tuple[str, ...]] = ("psrn==0.1.3", "torch>=2.6,<2.14")  # as srbench-lite bounds torch

    operators: tuple[str, ...] = ("Add", "Mul", "Sub", "Div", "Identity", "Sin", "Cos", "Exp", "Log")
    n_symbol_layers: int = 3  # how deep operators are nested in one pass
    n_psrn_inputs: int = 3  # variables, subexpressions and constants of one pass
    n_sample_variables: int = 3  # of these, variables, at most
    use_const: bool = False  # whether constants are fitted
    use_extra_const: bool = True  # whether pi is among the constants that are tried
    const_low: int = -1  # least whole number that is tried
    const_high: int = 1  # greatest
    n_down_sample: int = 5  # points on which one pass evaluates all formulas
    top_k: int = 30  # formulas of a pass that are evaluated on all points
    threshold: float = 1e-10  # mean squared error at which the search ends

    def __post_init__(self) -> None:
        known = bool(self.operators) and set(self.operators) <= {*_OPERATORS}
        self.require(known, "operators", f"some of {', '.join(_OPERATORS)}")
        for name in ("n_symbol_layers", "n_psrn_inputs", "n_sample_variables", "n_down_sample", "top_k"):
            self.require(getattr(self, name) >= 1, name, "at least 1")
        self.require(self.n_sample_variables <= self.n_psrn_inputs, "n_sample_variables", "at most n_psrn_inputs")
        for name in ("const_low", "const_high"):
            self.require(abs(getattr(self, name)) <= _MOST, name, f"between -{_MOST} and {_MOST}")
        self.require(self.const_low < self.const_high, "const_high", "above const_low")
        self.require(self.threshold >= 0.0, "threshold", "at least 0")

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Run passes while there is time for one more; see `Peer.search`."""
        import random

        import numpy as np
        import torch
        from psrn import PSRN_Regressor
        from psrn.utils.data import expr_to_Y_pred

        clock = Clock(budget, share=0.9)
        torch.set_num_threads(budget.threads)
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - psrn draws from it
        torch.manual_seed(seed)
        model = _watched(PSRN_Regressor, clock, samples, report)(
            variables=[f"x{i}" for i in range(len(samples.variables))], n_symbol_layers=self.n_symbol_layers,
            use_const=self.use_const, use_extra_const=self.use_extra_const, token_generator="GP",
            token_generator_config=_GENERATOR, device="cpu", stage_config=self._stages(clock),
        )  # fmt: skip
        model.trying_const_range = [self.const_low, self.const_high]
        over = False
        try:
            found, _ = model.fit(
                np.array(samples.x), np.array(samples.y)[:, None], n_down_sample=self.n_down_sample, top_k=self.top_k,
                threshold=self.threshold, prun_const=False, real_time_display=False,
            )  # fmt: skip
            over = not found
        except _TimeIsOver:
            over = True
        front = model.get_pf(sort_by="mse")
        written = [
            (formula, float(error), text)
            for text, _, error, _ in front
            if (formula := writable(formula_of, text, samples.variables)) is not None
        ]
        if not written:
            raise FitError(f"psrn gave {len(front)} formulas in {model.passes} passes, none of which can be written")
        formula, _, text = written[0]
        return Found(
            expression=formula,
            predict=lambda x: expr_to_Y_pred(text, x, model.variables),
            candidates=pareto((formula, error) for formula, error, _ in written),
            stopped="budget" if over else "done",
            extras={"passes": model.passes},
        )

    def _stages(self, clock: Clock) -> dict[str, Any]:
        settings = {
            "operators": list(self.operators), "time_limit": clock.seconds, "n_psrn_inputs": self.n_psrn_inputs,
            "n_sample_variables": self.n_sample_variables,
        }  # fmt: skip
        return {"default": settings, "stages": [{}]}


class _TimeIsOver(Exception):  # noqa: N818 - no error
    """There is no time for another pass."""


def _watched(original: type[Any], clock: Clock, samples: Samples, report: Report) -> type[Any]:
    """Return PSRN's regressor, with a clock before each pass and a report when a pass has made the front better."""

    class Watched(original):  # type: ignore[misc]
        """The regressor."""

        passes = 0
        longest = 0.0
        best = float("inf")

        def get_best_expr_and_MSE_topk(self, *args: Any) -> Any:  # noqa: N802
            """Make a pass, as the original does."""
            before = clock.left
            if before < self.longest:
                raise _TimeIsOver
            found = super().get_best_expr_and_MSE_topk(*args)
            self.passes += 1
            self.longest = max(self.longest, before - clock.left)
            return found

        def pareto_update_and_check(self, *args: Any) -> Any:
            """Take formulas into the front, as the original does."""
            ended = super().pareto_update_and_check(*args)
            for text, _, error, _ in self.get_pf(sort_by="mse")[:1]:
                if error < self.best and (formula := writable(formula_of, text, samples.variables)) is not None:
                    self.best = error
                    report(formula)
            if clock.left < 0.0 and not ended:
                raise _TimeIsOver
            return ended

    return Watched


def formula_of(text: str, names: Sequence[str]) -> Expression:
    """Return a formula of PSRN, which sympy has printed.

    Args:
        text: the formula, in which variables are x0, x1, ...
        names: of the variables.

    Raises:
        ExpressionError: the text is no formula of real numbers.
    """
    columns = {f"x{i}": Expression.variable(name) for i, name in enumerate(names)}
    hidden = {own: Expression.constant(v) for own, name, v in _CONSTANTS if name in names}  # a variable has that name
    formula = Expression.parse(text, variables=(*columns, *hidden), dialect="sympy")
    return formula.substitute({name: (columns | hidden)[name] for name in formula.variables})
