"""`Notation`: how a program writes its formulas, and `notations`, those that one may have written.

Programs name variables by their position, from 0 or from 1, and a name such as `div` means another thing in each. A
text is read by our own parser and nothing else; a SymPy object is walked as the tree that it is, so that its numbers
keep all their digits, which its text does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from srbench_lite.errors import ExpressionError, suggest
from srbench_lite.expressions.dialects import DIALECTS
from srbench_lite.expressions.expression import Expression

__all__ = ["Notation", "is_sympy", "notations"]

#: Dialects in which a text of an unknown program is tried.
_DIALECTS: Final = (None, "sympy", "numpy", "pysr", "operon", "gplearn")
#: Words before the number of a variable.
_LETTERS: Final = ("x", "X", "v", "f", "ARG", "feature", "Feature", "var")
#: SymPy's classes that `Expression.from_sympy` reads though they are no operator by their name.
_READ_BY_CLASS: Final = ("exp", "Piecewise", "polygamma", "factorial", "Min", "Max", "Abs")
#: A left side: `y =`, `f(x) =`, and no comparison.
_LEFT_SIDE: Final = re.compile(r"^\s*[A-Za-z_]\w*\s*(?:\([^()=<>]*\)\s*)?=(?!=)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """A dialect, and the variable that each printed name is."""

    dialect: str | None
    names: Mapping[str, str]

    def read(self, given: object) -> Expression:
        """Return the formula that a text, a SymPy object, a number or an `Expression` is.

        Raises:
            ExpressionError: it is none in this notation.
        """
        if isinstance(given, Expression):
            return self._renamed(given)
        if isinstance(given, str):
            text = _LEFT_SIDE.sub("", given)
            return Expression.parse(text, variables=self.names, dialect=self.dialect)
        if is_sympy(given):
            return self._of_sympy(given)
        return Expression.constant(given)  # type: ignore[arg-type]  # which refuses what is no number

    def _renamed(self, formula: Expression) -> Expression:
        for name in formula.variables:
            if name not in self.names:
                raise ExpressionError(f"unknown variable {name!r:.60}.{suggest(name, self.names)}")
        return formula.substitute({name: Expression.variable(self.names[name]) for name in formula.variables})

    def _of_sympy(self, tree: Any) -> Expression:
        import sympy

        while isinstance(tree, sympy.Eq | sympy.MatrixBase):
            if isinstance(tree, sympy.MatrixBase) and tree.shape != (1, 1):
                raise ExpressionError(f"a formula must be one SymPy expression, got a matrix of shape {tree.shape}")
            tree = tree.rhs if isinstance(tree, sympy.Eq) else tree[0, 0]
        tree = tree.replace(_is_written_out, _written_out)
        symbols = sorted(tree.free_symbols, key=str)
        plain = {symbol: f"s{place}" for place, symbol in enumerate(symbols)}
        own = {}
        for symbol, name in plain.items():
            printed = re.sub(r"\s+", "", str(symbol.name)) if "[" in symbol.name else str(symbol.name)
            if printed not in self.names:
                raise ExpressionError(f"unknown variable {printed!r:.60}.{suggest(printed, self.names)}")
            own[name] = Expression.variable(self.names[printed])
        tree = tree.xreplace({symbol: sympy.Symbol(name) for symbol, name in plain.items()})
        return Expression.from_sympy(tree).substitute(own)


def notations(variables: Sequence[str], *, dialects: Sequence[str | None] = _DIALECTS) -> Iterator[Notation]:
    """Yield the notations that a program may have, the likeliest first.

    Args:
        variables: of the samples, in their order.
        dialects: those to try.
    """
    own = {name: name for name in variables}
    for dialect in dialects:
        likelier = 0 if dialect is None else DIALECTS[dialect].first
        yield Notation(dialect=dialect, names=own)
        for first in (likelier, 1 - likelier):
            yield Notation(dialect=dialect, names=own | _numbered(variables, first))


def is_sympy(given: object) -> bool:
    """Return whether an object is one of SymPy's; SymPy is not imported for that."""
    return any(str(kind.__module__).partition(".")[0] == "sympy" for kind in type(given).__mro__)


def _numbered(variables: Sequence[str], first: int) -> dict[str, str]:
    """Return the variables by the names that their places have, counted from `first`."""
    names: dict[str, str] = {}
    for place, variable in enumerate(variables):
        for letter in _LETTERS:
            names |= dict.fromkeys((f"{letter}{place + first}", f"{letter}_{place + first}"), variable)
        for letter in ("x", "X"):  # an index of an array, which counts from 0
            names |= dict.fromkeys((f"{letter}[{place}]", f"{letter}[:,{place}]", f"{letter}[...,{place}]"), variable)
    if len(variables) == 1:
        names |= {"x": variables[0], "X": variables[0]}
    return names


def _is_written_out(node: Any) -> bool:
    """Return whether a node of SymPy's is a function that is no operator here, and known all the same."""
    import sympy

    name = type(node).__name__
    if not isinstance(node, sympy.Function) or name in _READ_BY_CLASS:
        return False
    meaning = DIALECTS["sympy"].functions.get(name)
    return meaning is not None and (not isinstance(meaning, str) or isinstance(node, sympy.core.function.AppliedUndef))


def _written_out(node: Any) -> Any:
    """Return such a function as what it computes."""
    import sympy

    meaning = DIALECTS["sympy"].functions[type(node).__name__]
    places = [Expression.variable(f"a{place}") for place in range(len(node.args))]
    if isinstance(meaning, str):
        formula = Expression.call(meaning, *places)
    elif len(places) < meaning.fewest or (meaning.most is not None and len(places) > meaning.most):
        raise ExpressionError(f"{type(node).__name__} does not take {len(places)} arguments")
    else:
        formula = meaning.build(*places)
    symbols = {sympy.Symbol(f"a{place}", real=True): arg for place, arg in enumerate(node.args)}
    return formula.to_sympy().xreplace(symbols)
