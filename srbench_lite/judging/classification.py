"""`Classification`: how near the constants of a found formula are to those that make it the truth, in a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from srbench_lite.judging.verdict import (
    EXACT_CONSTANT,
    EXACT_TERM,
    HIDDEN_TERM,
    RECOVERED_CONSTANT,
    RECOVERED_TERM,
    Ruling,
    VerdictWord,
)

if TYPE_CHECKING:
    from srbench_lite.judging.negligible_terms import NegligibleTerms

__all__ = ["Classification", "classify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What constants that make the formula the truth are worth.

    Attributes:
        ruling: the verdict; None where they are too far.
        objection: why they are too far, in words; empty where they are not.
        is_hidden: whether the formula is the truth only without terms that the units of a variable hide.
    """

    ruling: Ruling | None = None
    objection: str = ""
    is_hidden: bool = False


def classify(terms: NegligibleTerms, constants: Sequence[float], zeros: frozenset[int], by: str) -> Classification:
    """Say how near the formula's own constants are to those that make it the truth.

    Args:
        terms: the found formula.
        constants: those that make it the truth, one for each of its numbers.
        zeros: places of the constants that were set to zero first.
        by: what it stands on that they do, in words.
    """
    own = terms.constants
    vanished = zeros | {i for i, c in enumerate(constants) if c == 0 and own[i] != 0}
    change = max((abs(c - o) / abs(o) for c, o in zip(constants, own, strict=True) if c != o and o and c), default=0.0)
    effect = terms.effect(vanished)
    hidden = terms.effect_in_units(vanished)
    if hidden >= HIDDEN_TERM:
        why = f"it is the truth only without terms that the units of a variable hide: {hidden:.2g} of it near one"
        return Classification(objection=why, is_hidden=True)
    aligned = terms.formula.with_constants(constants)
    if EXACT_CONSTANT < change <= RECOVERED_CONSTANT and effect < RECOVERED_TERM:
        effect = max(effect, terms.effect_of_lost_features(aligned))
    if change <= EXACT_CONSTANT and effect < EXACT_TERM:
        return Classification(ruling=Ruling(VerdictWord.EXACT, by, str(aligned)))
    if change <= RECOVERED_CONSTANT and effect < RECOVERED_TERM:
        return Classification(ruling=Ruling(VerdictWord.RECOVERED, by, str(aligned)))
    if change > RECOVERED_CONSTANT:
        return Classification(objection=f"it is the truth only with a constant moved by {change:.2g} of itself")
    return Classification(
        objection=f"it is the truth only without terms that change it by {effect:.2g} standard deviations"
    )
