"""`PreciseFormula`: an `Expression` evaluated on the real line with as many digits as asked for.

Numbers are read as the decimals they are written as (0.1 is one tenth, not the nearest binary fraction), so quotients
and folded constants can be compared exactly. Values that no computer should try to write down (9**9**9**9) are refused
before they are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from srbench_lite.expressions.expression import Expression

#: A number as mpmath keeps it: sign, mantissa (odd; 0 for zero and for what is no number), exponent, bits of mantissa.
Raw = Any

__all__ = [
    "OutOfReachError",
    "PreciseFormula",
    "Raw",
    "UndefinedError",
    "bounded",
    "exactly",
    "operators",
    "precise",
    "with_digits",
]

#: Values beyond 2**±_MAX_EXPONENT (about 10**±300,000,000,000), and exponents that lead there, are refused.
_MAX_EXPONENT: Final = 1 << 40
#: Arguments of exp beyond 2**_MAX_EXP_MAGNITUDE are refused.
_MAX_EXP_MAGNITUDE: Final = 39
#: Angles beyond 2**_MAX_ANGLE_MAGNITUDE are refused: reducing them costs digits without an end.
_MAX_ANGLE_MAGNITUDE: Final = 4_000
#: tanh of what is beyond 2**_MAX_TANH_MAGNITUDE is one to more digits than are ever used.
_MAX_TANH_MAGNITUDE: Final = 19
#: gamma and digamma of what is beyond 2**_MAX_GAMMA_MAGNITUDE are refused: gamma(2**36) is beyond 2**(2**41).
_MAX_GAMMA_MAGNITUDE: Final = 36
#: Number of relative errors that are made in turn when it is asked how many digits are lost.
_ERROR_COUNT: Final = 23


class UndefinedError(Exception):
    """The formula has no real value at the point. Internal: it never leaves the judge."""


class OutOfReachError(Exception):
    """The value is too large or too small to be written down. Internal: it never leaves the judge."""


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


def exactly(values: Iterable[float]) -> list[Any]:
    """Return float64 values as mpmath numbers, each exactly what it is."""
    from mpmath.libmp import from_float

    make = _context().make_mpf
    return [make(from_float(float(value))) for value in values]


def bounded(value: Raw) -> Raw:
    """Return a raw number that can be written down; raises `UndefinedError` and `OutOfReachError` for others."""
    _, mantissa, exponent, width = value
    if not mantissa:
        if exponent:
            raise UndefinedError
        return value
    if not -_MAX_EXPONENT < exponent + width < _MAX_EXPONENT:
        raise OutOfReachError
    return value


def _table() -> dict[str, Callable[..., Raw]]:
    """Return the operators, with guards: functions of the precision in bits and one to three raw numbers."""
    from mpmath import libmp

    zero, one, minus_one = libmp.fzero, libmp.fone, libmp.fnone
    nearest = libmp.round_nearest

    def rounded(function: Callable[..., Raw]) -> Callable[..., Raw]:
        def applied(bits: int, *numbers: Raw) -> Raw:
            return function(*numbers, bits, nearest)

        return applied

    def below(function: Callable[..., Raw], magnitude: int) -> Callable[[int, Raw], Raw]:
        def guarded(bits: int, a: Raw) -> Raw:
            if a[1] and a[2] + a[3] > magnitude:
                raise OutOfReachError
            return function(a, bits, nearest)

        return guarded

    def div(bits: int, a: Raw, b: Raw) -> Raw:
        if not b[1]:
            raise UndefinedError
        return libmp.mpf_div(a, b, bits, nearest)

    def power(bits: int, a: Raw, b: Raw) -> Raw:
        if not b[1] or a == one:
            return one
        if not a[1]:
            if b[0]:
                raise UndefinedError
            return zero
        whole = b[2] >= 0  # mantissas are odd
        if a[0] and not whole:
            raise UndefinedError
        size = abs(a[2] + a[3])  # log2 of the base, rounded up; 0 or 1 near one
        if b[2] + b[3] > 60 or size * abs(libmp.to_float(b)) > _MAX_EXPONENT:
            raise OutOfReachError
        return libmp.mpf_pow(a, b, bits, nearest)

    def tanh(bits: int, a: Raw) -> Raw:
        if a[1] and a[2] + a[3] > _MAX_TANH_MAGNITUDE:
            return minus_one if a[0] else one
        return libmp.mpf_tanh(a, bits, nearest)

    def log(bits: int, a: Raw) -> Raw:
        if a[0] or not a[1]:
            raise UndefinedError
        return libmp.mpf_log(a, bits, nearest)

    def sqrt(bits: int, a: Raw) -> Raw:
        if a[0]:
            raise UndefinedError
        return libmp.mpf_sqrt(a, bits, nearest)

    def arc(function: Callable[..., Raw]) -> Callable[[int, Raw], Raw]:
        def guarded(bits: int, a: Raw) -> Raw:
            if libmp.mpf_cmp(libmp.mpf_abs(a), one) > 0:
                raise UndefinedError
            return function(a, bits, nearest)

        return guarded

    def acosh(bits: int, a: Raw) -> Raw:
        if libmp.mpf_cmp(a, one) < 0:
            raise UndefinedError
        return libmp.mpf_acosh(a, bits, nearest)

    def cbrt(bits: int, a: Raw) -> Raw:
        root = libmp.mpf_cbrt(libmp.mpf_abs(a), bits, nearest) if a[1] else zero
        return libmp.mpf_neg(root) if a[0] else root

    def without_poles(function: Callable[..., Raw]) -> Callable[[int, Raw], Raw]:
        def guarded(bits: int, a: Raw) -> Raw:
            if not a[1] or (a[0] and a[2] >= 0):  # zero and whole numbers below it
                raise UndefinedError
            if a[2] + a[3] > _MAX_GAMMA_MAGNITUDE:
                raise OutOfReachError
            return function(a, bits, nearest)

        return guarded

    return {
        "add": rounded(libmp.mpf_add),
        "sub": rounded(libmp.mpf_sub),
        "mul": rounded(libmp.mpf_mul),
        "div": div,
        "neg": rounded(libmp.mpf_neg),
        "pow": power,
        "sin": below(libmp.mpf_sin, _MAX_ANGLE_MAGNITUDE),
        "cos": below(libmp.mpf_cos, _MAX_ANGLE_MAGNITUDE),
        "tan": below(libmp.mpf_tan, _MAX_ANGLE_MAGNITUDE),
        "asin": arc(libmp.mpf_asin),
        "acos": arc(libmp.mpf_acos),
        "atan": rounded(libmp.mpf_atan),
        "sinh": below(libmp.mpf_sinh, _MAX_EXP_MAGNITUDE),
        "cosh": below(libmp.mpf_cosh, _MAX_EXP_MAGNITUDE),
        "tanh": tanh,
        "exp": below(libmp.mpf_exp, _MAX_EXP_MAGNITUDE),
        "log": log,
        "sqrt": sqrt,
        "abs": rounded(libmp.mpf_abs),
        "sign": lambda bits, a: zero if not a[1] else minus_one if a[0] else one,
        "min": lambda bits, a, b: a if libmp.mpf_cmp(a, b) <= 0 else b,
        "max": lambda bits, a, b: a if libmp.mpf_cmp(a, b) >= 0 else b,
        "asinh": rounded(libmp.mpf_asinh),
        "acosh": acosh,
        "atanh": arc(libmp.mpf_atanh),
        "cbrt": cbrt,
        "floor": rounded(libmp.mpf_floor),
        "ceil": rounded(libmp.mpf_ceil),
        "erf": rounded(libmp.mpf_erf),
        "gamma": without_poles(libmp.mpf_gamma),
        "digamma": without_poles(libmp.mpf_psi0),
        "ifelse": lambda bits, c, a, b: a if c[1] and not c[0] else b,
    }


#: The operators by name. They work on raw numbers, which takes half of the time that mpmath's objects take.
operators = cache(_table)


@cache
def _errors(size: Raw, bits: int) -> tuple[Raw, ...]:
    """Return factors 1 + error, the errors up to about ten times `size`, up and down."""
    context = _context()
    jitter = context.make_mpf(size)
    return tuple((1 + jitter * (13.0 * k % _ERROR_COUNT - _ERROR_COUNT / 2))._mpf_ for k in range(_ERROR_COUNT))


class PreciseFormula:
    """A formula, ready to be evaluated at many points with any constants.

    Args:
        expression: the formula.
        variables: names of the coordinates of a point, in their order.
        places: for each number of the formula, in text order, which of k constants it is; by default one each.
    """

    __slots__ = ("_constants", "_known", "_steps")

    def __init__(self, expression: Expression, variables: Sequence[str], places: Sequence[int] | None = None) -> None:
        place = {name: index for index, name in enumerate(variables)}
        # (-1, index of a constant), (-2, coordinate), (-3, name), (-4, steps to take above zero and steps elsewhere),
        # (arity, function)
        steps: list[tuple[int, Any]] = []
        starts: list[int] = []  # where the steps of each operand begin
        constants: dict[int, float] = {}
        numbers = 0
        table = operators()
        for node in expression.postorder():
            if not node.args:
                starts.append(len(steps))
            if node.value is not None:
                constant = numbers if places is None else places[numbers]
                steps.append((-1, constant))
                constants[constant] = node.value
                numbers += 1
            elif node.name is not None:
                steps.append((-2, place[node.name]))
            elif not node.args:
                steps.append((-3, node.op))
            elif node.op == "ifelse":
                above, otherwise = starts[-2], starts[-1]
                steps[above:] = [(-4, (steps[above:otherwise], steps[otherwise:]))]
                del starts[-2:]
            else:
                steps.append((len(node.args), table[node.op]))
                del starts[len(starts) + 1 - len(node.args) :]
        self._steps = steps
        self._constants = tuple(constants[i] for i in range(len(constants)))
        self._known: dict[int, list[Any]] = {}  # the constants, by digits

    def constants(self) -> list[Any]:
        """Return the formula's own constants as mpmath numbers: exactly the decimals they are written as."""
        digits = _context().dps
        if digits not in self._known:
            self._known[digits] = [precise(value) for value in self._constants]
        return list(self._known[digits])

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
        bits = context.prec
        coordinates = [value._mpf_ for value in point]
        numbers = [value._mpf_ for value in constants]
        errors = () if jitter is None else _errors(jitter._mpf_, bits)
        multiply = operators()["mul"]
        stack: list[Raw] = []
        count = 0
        waiting = [iter(self._steps)]
        while waiting:
            for kind, what in waiting[-1]:
                if kind > 0:
                    if kind == 2:
                        right = stack.pop()
                        value = bounded(what(bits, stack[-1], right))
                    else:
                        value = bounded(what(bits, stack[-1]))
                    if errors:
                        count += 1
                        value = multiply(bits, value, errors[count % _ERROR_COUNT])
                    stack[-1] = value
                elif kind == -1:
                    stack.append(numbers[what])
                elif kind == -2:
                    stack.append(coordinates[what])
                elif kind == -3:
                    stack.append((+getattr(context, what))._mpf_)
                else:  # what is not chosen need not be defined
                    condition = stack.pop()
                    waiting.append(iter(what[0] if condition[1] and not condition[0] else what[1]))
                    break
            else:
                waiting.pop()
        return context.make_mpf(stack[0])
