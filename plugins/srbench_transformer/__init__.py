"""The method `transformer`, which reads points and writes formulas; its baselines, which do not read or are simpler."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = ["MOST_LIKELIEST", "PriorSampling", "Transformer", "WorkshopNetwork"]

_OPTIMISERS: Final = ("lm", "bfgs")
#: Skeletons that `likeliest.txt` holds for each number of variables.
MOST_LIKELIEST: Final = 600


@dataclass(frozen=True, kw_only=True)
class Transformer(Method):
    """A set transformer reads the points, a decoder writes skeletons, and least squares fits their constants."""

    name: ClassVar[str] = "transformer"
    summary: ClassVar[str] = (
        "a trained transformer proposes skeletons from the points; constants are fitted, the shortest description wins"
    )
    source: ClassVar[str] = (
        "Lample & Charton, Deep Learning for Symbolic Mathematics, ICLR 2020; Biggio et al., Neural Symbolic "
        "Regression That Scales, ICML 2021; Kamienny et al., End-to-End Symbolic Regression with Transformers, NeurIPS "
        "2022; Lee et al., Set Transformer, ICML 2019; Golub & Pereyra, SIAM J. Numer. Anal. 10(2), 1973"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=2)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.pipeline",)

    weights: str = "base"  # that ship, or the path of a file
    samples: int = 192  # skeletons that are drawn at once
    prior: int = 32  # skeletons of the generator that are tried besides, in each round
    likeliest: int = 300  # that it draws most often, that are tried before others under noise, at most 600
    near: bool = True  # try full polynomials, and skeletons near the best
    temperature: float = 1.0  # of the softmax that draws them
    points: int = 64  # that the transformer is shown, at most 64
    beam: bool = False  # beam search in place of drawing, for comparison
    optimiser: str = "lm"  # of the constants: "lm" (Levenberg-Marquardt) or "bfgs", for comparison
    respell: bool = True  # write constants as people would: integers, fractions, multiples of pi and e
    device: str = "cpu"  # of the transformer: cpu, or cuda where there is one

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, got {self.samples}")
        _check_likeliest(self.likeliest)
        if self.prior < 0:
            raise ValueError(f"prior must be at least 0, got {self.prior}")
        if not 0 < self.temperature <= 10:
            raise ValueError(f"temperature must be above 0 and at most 10, got {self.temperature:g}")
        if not 2 <= self.points <= 64:
            raise ValueError(f"points must be 2 to 64, got {self.points}")
        if self.optimiser not in _OPTIMISERS:
            raise ValueError(f"optimiser must be one of {', '.join(_OPTIMISERS)}, got {self.optimiser!r}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.pipeline import decode

        return decode(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class PriorSampling(Method):
    """Skeletons from the generator that the transformer was trained on, without looking at the points."""

    name: ClassVar[str] = "prior-sampling"
    summary: ClassVar[str] = (
        "baseline: random skeletons, constants fitted by variable projection, the shortest description wins"
    )
    source: ClassVar[str] = "Lample & Charton, Deep Learning for Symbolic Mathematics, ICLR 2020, appendix C"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=2)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.pipeline",)

    likeliest: int = 300  # skeletons that are drawn most often, that are tried before others under noise, at most 600
    near: bool = True  # try full polynomials, and skeletons near the best

    def __post_init__(self) -> None:
        _check_likeliest(self.likeliest)

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.pipeline import sample_prior

        return sample_prior(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class WorkshopNetwork(Method):
    """A small fully connected network writes formulas without constants from values on a grid."""

    name: ClassVar[str] = "workshop-network"
    summary: ClassVar[str] = (
        "baseline: a small fully connected network writes formulas of + - *, abs, sin, tan, exp and x, token by token"
    )
    source: ClassVar[str] = "Moseley, Symbolic regression with deep neural networks, workshop, 2025"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.workshop_pipeline",)

    weights: str = "workshop"  # that ship, or the path of a file
    samples: int = 64  # formulas that are drawn at once

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, got {self.samples}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.workshop_pipeline import write_formulas

        return write_formulas(self, samples, seed=seed, budget=budget, report=report)


def _check_likeliest(likeliest: int) -> None:
    if not 0 <= likeliest <= MOST_LIKELIEST:
        raise ValueError(f"likeliest must be 0 to {MOST_LIKELIEST}, got {likeliest}")


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `transformer`, and its baselines `prior-sampling` and `workshop-network`."""
    return [Transformer(), PriorSampling(), WorkshopNetwork()]
