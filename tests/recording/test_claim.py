"""The words that say what a claim is worth."""

from __future__ import annotations

from records import record

from srbench_lite.recording.claim import CheckedClaim, Standing


def test_a_claim_says_what_it_is_worth_in_one_word():
    checked = CheckedClaim(submission="one", claim=record(), judged=None, standing=Standing.CLAIMED, why="no task")
    assert f"{checked.standing}: {checked.why}" == "claimed: no task"
    assert [standing.value for standing in Standing] == ["verified", "rejected", "claimed"]
