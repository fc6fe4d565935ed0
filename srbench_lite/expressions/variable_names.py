"""`Names`: which variable a printed name stands for: x_1, X1, X[0], x[:, 0], "flow rate", by name or by position."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from srbench_lite.errors import ExpressionError, suggest
from srbench_lite.expressions.dialects import Dialect
from srbench_lite.expressions.expression import MAX_NAME, Expression
from srbench_lite.expressions.vocabulary import NO_VARIABLES

__all__ = ["Names", "plain_name"]

_INDEXED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*\[\D*([0-9]{1,6})\D*\]")
_QUOTES: Final = ('"', "`")
_GREEK: Final = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "ϑ": "theta", "ϕ": "phi", "ϵ": "epsilon", "µ": "mu",
}  # fmt: skip
#: Names that are variables here, and numbers in other programs.
_LIKE_CONSTANTS: Final = {"Pi": "pi", "PI": "pi", "E": "e"}
_GREEK_NAMES: Final = {**{letter.upper(): name.title() for letter, name in _GREEK.items()}, **_GREEK}


def plain_name(printed: str) -> str:
    """Return a printed name as an identifier: flow_rate for "flow rate", X_0 for X[0], alpha for α.

    Raises:
        ExpressionError: nothing is left that a name could be made of.
    """
    indexed = _INDEXED.fullmatch(printed)
    if indexed:
        return f"{indexed[1]}_{int(indexed[2])}"
    spelled = "".join(_GREEK_NAMES.get(letter, letter) for letter in printed.strip('"`'))
    ascii_only = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_]+", "_", ascii_only.strip()).strip("_" if not ascii_only.startswith("_") else "")
    if name[:1].isdigit():
        name = f"v_{name}"
    if not name or len(name) > MAX_NAME:
        raise ExpressionError(f"no variable's name can be made of {printed!r:.80}")
    return name


class Names:
    """The variables of one formula.

    Args:
        variables: names that are variables, and no others: in order, if they may be given by position; a mapping gives
            the variable for each printed name. None where any name may be a variable.
        declared: names that are variables even where they spell something else, or a mapping as above; others may be.
        dialect: whose names of positions and constants they are.
    """

    __slots__ = ("_closed", "_dialect", "_known", "_order", "_printed", "notes")

    def __init__(
        self, variables: Iterable[str] | Mapping[str, str] | None, declared: Iterable[str] | Mapping[str, str],
        dialect: Dialect,
    ) -> None:  # fmt: skip
        self._dialect = dialect
        self._closed = variables is not None
        given = declared if variables is None else variables
        self._order: Sequence[str] = ()
        if isinstance(given, Mapping) and all(isinstance(name, str) for name in given.values()):
            self._known = {_compared(printed): name for printed, name in given.items()}
            if variables is None:
                self._order = list(dict.fromkeys(self._known.values()))
        else:
            names = list(given)
            self._known = {_compared(name): name for name in names}
            if isinstance(given, Sequence | Mapping):
                self._order = names
        self._printed: dict[str, str] = {}  # how each variable was printed
        #: What was assumed.
        self.notes: list[str] = []

    @property
    def printed(self) -> dict[str, str]:
        """How each variable of the formula is printed: by printed name, the variable's."""
        return {printed: name for name, printed in self._printed.items()}

    def is_known(self, name: str) -> bool:
        """Whether a name was given as a variable's."""
        return name in self._known

    def node(self, printed: str) -> Expression:
        """Return the variable or the named constant that a printed name stands for.

        Raises:
            ExpressionError: it is none; the message does not say where.
        """
        known = self._known.get(_compared(printed))
        if known is not None:
            return self._variable(printed, known)
        constant = self._dialect.constants.get(printed)
        if constant is not None:
            return Expression.named(constant)
        why = NO_VARIABLES.get(printed) or self._dialect.no_variables.get(printed)
        if why is not None:
            raise ExpressionError(
                f"{printed} is {why} and no variable unless it is declared as one (variables=, or --var)"
            )
        place = self._place(printed)
        if place is not None:
            if place < len(self._order):
                self.notes.append(f"{printed} is {self._order[place]}, variable {place + 1} of {len(self._order)}")
                return self._variable(printed, self._order[place])
            if self._closed:
                raise ExpressionError(
                    f"{printed} is variable {place + 1}, and there are {len(self._order)}: {', '.join(self._order)}"
                )
        name = printed if printed.isidentifier() and printed.isascii() else plain_name(printed)
        if name in self._known:
            return self._variable(printed, self._known[name])
        if self._closed:
            shown = printed if len(printed) <= 40 else f"{printed[:37]}..."
            raise ExpressionError(f"unknown variable {shown!r}.{suggest(shown, self._known)}{self._hint(printed)}")
        if name != printed:
            self.notes.append(f"{printed} is read as the variable {name}")
        elif printed in _LIKE_CONSTANTS:
            self.notes.append(f"{printed} is read as a variable; the number is {_LIKE_CONSTANTS[printed]}")
        return self._variable(printed, name)

    def _hint(self, printed: str) -> str:
        """Return how to have a name such as X1 read by its position."""
        if not (self._order and re.fullmatch(r"[Xx][0-9]{1,4}", printed)):
            return ""
        return f" By position {printed} is read in a dialect: gplearn counts X0, operon X1, pysr x0."

    def _place(self, printed: str) -> int | None:
        """Return which variable a name is by its position; None for other names, or where variables have no order."""
        if not self._order:
            return None
        indexed = _INDEXED.fullmatch(printed)
        if indexed:
            return int(indexed[2])
        number = printed.lstrip("Xx")
        if number.isdigit() and not number.isascii():  # Julia counts from one: x₁
            return int(unicodedata.normalize("NFKD", number)) - 1
        return self._dialect.position(printed)

    def _variable(self, printed: str, name: str) -> Expression:
        other = self._printed.setdefault(name, printed)
        one, two = _compared(other), _compared(printed)
        if one != two and not self._known.get(one) == self._known.get(two) == name:
            raise ExpressionError(f"{other} and {printed} would both be the variable {name}; name them by variables=")
        return Expression.variable(name)


def _compared(printed: str) -> str:
    """Return a name as it is compared: without its quotes, and x[:,0] for x[:, 0]."""
    if printed[:1] in _QUOTES:
        return printed[1:-1]
    return re.sub(r"\s+", "", printed) if "[" in printed else printed
