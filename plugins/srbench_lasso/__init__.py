"""The method `lasso`: a network approximates the data, a sparse sum of analytic terms is distilled from it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from srbench_lite import Budget, Capabilities, Fit, Inspection, Method, Report, Samples, hookimpl

if TYPE_CHECKING:
    from srbench_lasso.approximation import Approximation as Approximation
    from srbench_lasso.approximation import split as split
    from srbench_lasso.distillation import distill as distill
    from srbench_lasso.distillation import without_training as without_training

#: What other plugins borrow, and the module where it lives; imported when first used.
_HOMES: Final = {
    "Approximation": "approximation",
    "distill": "distillation",
    "split": "approximation",
    "without_training": "distillation",
}

__all__ = ["Lasso", *sorted(_HOMES)]  # pyright: ignore[reportUnsupportedDunderAll]

_LEAST: Final = {
    "hidden1": 1, "hidden2": 0, "epochs": 0, "batch": 0, "dense": 0, "trust": 0, "degree": 1, "max_powers": 1,
    "max_columns": 1, "penalties": 2, "sweeps": 1, "max_support": 1, "max_terms": 1, "beam": 1, "branch": 1, "pairs": 0,
    "pair_entries": 0, "swaps": 0, "price": 0, "steps": 0,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Lasso(Method):
    """A tanh network, distilled by LASSO on a library of analytic terms whose inner constants are fitted too."""

    name: ClassVar[str] = "lasso"
    summary: ClassVar[str] = "tanh network distilled by LASSO on analytic terms, inner constants by variable projection"
    source: ClassVar[str] = (
        "Friedman, Hastie & Tibshirani, Regularization Paths for Generalized Linear Models via Coordinate Descent, "
        "J. Stat. Softw. 33(1), 2010; Kingma & Ba, Adam, ICLR 2015; Meinshausen, Relaxed Lasso, CSDA 52(1), 2007; "
        "Golub & Pereyra, SIAM J. Numer. Anal. 10(2), 1973; Schwarz, Ann. Stat. 6(2), 1978"
    )
    version: ClassVar[str] = "4"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_lasso.pipeline",)

    hidden1: int = 48  # width of the first hidden layer
    hidden2: int = 24  # width of the second; 0 for none
    epochs: int = 500  # passes over the data
    batch: int = 0  # points per step of Adam; 0 for all
    learning_rate: float = 0.01  # at the start; falls to zero along half a cosine
    mapping: str = "data"  # what terms are found on: "data" (and the network between them) or "network" (alone)
    dense: int = 200  # points between the data at which the network's values help to choose terms
    trust: float = 0.01  # ... if its normalised mean squared error on held-back points is at most this
    degree: int = 6  # largest total degree of the powers
    max_powers: int = 120  # powers in the library
    max_columns: int = 12_000  # grid points times columns of the non-linear terms
    penalties: int = 50  # length of the LASSO path
    smallest_penalty: float = 1e-5  # end of the path, as a fraction of its start
    sweeps: int = 200  # passes of coordinate descent for each penalty
    max_support: int = 12  # terms at which the path ends
    max_terms: int = 3  # groups of non-linear terms in a formula
    beam: int = 8  # models kept after each step of the pursuit
    branch: int = 12  # groups tried for each of them
    pairs: int = 60  # pairs of groups fitted after looking at all
    pair_entries: int = 800  # grid points among which all pairs are looked at
    swaps: int = 1  # rounds in which each part of the best models is exchanged
    price: float = 2.0  # of one node of the formula when models are compared, in the units of Schwarz's criterion
    steps: int = 30  # of Levenberg and Marquardt for each fit

    def __post_init__(self) -> None:
        self.require(self.mapping in ("data", "network"), "mapping", '"data" or "network"')
        self.require(0 < self.learning_rate < float("inf"), "learning_rate", "above 0 and finite")
        self.require(0 < self.smallest_penalty < 1, "smallest_penalty", "above 0 and below 1")
        for name, least in _LEAST.items():
            self.require(least <= getattr(self, name) < float("inf"), name, f"at least {least} and finite")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_lasso.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)

    def inspect(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
        """Fit, and return the network too; see `Method.inspect`."""
        from srbench_lasso.pipeline import inspect

        return inspect(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `lasso`."""
    return [Lasso()]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"srbench_lasso.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'srbench_lasso' has no attribute {name!r}")
