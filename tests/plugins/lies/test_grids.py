"""Grids of inner constants where an argument hardly varies."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_lies.atoms import Term, Unit
from srbench_lies.grids import grid

from srbench_lite.fitting import Monomials

ONE = (0.0,)
X = Term((1.0,))


@pytest.mark.parametrize("low", [124.1, 297.84])
def test_an_argument_whose_range_is_the_smallest_number_has_no_inverse(low: float) -> None:
    """exp(-2.5*x) of kelvins about room temperature is 5e-324 at one point and 0 at the others."""
    points = Monomials(np.linspace(low, low + 2.0, 40)[:, None])
    wave = Term(ONE, (Unit("wave", (Term(ONE, (Unit("exp", (X,)),)),)),))
    for density in (0, 1, 2):
        rows = grid(wave, points, density, 300)
        assert len(rows)
        assert np.isfinite(rows).all()
