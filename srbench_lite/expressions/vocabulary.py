"""Functions of other programs, each written out with the operators of the table as what it computes.

A formula has the operators of one table; whatever else a text may call is one of `WRITTEN_OUT` (read as the formula
that stands here), of `AMBIGUOUS` (programs define it differently: the text's dialect decides) or of `NOT_SUPPORTED`
(known, and refused by its name). Where a definition differs from the program's at single points, its note says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression

__all__ = ["AMBIGUOUS", "NOT_SUPPORTED", "NO_VARIABLES", "WRITTEN_OUT", "Definition", "is_above", "is_at_least"]

_call: Final = Expression.call
_number: Final = Expression.constant
_PI: Final = Expression.named("pi")


@dataclass(frozen=True, slots=True)
class Definition:
    """A function as a formula of its arguments.

    Attributes:
        fewest: number of arguments that it takes at least.
        most: at most; None for any number.
        build: the formula.
        note: what a reader should know about it; empty where there is nothing.
    """

    fewest: int
    most: int | None
    build: Callable[..., Expression]
    note: str = ""


def _of_one(build: Callable[[Expression], Expression], note: str = "") -> Definition:
    return Definition(1, 1, build, note)


def _of_two(build: Callable[[Expression, Expression], Expression], note: str = "") -> Definition:
    return Definition(2, 2, build, note)


def is_above(a: Expression, b: Expression) -> Expression:
    """Return what is 1 where a > b and 0 elsewhere, a = b included."""
    return _call("max", _call("sign", a if b.value == 0 else -b if a.value == 0 else a - b), 0.0)


def is_at_least(a: Expression, b: Expression) -> Expression:
    """Return what is 1 where a >= b and 0 elsewhere."""
    return 1.0 - is_above(b, a)


def _choice(condition: Expression, above: Expression, otherwise: Expression) -> Expression:
    """A comparison, which is 1 or 0, as a condition: the difference that it compares with zero."""
    if condition.op == "sub" and condition.args[0].value == 1 and _is_comparison(condition.args[1]):
        condition, above, otherwise = condition.args[1], otherwise, above
    if _is_comparison(condition):
        condition = condition.args[0].args[0]
    return _call("ifelse", condition, above, otherwise)


def _pieces(*args: Expression) -> Expression:
    """SymPy's Piecewise: values, each followed by its condition, the last of which must be True."""
    if len(args) % 2 or args[-1].value != 1:
        raise ExpressionError("Piecewise needs branches (value, condition), and True as the condition of the last one")
    result = args[-2]
    for value, condition in list(zip(args[:-2:2], args[1:-2:2], strict=True))[::-1]:
        result = _choice(condition, value, result)
    return result


def _is_comparison(node: Expression) -> bool:
    return node.op == "max" and node.args[0].op == "sign" and node.args[1].value == 0


def _truncated(a: Expression) -> Expression:
    return _call("sign", a) * _call("floor", _call("abs", a))


def _angle(y: Expression, x: Expression) -> Expression:
    """atan2(y, x): the angle of x > 0, moved by pi up or down where x < 0."""
    return _call("atan", y / x) + _PI / 2.0 * _call("sign", y) * (1.0 - _call("sign", x))


def _extremum(name: str) -> Definition:
    def build(*args: Expression) -> Expression:
        result = args[0]
        for arg in args[1:]:
            result = _call(name, result, arg)
        return result

    return Definition(2, None, build)


def _quotient_of(name: str, base: float) -> Definition:
    return _of_one(lambda x: _call(name, x) / _call(name, base))


_HYPOTENUSE: Final = _of_two(lambda x, y: _call("sqrt", x**2.0 + y**2.0))
_ANGLE: Final = _of_two(_angle, "is 0 here, not pi, where y = 0 and x < 0")
_ARC_COTANGENT: Final = _of_one(
    lambda x: _call("atan", 1.0 / x), "is atan(1/x), as in SymPy; others move it by pi below zero"
)
_LOGISTIC: Final = _of_one(lambda x: 1.0 / (1.0 + _call("exp", -x)))
_SQUARE: Final = _of_one(lambda x: x**2.0)
_CUBE: Final = _of_one(lambda x: x**3.0)
_RECIPROCAL: Final = _of_one(lambda x: 1.0 / x)
_ABS_ROOT: Final = _of_one(lambda x: _call("sqrt", _call("abs", x)))
_ABS_LOG: Final = _of_one(lambda x: _call("log", _call("abs", x)))
_ABS_POWER: Final = _of_two(lambda x, y: _call("abs", x) ** y)
_ANALYTIC_QUOTIENT: Final = _of_two(lambda x, y: x / _call("sqrt", 1.0 + y**2.0))
_TRUNCATED: Final = _of_one(_truncated)
_ROUNDED: Final = _of_one(
    lambda x: _call("floor", x + 0.5), "is floor(x + 0.5); at halves programs differ from it and from each other"
)
_GREATER: Final = _of_two(lambda x, y: (1.0 + _call("sign", x - y)) / 2.0, "is 1/2 where both are equal")
_LESS: Final = _of_two(lambda x, y: (1.0 + _call("sign", y - x)) / 2.0, "is 1/2 where both are equal")
_STEP: Final = _of_one(lambda x: _call("max", _call("sign", x), 0.0), "is 0 at 0; programs differ there")
_FLOORED: Final = _of_two(
    lambda x, y: x - y * _call("floor", x / y), "has the sign of y, as in Python and Julia; C's fmod has that of x"
)
_CHOICE: Final = Definition(3, 3, _choice)
_LOG_GAMMA: Final = _of_one(lambda x: _call("log", _call("abs", _call("gamma", x))))
_SOFTPLUS: Final = _of_one(lambda x: _call("log", 1.0 + _call("exp", x)))

#: Functions that are read as the formula given here, in every dialect that does not define them anew.
WRITTEN_OUT: Final[dict[str, Definition]] = {
    # powers
    "square": _SQUARE, "sqr": _SQUARE, "pow2": _SQUARE, "cube": _CUBE, "pow3": _CUBE,
    "inv": _of_one(lambda x: 1.0 / x, "is 1/x; gplearn's is 0 where abs(x) <= 0.001"), "reciprocal": _RECIPROCAL,
    "Pow": _of_two(lambda x, y: x**y), "power": _of_two(lambda x, y: x**y),
    "hypot": _HYPOTENUSE,
    # exponentials and logarithms
    "log2": _quotient_of("log", 2.0), "log10": _quotient_of("log", 10.0),
    "log1p": _of_one(lambda x: _call("log", 1.0 + x)), "expm1": _of_one(lambda x: _call("exp", x) - 1.0),
    "exp2": _of_one(lambda x: 2.0**x), "exp10": _of_one(lambda x: 10.0**x),
    "logistic": _LOGISTIC, "sigmoid": _LOGISTIC, "expit": _LOGISTIC,
    "softplus": _SOFTPLUS, "log1pexp": _SOFTPLUS,
    "gauss": _of_one(lambda x: _call("exp", -(x**2.0))), "gaussian": _of_one(lambda x: _call("exp", -(x**2.0))),
    "swish": _of_one(lambda x: x / (1.0 + _call("exp", -x))), "silu": _of_one(lambda x: x / (1.0 + _call("exp", -x))),
    "softsign": _of_one(lambda x: x / (1.0 + _call("abs", x))),
    "gelu": _of_one(lambda x: x * (1.0 + _call("erf", x / _call("sqrt", 2.0))) / 2.0),
    "logit": _of_one(lambda x: _call("log", x / (1.0 - x))),
    # trigonometric functions
    "sec": _of_one(lambda x: 1.0 / _call("cos", x)), "csc": _of_one(lambda x: 1.0 / _call("sin", x)),
    "cosec": _of_one(lambda x: 1.0 / _call("sin", x)),
    "cot": _of_one(lambda x: _call("cos", x) / _call("sin", x)),
    "sech": _of_one(lambda x: 1.0 / _call("cosh", x)), "csch": _of_one(lambda x: 1.0 / _call("sinh", x)),
    "coth": _of_one(lambda x: _call("cosh", x) / _call("sinh", x)),
    "acot": _ARC_COTANGENT, "arccot": _ARC_COTANGENT,
    "atan2": _ANGLE, "arctan2": _ANGLE,
    **dict.fromkeys(("asec", "arcsec"), _of_one(lambda x: _call("acos", 1.0 / x))),
    **dict.fromkeys(("acsc", "arccsc"), _of_one(lambda x: _call("asin", 1.0 / x))),
    **dict.fromkeys(("asech", "arcsech", "arsech"), _of_one(lambda x: _call("acosh", 1.0 / x))),
    **dict.fromkeys(("acsch", "arccsch", "arcsch"), _of_one(lambda x: _call("asinh", 1.0 / x))),
    **dict.fromkeys(("acoth", "arccoth", "arcoth"), _of_one(lambda x: _call("atanh", 1.0 / x))),
    "sinpi": _of_one(lambda x: _call("sin", _PI * x)), "cospi": _of_one(lambda x: _call("cos", _PI * x)),
    "sinc": _of_one(lambda x: _call("sin", x) / x, "is sin(x)/x, undefined at 0; NumPy's is sin(pi*x)/(pi*x)"),
    # protected by absolute values
    "sqrt_abs": _ABS_ROOT, "sqrtabs": _ABS_ROOT, "log_abs": _ABS_LOG, "logabs": _ABS_LOG,
    "pow_abs": _ABS_POWER, "powabs": _ABS_POWER, "aq": _ANALYTIC_QUOTIENT, "analytic_quotient": _ANALYTIC_QUOTIENT,
    # pieces
    "max": _extremum("max"), "min": _extremum("min"), "fmax": _extremum("max"), "fmin": _extremum("min"),
    "maximum": _extremum("max"), "minimum": _extremum("min"),
    "relu": _of_one(lambda x: _call("max", x, 0.0)), "ReLU": _of_one(lambda x: _call("max", x, 0.0)),
    "pmax": _extremum("max"), "pmin": _extremum("min"), "fdim": _of_two(lambda x, y: _call("max", x - y, 0.0)),
    "clip": Definition(3, 3, lambda x, low, high: _call("min", _call("max", x, low), high)),
    "round": _ROUNDED, "rint": _ROUNDED, "nearbyint": _ROUNDED, "trunc": _TRUNCATED,
    "fmod": _of_two(lambda x, y: x - y * _truncated(x / y)), "mod": _FLOORED, "Mod": _FLOORED,
    "greater": _GREATER, "gt": _GREATER, "greater_equal": _GREATER, "ge": _GREATER,
    "less": _LESS, "lt": _LESS, "less_equal": _LESS, "le": _LESS,
    "cond": _of_two(lambda x, y: _call("ifelse", x, y, 0.0)),
    "where": _CHOICE, "if": _CHOICE, "if_else": _CHOICE, "if_then_else": _CHOICE,
    "Piecewise": Definition(2, None, _pieces),
    "step": _STEP, "heaviside": _STEP, "Heaviside": _of_one(lambda x: (1.0 + _call("sign", x)) / 2.0),
    "logical_or": _of_two(lambda x, y: is_above(_call("max", x, y), _number(0.0))),
    "logical_and": _of_two(lambda x, y: is_above(_call("min", x, y), _number(0.0))),
    # special functions
    "erfc": _of_one(lambda x: 1.0 - _call("erf", x)),
    "factorial": _of_one(lambda n: _call("gamma", n + 1.0)),
    "lgamma": _LOG_GAMMA, "loggamma": _LOG_GAMMA, "gammaln": _LOG_GAMMA,
    # operators as functions
    "plus": _of_two(lambda x, y: x + y), "subtract": _of_two(lambda x, y: x - y),
    "minus": _of_two(lambda x, y: x - y), "times": _of_two(lambda x, y: x * y),
    "fma": Definition(3, 3, lambda x, y, z: x * y + z),
    "multiply": _of_two(lambda x, y: x * y), "negative": _of_one(lambda x: -x),
}  # fmt: skip

_PROTECTED: Final = "its author decides what it is near zero"
#: Functions that programs define differently, and what each of them says.
AMBIGUOUS: Final[dict[str, str]] = {
    "div": "in gplearn it is 1 where abs(b) <= 0.001; in pysr, operon, sympy and numpy it is a/b",
    "divide": "in numpy it is a/b; elsewhere it may be protected",
    "lg": "it is log10 in some programs and log2 in others",
    "pdiv": _PROTECTED,
    "protected_div": _PROTECTED,
    "protectedDiv": _PROTECTED,
    "safe_div": _PROTECTED,
    "plog": _PROTECTED,
    "protected_log": _PROTECTED,
    "atanh_clip": "in pysr it is atanh(mod(x + 1, 2) - 1)",
    "safe_log": "in pysr it is log; elsewhere its author decides what it is near zero",
    "psqrt": _PROTECTED,
    "protected_sqrt": _PROTECTED,
    "safe_sqrt": "in pysr it is sqrt; elsewhere its author decides what it is below zero",
    "safe_pow": "in pysr it is pow; elsewhere its author decides what it is below zero",
}

#: Functions that are known and that formulas do not have, in every case of their letters.
NOT_SUPPORTED: Final = frozenset([
    "airy", "airyai", "airybi", "arg", "bessel", "besseli", "besselj", "besselk", "bessely", "beta", "betainc",
    "betaln", "chebyshevt", "chi", "ci", "conjugate", "cosint", "derivative", "diff", "digamma1", "diracdelta",
    "ei", "ellipe", "ellipeinc", "ellipk", "ellipkinc", "ellippi", "erfcinv", "erfcx", "erfi", "erfinv", "exp1",
    "expi", "expint", "expn", "fresnelc", "fresnels", "gammainc", "gammaincc", "hankel1", "hankel2", "hermite",
    "hyp0f1", "hyp1f1", "hyp2f1", "hyper", "im", "imag", "integral", "integrate", "iv", "j0", "j1", "jacobi", "jn",
    "jv", "kn", "kv", "laguerre", "lambertw", "legendre", "li", "loggammainc", "logintegral", "lowergamma",
    "meijerg", "ndtri", "owens_t", "polygamma", "polylog", "product", "prod", "psi1", "re", "real",
    "shi", "si", "sinint", "spence", "sum", "summation", "trigamma", "uppergamma", "y0", "y1", "yn", "yv", "zeta",
])  # fmt: skip

#: Names that are no variables unless a reader is told so: values that are no numbers.
NO_VARIABLES: Final[dict[str, str]] = {
    **dict.fromkeys(("nan", "NaN", "NAN"), "not a number"),
    **dict.fromkeys(("inf", "Inf", "INF", "infinity", "Infinity", "oo", "zoo"), "no finite number"),
}
