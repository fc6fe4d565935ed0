"""Texts of formulas for fuzzing: by the grammars of infix notation and LaTeX, and nearly so."""

from __future__ import annotations

import random
from typing import Final

from fuzz_mutation import EXTREME_NUMBERS, mutated_text, rare

from srbench_lite.expressions.dialects import DIALECTS, MODULES
from srbench_lite.expressions.operators import OPERATORS

__all__ = ["DIALECT_NAMES", "WORDS", "formula_text"]

DIALECT_NAMES: Final = (None, *DIALECTS)
_FUNCTIONS: Final = tuple(
    sorted({name for name, op in OPERATORS.items() if not op.symbol})
    + sorted({name for dialect in DIALECTS.values() for name in dialect.functions})
    + sorted(f"{module}.{name}" for module, known in MODULES.items() for name in list(known.functions)[:40])
    + ["Sin", "SIN", "foo", "gamma", "Piecewise", "Max", "Subtract", "factorial", "f"]
)
_NAMES: Final = (
    "x",
    "y",
    "x",
    "y",
    "z",
    "x0",
    "x1",
    "x_1",
    "X0",
    "X1",
    "X[0]",
    "x[1]",
    "x[:, 0]",
    "x [ 2 ]",
    "X[...,0]",
    "v1",
    "pi",
    "e",
    "E",
    "π",
    "α",
    "lambda",
    "theta",
    "`a b`",
    '"quoted"',
    "x₁",
    "_",
    "I",
    "nan",
    "inf",
    "oo",
    "True",
    "np.pi",
    "Math.PI",
    "x" * 40,
)
_SIGNS: Final = (
    "+",
    "-",
    "*",
    "/",
    "**",
    "^",
    "×",
    "·",
    "÷",
    "−",
    "–",
    ".*",
    "./",
    ".^",
    "<",
    ">",
    "<=",
    ">=",
    "==",
    "=",
    "!=",
    "≤",
    "//",
    "%",
    "&",
    "|",
    "²",
    "³",
    ",",
    ";",
)
_LATEX: Final = (
    "\\frac",
    "\\cdot",
    "\\times",
    "\\left(",
    "\\right)",
    "\\sqrt",
    "\\sin",
    "\\cos",
    "\\exp",
    "\\ln",
    "\\log",
    "\\pi",
    "\\alpha",
    "x_{1}",
    "x_1",
    "^{2}",
    "^2",
    "{",
    "}",
    "\\left|",
    "\\right|",
    "|",
    "\\operatorname{tanh}",
    "\\mathrm{x}",
    "\\begin{cases}",
    "\\end{cases}",
    "\\\\",
    "&",
    "\\,",
    "\\quad",
    "$",
    "\\dfrac",
    "\\tan^{-1}",
    "\\Gamma",
    "\\text{if }",
    "\\max",
    "\\lfloor",
    "\\ge",
    "\\cdots",
    "\\mathit{long}",
    "\\x",
    "e^{x}",
    "\\arcsin",
)
WORDS: Final = (*_SIGNS, *_NAMES, *_FUNCTIONS, *_LATEX, "(", ")", "(", ")", "[", "]", " ", "\n", "1", "2.5", "1e5")


def formula_text(rng: random.Random) -> str:
    """Return a text: one in two as the grammar has it, the others after accidents."""
    latex = rare(rng, 3)
    size = rng.choice((1, 2, 3, 4, 6, 10)) if not rare(rng, 200) else rng.choice((60, 300))
    text = (_latex if latex else _infix)(rng, size)
    if rare(rng, 2):
        return text
    if rare(rng, 4):
        return "".join(rng.choice(WORDS) for _ in range(rng.randint(1, 15)))
    return mutated_text(rng, text, WORDS, (_infix(rng, 3), _latex(rng, 3)))


def _number(rng: random.Random) -> str:
    kind = rng.randrange(12)
    if kind == 0:
        return rng.choice(EXTREME_NUMBERS)
    if kind == 1:
        return f"{rng.uniform(-1, 1):.17g}e{rng.randint(-330, 330)}"
    if kind == 2:
        return f"{rng.randint(0, 99)}{rng.choice('dD')}{rng.randint(0, 9)}"
    return str(rng.randint(0, 99)) if kind < 8 else f"{rng.uniform(0, 10):.3f}"


def _infix(rng: random.Random, size: int) -> str:
    """Return infix text with about so many leaves."""
    if size <= 1:
        leaf = _number(rng) if rare(rng, 3) else rng.choice(_NAMES)
        return f"-{leaf}" if rare(rng, 8) else leaf
    kind = rng.randrange(10)
    if kind < 5:
        left = rng.randint(1, size - 1)
        sign = rng.choice(_SIGNS[:6]) if rng.randrange(8) else rng.choice(_SIGNS[:18])
        space = rng.choice(("", " "))
        return f"{_infix(rng, left)}{space}{sign}{space}{_infix(rng, size - left)}"
    if kind < 7:
        return f"({_infix(rng, size)})" if rare(rng, 3) else f"({_infix(rng, size - 1)})"
    if kind == 7 and rare(rng, 4):
        left = rng.randint(1, size - 1)
        return f"Piecewise(({_infix(rng, left)}, x > {_number(rng)}), ({_infix(rng, size - left)}, True))"
    name = rng.choice(_FUNCTIONS)
    known = OPERATORS.get(name)
    arity = known.arity if known is not None else rng.choice((1, 1, 1, 2, 3))
    open_, close = "[]" if rare(rng, 12) else "()"
    return f"{name}{open_}{', '.join(_infix(rng, max(1, (size - 1) // arity)) for _ in range(arity))}{close}"


def _latex(rng: random.Random, size: int) -> str:
    """Return LaTeX with about so many leaves."""
    if size <= 1:
        return rng.choice(
            ("x", "y", "x_{1}", "x_1", "\\alpha", "\\pi", "e", "2", "3.5", _number(rng), "\\mathrm{mass}")
        )
    left = rng.randint(1, size - 1)
    a, b = _latex(rng, left), _latex(rng, size - left)
    kind = rng.randrange(9)
    if kind == 0:
        return f"\\frac{{{a}}}{{{b}}}"
    if kind == 1:
        return f"{a}^{{{b}}}"
    if kind == 2:
        return f"\\left({a} {rng.choice('+-')} {b}\\right)"
    if kind == 3:
        name = rng.choice(("sin", "cos", "tan", "exp", "ln", "log", "tanh", "sinh", "arctan", "max", "min"))
        return f"\\{name}{rng.choice(('', ' ', '^{2}'))}\\left({a}\\right) {b}"
    if kind == 4:
        return f"\\sqrt{rng.choice(('', '[3]', '[x]'))}{{{a}}} \\cdot {b}"
    if kind == 5:
        return f"\\begin{{cases}} {a} & \\text{{for}}\\: x > 0 \\\\ {b} & \\text{{otherwise}} \\end{{cases}}"
    if kind == 6:
        return f"\\left|{a}\\right| {b}"
    sign = rng.choice(("+", "-", "\\cdot", "\\times", "", "/"))
    return f"{a} {sign} {b}"
