"""The method `transformer`, which reads points and writes formulas, its baselines, and methods that stand on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = [
    "MAX_FREQUENT_SKELETONS",
    "Diffusion",
    "Planning",
    "PriorSampling",
    "Refined",
    "Transformer",
    "WorkshopNetwork",
]

_OPTIMISERS: Final = ("lm", "bfgs")
_REWARDS: Final = ("published", "log")
#: Skeletons that the list `most_frequent.txt` holds for each number of variables.
MAX_FREQUENT_SKELETONS: Final = 600


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
    version: ClassVar[str] = "2"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=2, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.pipeline",)

    weights: str = "base"  # a model that ships, by name, or the path of a file
    samples: int = 192  # skeletons drawn at once
    prior: int = 32  # skeletons of the generator tried besides, in each round
    likeliest: int = 300  # of its most frequent skeletons, so many are tried before others under noise; at most 600
    near: bool = True  # try full polynomials, and skeletons near the best
    temperature: float = 1.0  # of the softmax that draws tokens
    points: int = 64  # points that the transformer reads, at most 64
    beam: bool = False  # beam search instead of drawing, for comparison
    optimiser: str = "lm"  # fits the constants: "lm" (Levenberg-Marquardt), or for comparison "bfgs"
    respell: bool = True  # write constants as people do: integers, fractions, multiples of pi and e
    device: str = "cpu"  # where the transformer runs: cpu, or cuda where there is a GPU

    def __post_init__(self) -> None:
        self.require(self.samples >= 1, "samples", "at least 1")
        self.require(0 <= self.likeliest <= MAX_FREQUENT_SKELETONS, "likeliest", f"0 to {MAX_FREQUENT_SKELETONS}")
        self.require(self.prior >= 0, "prior", "at least 0")
        self.require(0 < self.temperature <= 10, "temperature", "above 0 and at most 10")
        self.require(2 <= self.points <= 64, "points", "2 to 64")
        self.require(self.optimiser in _OPTIMISERS, "optimiser", f"one of {', '.join(_OPTIMISERS)}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class PriorSampling(Method):
    """Skeletons from the generator that the transformer was trained on, without looking at the points."""

    name: ClassVar[str] = "prior-sampling"
    summary: ClassVar[str] = (
        "baseline: random skeletons, constants fitted by variable projection, the shortest description wins"
    )
    source: ClassVar[str] = "Lample & Charton, Deep Learning for Symbolic Mathematics, ICLR 2020, appendix C"
    version: ClassVar[str] = "2"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=2, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.pipeline",)

    likeliest: int = 300  # of the most frequent skeletons, so many are tried before others under noise; at most 600
    near: bool = True  # try full polynomials, and skeletons near the best

    def __post_init__(self) -> None:
        self.require(0 <= self.likeliest <= MAX_FREQUENT_SKELETONS, "likeliest", f"0 to {MAX_FREQUENT_SKELETONS}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.pipeline import fit_prior_sampling

        return fit_prior_sampling(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class Diffusion(Method):
    """A denoiser makes skeletons out of noise while it looks at the points; parts of good ones are made anew."""

    name: ClassVar[str] = "diffusion"
    summary: ClassVar[str] = (
        "a trained denoiser turns noise into skeletons, and fills parts of good ones in anew; constants are fitted"
    )
    source: ClassVar[str] = (
        "Han et al., DiffuSR, arXiv 2509.13136, 2025; Li et al., Diffusion-LM, NeurIPS 2022; Song, Meng & Ermon, "
        "Denoising Diffusion Implicit Models, ICLR 2021; Chen, Zhang & Hinton, Analog Bits, ICLR 2023"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=2, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.diffusion_pipeline",)

    weights: str = "diffusion"  # a denoiser that ships, by name, or the path of a file
    samples: int = 96  # skeletons drawn at once
    steps: int = 16  # of denoising
    infill: int = 32  # variants of a good skeleton tried in each round, one part of it filled in anew
    vary: int = 0  # of its neighbours tried in each round besides, drawn at random, for comparison
    prior: int = 32  # skeletons of the generator tried besides, in each round
    likeliest: int = 300  # of its most frequent skeletons, so many are tried before others under noise; at most 600
    near: bool = True  # try full polynomials, and skeletons near the best
    points: int = 64  # points that the encoder reads, at most 64
    device: str = "cpu"  # where the networks run: cpu, or cuda where there is a GPU

    def __post_init__(self) -> None:
        for name in ("samples", "steps"):
            self.require(getattr(self, name) >= 1, name, "at least 1")
        for name in ("infill", "vary", "prior"):
            self.require(getattr(self, name) >= 0, name, "at least 0")
        self.require(0 <= self.likeliest <= MAX_FREQUENT_SKELETONS, "likeliest", f"0 to {MAX_FREQUENT_SKELETONS}")
        self.require(2 <= self.points <= 64, "points", "2 to 64")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.diffusion_pipeline import fit_diffusion

        return fit_diffusion(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class Planning(Method):
    """A search tree over what the transformer writes; the beginnings that promise most are written to their ends."""

    name: ClassVar[str] = "planning"
    summary: ClassVar[str] = (
        "a tree of beginnings that the transformer would write, the most promising ended first; constants are fitted"
    )
    source: ClassVar[str] = (
        "Shojaee et al., Transformer-based Planning for Symbolic Regression (TPSR), NeurIPS 2023, arXiv 2303.06833"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=2, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.planning",)

    weights: str = "base"  # a model that ships, by name, or the path of a file
    width: int = 3  # likeliest tokens that are the children of a state
    exploration: float = 1.0  # how much chance and rarity count beside the reward, beta of P-UCB
    reward: str = "published"  # "published": 1 / (1 + NMSE); "log": -log10(NMSE) / 12, which does not saturate
    short: float = 0.1  # how much a short formula counts in the reward, lambda of the paper
    batch: int = 64  # beginnings that are chosen and written to their ends at once
    near: bool = False  # try full polynomials, and skeletons near the best, as `transformer` does
    points: int = 64  # points that the transformer reads, at most 64
    device: str = "cpu"  # where the transformer runs: cpu, or cuda where there is a GPU

    def __post_init__(self) -> None:
        self.require(2 <= self.width <= 16, "width", "2 to 16")
        self.require(0 <= self.exploration <= 100, "exploration", "0 to 100")
        self.require(self.reward in _REWARDS, "reward", f"one of {', '.join(_REWARDS)}")
        self.require(0 <= self.short <= 10, "short", "0 to 10")
        self.require(self.batch >= 1, "batch", "at least 1")
        self.require(2 <= self.points <= 64, "points", "2 to 64")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.planning import fit_planning

        return fit_planning(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class Refined(Method):
    """The transformer is trained on while it searches, to write what has fitted the points best so far."""

    name: ClassVar[str] = "refined"
    summary: ClassVar[str] = (
        "a transformer draws skeletons and learns the best of them, again and again; constants are fitted"
    )
    source: ClassVar[str] = (
        "Holt, Qian & van der Schaar, Deep Generative Symbolic Regression (DGSR), ICLR 2023, arXiv 2401.00282; "
        "Abolafia et al., Neural Program Synthesis with Priority Queue Training, arXiv 1801.03526, 2018"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=2, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.refinement",)

    weights: str = "base"  # a model that ships, by name, or the path of a file
    samples: int = 64  # skeletons drawn at once
    queue: int = 10  # of the best skeletons, so many are learned after each round
    steps: int = 4  # of Adam after each round
    rate: float = 1e-3  # of Adam
    entropy: float = 0.003  # how much the entropy of the next token counts beside the cross-entropy
    breed: int = 0  # skeletons bred from so many of the best by exchange and mutation in each round
    temperature: float = 1.0  # of the softmax that draws tokens
    near: bool = False  # try full polynomials, and skeletons near the best, as `transformer` does
    points: int = 64  # points that the transformer reads, at most 64
    device: str = "cpu"  # where the transformer runs: cpu, or cuda where there is a GPU

    def __post_init__(self) -> None:
        for name in ("samples", "queue", "steps"):
            self.require(getattr(self, name) >= 1, name, "at least 1")
        self.require(self.breed >= 0, "breed", "at least 0")
        self.require(0 < self.rate <= 1, "rate", "above 0 and at most 1")
        self.require(0 <= self.entropy <= 10, "entropy", "0 to 10")
        self.require(0 < self.temperature <= 10, "temperature", "above 0 and at most 10")
        self.require(2 <= self.points <= 64, "points", "2 to 64")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.refinement import fit_refined

        return fit_refined(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class WorkshopNetwork(Method):
    """A small fully connected network writes formulas without constants from values on a grid."""

    name: ClassVar[str] = "workshop-network"
    summary: ClassVar[str] = (
        "baseline: a small fully connected network writes formulas of + - *, abs, sin, tan, exp and x, token by token"
    )
    source: ClassVar[str] = "Moseley, Symbolic regression with deep neural networks, workshop, 2025"
    version: ClassVar[str] = "2"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_transformer.baseline_pipeline",)

    weights: str = "workshop"  # the network that ships, or the path of a file
    samples: int = 64  # formulas drawn at once

    def __post_init__(self) -> None:
        self.require(self.samples >= 1, "samples", "at least 1")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_transformer.baseline_pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `transformer`, its baselines, and three methods of others that stand on it."""
    return [Transformer(), PriorSampling(), WorkshopNetwork(), Diffusion(), Planning(), Refined()]
