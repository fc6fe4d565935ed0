"""The method `sklearn-linear`: ordinary least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Expression, Report, Samples
from srbench_peers.peer import Found, Peer

__all__ = ["SklearnLinear"]


@dataclass(frozen=True, kw_only=True)
class SklearnLinear(Peer):
    """A floor: scikit-learn's LinearRegression, defaults as in its documentation.

    https://scikit-learn.org/stable/modules/generated/sklearn.linear_model.LinearRegression.html
    """

    name: ClassVar[str] = "sklearn-linear"
    summary: ClassVar[str] = "peer, a floor: scikit-learn's linear regression"
    source: ClassVar[str] = "Pedregosa et al., Scikit-learn: Machine Learning in Python, JMLR 12, 2011"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("sklearn.linear_model",)
    licence: ClassVar[str] = "BSD-3-Clause"
    environment: ClassVar[str | None] = "sklearn"
    requirements: ClassVar[tuple[str, ...]] = ("scikit-learn==1.9.1",)

    fit_intercept: bool = True  # whether a constant is added
    positive: bool = False  # whether coefficients must be at least 0

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Solve the normal equations; see `Peer.search`."""
        from sklearn.linear_model import LinearRegression

        model = LinearRegression(fit_intercept=self.fit_intercept, positive=self.positive)
        model.fit(samples.x, samples.y, sample_weight=samples.weights)
        formula = Expression.constant(float(model.intercept_))
        for coefficient, name in zip(model.coef_, samples.variables, strict=True):
            formula = formula + float(coefficient) * Expression.variable(name)
        return Found(expression=formula, predict=model.predict)
