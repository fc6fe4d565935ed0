"""`formula`: a fitted model as a formula, a sine beside its cosine as one wave, the most involved terms first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from srbench_lasso.model import Model
from srbench_lasso.terms import Factor, Shape
from srbench_lite import Expression
from srbench_lite.fitting import leading_multiple, sum_constant_last

__all__ = ["formula"]

Term = tuple[Shape, tuple[float, ...], float]  # with its inner constants and its coefficient

_ODD: Final = ("sin0", "sin", "tanh")
_EVEN: Final = ("cos0", "cos")


def formula(model: Model, names: Sequence[str]) -> Expression:
    """Write a model: non-linear terms first, then falling powers, the constant last."""
    index, theta = model.design.index, model.theta
    terms = [
        _upright(shape, [float(theta[k]) for k in places], float(coefficient))
        for shape, places, coefficient in zip(model.design.shapes, index, model.coefficients, strict=True)
    ]
    constant = sum(coefficient for shape, _, coefficient in terms if shape.is_constant)
    terms = _with_phases([term for term in terms if not term[0].is_constant])
    terms.sort(key=lambda term: (-len(term[0].factors), -sum(term[0].powers), *(-p for p in term[0].powers)))
    written = ((coefficient, shape.expression(inner, names)) for shape, inner, coefficient in terms)
    return sum_constant_last(written, constant, leading_multiple)


def _upright(shape: Shape, inner: Sequence[float], coefficient: float) -> Term:
    """Make the first rate of every odd and even function positive."""
    result: list[float] = []
    for factor in shape.factors:
        start = len(result)
        mine = inner[start : start + len(factor.roles)]
        if factor.kind in (*_ODD, *_EVEN) and mine[0] < 0:
            mine = [-value for value in mine]
            coefficient = -coefficient if factor.kind in _ODD else coefficient
        result += mine
    return shape, tuple(result), coefficient


def _with_phases(terms: list[Term]) -> list[Term]:
    """Write `A*sin(z) + B*cos(z)` as `C*sin(z + phase)` wherever both occur with one multiplier."""
    for i, (sine, inner, a) in enumerate(terms):
        for j, (cosine, same, b) in enumerate(terms):
            place = _partner(sine, cosine) if inner == same else None
            if place is None:
                continue
            factors = list(sine.factors)
            factors[place] = Factor("sin", factors[place].arguments)
            at = sum(len(factor.roles) for factor in sine.factors[: place + 1])
            wave = replace(sine, factors=tuple(factors))
            rest = [term for k, term in enumerate(terms) if k not in (i, j)]
            return _with_phases([(wave, (*inner[:at], math.atan2(b, a), *inner[at:]), math.hypot(a, b)), *rest])
    return terms


def _partner(sine: Shape, cosine: Shape) -> int | None:
    """Return the factor in which two terms differ, if it is a sine in the one and a cosine in the other."""
    if sine.powers != cosine.powers or len(sine.factors) != len(cosine.factors):
        return None
    unlike = [k for k, (a, b) in enumerate(zip(sine.factors, cosine.factors, strict=True)) if a != b]
    if len(unlike) != 1:
        return None
    a, b = sine.factors[unlike[0]], cosine.factors[unlike[0]]
    return unlike[0] if (a.kind, b.kind) == ("sin0", "cos0") and a.arguments == b.arguments else None
