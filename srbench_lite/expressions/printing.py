"""`Expression` to text, LaTeX and SymPy, and back from SymPy."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import MAX_NODES, Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, OPERATORS

__all__ = ["from_sympy", "number_text", "to_latex", "to_sympy", "to_text"]

#: Powers of numbers with more bits than this are not handed to SymPy, which would write out every digit.
_MAX_BITS: Final = 1_000_000
#: Numerators and denominators below this have a float.
_MAX_WHOLE: Final = 10**300


def number_text(value: float) -> str:
    """Return the shortest text that reads back as the same float; whole numbers without a point."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return repr(value)


def to_text(expression: Expression) -> str:
    """Return text that `Expression.parse` reads back as the same tree, given the same variables.

    A tree that holds both a variable called e (or pi) and the number of that name has no text of its own.
    """

    def leaf(node: Expression) -> tuple[str, int]:
        if node.value is not None:  # a negative number binds like a sign
            return number_text(node.value), 100 if node.value >= 0 else OPERATORS["neg"].precedence
        return node.name or node.op, 100

    def inner(node: Expression, args: list[tuple[str, int]]) -> tuple[str, int]:
        op = OPERATORS[node.op]
        if not op.symbol:
            return f"{op.name}({', '.join(text for text, _ in args)})", 100
        if op.arity == 1:
            text, strength = args[0]
            bracket = strength < op.precedence or node.args[0].is_constant
            return op.symbol + (f"({text})" if bracket else text), op.precedence
        (left, left_strength), (right, right_strength) = args
        if left_strength < op.precedence or (left_strength == op.precedence and op.right):
            left = f"({left})"
        if right_strength < op.precedence or (right_strength == op.precedence and not op.right) or right[0] == "-":
            right = f"({right})"
        space = " " if op.precedence <= 10 else ""
        return f"{left}{space}{op.symbol}{space}{right}", op.precedence

    return expression.fold(leaf, inner)[0]


def to_latex(expression: Expression) -> str:
    """Return LaTeX, for mathematical mode."""

    def number(value: float) -> str:
        text = number_text(value)
        mantissa, _, exponent = text.partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else text

    def variable(name: str) -> str:
        match = re.fullmatch(r"([A-Za-z_]*[A-Za-z])_?([0-9]+)", name)
        head, index = (match[1], match[2]) if match else (name, "")
        greek = {"alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "kappa", "lambda", "mu", "nu", "rho"}
        greek |= {"sigma", "tau", "phi", "chi", "psi", "omega"}
        escaped = head.replace("_", r"\_")
        shown = rf"\{head}" if head in greek else head if len(escaped) == 1 else rf"\mathrm{{{escaped}}}"
        return shown + (f"_{{{index}}}" if index else "")

    def leaf(node: Expression) -> tuple[str, int]:
        if node.value is not None:
            return number(node.value), 100 if node.value >= 0 and "e" not in repr(node.value) else 20
        if node.name is not None:
            return variable(node.name), 100
        return NAMED_CONSTANTS[node.op][1], 100

    def inner(node: Expression, args: list[tuple[str, int]]) -> tuple[str, int]:
        op = OPERATORS[node.op]
        texts = [text for text, _ in args]
        if op.name == "div":
            return op.latex.format(*texts), 100
        if op.symbol:
            strengths = [strength for _, strength in args]
            weak_left = (
                strengths[0] < op.precedence
                or (op.name == "pow" and (strengths[0] < 100 or node.args[0].op in ("div", "exp")))
                or (op.name == "neg" and texts[0].startswith("-"))
            )
            weak_right = op.arity == 2 and op.name != "pow" and (
                strengths[1] < op.precedence or (op.name == "sub" and strengths[1] == op.precedence)
                or texts[1].startswith("-")
            )  # fmt: skip
            for index, weak in enumerate((weak_left, weak_right)[: op.arity]):
                if weak:
                    texts[index] = rf"\left({texts[index]}\right)"
            if op.name == "pow" and node.args[0].is_operator and not weak_left:
                texts[0] = f"{{{texts[0]}}}"
            digits_meet = texts[0][-1].isdigit() and texts[-1].startswith(r"\frac")
            if op.name == "mul" and (texts[1][0].isdigit() or digits_meet):  # 2 3 is not 23, 2 1/2 is not 2.5
                return rf"{texts[0]} \cdot {texts[1]}", op.precedence
        return op.latex.format(*texts), op.precedence

    return expression.fold(leaf, inner)[0]


def to_sympy(expression: Expression, *, positive: Iterable[str] = ()) -> Any:
    """Return a SymPy expression. Constants become exact rationals of their shortest decimal text."""
    import sympy

    above_zero = frozenset(positive)

    def leaf(node: Expression) -> Any:
        if node.value is not None:
            return sympy.Rational(number_text(node.value))
        if node.name is not None:
            return sympy.Symbol(node.name, real=True, positive=True if node.name in above_zero else None)
        return {"pi": sympy.pi, "e": sympy.E}[node.op]

    def inner(node: Expression, args: list[Any]) -> Any:
        match node.op:
            case "sub":
                return args[0] - args[1]
            case "div":
                return args[0] / args[1]
            case "neg":
                return -args[0]
            case "cbrt":  # not SymPy's own, which is complex below zero
                return sympy.sign(args[0]) * sympy.Abs(args[0]) ** sympy.Rational(1, 3)
            case "ifelse":
                return sympy.Piecewise((args[1], args[0] > 0), (args[2], True))
            case "pow" if args[0].is_Rational and args[1].is_Rational and _bits(args[0]) * abs(args[1]) > _MAX_BITS:
                raise ExpressionError("a power of numbers in this formula has too many digits for SymPy")
            case _:
                return getattr(sympy, OPERATORS[node.op].sympy)(*args)

    try:
        return expression.fold(leaf, inner)
    except RecursionError:
        raise ExpressionError(f"a formula {expression.depth:,} nodes deep is too deep for SymPy") from None


def _bits(number: Any) -> int:
    """Bits of the larger of numerator and denominator; 0 for the numbers -1, 0 and 1, whose powers stay small."""
    largest = max(abs(int(number.p)), int(number.q))
    return 0 if largest == 1 else largest.bit_length()


def from_sympy(expr: Any) -> Expression:
    """Convert a SymPy expression, writing differences, quotients and square roots as people do."""
    import sympy

    functions = {op.sympy: op.name for op in OPERATORS.values() if not op.symbol}

    def product(factors: list[Expression]) -> Expression:
        result = factors[0]
        for factor in factors[1:]:
            result = result * factor
        return result

    def chosen(branches: list[tuple[Any, Any]], budget: list[int]) -> Expression:
        (value, condition), *others = branches
        if condition is sympy.true:
            return convert(value, budget)
        if not others or not isinstance(condition, sympy.StrictGreaterThan | sympy.GreaterThan
                                        | sympy.StrictLessThan | sympy.LessThan):  # fmt: skip
            raise ExpressionError(
                "no operator for SymPy's Piecewise, but where an inequality chooses, and all is chosen"
            )
        above, below = convert(value, budget), chosen(others, budget)
        if isinstance(condition, sympy.StrictGreaterThan | sympy.StrictLessThan):
            return Expression.call("ifelse", convert(condition.gts - condition.lts, budget), above, below)
        return Expression.call("ifelse", convert(condition.lts - condition.gts, budget), below, above)

    def convert(node: Any, budget: list[int]) -> Expression:
        budget[0] -= 1
        if budget[0] < 0:
            raise ExpressionError(f"a formula may have at most {MAX_NODES:,} nodes")
        if node.is_Symbol:
            return Expression.variable(node.name)
        if node is sympy.pi:
            return Expression.named("pi")
        if node is sympy.E:
            return Expression.named("e")
        if node.is_Rational:
            value = float(node)
            if not math.isfinite(value) or max(abs(node.p), node.q) >= _MAX_WHOLE:
                return Expression.constant(value)
            exact = sympy.Rational(number_text(value)) == node
            if exact or node.is_Integer:
                return Expression.constant(value)
            return Expression.constant(float(node.p)) / Expression.constant(float(node.q))
        if node.is_Float:
            return Expression.constant(float(node))
        if node.is_Add:
            terms = sorted(node.args, key=lambda term: term.could_extract_minus_sign())
            result = convert(terms[0], budget)
            for term in terms[1:]:
                minus = term.could_extract_minus_sign()
                other = convert(-term if minus else term, budget)
                result = result - other if minus else result + other
            return result
        if node.is_Mul:
            if node.could_extract_minus_sign() and not node.args[0].is_Add:
                positive = -node
                if not (positive.is_Mul and positive.could_extract_minus_sign()):
                    inner = convert(positive, budget)
                    return Expression.constant(-inner.value) if inner.value is not None else -inner
            above: list[Expression] = []
            below: list[Expression] = []
            for factor in node.args:
                base, exponent = factor.as_base_exp()
                if factor.is_Rational and not factor.is_Integer and factor.p in (1, -1) and factor.q < _MAX_WHOLE:
                    above += [Expression.constant(float(factor.p))] if factor.p == -1 else []
                    below.append(Expression.constant(float(factor.q)))
                elif exponent.is_Rational and exponent < 0 and not factor.is_Rational:
                    below.append(convert(base**-exponent, budget))
                else:
                    above.append(convert(factor, budget))
            top = product(above) if above else Expression.constant(1.0)
            return top / product(below) if below else top
        if node.is_Pow or isinstance(node, sympy.exp):
            base, exponent = node.as_base_exp()
            if base is sympy.E:
                return Expression.call("exp", convert(exponent, budget))
            if exponent == sympy.Rational(1, 2):
                return Expression.call("sqrt", convert(base, budget))
            if exponent.is_Rational and exponent < 0:
                return Expression.constant(1.0) / convert(base**-exponent, budget)
            return convert(base, budget) ** convert(exponent, budget)
        if isinstance(node, sympy.Piecewise):
            return chosen([(branch, condition) for branch, condition in node.args], budget)
        if isinstance(node, sympy.polygamma) and node.args[0] == 0:
            return Expression.call("digamma", convert(node.args[1], budget))
        if isinstance(node, sympy.factorial):
            return Expression.call("gamma", convert(node.args[0] + 1, budget))
        name = functions.get(type(node).__name__)
        if name is None:
            raise ExpressionError(f"no operator for SymPy's {type(node).__name__}")
        args = [convert(arg, budget) for arg in node.args]
        if OPERATORS[name].arity == 2:  # Min and Max take any number
            result = args[0]
            for arg in args[1:]:
                result = Expression.call(name, result, arg)
            return result
        return Expression.call(name, *args)

    if isinstance(expr, int | float):
        expr = sympy.Integer(expr) if isinstance(expr, int) else sympy.Float(expr)
    if not isinstance(expr, sympy.Basic):
        raise ExpressionError(f"a SymPy expression is needed, got {type(expr).__name__}")
    try:
        return convert(expr, [MAX_NODES])
    except RecursionError:
        raise ExpressionError("this SymPy expression is too deep to convert") from None
