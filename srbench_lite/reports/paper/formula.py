"""A formula of a table: numbers rounded, signs as people write them; of a large one only its size."""

from __future__ import annotations

from typing import Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.reports.latex import escape, printable_math

__all__ = ["DIGITS", "typeset"]

DIGITS: Final = 4
_MAX_NODES: Final = 30  # of a formula that is typeset
_MAX_LATEX_CHARACTERS: Final = 220  # of its LaTeX
_MAX_TEXT: Final = 60  # characters of a text that is no formula


def typeset(text: str | None) -> str:
    """Return a formula as LaTeX for running text."""
    if text is None:
        return "not known"
    try:
        formula = Expression.parse(text)
    except ExpressionError:
        return rf"\texttt{{{escape(cut(text, _MAX_TEXT))}}}"
    rounded = formula.with_constants([float(f"{c:.{DIGITS}g}") for c in formula.constants])
    latex = printable_math(_plainly_signed(rounded).to_latex())
    latex = latex.replace(r"\left(", r"\bigl(").replace(r"\right)", r"\bigr)")
    if formula.complexity > _MAX_NODES or len(latex) > _MAX_LATEX_CHARACTERS:
        return f"a formula of {formula.complexity} nodes"
    return rf"$\displaystyle {latex}$"


def cut(text: str, most: int) -> str:
    """Return a text, cut to so many characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _plainly_signed(formula: Expression) -> Expression:
    """Return a formula with numbers before what they multiply, and `a - 0.3*b` for `a + (-0.3)*b`."""

    def inner(node: Expression, args: list[Expression]) -> Expression:
        if node.op in ("add", "sub") and (positive := _without_sign(args[1])) is not None:
            return Expression("sub" if node.op == "add" else "add", args=[args[0], positive])
        if node.op == "mul" and args[1].is_constant and not args[0].is_constant:
            args = args[::-1]
        return Expression(node.op, args=args)

    return formula.fold(lambda leaf: leaf, inner)


def _without_sign(term: Expression) -> Expression | None:
    """Return the term without the minus that it begins with; None where it begins with none."""
    if term.is_constant:
        (value,) = term.constants
        return Expression.constant(-value) if value < 0 else None
    if term.op == "neg":
        return term.args[0]
    if term.op in ("mul", "div") and (first := _without_sign(term.args[0])) is not None:
        return Expression(term.op, args=[first, term.args[1]])
    return None
