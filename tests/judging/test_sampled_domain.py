"""The points that are drawn from a domain, and its corners."""

from __future__ import annotations

import numpy as np
import pytest
from judge_parts import sampled

from srbench_lite.judging.sampled_domain import SampledDomain
from srbench_lite.problems.sampling import Sampling


@pytest.mark.parametrize("d", [1, 2, 5, 6, 9])
def test_corners_are_inside_and_no_two_coordinates_alike(d: int) -> None:
    names = "abcdfghij"[:d]
    domain = SampledDomain.of(tuple(names), {name: Sampling(low=1.0, high=2.0) for name in names})
    corners = domain.corners(inside=1e-6)
    assert corners.shape == (min(2**d, 32), d)
    assert ((corners > 1) & (corners < 2)).all()
    assert ((corners < 1.00001) | (corners > 1.99999)).all()
    assert (corners.min(axis=0) < 1.5).all()
    assert (corners.max(axis=0) > 1.5).all()
    if d > 1:
        assert (corners[:, 0] != corners[:, 1]).all()
    assert len({tuple(c) for c in corners}) >= min(2**d, 20)


def test_points_come_by_part_and_keep_their_sign() -> None:
    domain = SampledDomain.of(("x", "y"), sampled({"x": (-2.0, -1.0), "y": (1.0, 2.0)}))
    first = domain.draw(50, part=0)
    assert first.shape == (50, 2)
    assert np.array_equal(first, domain.draw(50, part=0))
    assert not np.isin(domain.draw(50, part=1), first).any()
    assert ((first[:, 0] >= -2) & (first[:, 0] <= -1)).all()
    wide = domain.draw(500, part=0, decades=7.0)
    assert (wide[:, 0] < 0).all()
    assert (wide[:, 1] > 0).all()
    assert wide[:, 1].max() > 1e5
    assert wide[:, 1].min() < 1e-5
    assert wide[:, 1].max() <= 2e7
