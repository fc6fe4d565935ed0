"""The methods `lies`, `lies-fast` and `lies-paper`: networks of logarithm, identity, exponential and sine units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, UsageError, hookimpl

__all__ = ["Lies", "LiesFast", "LiesPaper"]

_PAPER = (
    "Montazerin, Al Aawar, Ortega & Srivastava, Sparse Interpretable Deep Learning with LIES Networks for Symbolic "
    "Regression, arXiv 2506.08267, 2025"
)
_WORDS = {"penalty": ("l1", "l05", "admm"), "refit": ("lm", "lbfgs", "none"), "mode": ("auto", "log", "linear")}


@dataclass(frozen=True, kw_only=True)
class _Network(Method):
    """What the configurations share: each switch can be turned off to see what it brings."""

    source: ClassVar[str] = _PAPER
    version: ClassVar[str] = "2"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_lies.pipeline", "srbench_lies.network_search")

    seconds: float = 0.0  # of counted work for a fit, if that is less than a third of the budget; 0: that third
    effort: int = 2  # size of the largest search: 0, 1 or 2
    closed_form: bool = True  # least squares in log space, polynomials, all linear parts
    search: bool = True  # over small skeletons
    transforms: bool = True  # of the target: 1/y, y^2, ln y, ...
    products: bool = True  # and quotients of units in the search
    network: bool = True  # the LIES network, if nothing exact was found before
    published: bool = False  # its published architecture, loss and schedule
    restarts: int = 192  # networks trained at once
    steps: int = 1_200  # gradient steps of a network
    sparsify: bool = True  # the phase under a penalty
    penalty: Literal["l1", "l05", "admm"] = "l05"  # what makes sparse: l1, l05 or admm; the published setting has admm
    prune: bool = True  # by gradient and backward elimination
    oversample: bool = True  # of the worst regions
    refit: Literal["lm", "lbfgs", "none"] = "lm"  # after pruning: lm (Levenberg and Marquardt), lbfgs or none
    mode: Literal["auto", "log", "linear"] = (
        "auto"  # space of the network: log, linear; auto: log where data are positive
    )
    snap: bool = True  # constants to the values that people write

    def __post_init__(self) -> None:
        for name, low, high in (("effort", 0, 2), ("restarts", 1, 65_536), ("steps", 1, 10_000_000)):
            self.require(low <= getattr(self, name) <= high, name, f"a whole number from {low} to {high:,}")
        for name, words in _WORDS.items():
            self.require(getattr(self, name) in words, name, f"one of {', '.join(words)}")
        self.require(self.seconds >= 0, "seconds", "0 or a positive number")
        if not (self.closed_form or self.search or self.network):
            raise UsageError(
                f"{self.name}: closed_form, search and network are all off, there is nothing left to find formulas with"
            )

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_lies.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class Lies(_Network):
    """Closed forms, then a batched search over small LIES skeletons, then the network itself."""

    name: ClassVar[str] = "lies"
    summary: ClassVar[str] = "closed forms, batched search over small LIES skeletons, LIES networks in one tensor"


@dataclass(frozen=True, kw_only=True)
class LiesFast(_Network):
    """The same with small searches and without a network: a few seconds at most."""

    name: ClassVar[str] = "lies-fast"
    engine: ClassVar[tuple[str, ...]] = ("srbench_lies.pipeline",)
    summary: ClassVar[str] = "closed forms and small LIES skeletons only: at most 5 seconds of work a fit"

    seconds: float = 5.0
    effort: int = 1
    network: bool = False


@dataclass(frozen=True, kw_only=True)
class LiesPaper(_Network):
    """The network as published, with our batching and with an extraction that prints what the network computes."""

    name: ClassVar[str] = "lies-paper"
    summary: ClassVar[str] = (
        "the LIES network as published (architecture, loss, schedule), batched, extracted correctly"
    )

    closed_form: bool = False
    search: bool = False
    published: bool = True
    restarts: int = 16
    steps: int = 4_500


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `lies`, `lies-fast` and `lies-paper`."""
    return [Lies(), LiesFast(), LiesPaper()]
