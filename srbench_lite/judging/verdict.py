"""`Verdict`: what the judge says about a found formula, and the tolerances that its words stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = [
    "RECOVERED", "RECOVERED_SRBENCH", "SCORING_VERSION", "TOLERANCES", "Ruling", "Verdict", "VerdictWord",
    "better_ruling", "scoring_age",
]  # fmt: skip

#: Version of the rules by which verdicts are given; part of every record's key.
SCORING_VERSION: Final = "3"

#: `exact`: every constant within this share of the constant that makes the formula the truth.
EXACT_CONSTANT: Final = 1e-6
#: `recovered`: the same, coarser.
RECOVERED_CONSTANT: Final = 1e-2
#: `exact`: leaving out vanishing terms changes no value on the domain by more than this share of std(y).
EXACT_TERM: Final = 1e-9
#: `recovered`: the same, coarser.
RECOVERED_TERM: Final = 1e-3
#: A constant of few digits whose effect the units of a variable hide is no vanishing term where it changes the formula
#: by this share of itself with the variable near one.
HIDDEN_TERM: Final = 1e-3

#: The tolerances by name, as they stand in records.
TOLERANCES: Final[dict[str, float]] = {
    "exact_constant": EXACT_CONSTANT,
    "recovered_constant": RECOVERED_CONSTANT,
    "exact_term": EXACT_TERM,
    "recovered_term": RECOVERED_TERM,
    "hidden_term": HIDDEN_TERM,
}


class VerdictWord(StrEnum):
    """The five answers of the judge, the best first."""

    EXACT = "exact"
    RECOVERED = "recovered"
    AFFINE = "affine"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


#: Words that say that the truth was found.
RECOVERED: Final = (VerdictWord.EXACT, VerdictWord.RECOVERED)
#: Words that say that it was found up to one additive or multiplicative constant.
RECOVERED_SRBENCH: Final = (*RECOVERED, VerdictWord.AFFINE)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict as the steps of the judge pass it on.

    Attributes:
        word: the answer.
        by: the step that decided, in words.
        aligned: text of the found formula with the constants that make it the truth; None where there are none.
    """

    word: VerdictWord
    by: str
    aligned: str | None = None


def better_ruling(one: Ruling | None, other: Ruling | None) -> Ruling | None:
    """Return the better of two, the first where they are as good."""
    order = list(VerdictWord)
    return min((r for r in (one, other) if r is not None), key=lambda ruling: order.index(ruling.word), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the judge says about one pair of formulas.

    Attributes:
        word: the answer.
        by: the step that decided, in words.
        aligned: text of the found formula with the constants that make it the truth; None where there are none.
        seconds: wall clock that the decision took.
    """

    word: VerdictWord
    by: str
    aligned: str | None
    seconds: float

    @property
    def recovered(self) -> bool:
        """Whether the truth was found: `exact` or `recovered`."""
        return self.word in RECOVERED

    @property
    def recovered_srbench(self) -> bool:
        """Whether the truth was found up to one additive or multiplicative constant."""
        return self.word in RECOVERED_SRBENCH


def scoring_age(version: str) -> tuple[tuple[int, ...], str]:
    """Return what orders versions of the scoring, the oldest first: `1.9` comes before `1.10`."""
    return tuple(int(number) for number in re.findall("[0-9]{1,9}", version)), version
