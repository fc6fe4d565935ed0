"""The method `pysindy`: sparse regression on polynomials, sines and cosines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Expression, Fit, FitError, Report, Samples
from srbench_peers.peer import Peer

__all__ = ["PySINDy"]


@dataclass(frozen=True, kw_only=True)
class PySINDy(Peer):
    """Sequentially thresholded least squares (STLSQ) on polynomials, sines and cosines of the inputs.

    The target takes the place of the derivative that SINDy models. Settings are the defaults of `PolynomialLibrary`,
    `FourierLibrary` and `STLSQ` in the package's documentation, https://pysindy.readthedocs.io; nothing is tuned. The
    sum of both libraries is that of its examples: frequencies are whole numbers, so sin(2.5*x) is out of reach.
    """

    name: ClassVar[str] = "pysindy"
    summary: ClassVar[str] = "peer: sparse regression on polynomials, sines and cosines"
    source: ClassVar[str] = (
        "Brunton, Proctor & Kutz, Discovering governing equations from data, PNAS 113(15), 2016; "
        "Kaptanoglu et al., PySINDy, J. Open Source Softw. 7(69), 2022"
    )
    capabilities: ClassVar[Capabilities] = Capabilities()
    engine: ClassVar[tuple[str, ...]] = ("pysindy",)
    environment: ClassVar[str | None] = "pysindy"
    requirements: ClassVar[tuple[str, ...]] = ("pysindy==2.1.0",)

    degree: int = 2  # highest degree of polynomials
    n_frequencies: int = 1  # sin(k*x) and cos(k*x) for k from 1 to this; 0: none
    threshold: float = 0.1  # coefficients smaller than this become 0; in units of the target over those of a term
    alpha: float = 0.05  # weight of the ridge penalty while terms are chosen
    max_iter: int = 20  # rounds of least squares
    normalize_columns: bool = False  # whether terms have norm 1 while they are chosen

    def __post_init__(self) -> None:
        self.require(self.degree >= 0, "degree", "at least 0")
        self.require(self.n_frequencies >= 0, "n_frequencies", "at least 0")
        self.require(self.threshold >= 0, "threshold", "at least 0")
        self.require(self.alpha >= 0, "alpha", "at least 0")
        self.require(self.max_iter >= 1, "max_iter", "at least 1")

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Choose terms and fit their coefficients; see `Peer.search`. Nothing is random."""
        import pysindy

        library = pysindy.PolynomialLibrary(degree=self.degree)
        if self.n_frequencies:
            library = library + pysindy.FourierLibrary(n_frequencies=self.n_frequencies)
        optimizer = pysindy.STLSQ(
            threshold=self.threshold, alpha=self.alpha, max_iter=self.max_iter, normalize_columns=self.normalize_columns
        )
        model = pysindy.SINDy(optimizer=optimizer, feature_library=library)
        names = {f"x{i}": name for i, name in enumerate(samples.variables)}
        model.fit(samples.x, t=1.0, x_dot=samples.y[:, None], feature_names=list(names))
        formula: Expression | None = None
        for coefficient, feature in zip(model.coefficients()[0], model.get_feature_names(), strict=True):
            if coefficient == 0.0:
                continue
            term = Expression.parse(feature, variables=names, implicit_products=True)
            term = Expression.constant(float(coefficient)) if term.is_constant else float(coefficient) * term
            formula = term if formula is None else formula + term
        if formula is None:
            raise FitError(f"no term has a coefficient of at least {self.threshold:g}; the threshold is a parameter")
        return Fit(expression=formula, predictions=model.predict(samples.x)[:, 0])
