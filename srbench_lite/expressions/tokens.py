"""Text to `Token`s: numbers, names, calls and symbols of infix notation, with the spellings of several programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, Literal

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.dialects import MODULES

__all__ = ["Kind", "Token", "fault", "tokens"]


#: What a token is: a number, a variable or named constant, a name that an open parenthesis follows, or a symbol.
Kind = Literal["number", "name", "call", "symbol"]
#: A piece of a formula's text: its kind, the text as the parser knows it (`-` for every kind of minus), where it
#: starts, and what was assumed (empty where nothing was). A plain tuple, since there are many.
Token = tuple[Kind, str, int, str]

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:(?:[eEdD]|\*\^)[+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<symbol>\*\*|[-+*/^(),])"
    r"|(?P<odd><=|>=|\.[*/^]|[<>\[\]−–×·⋅∗÷∕²³≤≥])"
    r'|(?P<quoted>"[^"\n]{1,200}"|`[^`\n]{1,200}`)|(?P<greek>[α-ωΑ-Ωϑϕϵµ][A-Za-z0-9_]*))'
)
_CALL: Final = re.compile(r"\s*\(")
_SPACE: Final = re.compile(r"\s*")
#: A variable by its number: X[0], x[:, 0], v [ 3 ].
_INDEX: Final = re.compile(r"\s*\[\s*(?::\s*,|\.\.\.\s*,)?\s*[0-9]{1,6}\s*\]")
_BRACKET: Final = re.compile(r"\s*\[")
#: A name in a module: np.sin, scipy.special.erf, std::sin.
_QUALIFIED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.]{0,30})(?:\.|::)([A-Za-z_][A-Za-z0-9_]*)")
_SIGNS: Final = {
    "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "∕": "/", "≤": "<=", "≥": ">=",
    ".*": "*", "./": "/", ".^": "^",
}  # fmt: skip
_BESIDE_A_NAME: Final = frozenset(".:[₀₁₂₃₄₅₆₇₈₉")
_SUBSCRIPT: Final = re.compile("[₀-₉]{1,4}")
_EXPONENT: Final = str.maketrans("dD", "ee")


def fault(text: str, problem: str, position: int, hint: str = "") -> ExpressionError:
    """Return an error that points at a place of a formula's text."""
    around = text[max(0, position - 20) : position + 20].strip()
    return ExpressionError(f"{problem} at character {position + 1}, near {around!r}{hint}")


def tokens(text: str, calls: Callable[[str], bool]) -> Iterator[Token]:
    """Yield the tokens of a formula in infix notation.

    Args:
        text: the formula.
        calls: whether a name is a function's, so that brackets behind it hold its arguments: Sin[x].
    """
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            space = _SPACE.match(text, position)
            place = space.end() if space else position
            hint = "; of an equation, write only what stands behind the =" if text[place] == "=" else ""
            raise fault(text, "unexpected character", place, hint)
        group = str(match.lastgroup)
        token, start, position = match[group], match.start(group), match.end()
        if group == "symbol":
            yield ("symbol", token, start, "")
        elif group == "number":
            yield _number(token, start)
        elif group == "name":
            if _CALL.match(text, position):
                yield ("call", token, start, "")
            elif text[position : position + 1] in _BESIDE_A_NAME:
                found, position = _named(text, token, start, position, calls)
                yield found
            else:
                yield ("name", token, start, "")
        elif group == "odd":
            sign = _SIGNS.get(token, token)
            yield ("symbol", sign, start, f"{token} is read as {sign}" if sign != token else "")
        else:
            yield ("name", "pi" if token == "π" else token, start, "")


def _number(token: str, start: int) -> Token:
    if "d" in token or "D" in token or "^" in token:
        plain = token.replace("*^", "e").translate(_EXPONENT)
        return "number", plain, start, f"{token[:40]} is read as {plain[:40]}"
    return ("number", token, start, "")


def _named(text: str, name: str, start: int, position: int, calls: Callable[[str], bool]) -> tuple[Token, int]:
    """Return the token of a name that something special may follow, and where it ends."""
    qualified = _QUALIFIED.match(text, start) if text[position] in ".:" else None
    if qualified and qualified[1] in MODULES:
        end = qualified.end()
        whole = f"{qualified[1]}.{qualified[2]}"
        return ("call" if _CALL.match(text, end) else "name", whole, start, ""), end
    subscript = _SUBSCRIPT.match(text, position)
    if subscript:
        return ("name", name + subscript[0], start, ""), subscript.end()
    if _BRACKET.match(text, position):
        if calls(name):
            return ("call", name, start, ""), position
        index = _INDEX.match(text, position)
        if index:
            return ("name", text[start : index.end()], start, ""), index.end()
    return ("name", name, start, ""), position
