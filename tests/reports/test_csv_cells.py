"""No text of a table is a formula in a spreadsheet, and numbers stay numbers."""

from __future__ import annotations

import pytest

from srbench_lite.reports.csv_cells import inert_cells, inert_row


@pytest.mark.parametrize("text", ["=1+1", "+x!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_would_be_a_formula_has_an_apostrophe(text: str) -> None:
    """As people write it in a spreadsheet to say that it is a text."""
    assert inert_cells([text, "a"]) == [f"'{text}", "a"]
    assert inert_row({"method": text}) == {"method": f"'{text}"}


@pytest.mark.parametrize("value", [-1.5, None, 3, "-1.5", "+2e-3", "", "a=b", "'=1", "lies", "-x + 2*sin(y)"])
def test_other_values_stay(value: object) -> None:
    """Numbers may be texts, with a sign, and a formula of ours is none of a spreadsheet."""
    assert inert_cells([value]) == [value]
