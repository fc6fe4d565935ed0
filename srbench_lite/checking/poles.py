"""`pole_of`: a place inside a task's domain where its truth grows without bound.

Points near a pole are so large that a mean squared error is about them alone. Candidates are the zeros of what a truth
divides by; a pole is one where y grows as the place is approached, along a line on which nothing else happens. sin(x)/x
has none, and neither has a logarithm, which grows too slowly to matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.checking.domain_points import draw
from srbench_lite.expressions.expression import Expression

if TYPE_CHECKING:
    from srbench_lite.problems.sampling import Sampling

__all__ = ["Pole", "pole_of"]

#: Pairs of points between which a divisor is watched.
_LINES: Final = 400
_HALVINGS: Final = 60
#: Distances to the zero, as shares of the line; between them y must grow by this factor each.
_DISTANCES: Final = (1e-3, 1e-5, 1e-7)
_MIN_GROWTH: Final = 3.0
#: A coordinate that is smaller, as a share of the largest one, is zero but for rounding.
_ROUNDING: Final = 1e-12
#: So many zeros of a divisor are looked at.
_ZEROS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pole:
    """A place where a truth blows up.

    Attributes:
        divisor: what is zero there.
        at: the place, by variable; only the variables of the divisor.
        inside: whether it lies within the domain, and not at its edge.
    """

    divisor: Expression
    at: Mapping[str, float]
    inside: bool

    def __str__(self) -> str:
        place = ", ".join(f"{name} = {value:.3g}" for name, value in self.at.items())
        return f"{self.divisor} is zero {'inside' if self.inside else 'at the edge of'} the domain, such as at {place}"


def pole_of(truth: Expression, domain: Mapping[str, Sampling]) -> Pole | None:
    """Return a pole of a truth in a domain, or None."""
    names = tuple(domain)
    start, end = _lines(domain)
    for divisor in dict.fromkeys(_divisors(truth)):
        with np.errstate(all="ignore"):
            low, high = (divisor(dict(zip(names, ends.T, strict=True))) for ends in (start, end))
            between = np.flatnonzero((np.sign(low) * np.sign(high) < 0) & np.isfinite(low) & np.isfinite(high))
            edge = np.flatnonzero((high == 0) & (low != 0) & np.isfinite(low))
        for lines, inside in ((between, True), (edge, False)):
            zeros = _zeros(divisor, names, start[lines[:_ZEROS]], end[lines[:_ZEROS]]) if inside else None
            for place, line in enumerate(lines[:_ZEROS]):
                share = 1.0 if zeros is None else zeros[place]
                at = start[line] + share * (end[line] - start[line])
                if _grows(truth, names, start[line], end[line], share):
                    own = set(divisor.variables)
                    where = {
                        n: 0.0 if abs(v) <= _ROUNDING * domain[n].high else float(v)
                        for n, v in zip(names, at, strict=True)
                        if n in own
                    }
                    return Pole(divisor=divisor, at=where, inside=inside)
    return None


def _lines(domain: Mapping[str, Sampling]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the two ends of lines through the domain, each of shape (n, d).

    Lines end at random points, or at those with some coordinates at an end of their interval. None leads through what
    a variable that is far from zero on both sides leaves out; whole numbers stay as they are.
    """
    start, end = draw(domain, _LINES, part=1), draw(domain, _LINES, part=2)
    rng = np.random.default_rng(3)
    for column, sampling in enumerate(domain.values()):
        if sampling.sampling == "integer":
            end[:, column] = start[:, column]
            continue
        at_end = np.where(rng.random(_LINES) < 0.5, sampling.low, sampling.high)
        end[:, column] = np.where(rng.random(_LINES) < 0.5, at_end, end[:, column])
        if sampling.sampling == "log":  # low and high are sizes
            end[:, column] = np.abs(end[:, column]) * np.sign(start[:, column])
    return start, end


def _divisors(truth: Expression) -> Iterator[Expression]:
    """Yield what a truth divides by, factor by factor: there it may have a pole."""
    for node in truth.postorder():
        if node.op == "div":
            yield from _factors(node.args[1])
        elif node.op == "pow" and _is_negative(node.args[1]):
            yield from _factors(node.args[0])
        elif node.op == "tan":
            yield Expression.call("cos", node.args[0])


def _is_negative(exponent: Expression) -> bool:
    return (exponent.value is not None and exponent.value < 0) or exponent.op == "neg"


def _factors(divisor: Expression) -> Iterator[Expression]:
    """Yield parts one of which is zero where the divisor is."""
    stack = [divisor]
    while stack:
        part = stack.pop()
        if part.op == "mul":
            stack += part.args
        elif part.op in ("div", "neg", "abs", "sqrt", "cbrt", "pow", "sinh", "asinh", "tanh", "atan", "erf"):
            stack.append(part.args[0])
        elif part.variables:
            yield part


def _zeros(
    divisor: Expression, names: tuple[str, ...], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where between two points each a divisor changes its sign, as shares of the way, shape (n,)."""
    left, right = np.zeros(len(start)), np.ones(len(start))
    with np.errstate(all="ignore"):
        sign = np.sign(divisor(dict(zip(names, start.T, strict=True))))
        for _ in range(_HALVINGS):
            middle = (left + right) / 2
            x = start + middle[:, None] * (end - start)
            same = np.sign(divisor(dict(zip(names, x.T, strict=True)))) == sign
            left, right = np.where(same, middle, left), np.where(same, right, middle)
    return left


def _grows(
    truth: Expression, names: tuple[str, ...], start: NDArray[np.float64], end: NDArray[np.float64], share: float
) -> bool:
    """Whether y grows from step to step as the place on the line is approached."""
    shares = share * (1 - np.array(_DISTANCES))
    x = start + shares[:, None] * (end - start)
    with np.errstate(all="ignore"):
        size = np.abs(truth(dict(zip(names, x.T, strict=True))))
    return bool(np.isfinite(size).all() and (size[1:] > _MIN_GROWTH * size[:-1]).all())
