"""The 19 tokens, and the grammar that says which may follow: only well-formed, canonical polynomials can be written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import UsageError
from srbench_weight_decoder.polynomials import Family, spell

__all__ = ["BEGIN", "END", "PAD", "TOKENS", "Grammar", "encode", "read"]

#: "unknown" is one of the published 19; no spelling has it, and the grammar never writes it.
TOKENS: Final = (*"0123456789", "+", "-", "*", "x", ".", "pad", "begin", "end", "unknown")
PAD: Final = TOKENS.index("pad")
BEGIN: Final = TOKENS.index("begin")
END: Final = TOKENS.index("end")
_CODES: Final = {token: code for code, token in enumerate(TOKENS)}


@dataclass(frozen=True, slots=True)
class _State:
    """What has been written, as far as it matters for what may follow.

    Attributes:
        kind: what the last token was.
        most: the highest power that the current term may have.
        count: decimals written of the current number, or factors x of the current term.
        one: whether the number written is exactly 1, which is not written before x.
        first: whether no term stands before this one.
    """

    kind: str
    most: int
    count: int = 0
    one: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """An automaton over the tokens that accepts the canonical spellings of a family, with one digit before the point.

    Attributes:
        following: shape (states, 19): the state after each token, -1 where the token may not follow.
        start: the state before the first token.
        longest: tokens of the longest spelling, "end" included.
    """

    following: NDArray[np.int64]
    start: int
    longest: int

    @classmethod
    def of(cls, family: Family) -> Grammar:
        """Return the grammar of a family."""
        return _grammar(family)

    def accepts(self, text: str) -> bool:
        """Say whether a text is the canonical spelling of a polynomial of the family."""
        state = self.start
        for token in (*text, "end"):
            if token not in _CODES:
                return False
            state = int(self.following[state, _CODES[token]])
            if state < 0:
                return False
        return True


@cache
def _grammar(family: Family) -> Grammar:
    numbers: dict[_State, int] = {}
    rows: list[dict[int, int]] = []

    def number_of(state: _State) -> int:
        if state not in numbers:
            numbers[state] = len(rows)
            rows.append({})
            row = {_CODES[token]: number_of(after) for token, after in _after(state, family).items()}
            rows[numbers[state]].update(row)
        return numbers[state]

    start = number_of(_State("start", family.degree, first=True))
    following = np.full((len(rows), len(TOKENS)), -1, np.int64)
    for state, row in enumerate(rows):
        for token, after in row.items():
            following[state, token] = after

    @cache
    def longest(state: int) -> int:
        return max((1 + longest(after) for after in rows[state].values()), default=0)

    return Grammar(following=following, start=start, longest=longest(start))


def _after(state: _State, family: Family) -> dict[str, _State]:
    """Return what may follow a state."""
    most = state.most
    done = {"end": _State("done", 0)}

    def begun() -> dict[str, _State]:
        digits = {d: _State("digit", most, one=d == "1") for d in "123456789"}
        zero = {"0": _State("zero", most, first=state.kind == "start")}
        powers = {"x": _State("x", most, count=1)} if most else {}
        return {**digits, **zero, **powers}

    def ended() -> dict[str, _State]:
        """Return what follows a complete number: it is a factor of x, or the constant, which is the last term."""
        factor = {"*": _State("times", most)} if most and not state.one else {}
        return {**factor, **done}

    match state.kind:
        case "start":
            return {**begun(), "-": _State("sign", most)}
        case "sign":
            return begun()
        case "zero":
            return {".": _State("point", most), **(done if state.first else {})}
        case "digit":
            return {".": _State("point", most), **ended()}
        case "point":
            left = family.decimals - state.count
            more = {d: _State("decimal", most, count=state.count + 1) for d in "123456789"}
            return {**more, **({"0": _State("point", most, count=state.count + 1)} if left > 1 else {})}
        case "decimal":
            more = _after(_State("point", most, count=state.count), family) if state.count < family.decimals else {}
            return {**more, **ended()}
        case "times":
            return {"x": _State("x", most, count=1)}
        case "x":
            further = {"*": _State("power", most, count=state.count)} if state.count < most else {}
            signs = {sign: _State("sign", state.count - 1) for sign in "+-"}
            return {**further, **signs, **done}
        case "power":
            return {"x": _State("x", most, count=state.count + 1)}
        case _:
            return {}


def encode(family: Family, coefficients: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the tokens of polynomials: shape (n, longest), "end" behind the last, then "pad"."""
    longest = Grammar.of(family).longest
    codes = np.full((len(coefficients), longest), PAD, np.int64)
    for row, polynomial in zip(codes, coefficients, strict=True):
        text = spell(family, polynomial)
        row[: len(text) + 1] = [*(_CODES[token] for token in text), END]
    return codes


def read(family: Family, text: str) -> NDArray[np.int64]:
    """Return the coefficients that a spelling means, in units of the last decimal, descending powers.

    Raises:
        UsageError: the text is no canonical spelling of a polynomial of the family.
    """
    if not Grammar.of(family).accepts(text):
        raise UsageError(f"{text[:80]!r} is no canonical spelling of a polynomial of the family {family.name}")
    coefficients = np.zeros(family.terms, np.int64)
    for term in text.replace("-", "+-").removeprefix("+").split("+"):
        sign = -1 if term.startswith("-") else 1
        factors = term.removeprefix("-").split("*")
        power = factors.count("x")
        number = factors[0] if factors[0] != "x" else "1"
        whole, _, rest = number.partition(".")
        units = int(whole) * family.units + int((rest + "0" * family.decimals)[: family.decimals] or "0")
        coefficients[family.degree - power] = sign * units
    return coefficients
