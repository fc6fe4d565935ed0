"""`Expression` to presentation MathML, which browsers typeset without a library."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.expressions.printing import number_text

__all__ = ["to_mathml"]

_GREEK: Final = dict(
    zip(
        ("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu", "rho", "sigma",
         "tau", "phi", "chi", "psi", "omega"),
        "αβγδεηθκλμνρστφχψω",
        strict=True,
    )
)  # fmt: skip
_NAMED: Final = {"pi": "<mi>π</mi>", "e": "<mi>e</mi>"}
_FUNCTIONS: Final = {
    "log": "ln", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "acosh": "arcosh",
    "atanh": "artanh", "gamma": "Γ", "digamma": "ψ",
}  # fmt: skip
_SIGNS: Final = {"add": "+", "sub": "−", "mul": "·"}
#: Larger or deeper formulas are set as text: nobody reads them, and boxes in boxes are slow.
_MAX_NODES: Final = 200
_MAX_DEPTH: Final = 40
_ATOM_PRECEDENCE: Final = 100


def to_mathml(expression: Expression, *, digits: int = 6) -> str:
    """Return a `math` element; a formula of more than 200 nodes as its text in one.

    Args:
        expression: the formula.
        digits: of the numbers that are shown.
    """
    if expression.complexity > _MAX_NODES or expression.depth > _MAX_DEPTH:
        return f"<math><mtext>{escape(str(expression))}</mtext></math>"
    return f'<math displaystyle="true">{expression.fold(lambda node: _leaf(node, digits), _inner)[0]}</math>'


def _leaf(node: Expression, digits: int) -> tuple[str, int]:
    if node.value is not None:
        return _number(node.value, digits)
    if node.name is not None:
        return _variable(node.name), _ATOM_PRECEDENCE
    return _NAMED[node.op], _ATOM_PRECEDENCE


def _number(value: float, digits: int) -> tuple[str, int]:
    mantissa, _, exponent = number_text(float(f"{value:.{digits}g}")).partition("e")
    sign = "<mo>−</mo>" if mantissa.startswith("-") else ""
    shown = f"{sign}<mn>{mantissa.lstrip('-')}</mn>"
    if exponent:
        power = f"<msup><mn>10</mn><mrow>{_whole(int(exponent))}</mrow></msup>"
        return f"{shown}<mo>·</mo>{power}", OPERATORS["neg"].precedence if sign else OPERATORS["mul"].precedence
    return shown, OPERATORS["neg"].precedence if sign else _ATOM_PRECEDENCE


def _whole(value: int) -> str:
    return f"<mo>−</mo><mn>{-value}</mn>" if value < 0 else f"<mn>{value}</mn>"


def _variable(name: str) -> str:
    match = re.fullmatch(r"([A-Za-z_]*[A-Za-z])_?([0-9]+)", name)
    head, index = (match[1], match[2]) if match else (name, "")
    shown = f"<mi>{_GREEK.get(head, escape(head))}</mi>"
    return f"<msub>{shown}<mn>{index}</mn></msub>" if index else shown


def _inner(node: Expression, args: list[tuple[str, int]]) -> tuple[str, int]:
    op = OPERATORS[node.op]
    texts = [text for text, _ in args]
    if op.name == "div":
        return f"<mfrac><mrow>{texts[0]}</mrow><mrow>{texts[1]}</mrow></mfrac>", _ATOM_PRECEDENCE
    if op.name == "sqrt":
        return f"<msqrt>{texts[0]}</msqrt>", _ATOM_PRECEDENCE
    if op.name == "abs":
        return f"<mrow><mo>|</mo>{texts[0]}<mo>|</mo></mrow>", _ATOM_PRECEDENCE
    if op.name == "exp":
        return f"<msup><mi>e</mi><mrow>{texts[0]}</mrow></msup>", OPERATORS["pow"].precedence
    if op.name == "pow":
        base = (
            texts[0]
            if args[0][1] == _ATOM_PRECEDENCE and node.args[0].op not in ("div", "abs")
            else _bracketed(texts[0])
        )
        return f"<msup><mrow>{base}</mrow><mrow>{texts[1]}</mrow></msup>", op.precedence
    if op.name == "neg":
        weak = args[0][1] < op.precedence or texts[0].startswith("<mo>−")
        return f"<mo>−</mo>{_bracketed(texts[0]) if weak else texts[0]}", op.precedence
    if op.name in _SIGNS:
        left = _bracketed(texts[0]) if args[0][1] < op.precedence else texts[0]
        weak = args[1][1] < op.precedence or (op.name == "sub" and args[1][1] == op.precedence)
        right = _bracketed(texts[1]) if weak or texts[1].startswith("<mo>−") else texts[1]
        return f"{left}<mo>{_SIGNS[op.name]}</mo>{right}", op.precedence
    inside = "<mo>,</mo>".join(texts)
    return f"<mi>{_FUNCTIONS.get(op.name, op.name)}</mi><mo>&#8289;</mo>{_bracketed(inside)}", _ATOM_PRECEDENCE


def _bracketed(text: str) -> str:
    return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"
