"""The one table of operators: arity, text, NumPy, SymPy, mpmath and LaTeX names of each.

Everything that evaluates, prints, parses or converts a formula reads this table, so an operator is added in
one place. Library functions are named by text and looked up when first used: importing this module is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["ALIASES", "NAMED_CONSTANTS", "OPERATORS", "Operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator or function of formulas."""

    name: str
    arity: int
    numpy: str  # function of the module numpy
    sympy: str  # class or function of the module sympy
    mpmath: str  # function of an mpmath context
    latex: str  # "{0}" and "{1}" stand for the arguments
    symbol: str = ""  # infix or prefix symbol; empty for functions
    precedence: int = 100  # binding strength when printed; functions and leaves bind strongest
    right: bool = False  # right-associative
    analytic: bool = True  # analytic wherever it is defined, isolated points aside: False for abs, sign, min, max


def _function(name: str, numpy: str, sympy: str, mpmath: str, latex: str, *, analytic: bool = True) -> Operator:
    return Operator(name=name, arity=1, numpy=numpy, sympy=sympy, mpmath=mpmath, latex=latex, analytic=analytic)


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
        precedence=40, right=True,
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
    _function("abs", "abs", "Abs", "fabs", r"\left|{0}\right|", analytic=False),
    _function("sign", "sign", "sign", "sign", r"\operatorname{{sign}}\left({0}\right)", analytic=False),
    Operator(
        name="min", arity=2, numpy="minimum", sympy="Min", mpmath="min", latex=r"\min\left({0}, {1}\right)",
        analytic=False,
    ),
    Operator(
        name="max", arity=2, numpy="maximum", sympy="Max", mpmath="max", latex=r"\max\left({0}, {1}\right)",
        analytic=False,
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
    "ln": "log",
    "Abs": "abs",
    "Min": "min",
    "Max": "max",
}
