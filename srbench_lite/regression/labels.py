"""`Labels`: what people call the columns of their data, in text, LaTeX and on axes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.column_names import split_unit, with_headers

__all__ = ["Labels"]

#: Signs that mean something in LaTeX and are written with a backslash before them.
_ESCAPED: Final = "%&#$_{}"
#: Signs of which a name in LaTeX may consist besides letters and digits.
_PLAIN: Final = " .,:;'()[]*+/<>=!?@|-" + _ESCAPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Names and units of columns. Formulas use identifiers; people see what the data file says.

    Attributes:
        target: identifier of the target.
        headers: what the file calls a column, by identifier, where it is something else; with or without its unit.
        units: by identifier, where they are known.
    """

    target: str = "y"
    headers: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def name(self, column: str) -> str:
        """Return a column's name on one line, without its unit."""
        header = " ".join(self.headers.get(column, "").split())
        return split_unit(header)[0] or column

    def unit(self, column: str) -> str:
        """Return a column's unit; "" where none is known."""
        return self.units.get(column) or split_unit(self.headers.get(column, ""))[1] or ""

    def with_unit(self, column: str) -> str:
        """Return a column's name and its unit in brackets."""
        unit = self.unit(column)
        return f"{self.name(column)} [{unit}]" if unit else self.name(column)

    def text(self, expression: Expression) -> str:
        """Return a formula with people's names; those that are no identifiers are in quotes."""
        return with_headers(str(expression), self._renamed(expression))

    def equation(self, expression: Expression) -> str:
        """Return `target = formula` with people's names."""
        return f"{self.name(self.target)} = {self.text(expression)}"

    def latex(self, expression: Expression) -> str:
        """Return a formula in LaTeX, for mathematical mode, with people's names."""
        renamed = self._renamed(expression)
        stand_ins = {name: f"stand{_letters(place)}in" for place, name in enumerate(renamed)}
        text = expression.substitute({n: Expression.variable(s) for n, s in stand_ins.items()}).to_latex()
        for name, stand_in in stand_ins.items():
            text = text.replace(rf"\mathrm{{{stand_in}}}", self.latex_name(name))
        return text

    def latex_equation(self, expression: Expression) -> str:
        """Return `target = formula` in LaTeX, for mathematical mode, with people's names."""
        return f"{self.latex_name(self.target)} = {self.latex(expression)}"

    def latex_name(self, column: str) -> str:
        """Return a column's name in LaTeX; by its identifier where LaTeX has no such letters."""
        name = self.name(column)
        if name == column or not all(_is_latin(letter) or letter in _PLAIN for letter in name):
            return Expression.variable(column).to_latex()
        escaped = re.sub(f"([{re.escape(_ESCAPED)}])", r"\\\1", name)
        return rf"\mathrm{{{escaped.replace('-', '{-}').replace(' ', chr(92) + ' ')}}}"

    def _renamed(self, expression: Expression) -> dict[str, str]:
        """Return people's names by identifier, where they differ from it."""
        names = {column: self.name(column) for column in expression.variables}
        return {column: name for column, name in names.items() if name != column}


def _is_latin(letter: str) -> bool:
    return letter.isalnum() and (letter.isascii() or unicodedata.name(letter, "").startswith("LATIN"))


def _letters(number: int) -> str:
    """Return a different word of letters for each number."""
    return "".join(chr(ord("A") + int(digit)) for digit in str(number))
