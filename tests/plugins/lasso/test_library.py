"""The library of terms: defined on its points, and bounded."""

from __future__ import annotations

import numpy as np
from srbench_lasso.library import groups, powers

from srbench_lite.fitting import Monomials


def _points(d: int, n: int = 40) -> Monomials:
    return Monomials(np.random.default_rng(0).uniform(0.5, 2.5, (n, d)))


def test_library_is_defined_on_its_points_and_bounded() -> None:
    for d in (1, 2, 5):
        points = _points(d)
        found = groups(points, 4_000)
        assert 0 < sum(group.size for group in found) <= 4_000
        for group in found:
            for shape in group.shapes:
                values, _ = shape.value(points, list(group.grid.T))
                assert np.isfinite(values).all()
        assert all(np.isfinite(shape.value(points, [])[0]).all() for shape in powers(points, 4, 50))
