"""`Duel`: counts by hand, p-values against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from srbench_lite.comparing.statistics import holm
from srbench_lite.comparing.wins import Duel, duels

METHODS = ("a", "b", "c")


def table(*formulas: list[float], most: float = 1.0) -> tuple[tuple[Duel | None, ...], ...]:
    scores = np.array(formulas)
    means = scores.mean(axis=1)
    differences = means[:, None] - means
    return duels(METHODS[: len(scores)], scores, differences, np.full_like(differences, 0.125), most=most)


def test_wins_losses_and_ties_by_hand():
    fights = table([1, 1, 1, 0.5, 0], [1, 0, 0, 1, 0])
    duel, back = fights[0][1], fights[1][0]
    assert duel is not None
    assert (duel.method, duel.other, duel.wins, duel.losses, duel.ties) == ("a", "b", 2, 1, 2)
    assert duel.difference == pytest.approx(0.3)
    assert duel.interval == pytest.approx((0.175, 0.425))
    assert back == duel.reversed
    assert back is not None
    assert (back.method, back.wins, back.losses) == ("b", 1, 2)
    assert back.interval == pytest.approx((-0.425, -0.175))
    assert fights[0][0] is fights[1][1] is None
    assert duel.winner is back.winner is None


def test_p_values_are_those_of_sign_tests_where_all_differences_are_alike():
    """Ties share their rank, so that signed ranks of differences of one size are signs: 9 to 0, 8 to 1, 1 to 8."""
    a, b, c = [1.0] * 9 + [0.0], [0.0] * 10, [0.0] * 8 + [1.0, 1.0]
    fights = table(a, b, c)
    counts = [(9, 0), (8, 1), (0, 2)]
    expected = holm([stats.binomtest(wins, wins + losses).pvalue for wins, losses in counts])
    pairs = [fights[0][1], fights[0][2], fights[1][2]]
    assert [(duel.wins, duel.losses) for duel in pairs if duel] == counts
    assert [duel.p_value for duel in pairs if duel] == pytest.approx(expected)
    assert [duel.winner for duel in pairs if duel] == ["a", None, None]
    back = fights[1][0]
    assert back is not None
    assert back.winner == "a"


def test_one_method_has_no_opponent():
    assert table([1.0, 0.0]) == ((None,),)


def test_intervals_end_where_differences_do():
    duel = table([1.0, 0.5], [0.0, 0.0], most=0.8)[0][1]
    assert duel is not None
    assert duel.interval == (0.625, 0.8)
    assert duel.reversed.interval == (-0.8, -0.625)
