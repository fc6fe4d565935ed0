"""Text to `Expression`: a shunting-yard parser (Dijkstra, 1961) with bounds, and nothing else that reads formulas.

Grammar: numbers, names, `+ - * /`, `**` or `^` (right-associative, binding stronger than a sign on its left),
parentheses, functions of the operator table with comma-separated arguments. No implicit multiplication. The parser
keeps its own stacks, so nesting is limited by `MAX_DEPTH` and never by the interpreter's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from srbench_lite.errors import ExpressionError, suggest
from srbench_lite.expressions.expression import MAX_DEPTH, MAX_NODES, Expression
from srbench_lite.expressions.operators import ALIASES, NAMED_CONSTANTS, OPERATORS

__all__ = ["MAX_LENGTH", "parse"]

#: Longest text that is read, in characters: the text of every tree of `MAX_NODES` nodes is shorter (5,000 names of
#: `MAX_NAME` characters, 7 characters for each operator between them).
MAX_LENGTH: Final = 600_000

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<symbol>\*\*|[-+*/^(),]))"
)
_CALL: Final = re.compile(r"\s*\(")
_SPACE: Final = re.compile(r"\s*")
_BINARY: Final = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow", "^": "pow"}


class _Pending(NamedTuple):
    """An operator, a function or an open parenthesis that waits for its arguments."""

    kind: str  # "binary", "sign", "function" or "("
    op: str
    position: int
    operands: int  # how many operands lay on the stack when it came


def parse(text: str, *, variables: Iterable[str] | None = None) -> Expression:
    """Read a formula; see `Expression.parse`."""
    if not isinstance(text, str):
        raise ExpressionError(f"a formula must be text, got {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a formula may have at most {MAX_LENGTH:,} characters, got {len(text):,}")
    return _Parser(text, None if variables is None else frozenset(variables)).run()


def _shortened(token: str) -> str:
    return token if len(token) <= 40 else f"{token[:37]}..."


class _Parser:
    def __init__(self, text: str, variables: frozenset[str] | None) -> None:
        self.text = text
        self.variables = variables
        self.operands: list[Expression] = []
        self.pending: list[_Pending] = []
        self.literal: Expression | None = None  # the number read last, while no parenthesis has closed around it

    def run(self) -> Expression:
        text, position, operand_next = self.text, 0, True
        end = len(text.rstrip())
        if end == 0:
            raise ExpressionError("a formula must not be empty")
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                place = _SPACE.match(text, position)
                raise self.fault("unexpected character", place.end() if place else position)
            kind, token = str(match.lastgroup), str(match[str(match.lastgroup)])
            start, position = match.start(kind), match.end()
            if operand_next:
                operand_next = self.operand(kind, token, start, match.end())
            else:
                operand_next = self.operator(kind, token, start)
        if operand_next:
            raise self.fault("the formula ends where a value should follow", end)
        self.reduce(0)
        if self.pending:
            raise self.fault("this parenthesis is never closed", self.pending[-1].position)
        return self.operands[0]

    def fault(self, problem: str, position: int) -> ExpressionError:
        around = self.text[max(0, position - 20) : position + 20].strip()
        return ExpressionError(f"{problem} at character {position + 1}, near {around!r}")

    def operand(self, kind: str, token: str, start: int, end: int) -> bool:
        """Take a token where a value is expected; return whether a value is still expected."""
        if len(self.operands) >= MAX_NODES:
            raise self.fault(f"a formula may have at most {MAX_NODES:,} nodes", start)
        if kind == "number":
            self.operands.append(self.number(token, start))
            return False
        if kind == "name":
            op = ALIASES.get(token, token)
            if _CALL.match(self.text, end) and (op in OPERATORS or token not in (self.variables or ())):
                if op not in OPERATORS:
                    functions = [op.name for op in OPERATORS.values() if not op.symbol]
                    shown = _shortened(token)
                    raise self.fault(f"unknown function {shown!r}.{suggest(shown, functions, listed=99)}", start)
                self.push("function", op, start)
                return True
            self.operands.append(self.name(token, start))
            return False
        if token == "(":
            self.push("(", "", start)
            return True
        if token in ("+", "-"):
            self.push("sign", token, start)
            return True
        raise self.fault(f"{token!r} where a value should stand", start)

    def operator(self, kind: str, token: str, start: int) -> bool:
        """Take a token where an operator is expected; return whether a value is expected next."""
        if kind != "symbol" or token == "(":
            raise self.fault(f"{_shortened(token)!r} where an operator should stand (write * for products)", start)
        if token == ")":
            self.close(start)
            return False
        if token == ",":
            self.reduce(0)
            if len(self.pending) < 2 or self.pending[-2].kind != "function":
                raise self.fault("a comma outside a function's arguments", start)
            return True
        op = OPERATORS[_BINARY[token]]
        self.reduce(op.precedence + (1 if op.right else 0))
        self.push("binary", op.name, start)
        return True

    def number(self, token: str, start: int) -> Expression:
        try:
            self.literal = Expression.constant(float(token))
        except ExpressionError:
            raise self.fault(f"the number {_shortened(token)} is too large", start) from None
        return self.literal

    def name(self, token: str, start: int) -> Expression:
        if self.variables is not None:
            if token in self.variables:
                return Expression.variable(token)
            if token not in NAMED_CONSTANTS:
                shown = _shortened(token)
                raise self.fault(f"unknown variable {shown!r}.{suggest(shown, self.variables)}", start)
        if token in NAMED_CONSTANTS:
            return Expression.named(token)
        return Expression.variable(token)

    def push(self, kind: str, op: str, position: int) -> None:
        if len(self.pending) >= 2 * MAX_DEPTH:
            raise self.fault(f"a formula may be nested at most {MAX_DEPTH:,} deep", position)
        self.pending.append(_Pending(kind, op, position, len(self.operands)))

    def reduce(self, precedence: int) -> None:
        """Apply waiting operators that bind at least as strongly as `precedence`, back to an open parenthesis."""
        while self.pending and self.pending[-1].kind in ("binary", "sign"):
            top = self.pending[-1]
            strength = OPERATORS["neg" if top.kind == "sign" else top.op].precedence
            if strength < precedence:
                return
            self.pending.pop()
            if top.kind == "sign":
                if top.op == "-":
                    value = self.operands.pop()
                    number = value.value if value is self.literal else None
                    self.operands.append(-value if number is None else Expression.constant(-number))
            else:
                right, left = self.operands.pop(), self.operands.pop()
                self.operands.append(Expression(top.op, args=(left, right)))

    def close(self, position: int) -> None:
        self.reduce(0)
        self.literal = None
        if not self.pending:
            raise self.fault("this parenthesis was never opened", position)
        self.pending.pop()
        if self.pending and self.pending[-1].kind == "function":
            function = self.pending.pop()
            args = self.operands[function.operands :]
            del self.operands[function.operands :]
            try:
                self.operands.append(Expression(function.op, args=args))
            except ExpressionError as error:
                raise self.fault(str(error), function.position) from None
