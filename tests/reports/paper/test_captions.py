"""What stands below figures."""

from __future__ import annotations

import pytest

from srbench_lite.reports.paper.captions import caption
from srbench_lite.reports.paper.figures import FIGURES


@pytest.mark.parametrize(
    ("metrics", "begins"),
    [
        (("recovery",), r"Recovery in \% of each method"),
        (("accuracy",), r"Digits of accuracy, $-\log_{10}$ of the NMSE on test points of each method"),
        (("recovery", "accuracy"), r"Recovery in \% (columns marked so: digits of accuracy,"),
    ],
)
def test_a_matrix_says_what_its_columns_are(metrics, begins):
    rows = [{"suite": f"s{k}", "metric": metric} for k, metric in enumerate(metrics)]
    assert caption("matrix", rows).startswith(begins)
    assert ("all suites" in caption("matrix", rows)) == (len(rows) > 1)


def kinds(by, count, *, formulas=1):
    return [
        {"by": by, "level": f"{by}{k}", "method": m, "rate": 0.5, "formulas": formulas}
        for k in range(count)
        for m in "ab"
    ]


def test_levels_that_are_not_drawn_are_counted():
    few, many = kinds("operators", 12), kinds("operators", 15)
    assert "Shown are" not in caption("weaknesses", few)
    assert "Shown are the 12 commonest of 15 operators." in caption("weaknesses", many)
    assert "Italic" not in caption("weaknesses", few)
    assert "Italic" in caption("weaknesses", [*few, {**few[0], "method": "c", "formulas": 9}])
    crowd = [{**few[0], "method": f"m{k}"} for k in range(16)]
    assert "Shown are the first 14 of 16 methods." in caption("weaknesses", crowd)
    assert "dark is much" in caption("weaknesses", [*few, *kinds("miss", 2)])


def test_every_figure_has_a_caption():
    rows = [{"suite": "s", "metric": "recovery", "by": "size", "level": "1-6", "method": "a", "formulas": 1, "rate": 1}]
    assert all(caption(name, rows).endswith(".") for name in FIGURES)
