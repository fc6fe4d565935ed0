"""Constants to short values, where the data allow it, and a fitted model to a tidy formula.

A constant is replaced by the decimal of fewest digits within a few standard errors, the others are fitted again, and
the sum of squares must not rise by more than chance would. On noise-free data the standard error is rounding, so 2.3 is
found behind 2.2999999999996 and nothing else moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from srbench_networks.decimals import shortest

from srbench_lasso.model import Data, Design, Model, without
from srbench_lasso.terms import PHASED, Factor, Shape, formula
from srbench_lite import Expression

__all__ = ["Snapped", "digits", "length", "snap"]

Array = NDArray[np.float64]

#: A constant may move by this many standard errors (0.3 % of true short values lie outside).
_REACH: Final = 3.0
#: Rounding of residuals, relative to the root mean square of y: a few times float64's epsilon.
_ROUNDING: Final = 2e-15
#: A phase of noise-free data is tried after some quarter turns if it is then this near to a decimal of so few digits:
#: by chance one phase in a thousand is.
_TURNED: Final = 1e-10
_TURNED_DIGITS: Final = 6
#: On noise-free data a decimal with more significant digits is a coincidence.
_MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """A model whose constants have their final values.

    Attributes:
        design, coefficients (p,), theta (q,): the model.
        rss: on the data.
        digits: of all constants together, as written.
    """

    design: Design
    coefficients: Array
    theta: Array
    rss: float
    digits: int

    @property
    def size(self) -> int:
        """Terms and constants as a length: what is minimised among models that explain the data equally well."""
        return self.design.length + self.digits

    def criterion(self, data: Data) -> float:
        """Return the description length: misfit, length of the formula, digits of its constants."""
        return data.misfit(self.rss) + data.price * self.design.length + 2 * math.log(10) * self.digits

    def expression(self, names: Sequence[str]) -> Expression:
        """Write the formula: non-linear terms first, then falling powers, the constant last."""
        constant = 0.0
        terms: list[tuple[tuple[float, ...], float, Expression]] = []
        for shape, places, coefficient in zip(self.design.shapes, self.design.index, self.coefficients, strict=True):
            value = float(coefficient)
            if value == 0.0:
                continue
            if shape.is_constant:
                constant = value
                continue
            size = shape.expression(abs(value), [float(self.theta[k]) for k in places], names)
            order = (-float(len(shape.factors)), -sum(shape.powers), *(-p for p in shape.powers))
            terms.append((order, math.copysign(1.0, value), size))
        terms.sort(key=lambda item: item[0])
        if terms and terms[0][1] < 0:  # write the sign of the first term into its constant: -1.5*x + 4
            if any(sign > 0 for _, sign, _ in terms):
                terms.sort(key=lambda item: item[1] < 0)
            elif constant > 0:
                parts = [(1.0, Expression.constant(constant)), *((sign, e) for _, sign, e in terms)]
                return formula(parts, 0.0)
        return formula([(sign, e) for _, sign, e in terms], constant)


def digits(value: float) -> int:
    """Return the number of significant digits of the shortest decimal that reads back as `value`."""
    if value == 0:
        return 0
    mantissa = f"{value!r}".lower().partition("e")[0].lstrip("-").replace(".", "").strip("0")
    return len(mantissa)


def length(value: float) -> int:
    """Return the number of digits that the plain or the scientific decimal takes, whichever is shorter."""
    if value == 0:
        return 0
    exponent = math.floor(math.log10(abs(value)))
    count = digits(value)
    plain = max(exponent + 1, count) if exponent >= 0 else count - exponent - 1
    return min(plain, count + 2)


def _values(design: Design, parameters: Array, data: Data) -> tuple[Array, Array]:
    """Return values (n,) and their derivatives by coefficients and inner constants (n, p + q)."""
    p = len(design.shapes)
    phi, derivatives = design.columns(data.points, parameters[p:], slopes=True)
    J = np.zeros((len(data.y), p + design.size))
    J[:, :p] = phi
    for j, k, derivative in derivatives:
        J[:, p + k] += parameters[j] * derivative
    return phi @ parameters[:p], J


def _polish(design: Design, parameters: Array, free: NDArray[np.bool_], data: Data) -> tuple[Array, float]:
    """Fit the free constants by Gauss and Newton from a point close by; return constants and rss."""
    values, J = _values(design, parameters, data)
    residual = data.y - values
    rss = float(residual @ residual)
    for _ in range(12):
        active = J[:, free]
        lengths = np.linalg.norm(active, axis=0)
        if not active.shape[1] or not np.isfinite(active).all() or not (lengths > 0).all():
            break
        step = np.linalg.lstsq(active / lengths, residual, rcond=1e-14)[0] / lengths
        candidate = parameters.copy()
        candidate[free] += step
        values, J_new = _values(design, candidate, data)
        residual_new = data.y - values
        new = float(residual_new @ residual_new)
        if not new < rss:
            break
        done = new > rss * (1 - 1e-6)
        parameters, residual, rss, J = candidate, residual_new, new, J_new
        if done:
            break
    return parameters, rss


def snap(model: Model, data: Data) -> Snapped:
    """Replace constants by short values where the data allow it.

    Args:
        model: fitted; a sine and a cosine of one argument become one sine with a phase.
        data: what it was fitted to.

    Returns:
        The model with its final constants; terms that vanish are gone.
    """
    exact = model.is_exact(data)
    forms = [_snap(*form, data, exact=exact) for form in _forms(model)]
    if exact:  # under noise a phase has too few digits to say which of the two it belongs to
        forms += [_snap(*form, data, exact=True) for form in map(_turned, forms) if form is not None]
    return min(forms, key=lambda s: s.criterion(data))


def _forms(model: Model) -> list[tuple[Design, Array]]:
    """Return ways to write the model: sines and cosines apart, or merged into sines with phases."""
    plain = _upright(model.design, model.coefficients, model.theta)
    merged = _merged(model.design, model.coefficients, model.theta)
    return [plain] if merged is None else [merged, plain]


def _snap(design: Design, parameters: Array, data: Data, *, exact: bool) -> Snapped:
    """Settle one constant after the other, the most certain one first."""
    n, p = len(data.y), len(design.shapes)
    free = np.ones(len(parameters), dtype=bool)
    parameters, rss = _polish(design, parameters, free, data)
    variance = max(rss / max(n - len(parameters), 1), (_ROUNDING * data.scale) ** 2)
    settled = np.zeros(len(parameters), dtype=bool)
    while not settled.all():
        _, J = _values(design, parameters, data)
        open_ = np.flatnonzero(~settled)
        errors = _standard_errors(J, free, variance)
        choices: list[tuple[float, int, float]] = []
        for k in open_.tolist():
            radius = _REACH * float(errors[k])
            value = float(parameters[k])
            near = _zero_or_shortest(design, parameters, k, radius)
            if exact and digits(near) > _MOST_DIGITS:
                continue
            choices.append((_doubt(value, radius), k, near))
        if not choices:
            break
        _, k, near = min(choices)
        settled[k] = True
        trial = parameters.copy()
        trial[k] = near
        still_free = free.copy()
        still_free[k] = False
        trial, new = _polish(design, trial, still_free, data)
        if new - rss <= _REACH**2 * variance:
            parameters, free, rss = trial, still_free, max(rss, new)
    for j in np.flatnonzero(parameters[: len(design.shapes)] == 0)[::-1].tolist():
        p = len(design.shapes)
        if p > 1:
            smaller, theta = without(design, parameters[p:], j)
            design, parameters = smaller, np.concatenate([np.delete(parameters[:p], j), theta])
    p = len(design.shapes)
    values, _ = _values(design, parameters, data)
    total = sum(length(float(v)) for v in parameters)
    return Snapped(design, parameters[:p], parameters[p:], float(np.sum((data.y - values) ** 2)), total)


def _zero_or_shortest(design: Design, parameters: Array, k: int, radius: float) -> float:
    """Return the shortest value; only shifts, phases and terms without inner constants of their own may vanish."""
    value, p = float(parameters[k]), len(design.shapes)
    if k >= p:
        role = next(s.roles[i.index(k - p)] for s, i in zip(design.shapes, design.index, strict=True) if k - p in i)
        if role == "rate" and abs(value) <= radius:
            return value
        if role == "phase":  # sin(z + pi/2): exactly, not 1.57
            for turn in (-0.5, 0.5):
                if abs(value - turn * math.pi) <= min(radius, 1e-9):
                    return turn * math.pi
    elif abs(value) <= radius and not _may_vanish(design, parameters, k):
        return shortest(value, 0.5 * abs(value))
    return shortest(value, radius)


def _doubt(value: float, radius: float) -> float:
    """Return the relative error of a constant: the least is settled first, what is open can make up for it."""
    return radius / max(abs(value), 1e-300)


def _may_vanish(design: Design, parameters: Array, k: int) -> bool:
    """Whether term k can go: others remain, and use all of its inner constants."""
    others = [j for j in range(len(design.shapes)) if j != k and parameters[j] != 0]
    used = {place for j in others for place in design.index[j]}
    return bool(others) and used >= set(design.index[k])


def _standard_errors(J: Array, free: NDArray[np.bool_], variance: float) -> Array:
    """Return standard errors of all constants, zero for those that are fixed."""
    result = np.zeros(J.shape[1])
    active = J[:, free]
    lengths = np.linalg.norm(active, axis=0)
    if not active.shape[1] or not np.isfinite(active).all() or not (lengths > 0).all():
        return result
    inverse = np.linalg.pinv(active / lengths, rcond=1e-14)  # (free, n)
    result[free] = np.sqrt(variance * np.einsum("ij,ij->i", inverse, inverse)) / lengths
    return result


def _upright(design: Design, coefficients: Array, theta: Array) -> tuple[Design, Array]:
    """Make the first rate of every sine and cosine positive."""
    coefficients, theta = coefficients.copy(), theta.copy()
    flipped: set[int] = set()
    for shape, places in zip(design.shapes, design.index, strict=True):
        start = 0
        for factor in shape.factors:
            mine = places[start : start + len(factor.roles)]
            start += len(mine)
            if factor.kind in ("sin0", "cos0", *PHASED) and theta[mine[0]] < 0:
                flipped.update(mine)
    for j, (shape, places) in enumerate(zip(design.shapes, design.index, strict=True)):
        start = 0
        for factor in shape.factors:
            mine = places[start : start + len(factor.roles)]
            start += len(mine)
            if factor.kind in ("sin0", "sin", "tanh") and mine[0] in flipped:
                coefficients[j] = -coefficients[j]
    theta[list(flipped)] *= -1
    return design, np.concatenate([coefficients, theta])


def _merged(design: Design, coefficients: Array, theta: Array) -> tuple[Design, Array] | None:
    """Write `A*sin(z) + B*cos(z)` as `C*sin(z + phase)` wherever both occur with one multiplier; None if nowhere."""
    design, parameters = _upright(design, coefficients, theta)
    p = len(design.shapes)
    coefficients, theta = parameters[:p], parameters[p:]
    shapes, index, weights = list(design.shapes), list(design.index), coefficients.tolist()
    inner = theta.tolist()
    changed = True
    merged = False
    while changed:
        changed = False
        for i in range(len(shapes)):
            for j in range(len(shapes)):
                place = _partner(shapes[i], shapes[j]) if index[i] == index[j] else None
                if place is None:
                    continue
                factor = shapes[i].factors[place]
                phase = math.atan2(weights[j], weights[i])
                size = math.hypot(weights[i], weights[j])
                if abs(phase) > math.pi / 2:
                    phase, size = phase - math.copysign(math.pi, phase), -size
                before = sum(len(f.roles) for f in shapes[i].factors[: place + 1])
                factors = list(shapes[i].factors)
                factors[place] = Factor("sin", factor.arguments)
                shapes[i] = Shape(shapes[i].powers, tuple(factors))
                index[i] = (*index[i][:before], len(inner), *index[i][before:])
                weights[i] = size
                inner.append(phase)
                del shapes[j], index[j], weights[j]
                changed = merged = True
                break
            if changed:
                break
    if not merged:
        return None
    return Design(tuple(shapes), tuple(index), len(inner)), np.array([*weights, *inner])


def _turned(snapped: Snapped) -> tuple[Design, Array] | None:
    """Write sines whose phase is short after some quarter turns with that phase; None if there are none.

    sin(z + p) is -cos(z + p + pi/2), cos(z + p - pi/2) and -sin(z + p + pi).
    """
    theta, coefficients = snapped.theta.copy(), snapped.coefficients.copy()
    shapes = list(snapped.design.shapes)
    changed = False
    for j, places in enumerate(snapped.design.index):
        start = 0
        factors = list(shapes[j].factors)
        for k, factor in enumerate(factors):
            start += len(factor.roles)
            if factor.kind != "sin" or digits(phase := float(theta[places[start - 1]])) <= _MOST_DIGITS:
                continue
            turns = {turn: phase + turn * 0.5 * math.pi for turn in (-1, 1, -2, 2)}
            turn = min(turns, key=lambda turn: digits(shortest(turns[turn], _TURNED)))
            if digits(shortest(turns[turn], _TURNED)) <= _TURNED_DIGITS:
                factors[k] = Factor("sin" if turn % 2 == 0 else "cos", factor.arguments)
                theta[places[start - 1]] = turns[turn]
                coefficients[j] *= 1.0 if turn == -1 else -1.0
                changed = True
        shapes[j] = Shape(shapes[j].powers, tuple(factors))
    if not changed:
        return None
    return Design(tuple(shapes), snapped.design.index, snapped.design.size), np.concatenate([coefficients, theta])


def _partner(sine: Shape, cosine: Shape) -> int | None:
    """Return the factor in which two terms differ, if it is a sine in the one and a cosine in the other."""
    if sine.powers != cosine.powers or len(sine.factors) != len(cosine.factors):
        return None
    unlike = [k for k, (a, b) in enumerate(zip(sine.factors, cosine.factors, strict=True)) if a != b]
    if len(unlike) != 1:
        return None
    a, b = sine.factors[unlike[0]], cosine.factors[unlike[0]]
    return unlike[0] if (a.kind, b.kind) == ("sin0", "cos0") and a.arguments == b.arguments else None
