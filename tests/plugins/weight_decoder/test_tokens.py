"""The spelling of polynomials is canonical, and what is spelled is read back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_weight_decoder.polynomials import FAMILIES, family, spell
from srbench_weight_decoder.tokens import Grammar, read

from srbench_lite import UsageError


@given(st.sampled_from(sorted(FAMILIES)), st.integers(0, 2**32))
def test_what_is_spelled_is_accepted_and_read_back(name, seed):
    drawn = FAMILIES[name].draw(5, np.random.default_rng(seed))
    for coefficients in drawn:
        text = spell(FAMILIES[name], coefficients)
        assert Grammar.of(FAMILIES[name]).accepts(text)
        assert (read(FAMILIES[name], text) == coefficients).all()


POLY2 = family("poly2")


@pytest.mark.parametrize("text", ["", "x+x*x", "1*x", "2.50", "+x", "x+0", "0*x", "x*x*x", "1.234", "--x", "12", "2*"])
def test_what_is_not_canonical_is_refused(text):
    with pytest.raises(UsageError, match="no canonical spelling"):
        read(POLY2, text)
