"""The words that say what a claim is worth."""

from __future__ import annotations

from records import record

from srbench_lite.recording.claim import CheckedClaim, Worth


def test_a_claim_says_what_it_is_worth_in_one_word():
    checked = CheckedClaim(submission="one", claim=record(), judged=None, worth=Worth.CLAIMED, why="no task")
    assert f"{checked.worth}: {checked.why}" == "claimed: no task"
    assert [worth.value for worth in Worth] == ["verified", "rejected", "claimed"]
