"""A plugin file for the tests of `srbench inspect`: methods that have something to look into, and some that fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import ClassVar

from srbench_lite import Capabilities, Expression, Fit, FitError, Inspection, Method, hookimpl


@dataclass(frozen=True, kw_only=True)
class Polynomial(Method):
    """Least squares on all powers up to a degree: its "hidden layers" are tanh of fixed random mixtures of them."""

    name: ClassVar[str] = "parabolas"
    summary: ClassVar[str] = "least squares, for tests"
    source: ClassVar[str] = "Gauss, 1809"

    degree: int = 5
    width: int = 16
    terms: int = 4  # kept in the formula

    def fit(self, samples, *, seed, budget, report):
        return self.inspect(samples, seed=seed, budget=budget, report=report).fit

    def inspect(self, samples, *, seed, budget, report):
        import numpy as np

        d = len(samples.variables)
        powers = [p for k in range(self.degree + 1) for p in combinations_with_replacement(range(d), k)]
        size = np.abs(samples.x).max(axis=0)

        def features(x):
            return np.column_stack([np.prod(x[:, list(p)] / size[list(p)], axis=1) for p in powers])

        table = features(samples.x)
        weights = np.linalg.lstsq(table, samples.y, rcond=None)[0]
        kept = np.sort(np.argsort(-np.abs(weights))[: self.terms])
        least = np.linalg.lstsq(table[:, kept], samples.y, rcond=None)[0]
        terms = []
        for place, weight in zip(kept, least, strict=True):
            power = powers[place]
            term = Expression.constant(float(f"{weight / np.prod(size[list(power)]):.6g}"))
            for variable in sorted(set(power)):
                count = power.count(variable)
                factor = Expression.variable(samples.variables[variable])
                term = term * (factor if count == 1 else factor**count)
            terms.append(term)
        formula = terms[0]
        for term in terms[1:]:
            formula = formula + term
        report(formula)
        rng = np.random.default_rng(seed)
        first = rng.normal(size=(len(powers), self.width))
        second = rng.normal(size=(self.width, 6)) / 2

        def hidden(x):
            inner = np.tanh(features(x) @ first)
            return {"layer 1": inner, "layer 2": np.tanh(inner @ second)}

        epochs = np.arange(1, 301)
        return Inspection(
            fit=Fit(expression=formula),
            predict=lambda x: features(x) @ weights,
            hidden=hidden,
            losses={"training": 1e-4 + np.exp(-epochs / 30), "held back": 2e-4 + 1.1 * np.exp(-epochs / 31)},
        )


@dataclass(frozen=True, kw_only=True)
class FindsNothing(Method):
    name: ClassVar[str] = "finds-nothing"
    summary: ClassVar[str] = "raises FitError"
    source: ClassVar[str] = "nobody"

    def fit(self, samples, *, seed, budget, report):
        raise FitError("no term is worth its price")

    def inspect(self, samples, *, seed, budget, report):
        raise FitError("no term is worth its price")


@dataclass(frozen=True, kw_only=True)
class Opaque(Method):
    name: ClassVar[str] = "opaque"
    summary: ClassVar[str] = "trains no model"
    source: ClassVar[str] = "nobody"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(0.0))


@dataclass(frozen=True, kw_only=True)
class Misshapen(Polynomial):
    name: ClassVar[str] = "misshapen"

    def inspect(self, samples, *, seed, budget, report):
        good = Polynomial.inspect(self, samples, seed=seed, budget=budget, report=report)
        return replace(good, predict=lambda x: good.predict(x)[:, None])


@dataclass(frozen=True, kw_only=True)
class Interrupted(Polynomial):
    name: ClassVar[str] = "interrupted"

    def inspect(self, samples, *, seed, budget, report):
        raise KeyboardInterrupt


@dataclass(frozen=True, kw_only=True)
class Picky(Polynomial):
    name: ClassVar[str] = "picky"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)


@hookimpl
def srbench_methods():
    return [Polynomial(), FindsNothing(), Opaque(), Misshapen(), Interrupted(), Picky()]
