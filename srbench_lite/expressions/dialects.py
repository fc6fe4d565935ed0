"""`Dialect`: what names mean in the formulas of one program.

A formula's own notation is a dialect, too, and every other one adds to it or defines anew: its own *protected*
functions, its constants, and the names that it gives to variables by their position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from srbench_lite.errors import ExpressionError, suggest
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import ALIASES, NAMED_CONSTANTS, OPERATORS
from srbench_lite.expressions.vocabulary import AMBIGUOUS, WRITTEN_OUT, Definition

__all__ = ["DIALECTS", "MODULES", "OWN", "Dialect", "dialect_named"]

_call: Final = Expression.call
_PI: Final = Expression.named("pi")
_CONSTANTS: Final[Mapping[str, str]] = MappingProxyType({name: name for name in NAMED_CONSTANTS})
#: gplearn's protected functions look whether an absolute value is above this.
_GPLEARN_THRESHOLD: Final = 0.001


def _vocabulary(own: Mapping[str, Definition | str]) -> Mapping[str, Definition | str]:
    plain: dict[str, Definition | str] = {name: name for name in OPERATORS if name not in AMBIGUOUS}
    return MappingProxyType({**WRITTEN_OUT, **ALIASES, **plain, **own})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What names mean.

    Attributes:
        name: of the dialect; empty for formulas' own notation.
        summary: in a few words.
        functions: all that may be called: operators of the table and definitions, by name.
        constants: names of named constants.
        no_variables: further names that are no variables, and what each is.
        letter: with which names of variables by position begin (X of X1); empty where there are none.
        first: number of the first variable.
        is_latex: whether the text is LaTeX.
    """

    name: str
    summary: str
    functions: Mapping[str, Definition | str] = field(repr=False)
    constants: Mapping[str, str] = field(default_factory=lambda: _CONSTANTS)
    no_variables: Mapping[str, str] = field(default_factory=dict)
    letter: str = ""
    first: int = 0
    is_latex: bool = False

    def position(self, name: str) -> int | None:
        """Return which variable a name such as X1 is, counted from 0; None for any other name."""
        number = name.removeprefix(self.letter)
        if not self.letter or number == name or not (number.isascii() and number.isdigit() and len(number) <= 4):
            return None
        place = int(number) - self.first
        return place if place >= 0 and number == str(int(number)) else None


def _unless_small(condition: Expression, usual: Expression, small: float) -> Expression:
    """The usual value where the size of the condition is above gplearn's threshold, `small` elsewhere."""
    return _call("ifelse", _call("abs", condition) - _GPLEARN_THRESHOLD, usual, small)


_LOGISTIC: Final = WRITTEN_OUT["logistic"]
_GPLEARN: Final[dict[str, Definition | str]] = {
    "div": Definition(2, 2, lambda a, b: _unless_small(b, a / b, 1.0), "is 1 where abs(b) <= 0.001"),
    "sqrt": Definition(1, 1, lambda a: _call("sqrt", _call("abs", a)), "is sqrt(abs(a))"),
    "log": Definition(
        1, 1, lambda a: _unless_small(a, _call("log", _call("abs", a)), 0.0),
        "is log(abs(a)), and 0 where abs(a) <= 0.001",
    ),
    "inv": Definition(1, 1, lambda a: _unless_small(a, 1.0 / a, 0.0), "is 0 where abs(a) <= 0.001"),
    "sig": _LOGISTIC,
}  # fmt: skip
_PLAIN_QUOTIENT: Final[dict[str, Definition | str]] = {"div": "div", "divide": "div"}
_PYSR: Final[dict[str, Definition | str]] = {
    **_PLAIN_QUOTIENT,
    "safe_log": "log", "safe_sqrt": "sqrt", "safe_pow": "pow", "safe_acosh": "acosh", "safe_asin": "asin",
    "safe_acos": "acos", "safe_atanh": "atanh", "safe_log2": WRITTEN_OUT["log2"], "safe_log10": WRITTEN_OUT["log10"],
    "safe_log1p": WRITTEN_OUT["log1p"],
    "atanh_clip": Definition(
        1, 1, lambda x: _call("atanh", x + 1.0 - 2.0 * _call("floor", (x + 1.0) / 2.0) - 1.0)
    ),
}  # fmt: skip


def _added(op: str) -> Definition:
    def build(*args: Expression) -> Expression:
        result = args[0]
        for arg in args[1:]:
            result = _call(op, result, arg)
        return result

    return Definition(1, None, build)


_SYMPY: Final[dict[str, Definition | str]] = {
    **_PLAIN_QUOTIENT,
    "Add": _added("add"),
    "Mul": _added("mul"),
    "sinc": Definition(1, 1, lambda x: _call("sin", x) / x, "is undefined at 0 here and 1 there"),
}
_NUMPY: Final[dict[str, Definition | str]] = {
    **_PLAIN_QUOTIENT,
    "true_divide": "div",
    "float_power": "pow",
    "log": Definition(
        1, 2, lambda x, base=None: _call("log", x) if base is None else _call("log", x) / _call("log", base)
    ),
    "sinc": Definition(1, 1, lambda x: _call("sin", _PI * x) / (_PI * x), "is sin(pi*x)/(pi*x), undefined at 0 here"),
    "heaviside": Definition(
        1, 2,
        lambda x, at_zero=None: WRITTEN_OUT["heaviside"].build(x) if at_zero is None
        else WRITTEN_OUT["heaviside"].build(x) + at_zero * (1.0 - _call("abs", _call("sign", x))),
    ),
    "around": WRITTEN_OUT["round"], "remainder": WRITTEN_OUT["mod"],
    "radians": Definition(1, 1, lambda x: x * (_PI / 180.0)), "deg2rad": Definition(1, 1, lambda x: x * (_PI / 180.0)),
    "degrees": Definition(1, 1, lambda x: x * (180.0 / _PI)), "rad2deg": Definition(1, 1, lambda x: x * (180.0 / _PI)),
}  # fmt: skip

#: Formulas' own notation.
OWN: Final = Dialect(name="", summary="formulas as they are printed here", functions=_vocabulary({}))
#: The dialects by name.
DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in (
            Dialect(
                name="pysr", summary="PySR and SymbolicRegression.jl: quotients and roots as they are, x0 first",
                functions=_vocabulary(_PYSR), letter="x",
            ),
            Dialect(
                name="operon", summary="Operon: infix, aq, sqrtabs, logabs, powabs; X1 first",
                functions=_vocabulary(_PLAIN_QUOTIENT), letter="X", first=1,
            ),
            Dialect(
                name="gplearn", summary="gplearn: div(a, b), and its protected div, sqrt, log and inv; X0 first",
                functions=_vocabulary(_GPLEARN), letter="X",
            ),
            Dialect(
                name="sympy", summary="SymPy's str(): Abs, Max, Mod; E is the number",
                functions=_vocabulary(_SYMPY), constants=MappingProxyType({**_CONSTANTS, "E": "e"}),
                no_variables=MappingProxyType({"I": "the imaginary unit"}),
            ),
            Dialect(
                name="numpy", summary="NumPy and Python's math: np.sin(x[:, 0]), sinc(x) = sin(pi*x)/(pi*x)",
                functions=_vocabulary(_NUMPY), letter="x",
            ),
            Dialect(
                name="latex", summary=r"LaTeX: \frac{a}{b}, \sqrt{a}, x^{2}, products without a sign",
                functions=_vocabulary({}), is_latex=True,
            ),
        )
    }
)  # fmt: skip

#: Modules that stand before a name, as in np.sin, and the dialect in which the name is then read.
MODULES: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        **dict.fromkeys(("np", "numpy", "jnp", "jax.numpy", "math", "torch", "std", "Math"), DIALECTS["numpy"]),
        **dict.fromkeys(("scipy.special", "special", "torch.special"), DIALECTS["numpy"]),
        **dict.fromkeys(("sympy", "sp"), DIALECTS["sympy"]),
    }
)


def dialect_named(name: str | None) -> Dialect:
    """Return a dialect by its name; formulas' own notation for None."""
    if name is None:
        return OWN
    if name not in DIALECTS:
        raise ExpressionError(f"unknown dialect {name!r:.60}.{suggest(str(name), DIALECTS)}")
    return DIALECTS[name]
