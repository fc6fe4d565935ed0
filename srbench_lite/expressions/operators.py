"""The one table of operators: arity, text, NumPy, SymPy, mpmath, LaTeX and C names of each.

Everything that evaluates, prints, parses or converts a formula reads this table, so an operator is added in
one place. Library functions are named by text and looked up when first used: importing this module is free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

__all__ = ["ALIASES", "NAMED_CONSTANTS", "OPERATORS", "Operator", "array_function", "mpmath_function"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator or function of formulas."""

    name: str
    arity: int
    numpy: str  # function of the module numpy, or of the module that it names: "scipy.special.erf"
    sympy: str  # class or function of the module sympy
    mpmath: str  # function of an mpmath context
    latex: str  # "{0}", "{1}" and "{2}" stand for the arguments
    c: str = ""  # function of C's math.h, or a helper that `code_writing` writes; empty where C has none
    symbol: str = ""  # infix or prefix symbol; empty for functions
    precedence: int = 100  # binding strength when printed; functions and leaves bind strongest
    right: bool = False  # right-associative
    analytic: bool = True  # analytic wherever it is defined, isolated points aside: False where there are kinks, jumps


def _function(
    name: str, numpy: str, sympy: str, mpmath: str, latex: str, *, c: str | None = None, analytic: bool = True
) -> Operator:
    return Operator(
        name=name, arity=1, numpy=numpy, sympy=sympy, mpmath=mpmath, latex=latex, c=name if c is None else c,
        analytic=analytic,
    )  # fmt: skip


_ALL: Final = (
    Operator(
        name="add", arity=2, numpy="add", sympy="Add", mpmath="fadd", latex="{0} + {1}", symbol="+", precedence=10
    ),
    Operator(
        name="sub", arity=2, numpy="subtract", sympy="Add", mpmath="fsub", latex="{0} - {1}", symbol="-", precedence=10
    ),
    Operator(
        name="mul", arity=2, numpy="multiply", sympy="Mul", mpmath="fmul", latex=r"{0} \, {1}", symbol="*",
        precedence=20,
    ),
    Operator(
        name="div", arity=2, numpy="divide", sympy="Mul", mpmath="fdiv", latex=r"\frac{{{0}}}{{{1}}}", symbol="/",
        precedence=20,
    ),
    Operator(
        name="neg", arity=1, numpy="negative", sympy="Mul", mpmath="fneg", latex="-{0}", symbol="-", precedence=30
    ),
    Operator(
        name="pow", arity=2, numpy="power", sympy="Pow", mpmath="power", latex="{0}^{{{1}}}", symbol="**",
        precedence=40, right=True, c="pow",
    ),
    _function("sin", "sin", "sin", "sin", r"\sin\left({0}\right)"),
    _function("cos", "cos", "cos", "cos", r"\cos\left({0}\right)"),
    _function("tan", "tan", "tan", "tan", r"\tan\left({0}\right)"),
    _function("asin", "arcsin", "asin", "asin", r"\arcsin\left({0}\right)"),
    _function("acos", "arccos", "acos", "acos", r"\arccos\left({0}\right)"),
    _function("atan", "arctan", "atan", "atan", r"\arctan\left({0}\right)"),
    _function("sinh", "sinh", "sinh", "sinh", r"\sinh\left({0}\right)"),
    _function("cosh", "cosh", "cosh", "cosh", r"\cosh\left({0}\right)"),
    _function("tanh", "tanh", "tanh", "tanh", r"\tanh\left({0}\right)"),
    _function("exp", "exp", "exp", "exp", r"e^{{{0}}}"),
    _function("log", "log", "log", "log", r"\ln\left({0}\right)"),
    _function("sqrt", "sqrt", "sqrt", "sqrt", r"\sqrt{{{0}}}"),
    _function("abs", "abs", "Abs", "fabs", r"\left|{0}\right|", c="fabs", analytic=False),
    _function("sign", "sign", "sign", "sign", r"\operatorname{{sign}}\left({0}\right)", c="sign_of", analytic=False),
    Operator(
        name="min", arity=2, numpy="minimum", sympy="Min", mpmath="min", latex=r"\min\left({0}, {1}\right)",
        c="smaller_of", analytic=False,
    ),
    Operator(
        name="max", arity=2, numpy="maximum", sympy="Max", mpmath="max", latex=r"\max\left({0}, {1}\right)",
        c="larger_of", analytic=False,
    ),
    _function("asinh", "arcsinh", "asinh", "asinh", r"\operatorname{{arsinh}}\left({0}\right)"),
    _function("acosh", "arccosh", "acosh", "acosh", r"\operatorname{{arcosh}}\left({0}\right)"),
    _function("atanh", "arctanh", "atanh", "atanh", r"\operatorname{{artanh}}\left({0}\right)"),
    # the real root, also of numbers below zero; its two halves are no one analytic function
    _function("cbrt", "cbrt", "cbrt", "cbrt", r"\sqrt[3]{{{0}}}", analytic=False),
    _function("floor", "floor", "floor", "floor", r"\left\lfloor {0}\right\rfloor", analytic=False),
    _function("ceil", "ceil", "ceiling", "ceil", r"\left\lceil {0}\right\rceil", analytic=False),
    _function("erf", "scipy.special.erf", "erf", "erf", r"\operatorname{{erf}}\left({0}\right)"),
    _function("gamma", "scipy.special.gamma", "gamma", "gamma", r"\Gamma\left({0}\right)", c="tgamma"),
    _function("digamma", "scipy.special.digamma", "digamma", "digamma", r"\psi\left({0}\right)", c=""),
    # the second argument where the first is above zero, the third elsewhere; what the other one is does not matter
    Operator(
        name="ifelse", arity=3, numpy="srbench_lite.expressions.conditional.chosen", sympy="Piecewise", mpmath="",
        latex=r"\operatorname{{ifelse}}\left({0}, {1}, {2}\right)", c="chosen", analytic=False,
    ),
)  # fmt: skip

OPERATORS: Final[dict[str, Operator]] = {operator.name: operator for operator in _ALL}

#: Names with a fixed value: float value, LaTeX. mpmath and SymPy know them by the same name in lower / title case.
NAMED_CONSTANTS: Final[dict[str, tuple[float, str]]] = {
    "pi": (3.141592653589793, r"\pi"),
    "e": (2.718281828459045, "e"),
}

#: Other spellings that formulas of the field use.
ALIASES: Final[dict[str, str]] = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "arsinh": "asinh",
    "arcosh": "acosh",
    "artanh": "atanh",
    "ln": "log",
    "Abs": "abs",
    "Min": "min",
    "Max": "max",
    "fabs": "abs",
    "absolute": "abs",
    "sgn": "sign",
    "signum": "sign",
    "ceiling": "ceil",
    "tgamma": "gamma",
    "psi": "digamma",
}


@cache
def array_function(name: str) -> Callable[..., Any]:
    """Return an operator as a function of arrays, looked up when it is first used."""
    module, _, function = OPERATORS[name].numpy.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module or "numpy"), function)
    return found


def mpmath_function(name: str, context: Any) -> Callable[..., Any]:
    """Return an operator as a function of the real numbers of an mpmath context.

    Args:
        name: of the operator.
        context: the mpmath context, or the module `mpmath`.
    """
    match name:
        case "min" | "max":
            return min if name == "min" else max
        case "cbrt":
            return lambda x: -context.cbrt(-x) if x < 0 else context.cbrt(x)
        case "ifelse":
            return lambda c, a, b: a if c > 0 else b
        case _:
            found: Callable[..., Any] = getattr(context, OPERATORS[name].mpmath)
            return found
