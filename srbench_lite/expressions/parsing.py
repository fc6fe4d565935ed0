"""Text to `Expression`: a shunting-yard parser (Dijkstra, 1961) with bounds, and nothing else that reads formulas.

Grammar: numbers, names, `+ - * /`, `**` or `^` (right-associative, binding stronger than a sign on its left),
comparisons, parentheses, functions with comma-separated arguments. Which functions there are and what they mean is the
dialect's; products without a sign are read where asked for. The parser keeps its own stacks, so nesting is limited by
`MAX_DEPTH` and never by the interpreter's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, NamedTuple

from srbench_lite.errors import ExpressionError, suggest
from srbench_lite.expressions.dialects import MODULES, Dialect, dialect_named
from srbench_lite.expressions.expression import MAX_DEPTH, MAX_NODES, Expression
from srbench_lite.expressions.latex_tokens import latex_tokens
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.expressions.tokens import Token, fault, tokens
from srbench_lite.expressions.variable_names import Names
from srbench_lite.expressions.vocabulary import AMBIGUOUS, NOT_SUPPORTED, WRITTEN_OUT, Definition, is_above, is_at_least

__all__ = ["MAX_LENGTH", "Reading", "parse", "read"]

#: Longest text that is read, in characters: the text of every tree of `MAX_NODES` nodes is shorter (5,000 names of
#: `MAX_NAME` characters, 7 characters for each operator between them).
MAX_LENGTH: Final = 600_000

#: For each sign its operator, and how strongly those before it must bind to be applied first.
_BINARY: Final = {
    sign: (name, OPERATORS[name].precedence + (1 if OPERATORS[name].right else 0))
    for sign, name in {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow", "^": "pow"}.items()
}
_PRECEDENCE: Final = {name: operator.precedence for name, operator in OPERATORS.items()}
_COMPARISONS: Final[dict[str, Callable[[Expression, Expression], Expression]]] = {
    ">": is_above,
    "<": lambda a, b: is_above(b, a),
    ">=": is_at_least,
    "<=": lambda a, b: is_at_least(b, a),
}
#: Binding strength of comparisons: less than that of sums.
_COMPARISON_PRECEDENCE: Final = 5
_SUPERSCRIPTS: Final = {"²": 2.0, "³": 3.0}
_SIGN_PRECEDENCE: Final = OPERATORS["neg"].precedence
_PRODUCT_PRECEDENCE: Final = OPERATORS["mul"].precedence
_CLOSING: Final = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A formula that was read, and how.

    Attributes:
        expression: the formula.
        notes: what was assumed, in words; empty for a formula in our own notation.
        names: the variable that each printed name stands for.
    """

    expression: Expression
    notes: tuple[str, ...]
    names: Mapping[str, str]


class _Pending(NamedTuple):
    """An operator, a function or an open parenthesis that waits for its arguments."""

    kind: str  # "binary", "comparison", "sign", "function" or "("
    op: str
    position: int
    operands: int  # how many operands lay on the stack when it came
    definition: Definition | None = None  # of a function that is written out


def parse(
    text: str, *, variables: Iterable[str] | Mapping[str, str] | None = None, dialect: str | None = None,
    implicit_products: bool = False,
) -> Expression:  # fmt: skip
    """Read a formula; see `Expression.parse`."""
    return _parser(text, variables, (), dialect, implicit_products).run()


def read(
    text: str, *, variables: Iterable[str] | Mapping[str, str] | None = None,
    declared: Iterable[str] | Mapping[str, str] = (), dialect: str | None = None, implicit_products: bool = False,
) -> Reading:  # fmt: skip
    """Read a formula and say what was assumed; see `Expression.read`."""
    parser = _parser(text, variables, declared, dialect, implicit_products)
    expression = parser.run()
    notes = tuple(dict.fromkeys([*parser.notes, *parser.names.notes]))
    return Reading(expression, notes, MappingProxyType(parser.names.printed))


def _parser(
    text: str, variables: Iterable[str] | Mapping[str, str] | None, declared: Iterable[str] | Mapping[str, str],
    dialect: str | None, implicit_products: bool,
) -> _Parser:  # fmt: skip
    if not isinstance(text, str):
        raise ExpressionError(f"a formula must be text, got {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a formula may have at most {MAX_LENGTH:,} characters, got {len(text):,}")
    meaning = dialect_named(dialect)
    return _Parser(text, meaning, Names(variables, declared, meaning), implicit_products or meaning.is_latex)


def _shortened(token: str) -> str:
    return token if len(token) <= 40 else f"{token[:37]}..."


class _Parser:
    def __init__(self, text: str, dialect: Dialect, names: Names, implicit: bool) -> None:
        self.text = text
        self.dialect = dialect
        self.names = names
        self.implicit = implicit
        self.notes: list[str] = []
        self.known: dict[str, Expression] = {}  # the names that have been looked up
        self.cases: dict[str, str] = {}  # the dialect's functions by their names in small letters, once needed
        self.operands: list[Expression] = []
        self.pending: list[_Pending] = []
        self.literal: Expression | None = None  # the number read last, while no parenthesis has closed around it

    def run(self) -> Expression:
        operand_next = True
        end = len(self.text.rstrip())
        if end == 0:
            raise ExpressionError("a formula must not be empty")
        source = (
            latex_tokens(self.text, self.names.is_known) if self.dialect.is_latex else tokens(self.text, self.calls)
        )
        for token in source:
            if token[3]:
                self.notes.append(token[3])
            operand_next = self.operand(token) if operand_next else self.operator(token)
        if operand_next:
            raise self.fault("the formula ends where a value should follow", end)
        self.reduce(0)
        if self.pending:
            raise self.fault("this parenthesis is never closed", self.pending[-1].position)
        return self.operands[0]

    def fault(self, problem: str, position: int, hint: str = "") -> ExpressionError:
        return fault(self.text, problem, position, hint)

    # --- values -----------------------------------------------------------------------------------------------------

    def operand(self, token: Token) -> bool:
        """Take a token where a value is expected; return whether a value is still expected."""
        kind, text, start, _ = token
        if len(self.operands) >= MAX_NODES:
            raise self.fault(f"a formula may have at most {MAX_NODES:,} nodes", start)
        if kind == "number":
            self.operands.append(self.number(text, start))
            return False
        if kind == "name":
            self.operands.append(self.known.get(text) or self.name(text, start))
            return False
        if kind == "call":
            return self.call(text, start)
        if text == "(" or (text == "[" and self.pending and self.pending[-1].kind == "function"):
            self.push("(", text, start)
            return True
        if text in ("+", "-"):
            self.push("sign", text, start)
            return True
        raise self.fault(f"{text!r} where a value should stand", start)

    def number(self, text: str, start: int) -> Expression:
        try:
            self.literal = Expression.constant(float(text))
        except ExpressionError:
            raise self.fault(f"the number {_shortened(text)} is too large", start) from None
        return self.literal

    def name(self, text: str, start: int) -> Expression:
        module, dot, last = ("", "", text) if text[0] in '"`' else text.rpartition(".")
        last = last.lower() if module == "Math" else last
        if text == "True" and self.is_branch(self.pending[:-1]):
            return Expression.constant(1.0)
        try:
            node = self.names.node(last)
        except ExpressionError as error:
            raise self.fault(str(error), start) from None
        if dot and node.is_variable:
            raise self.fault(f"{module} has no constant {last!r:.40} that is known here; known: pi, e", start)
        self.known[text] = node
        return node

    # --- functions --------------------------------------------------------------------------------------------------

    def calls(self, name: str) -> bool:
        """Whether a name is a function's, in whatever case of its letters."""
        return self.meaning(name) is not None or self.folded(name) is not None

    def folded(self, name: str) -> str | None:
        """Return the function that a name is in another case of its letters."""
        if not self.cases:
            self.cases = {known.lower(): known for known in [*self.dialect.functions][::-1]}
        return self.cases.get(name.lower())

    def meaning(self, name: str) -> Definition | str | None:
        module, dot, function = name.rpartition(".")
        return MODULES[module].functions.get(function) if dot else self.dialect.functions.get(name)

    def call(self, name: str, start: int) -> bool:
        """Take a name that an open parenthesis follows; return whether a value is still expected."""
        meaning = self.meaning(name)
        if meaning is None:
            if self.names.is_known(name):
                self.operands.append(self.name(name, start))
                return False
            meaning = self.other_case(name, start)
        if isinstance(meaning, str):
            self.push("function", meaning, start)
            return True
        if meaning.note:
            self.notes.append(f"{name} {meaning.note}")
        self.push("function", name, start, meaning)
        return True

    def other_case(self, name: str, start: int) -> Definition | str:
        """Return the meaning of a name that is known in another case of its letters only; raise for any other."""
        shown = _shortened(name)
        last = name.rpartition(".")[2]
        folded = self.folded(last)
        meanings = next((AMBIGUOUS[known] for known in AMBIGUOUS if known.lower() == last.lower()), None)
        if folded is None and meanings is not None:
            raise self.fault(f"{shown!r} is ambiguous: {meanings}. Name the dialect, or write it out", start)
        if folded is not None:
            self.notes.append(f"{name} is read as {folded}")
            return self.dialect.functions[folded]
        if last.lower() in NOT_SUPPORTED:
            raise self.fault(f"{shown!r} is a known function, but not supported: formulas here have none such", start)
        functions = [op.name for op in OPERATORS.values() if not op.symbol]
        others = () if get_close_matches(shown, functions) else get_close_matches(shown, self.dialect.functions)
        raise self.fault(f"unknown function {shown!r}.{suggest(shown, [*functions, *others], listed=99)}", start)

    # --- operators --------------------------------------------------------------------------------------------------

    def operator(self, token: Token) -> bool:
        """Take a token where an operator is expected; return whether a value is expected next."""
        kind, text, start, _ = token
        binary = _BINARY.get(text) if kind == "symbol" else None
        if binary is not None:
            name, precedence = binary
            self.reduce(precedence)
            self.push("binary", name, start)
            return True
        if kind != "symbol" or text in ("(", "["):
            return self.product(token)
        if text in (")", "]"):
            self.close(text, start)
            return False
        if text == ",":
            self.reduce(0)
            if (len(self.pending) < 2 or self.pending[-2].kind != "function") and not self.is_branch(self.pending[:-1]):
                raise self.fault("a comma outside a function's arguments", start)
            return True
        if text in _SUPERSCRIPTS:
            self.literal = None
            self.operands.append(self.operands.pop() ** _SUPERSCRIPTS[text])
            return False
        self.reduce(_COMPARISON_PRECEDENCE + 1)
        if self.pending and self.pending[-1].kind == "comparison":
            raise self.fault(f"{text!r} after a comparison; write two of them as min(a < b, b < c)", start)
        self.push("comparison", text, start)
        return True

    def product(self, token: Token) -> bool:
        """Take a value where an operator is expected: a product without a sign."""
        kind, text, start, _ = token
        before = None if self.dialect.is_latex else self.operands[-1].name
        if before is not None and before in self.dialect.functions and not self.names.is_known(before):
            raise self.fault(f"the function {before} needs its argument in parentheses: {before}(...)", start)
        if text == "[":
            raise self.fault("brackets behind a name must hold the number of a variable: x[0] or x[:, 0]", start)
        if not self.implicit or (kind == "number" and not self.dialect.is_latex):
            fix = f"{self.text[:start].rstrip()[-12:]}*{_shortened(text)}"
            asked = "" if self.implicit else ", or ask for implicit products (--implicit-products)"
            raise self.fault(
                f"{_shortened(text)!r} where an operator should stand (write * for products)", start,
                f"; a product is written {fix!r}{asked}",
            )  # fmt: skip
        if not self.dialect.is_latex:
            self.notes.append("values beside each other are read as products")
        self.reduce(_PRODUCT_PRECEDENCE)
        self.push("binary", "mul", start)
        return self.operand(token)

    def push(self, kind: str, op: str, position: int, definition: Definition | None = None) -> None:
        if len(self.pending) >= 2 * MAX_DEPTH:
            raise self.fault(f"a formula may be nested at most {MAX_DEPTH:,} deep", position)
        self.pending.append(_Pending(kind, op, position, len(self.operands), definition))

    def reduce(self, precedence: int) -> None:
        """Apply waiting operators that bind at least as strongly as `precedence`, back to an open parenthesis."""
        while self.pending:
            top = self.pending[-1]
            if top.kind == "binary":
                if _PRECEDENCE[top.op] < precedence:
                    return
                self.pending.pop()
                right, left = self.operands.pop(), self.operands.pop()
                self.operands.append(Expression(top.op, args=(left, right)))
            elif top.kind == "sign":
                if precedence > _SIGN_PRECEDENCE:
                    return
                self.pending.pop()
                if top.op == "-":
                    value = self.operands.pop()
                    number = value.value if value is self.literal else None
                    self.operands.append(-value if number is None else Expression.constant(-number))
            elif top.kind == "comparison":
                if precedence > _COMPARISON_PRECEDENCE:
                    return
                self.pending.pop()
                right, left = self.operands.pop(), self.operands.pop()
                self.operands.append(_COMPARISONS[top.op](left, right))
            else:
                return

    def close(self, bracket: str, position: int) -> None:
        self.reduce(0)
        self.literal = None
        if not self.pending:
            raise self.fault("this parenthesis was never opened", position)
        opened = self.pending.pop()
        if _CLOSING[opened.op] != bracket:
            raise self.fault(f"{bracket!r} closes {opened.op!r}", position)
        if self.is_branch(self.pending) and len(self.operands) - opened.operands != 2:
            raise self.fault("a branch of Piecewise must be a value and its condition", opened.position)
        if self.pending and self.pending[-1].kind == "function":
            function = self.pending.pop()
            args = self.operands[function.operands :]
            del self.operands[function.operands :]
            try:
                self.operands.append(self.applied(function, args))
            except ExpressionError as error:
                raise self.fault(str(error), function.position) from None

    @staticmethod
    def is_branch(around: list[_Pending]) -> bool:
        """Whether a parenthesis, given what waits around it, holds a branch of SymPy's Piecewise((x, x > 0), ...)."""
        return len(around) > 1 and around[-1].kind == "(" and around[-2].op == "Piecewise"

    def applied(self, function: _Pending, args: list[Expression]) -> Expression:
        definition = function.definition
        if definition is None:
            if function.op not in ("min", "max") or len(args) <= OPERATORS[function.op].arity:
                return Expression(function.op, args=args)
            definition = WRITTEN_OUT[function.op]
        if len(args) < definition.fewest or (definition.most is not None and len(args) > definition.most):
            least, most = definition.fewest, definition.most
            wanted = f"at least {least}" if most is None else f"{least}" if most == least else f"{least} to {most}"
            raise ExpressionError(f"{function.op} takes {wanted} argument{'s' * (wanted != '1')}, got {len(args)}")
        return definition.build(*args)
