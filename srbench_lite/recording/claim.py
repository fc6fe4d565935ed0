"""`CheckedClaim`: a record that somebody handed in, beside what was found when its formula was judged here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from srbench_lite.recording.record import Record

__all__ = ["CheckedClaim", "Worth"]


class Worth(StrEnum):
    """What a claim is worth."""

    VERIFIED = "verified"  # judged here, with the same outcome; or there was nothing to believe
    REJECTED = "rejected"  # judged here, with another outcome
    CLAIMED = "claimed"  # could not be judged here


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedClaim:
    """One record of a submission and what became of it.

    Attributes:
        submission: name of the submission that it stands in.
        claim: the record as it was handed in; nothing in it is to be believed.
        judged: the same run with the scores that were computed here, and with none that were not; None where it could
            not be judged. Its times, its machine and how it ended are what the submission says.
        worth: what the claim is worth.
        why: why it is rejected or only claimed; empty where it is verified.
    """

    submission: str
    claim: Record
    judged: Record | None
    worth: Worth
    why: str = ""
