"""Random choices that are the same everywhere: golden numbers, and the range of each choice."""

from __future__ import annotations

from collections import Counter

from srbench_lite.problems.draws import Draws


def test_choices_are_the_same_on_every_machine() -> None:
    draws = Draws(12345)
    assert [draws.below(100) for _ in range(6)] == [41, 1, 82, 29, 36, 19]
    assert [draws.decimal(1, 49) for _ in range(3)] == [2.8, 0.8, 0.7]
    assert draws.shuffled("abcde") == ["c", "d", "a", "e", "b"]


def test_choices_stay_in_their_range() -> None:
    draws = Draws(1)
    assert set(draws.below(3) for _ in range(200)) == {0, 1, 2}
    assert set(draws.pick("ab") for _ in range(100)) == {"a", "b"}
    assert {draws.decimal(2, 4) for _ in range(200)} == {0.2, 0.3, 0.4}
    assert sorted(draws.shuffled(range(9))) == list(range(9))
    assert 0.2 < Counter(draws.chance(0.3) for _ in range(2000))[True] / 2000 < 0.4
