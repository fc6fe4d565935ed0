"""The parts of a skeleton with its constants: values, derivatives, starting values, and the formulas they become."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, UsageError
from srbench_lite.fitting import product_of, sum_in_order
from srbench_transformer.tokens import Node

__all__ = ["ONE", "Part", "compile_part", "walk", "weighted_sum"]

Array = NDArray[np.float64]

#: What a number is a multiple of, in a sum.
ONE: Final = Expression.constant(1.0)

#: Sizes, least and largest, that an argument is given at a start: as far as it varies over the points.
_SIZE_RANGES: Final = {"sin": (0.5, 14.0), "exp": (0.2, 5.0), "tanh": (0.5, 6.0), "sum": (0.2, 4.0)}
#: Gap, relative to the range, between zero and the arguments of a logarithm, a root or an inverse at a start.
_GAP_RANGE: Final = (0.003, 3.0)
#: Larger summands are not drawn into logarithms.
_MAX_SUMMAND: Final = 50.0
#: Starts with the constants of textbooks.
_TEXTBOOK_STARTS: Final = 5
_DERIVATIVES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "sin": lambda u, v: np.cos(u),
    "exp": lambda u, v: v,
    "log": lambda u, v: 1 / u,
    "sqrt": lambda u, v: 0.5 / v,
    "tanh": lambda u, v: 1 - v * v,
    "abs": lambda u, v: np.sign(u),
}


class Part(ABC):
    """A part of a formula.

    Attributes:
        size: number of its constants.
        spelling: the tokens of a function, a power or an inverse; () for others.
        name: of a function; "" for others.
        offset: whether the last constant is the offset of a sum.
        wave: whether it is a sine or the argument of one, whose offset is a phase.
        coefficients: places of those of its terms that are free.
        removable: those of them that may be zero, because other terms stay.
    """

    size: int
    spelling: tuple[str, ...] = ()
    name = ""
    offset = False
    wave = False
    coefficients: tuple[int, ...] = ()
    removable: tuple[int, ...] = ()

    @property
    def parts(self) -> tuple[tuple[int, Part], ...]:
        """Return what it is made of, and where the first constant of each stands among its own."""
        return ()

    @property
    def sines(self) -> tuple[tuple[int, Part], ...]:
        """Return the arguments of the sines that are this part or factors of it, placed as `parts` are."""
        return ()

    @abstractmethod
    def at(self, x: Array, theta: Array, slopes: bool) -> tuple[Array, Array]:
        """Return values (B, n), or (1, n) where there are no constants, and derivatives (size, B, n).

        Args:
            x: inputs, shape (n, variables).
            theta: shape (B, size).
            slopes: whether derivatives are asked for.
        """

    @abstractmethod
    def draw(self, x: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return constants to start from, (count, size), and the values there, (count or 1, n)."""

    @abstractmethod
    def express(self, theta: Array, names: Sequence[str]) -> Expression:
        """Return the formula with constants of shape (size,)."""

    def absorb(self, number: float, theta: Array, names: Sequence[str]) -> Expression | None:
        """Return the formula with a number drawn into the sum inside; None where there is no sum or it cannot.

        The number is a factor, and for a logarithm a summand: 3*(x + 2*y)**2 with the root of 3 in the sum, or
        log(x + 2*y) + 3 with exp(3).
        """
        return None


class _Variable(Part):
    size = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def at(self, x: Array, theta: Array, slopes: bool) -> tuple[Array, Array]:
        return x[None, :, self.number], np.empty((0, len(theta), len(x)))

    def draw(self, x: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        return np.empty((count, 0)), x[None, :, self.number]

    def express(self, theta: Array, names: Sequence[str]) -> Expression:
        return Expression.variable(names[self.number])


class _Power(Part):
    """A whole power of a part, or its inverse."""

    def __init__(self, inner: Part, exponent: int, spelling: tuple[str, ...]) -> None:
        self.inner, self.exponent, self.size, self.spelling = inner, exponent, inner.size, spelling

    @property
    def parts(self) -> tuple[tuple[int, Part], ...]:
        return ((0, self.inner),)

    def _value(self, u: Array) -> Array:
        return 1.0 / u if self.exponent == -1 else u**self.exponent

    def at(self, x: Array, theta: Array, slopes: bool) -> tuple[Array, Array]:
        u, inner = self.inner.at(x, theta, slopes)
        v = self._value(u)
        if slopes and self.size:
            inner = inner * (-v * v if self.exponent == -1 else self.exponent * u ** (self.exponent - 1))
        return v, inner

    def draw(self, x: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        theta, u = self.inner.draw(x, count, rng)
        return theta, np.asarray(self._value(u))

    def express(self, theta: Array, names: Sequence[str]) -> Expression:
        return self._raised(self.inner.express(theta, names))

    def absorb(self, number: float, theta: Array, names: Sequence[str]) -> Expression | None:
        if not isinstance(self.inner, _Sum) or number == 0 or (number < 0 and self.exponent % 2 == 0):
            return None
        scale = math.copysign(abs(number) ** (1 / self.exponent), number)
        return self._raised(self.inner.express(theta, names, scale))

    def _raised(self, inner: Expression) -> Expression:
        return 1.0 / inner if self.exponent == -1 else inner**self.exponent


class _Product(Part):
    def __init__(self, parts: Sequence[Part]) -> None:
        self.factors = tuple(parts)
        self.size = sum(part.size for part in parts)

    @property
    def parts(self) -> tuple[tuple[int, Part], ...]:
        return place_parts(self.factors)

    @property
    def sines(self) -> tuple[tuple[int, Part], ...]:
        return tuple((first + place, sine) for first, part in self.parts for place, sine in part.sines)

    def at(self, x: Array, theta: Array, slopes: bool) -> tuple[Array, Array]:
        values, derivatives, first = [], [], 0
        for part in self.factors:
            v, inner = part.at(x, theta[:, first : first + part.size], slopes)
            values.append(v)
            derivatives.append(inner)
            first += part.size
        result = math.prod(values[1:], start=values[0])
        if not slopes or not self.size:
            return result, np.empty((self.size, len(theta), len(x)))
        for place, inner in enumerate(derivatives):
            if len(inner):
                others = values[:place] + values[place + 1 :]
                derivatives[place] = inner * math.prod(others[1:], start=others[0])
        return result, np.concatenate(derivatives)

    def draw(self, x: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        drawn = [part.draw(x, count, rng) for part in self.factors]
        return np.concatenate([t for t, _ in drawn], axis=1), math.prod([v for _, v in drawn][1:], start=drawn[0][1])

    def express(self, theta: Array, names: Sequence[str]) -> Expression:
        return product_of([part.express(theta[first : first + part.size], names) for first, part in self.parts])


class _Sum(Part):
    """Terms with coefficients, and an offset.

    The first coefficient is free (`leading` "free"), 1 ("one"), or a sign that is drawn and stays ("sign").
    """

    def __init__(self, parts: Sequence[Part], *, kind: str, leading: str, offset: bool) -> None:
        self.terms, self.kind, self.leading, self.offset = tuple(parts), kind, leading, offset
        self.size = sum(part.size + 1 for part in parts) - (leading == "one") + offset
        self.wave = kind == "sin"
        before = [first - 1 for first, _ in self.parts]
        self.coefficients = tuple(before if leading == "free" else before[1:])
        self.removable = self.coefficients if len(parts) > 1 else ()

    @property
    def parts(self) -> tuple[tuple[int, Part], ...]:
        places, first = [], 0
        for number, part in enumerate(self.terms):
            first += number > 0 or self.leading != "one"
            places.append((first, part))
            first += part.size
        return tuple(places)

    def at(self, x: Array, theta: Array, slopes: bool) -> tuple[Array, Array]:
        B, n = len(theta), len(x)
        total: Array = np.zeros((B if self.size else 1, n))
        derivatives = []
        first = 0
        for place, part in enumerate(self.terms):
            scaled = place > 0 or self.leading != "one"
            coefficient = theta[:, first, None] if scaled else np.ones((1, 1))
            first += scaled
            v, inner = part.at(x, theta[:, first : first + part.size], slopes)
            first += part.size
            total = total + coefficient * v
            if slopes:
                if scaled:
                    moves = place > 0 or self.leading == "free"
                    derivatives.append(np.broadcast_to(v if moves else np.zeros((1, 1)), (B, n))[None])
                if part.size:
                    derivatives.append(inner * coefficient)
        if self.offset:
            total = total + theta[:, first, None]
            if slopes:
                derivatives.append(np.ones((1, B, n)))
        if not slopes:
            return total, np.empty((self.size, B, n))
        return total, np.concatenate(derivatives) if derivatives else np.empty((0, B, n))

    def draw(self, x: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draw; the first starts have textbook constants: 1, and 0, 1 or a right angle."""
        columns: list[Array] = []
        total: Array = np.zeros((count, len(x)))
        first_range = np.ones(count)
        low, high = _SIZE_RANGES.get(self.kind, _SIZE_RANGES["sum"])
        for place, part in enumerate(self.terms):
            inner, v = part.draw(x, count, rng)
            spread = np.broadcast_to((v.max(axis=1) - v.min(axis=1)) / 2, (count,))
            spread = np.where((spread > 0) & np.isfinite(spread), spread, 1.0)
            sign = np.where(rng.random(count) < 0.5, -1.0, 1.0)
            size = np.exp(rng.uniform(math.log(low), math.log(high), count))
            if place == 0:
                first_range = spread
            if self.leading == "free":
                coefficient = sign * size / spread
            elif place == 0:
                coefficient = np.ones(count) if self.leading == "one" else sign
            else:
                coefficient = sign * size * first_range / spread
            if not (place == 0 and self.leading == "one"):
                coefficient[:_TEXTBOOK_STARTS] = 1.0
                columns.append(coefficient[:, None])
            columns.append(inner)
            total = total + coefficient[:, None] * v
        if self.offset:
            offset = self._offsets(total, rng)
            usual = math.pi / 2 if self.kind == "sin" else 1.0
            some = rng.random(count) < 0.5
            offset[:1] = 0.0
            offset[1:_TEXTBOOK_STARTS] = np.where(some, usual, 0.0)[1:_TEXTBOOK_STARTS]
            columns.append(offset[:, None])
            total = total + offset[:, None]
        return (np.concatenate(columns, axis=1) if columns else np.empty((count, 0))), total

    def _offsets(self, total: Array, rng: np.random.Generator) -> Array:
        count, n = total.shape
        if self.kind == "sin":
            return np.asarray(rng.uniform(-math.pi, math.pi, count))
        bottom, top = total.min(axis=1), total.max(axis=1)
        width = np.where(top > bottom, top - bottom, 1.0)
        within = -total[np.arange(count), rng.integers(n, size=count)]
        gap = width * np.exp(rng.uniform(math.log(_GAP_RANGE[0]), math.log(_GAP_RANGE[1]), count))
        if self.kind in ("log", "sqrt"):
            return np.asarray(gap - bottom)
        if self.kind == "inverse":
            chance = rng.random(count)
            return np.asarray(np.where(chance < 0.6, gap - bottom, np.where(chance < 0.85, -gap - top, within)))
        if self.kind == "sum":
            return np.asarray(rng.choice([-1.0, 1.0], count) * gap)
        return np.asarray(within)

    def express(self, theta: Array, names: Sequence[str], scale: float = 1.0) -> Expression:
        terms: list[tuple[float, Expression]] = []
        first = 0
        for place, part in enumerate(self.terms):
            coefficient = scale
            if place > 0 or self.leading != "one":
                coefficient *= float(theta[first])
                first += 1
            terms.append((coefficient, part.express(theta[first : first + part.size], names)))
            first += part.size
        if self.offset:
            terms.append((scale * float(theta[first]), ONE))
        return weighted_sum(terms)


class _Function(Part):
    def __init__(self, name: str, inner: _Sum, spelling: tuple[str, ...]) -> None:
        self.name, self.inner, self.size, self.spelling = name, inner, inner.size, spelling
        self.wave = name == "sin"
        self.numpy: Callable[[Any], Any] = getattr(np, name)

    @property
    def parts(self) -> tuple[tuple[int, Part], ...]:
        return ((0, self.inner),)

    @property
    def sines(self) -> tuple[tuple[int, Part], ...]:
        return self.parts if self.name == "sin" else ()

    def at(self, x: Array, theta: Array, slopes: bool) -> tuple[Array, Array]:
        u, inner = self.inner.at(x, theta, slopes)
        v = self.numpy(u)
        if slopes and self.size:
            inner = inner * _DERIVATIVES[self.name](u, v)
        return v, inner

    def draw(self, x: Array, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
        theta, u = self.inner.draw(x, count, rng)
        return theta, self.numpy(u)

    def express(self, theta: Array, names: Sequence[str]) -> Expression:
        if self.name == "sin" and math.isclose(abs(theta[-1]), math.pi / 2, rel_tol=1e-12):
            cosine = Expression.call("cos", self.inner.express(np.append(theta[:-1], 0.0), names))
            return cosine if theta[-1] > 0 else -1.0 * cosine
        return Expression.call(self.name, self.inner.express(theta, names))

    def absorb(self, number: float, theta: Array, names: Sequence[str]) -> Expression | None:
        if self.name == "log" and abs(number) < _MAX_SUMMAND:
            scale = math.exp(number)
        elif self.name in ("sqrt", "abs") and number > 0:
            scale = number * number if self.name == "sqrt" else number
        else:
            return None
        return Expression.call(self.name, self.inner.express(theta, names, scale))


def compile_part(node: Node) -> Part:
    """Return a part that is a term or a factor.

    Raises:
        UsageError: it depends on no variable.
    """
    if not node.has_variable:
        raise UsageError(f"{' '.join(node.tokens)} depends on no variable")
    token = node.token
    if token in ("x1", "x2"):
        return _Variable(int(token[1]) - 1)
    if token == "*":
        return _Product([compile_part(arg) for arg in node.args])
    if token == "inv":
        return _Power(_factor(node.args[0], "inverse"), -1, node.tokens)
    if token.startswith("pow"):
        return _Power(_factor(node.args[0], "sum"), int(token[3]), node.tokens)
    if token == "+":
        return _factor(node, "sum")
    leading = {"log": "sign", "sqrt": "sign", "abs": "one"}.get(token, "free")
    return _Function(token, _sum(node.args[0], kind=token, leading=leading, offset=token != "exp"), node.tokens)


def _factor(node: Node, kind: str) -> Part:
    if node.token != "+":
        return compile_part(node)
    return _sum(node, kind=kind, leading="one", offset=any(arg.token == "C" for arg in node.args))


def _sum(node: Node, *, kind: str, leading: str, offset: bool) -> _Sum:
    args = node.args if node.token == "+" else (node,)
    parts = [compile_part(arg) for arg in args if arg.token != "C"]
    if not parts:
        raise UsageError("an argument depends on no variable")
    return _Sum(parts, kind=kind, leading=leading, offset=offset)


def place_parts(parts: Sequence[Part], first: int = 0) -> tuple[tuple[int, Part], ...]:
    """Return parts that stand one behind the other, with the place of the first constant of each."""
    places = []
    for part in parts:
        places.append((first, part))
        first += part.size
    return tuple(places)


def walk(parts: Sequence[Part]) -> Iterator[tuple[int, Part]]:
    """Yield all parts, outer ones first, with the place of the first constant of each."""
    waiting = [*reversed(place_parts(parts))]
    while waiting:
        first, part = waiting.pop()
        yield first, part
        waiting += [(first + place, inner) for place, inner in reversed(part.parts)]


def weighted_sum(terms: Iterable[tuple[float, Expression]]) -> Expression:
    """Return a sum of parts with coefficients, in their order; `ONE` is the part of a plain number."""
    return sum_in_order(((coefficient, part) for coefficient, part in terms if coefficient != 0), _multiple)


def _multiple(coefficient: float, part: Expression) -> Expression:
    if part.value is not None:
        return Expression.constant(coefficient * part.value)
    return part if coefficient == 1 else Expression.constant(coefficient) * part
