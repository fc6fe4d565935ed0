"""The method `pysindy`: sparse regression on polynomials, sines and cosines, by the package of that name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Expression, Report, Samples
from srbench_peers.peer import Found, Peer

__all__ = ["Pysindy", "formula_of"]


@dataclass(frozen=True, kw_only=True)
class Pysindy(Peer):
    """Sequentially thresholded least squares (STLSQ) on polynomials, sines and cosines of the variables.

    SINDy models the derivative of a state as a function of the state; here the target takes the derivative's place, so
    that it is a plain regression, and time has no part in it. Settings are the defaults of `PolynomialLibrary`,
    `FourierLibrary` and `STLSQ` (https://pysindy.readthedocs.io). The sum of the two libraries is that of the package's
    examples: frequencies are whole numbers, so sin(2.5*x) is out of reach.
    """

    name: ClassVar[str] = "pysindy"
    summary: ClassVar[str] = "peer: PySINDy, sparse regression on polynomials, sines and cosines"
    source: ClassVar[str] = (
        "Brunton, Proctor & Kutz, Discovering governing equations from data, PNAS 113(15), 2016; "
        "Kaptanoglu et al., PySINDy, J. Open Source Softw. 7(69), 2022"
    )
    capabilities: ClassVar[Capabilities] = Capabilities()
    engine: ClassVar[tuple[str, ...]] = ("pysindy",)
    licence: ClassVar[str] = "MIT"
    environment: ClassVar[str | None] = "pysindy"
    requirements: ClassVar[tuple[str, ...]] = ("pysindy==2.1.0", "scikit-learn==1.9.1")

    degree: int = 2  # highest degree of polynomials
    n_frequencies: int = 1  # sin(k*x) and cos(k*x) for k from 1 to this; 0: none
    threshold: float = 0.1  # a smaller coefficient becomes 0
    alpha: float = 0.05  # weight of the ridge penalty while terms are chosen
    max_iter: int = 20  # rounds of least squares
    normalize_columns: bool = False  # whether terms have norm 1 while they are chosen

    def __post_init__(self) -> None:
        for name in ("degree", "n_frequencies"):
            self.require(getattr(self, name) >= 0, name, "at least 0")
        for name in ("threshold", "alpha"):
            self.require(0.0 <= getattr(self, name) < math.inf, name, "at least 0 and finite")
        self.require(self.max_iter >= 1, "max_iter", "at least 1")

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Choose terms and fit their coefficients; see `Peer.search`. Nothing is random."""
        import pysindy

        library = pysindy.PolynomialLibrary(degree=self.degree)
        if self.n_frequencies:
            library = library + pysindy.FourierLibrary(n_frequencies=self.n_frequencies)
        model = pysindy.SINDy(
            optimizer=pysindy.STLSQ(
                threshold=self.threshold, alpha=self.alpha, max_iter=self.max_iter,
                normalize_columns=self.normalize_columns,
            ),
            feature_library=library,
        )  # fmt: skip
        columns = [f"x{i}" for i in range(len(samples.variables))]
        model.fit(samples.x, t=1.0, x_dot=samples.y[:, None], feature_names=columns)
        return Found(
            expression=formula_of(model.get_feature_names(), model.coefficients()[0], samples.variables),
            predict=lambda x: model.predict(x)[:, 0],
        )


def formula_of(terms: Sequence[str], coefficients: Iterable[float], names: Sequence[str]) -> Expression:
    """Return the sum of terms that have a coefficient, 0 where there is none.

    Args:
        terms: as PySINDy prints them: 1, x0, x0^2, x0 x1, sin(2 x0), sin(1 x0).
        coefficients: of the terms.
        names: of the variables, which are x0, x1, ... in the terms.

    Raises:
        ExpressionError: a coefficient is no finite number.
    """
    columns = {f"x{i}": name for i, name in enumerate(names)}
    total: Expression | None = None
    for text, coefficient in zip(terms, coefficients, strict=True):
        if coefficient == 0.0:
            continue
        summand = Expression.constant(float(coefficient))
        if text != "1":
            summand *= Expression.parse(text.replace("(1 ", "("), variables=columns, implicit_products=True)
        total = summand if total is None else total + summand
    return Expression.constant(0.0) if total is None else total
