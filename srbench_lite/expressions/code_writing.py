"""`to_python`, `to_numpy`, `to_c`: a formula as the source of a function, with every variable as an argument.

Numbers are written with all their digits and as floating-point numbers. What is nested deeply is computed in steps,
since compilers allow a few hundred parentheses. Where an argument's name is a keyword or a function of the language, an
underscore is put behind it, and the source says so.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS

__all__ = ["to_c", "to_numpy", "to_python"]

#: What is nested deeper than this becomes a step of its own.
_MAX_NESTING: Final = 30
_INFIX: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_ATOM: Final = 100
_SIGN_STRENGTH: Final = OPERATORS["neg"].precedence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    """How a language writes formulas.

    Attributes:
        name: of the language.
        functions: for each operator that is no sign, how a call begins: "math.sin".
        constants: pi and e.
        taken: names that an argument cannot have.
        helpers: source of functions that a call may need, by operator.
        comment: what a comment begins with.
        head: writes the beginning of a function, given its name and arguments.
        step: assigns a value to a name.
        result: returns a value.
        tail: the end of a function.
        imports: what the source needs, always ("") and where an operator occurs.
    """

    name: str
    functions: dict[str, str]
    constants: dict[str, str]
    taken: frozenset[str]
    helpers: dict[str, str]
    comment: str
    head: Callable[[str, Sequence[str]], str]
    step: str
    result: str
    tail: str
    imports: dict[str, str]


_PYTHON: Final = _Language(
    name="Python",
    functions={
        **{name: f"math.{op.c}" for name, op in OPERATORS.items() if op.c},
        "abs": "abs", "gamma": "math.gamma", "sign": "_sign", "min": "min", "max": "max", "ifelse": "",
    },
    constants={"pi": "math.pi", "e": "math.e"},
    taken=frozenset({*keyword.kwlist, *keyword.softkwlist, "math", "abs", "min", "max", "_sign"}),
    helpers={"sign": "def _sign(a):\n    return a if a != a else float((a > 0) - (a < 0))\n"},
    comment="#",
    head=lambda name, arguments: f"def {name}({', '.join(arguments)}):",
    step="    {name} = {value}",
    result="    return {value}",
    tail="",
    imports={"": "import math"},
)  # fmt: skip

_NUMPY: Final = _Language(
    name="NumPy",
    functions={
        **{name: f"np.{op.numpy}" for name, op in OPERATORS.items() if "." not in op.numpy},
        "erf": "special.erf", "gamma": "special.gamma", "digamma": "special.digamma", "ifelse": "_chosen",
    },
    constants={"pi": "np.pi", "e": "np.e"},
    taken=frozenset({*keyword.kwlist, *keyword.softkwlist, "np", "special", "_chosen"}),
    helpers={
        "ifelse": "def _chosen(condition, above, otherwise):\n"
        "    return np.where(np.isnan(condition), np.nan, np.where(condition > 0, above, otherwise))\n"
    },
    comment="#",
    head=lambda name, arguments: f"def {name}({', '.join(arguments)}):",
    step="    {name} = {value}",
    result="    return {value}",
    tail="",
    imports={"": "import numpy as np", **dict.fromkeys(("erf", "gamma", "digamma"), "from scipy import special")},
)  # fmt: skip

_C_KEYWORDS: Final = frozenset(
    """
    auto break case char const continue default do double else enum extern float for goto if inline int long main
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool
    true false complex asm typeof alignas alignof constexpr nullptr NAN INFINITY HUGE_VAL I errno isnan isinf
    acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 log log10 log1p log2 pow sqrt cbrt
    hypot erf erfc tgamma lgamma gamma ceil floor nearbyint rint round trunc fmod remainder fabs abs fma fdim fmax fmin
    j0 j1 jn y0 y1 yn drem significand scalb logb ilogb ldexp frexp modf nan signbit copysign sign_of smaller_of
    larger_of chosen linux unix
    """.split()  # noqa: SIM905 - eighty short names are read as words, not as strings
)

_C: Final = _Language(
    name="C",
    functions={name: op.c for name, op in OPERATORS.items() if op.c},
    constants={"pi": "3.141592653589793", "e": "2.718281828459045"},
    taken=_C_KEYWORDS,
    helpers={
        "sign": "static double sign_of(double a) { return a > 0 ? 1.0 : a < 0 ? -1.0 : a; }\n",
        "min": "static double smaller_of(double a, double b) { return a <= b || isnan(a) ? a : b; }\n",
        "ifelse": "static double chosen(double c, double a, double b) { return isnan(c) ? c : c > 0 ? a : b; }\n",
        "max": "static double larger_of(double a, double b) { return a >= b || isnan(a) ? a : b; }\n",
    },
    comment="//",
    head=lambda name, arguments: (
        f"double {name}({', '.join(f'double {argument}' for argument in arguments) or 'void'})\n{{"
    ),
    step="    const double {name} = {value};",
    result="    return {value};",
    tail="}",
    imports={"": "#include <math.h>"},
)


def to_python(expression: Expression, name: str = "f", *, arguments: Iterable[str] | None = None) -> str:
    """Return the source of a Python function of numbers; see `Expression.to_python`."""
    return _written(expression, name, arguments, _PYTHON)


def to_numpy(expression: Expression, name: str = "f", *, arguments: Iterable[str] | None = None) -> str:
    """Return the source of a Python function of arrays; see `Expression.to_numpy`."""
    return _written(expression, name, arguments, _NUMPY)


def to_c(expression: Expression, name: str = "f", *, arguments: Iterable[str] | None = None) -> str:
    """Return the source of a C function; see `Expression.to_c`."""
    return _written(expression, name, arguments, _C)


def _written(expression: Expression, name: str, arguments: Iterable[str] | None, language: _Language) -> str:
    order = list(expression.variables if arguments is None else arguments)
    missing = [variable for variable in expression.variables if variable not in order]
    if missing or len(set(order)) < len(order):
        problem = f"{', '.join(missing)} missing" if missing else "one is there twice"
        raise ExpressionError(f"the arguments must be the formula's variables, each once: {problem}")
    if not (isinstance(name, str) and name.isidentifier() and name.isascii()) or name in language.taken:
        raise ExpressionError(f"{name!r:.60} cannot be the name of a function in {language.name}")
    used = {node.op for node in expression.postorder() if node.args}
    unknown = sorted(op for op in used if op not in language.functions and op not in _INFIX and op != "neg")
    if unknown:
        raise ExpressionError(f"{language.name} has no function for {', '.join(unknown)}")
    names = _names([name], order, language)
    lines = [f"{language.comment} {names[one]}: {one}" for one in order if names[one] != one]
    steps = _Steps(language, {name, *names.values()})
    value = steps.value(expression, names)
    imports = dict.fromkeys(source for op, source in language.imports.items() if op == "" or op in used)
    helpers = [source for op, source in language.helpers.items() if op in used]
    head = language.head(name, [names[one] for one in order])
    function = [*lines, head, *steps.lines, language.result.format(value=value), language.tail]
    parts = ["\n".join(imports), *helpers, "\n".join(function)]
    blank = "\n\n\n" if language.comment == "#" else "\n\n"
    return blank.join(part.rstrip("\n") for part in parts) + "\n"


def _names(taken: Iterable[str], variables: Iterable[str], language: _Language) -> dict[str, str]:
    """Return the argument for each variable: itself, or with underscores where that is taken."""
    variables = list(variables)
    used = {*taken, *language.taken}
    names: dict[str, str] = {}
    for variable in variables:
        name = variable
        while name in used or (name != variable and name in variables):
            name += "_"
        names[variable] = name
        used.add(name)
    return names


class _Steps:
    """Writes a formula as text, and what is nested too deeply as assignments before it."""

    def __init__(self, language: _Language, used: set[str]) -> None:
        self.language = language
        self.used = used
        self.lines: list[str] = []

    def value(self, expression: Expression, names: dict[str, str]) -> str:
        """Return the text of the value, after all its steps."""

        def leaf(node: Expression) -> tuple[str, int, int]:
            if node.value is not None:
                return repr(node.value), _ATOM if node.value >= 0 else _SIGN_STRENGTH, 0
            if node.name is not None:
                return names[node.name], _ATOM, 0
            return self.language.constants[node.op], _ATOM, 0

        def inner(node: Expression, args: list[tuple[str, int, int]]) -> tuple[str, int, int]:
            if node.op in ("div", "pow") and node.op in self.language.functions and not node.variables:
                text, strength = self.called(node.op, [text for text, _, _ in args])  # 0/0 of Python's numbers raises
            else:
                text, strength = self.applied(node.op, args)
            nesting = 1 + max(nested for _, _, nested in args)
            if nesting <= _MAX_NESTING:
                return text, strength, nesting
            return self.step(text), _ATOM, 0

        return expression.fold(leaf, inner)[0]

    def step(self, value: str) -> str:
        """Assign a value to a new name."""
        number = len(self.lines) + 1
        while f"t{number}" in self.used:
            number += 1
        name = f"t{number}"
        self.used.add(name)
        self.lines.append(self.language.step.format(name=name, value=value))
        return name

    def applied(self, op: str, args: list[tuple[str, int, int]]) -> tuple[str, int]:
        texts = [text for text, _, _ in args]
        if op == "neg":
            return f"-{_bracketed(texts[0], args[0][1] <= _SIGN_STRENGTH)}", _SIGN_STRENGTH
        sign = _INFIX.get(op)
        if sign is None:
            return self.called(op, texts)
        precedence = OPERATORS[op].precedence
        left = _bracketed(texts[0], args[0][1] < precedence)
        right = _bracketed(texts[1], args[1][1] <= (_SIGN_STRENGTH if texts[1].startswith("-") else precedence))
        return f"{left} {sign} {right}", precedence

    def called(self, op: str, texts: list[str]) -> tuple[str, int]:
        function = self.language.functions[op]
        if function:
            return f"{function}({', '.join(texts)})", _ATOM
        condition, above, otherwise = texts
        return f"({above} if {condition} > 0 else {otherwise})", _ATOM


def _bracketed(text: str, needed: bool) -> str:
    return f"({text})" if needed else text
