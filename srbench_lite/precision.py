"""`PreciseFormula`: an `Expression` evaluated on the real line with as many digits as asked for.

Numbers are read as the decimals they are written as (0.1 is one tenth, not the nearest binary fraction), so quotients
and folded constants can be compared exactly. Values that no computer should try to write down (9**9**9**9) are refused
before they are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from srbench_lite.expression import Expression

__all__ = [
    "OutOfReachError",
    "OutOfTimeError",
    "PreciseFormula",
    "UndefinedError",
    "operators",
    "precise",
    "with_digits",
]

#: Values beyond 2**±_LARGEST_EXPONENT (about 10**±300,000,000,000), and exponents that lead there, are refused.
_LARGEST_EXPONENT: Final = 1 << 40
#: Angles beyond 2**_LARGEST_ANGLE are refused: reducing them costs digits without an end.
_LARGEST_ANGLE: Final = 4_000


class UndefinedError(Exception):
    """The formula has no real value at the point. Internal: it never leaves the judge."""


class OutOfReachError(Exception):
    """The value is too large or too small to be written down. Internal: it never leaves the judge."""


class OutOfTimeError(Exception):
    """The clock has run out. Internal: the judge turns it into `undecided`."""


@cache
def _context() -> Any:
    """Return an mpmath context of our own: nobody else's precision is changed."""
    import mpmath

    return mpmath.MPContext()


def with_digits(digits: int) -> Any:
    """Return the shared mpmath context, set to `digits` significant decimal digits."""
    context = _context()
    context.dps = digits
    return context


def precise(value: float) -> Any:
    """Return the shortest decimal that reads back as `value`, as an mpmath number at the current precision."""
    return _context().mpf(repr(value))


def bounded(value: Any) -> Any:
    """Return a value that can be written down; raises `UndefinedError` and `OutOfReachError` for others."""
    _, mantissa, exponent, width = value._mpf_
    if not mantissa:
        if exponent:
            raise UndefinedError
        return value
    if not -_LARGEST_EXPONENT < exponent + width < _LARGEST_EXPONENT:
        raise OutOfReachError
    return value


def _magnitude(value: Any) -> int:
    """Return the binary exponent of a finite value; 0 for zero."""
    return int(value._mpf_[2] + value._mpf_[3])


def _table() -> dict[str, Callable[..., Any]]:
    """Return the operators on real mpmath numbers, with guards."""
    context = _context()
    zero = context.mpf(0)
    one = context.mpf(1)

    def div(a: Any, b: Any) -> Any:
        if not b:
            raise UndefinedError
        return a / b

    def power(a: Any, b: Any) -> Any:
        if not b or a == one:
            return one
        if not a:
            if b < 0:
                raise UndefinedError
            return zero
        if a < 0 and not context.isint(b):
            raise UndefinedError
        size = abs(_magnitude(a))  # log2 of the base, rounded up; 0 or 1 near one
        if _magnitude(b) > 60 or size * abs(b) > _LARGEST_EXPONENT:
            raise OutOfReachError
        return a**b

    def exp(a: Any) -> Any:
        if _magnitude(a) > 39:
            raise OutOfReachError
        return context.exp(a)

    def angle(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def guarded(a: Any) -> Any:
            if _magnitude(a) > _LARGEST_ANGLE:
                raise OutOfReachError
            return function(a)

        return guarded

    def hyperbolic(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def guarded(a: Any) -> Any:
            if _magnitude(a) > 39:
                raise OutOfReachError
            return function(a)

        return guarded

    def tanh(a: Any) -> Any:
        if _magnitude(a) > 19:  # one to more digits than are ever used
            return one if a > 0 else -one
        return context.tanh(a)

    def log(a: Any) -> Any:
        if a <= 0:
            raise UndefinedError
        return context.ln(a)

    def sqrt(a: Any) -> Any:
        if a < 0:
            raise UndefinedError
        return context.sqrt(a)

    def arc(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def guarded(a: Any) -> Any:
            if abs(a) > 1:
                raise UndefinedError
            return function(a)

        return guarded

    return {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": div,
        "neg": lambda a: -a,
        "pow": power,
        "sin": angle(context.sin),
        "cos": angle(context.cos),
        "tan": angle(context.tan),
        "asin": arc(context.asin),
        "acos": arc(context.acos),
        "atan": context.atan,
        "sinh": hyperbolic(context.sinh),
        "cosh": hyperbolic(context.cosh),
        "tanh": tanh,
        "exp": exp,
        "log": log,
        "sqrt": sqrt,
        "abs": abs,
        "sign": lambda a: one if a > 0 else -one if a < 0 else zero,
        "min": lambda a, b: a if a <= b else b,
        "max": lambda a, b: a if a >= b else b,
    }


#: The operators by name, on real mpmath numbers.
operators = cache(_table)


class PreciseFormula:
    """A formula, ready to be evaluated at many points with any constants.

    Args:
        expression: the formula.
        variables: names of the coordinates of a point, in their order.
        places: for each number of the formula, in text order, which of k constants it is; by default one each.
    """

    __slots__ = ("_constants", "_steps")

    def __init__(self, expression: Expression, variables: Sequence[str], places: Sequence[int] | None = None) -> None:
        place = {name: index for index, name in enumerate(variables)}
        steps: list[tuple[int, Any]] = []  # (-1, index of a constant), (-2, coordinate), (-3, name), (arity, function)
        constants: dict[int, float] = {}
        numbers = 0
        table = operators()
        for node in expression.postorder():
            if node.value is not None:
                constant = numbers if places is None else places[numbers]
                steps.append((-1, constant))
                constants[constant] = node.value
                numbers += 1
            elif node.name is not None:
                steps.append((-2, place[node.name]))
            elif not node.args:
                steps.append((-3, node.op))
            else:
                steps.append((len(node.args), table[node.op]))
        self._steps = steps
        self._constants = tuple(constants[i] for i in range(len(constants)))

    def constants(self) -> list[Any]:
        """Return the formula's own constants as mpmath numbers: exactly the decimals they are written as."""
        return [precise(value) for value in self._constants]

    def __call__(self, point: Iterable[Any], constants: Sequence[Any], jitter: Any = None) -> Any:
        """Evaluate at one point.

        Args:
            point: one mpmath number for each variable.
            constants: k mpmath numbers, in the order of `places`: by default one for each number, in text order.
            jitter: if given, the size of the relative errors that are made in every operation, up and down: what they
                change in the value says how many digits are lost.

        Raises:
            UndefinedError: there is no real value.
            OutOfReachError: an intermediate value is beyond about 10**300,000,000,000 or its reciprocal.
        """
        context = _context()
        coordinates = list(point)
        stack: list[Any] = []
        count = 0
        for kind, what in self._steps:
            if kind > 0:
                right = [stack.pop()] if kind == 2 else []
                stack[-1] = bounded(what(stack[-1], *right))
                if jitter is not None:
                    count += 1
                    stack[-1] = stack[-1] * (1 + jitter * (count * 7919 % 13 - 6.5))
            elif kind == -1:
                stack.append(constants[what])
            elif kind == -2:
                stack.append(coordinates[what])
            else:
                stack.append(+context.pi if what == "pi" else +context.e)
        return stack[0]
