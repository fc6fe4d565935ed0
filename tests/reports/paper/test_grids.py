"""Grids of shades: methods by suites, and by kinds of tasks."""

from __future__ import annotations

from srbench_lite.reports.paper.grids import level_text, matrix, shown_levels, weaknesses
from srbench_lite.reports.paper.style import STYLES


def row(by, level, method, rate, formulas=3):
    return {"by": by, "level": level, "method": method, "rate": rate, "formulas": formulas}


ROWS = [
    *(row("variables", str(k), m, 0.5, 9 if k else 3) for k in range(3) for m in "ab"),
    *(row("operators", f"op{k}", "a", 1.0, k + 1) for k in range(14)),
    *(row("miss", kind, m, share) for kind, share in (("recovered", 0.9), ("timeout", 0.1)) for m in "ab"),
]


def cells(figure):
    return [[text.get_text() for text in axes.texts] for part in figure.subfigs for axes in part.axes]


def test_of_many_levels_the_commonest_are_shown_in_their_order():
    levels = shown_levels(ROWS)
    assert levels["operators"] == [f"op{k}" for k in range(2, 14)]
    assert levels["miss"] == ["timeout"]
    assert level_text(3.0) == "3"  # as a file has it


def test_cells_hold_rates_and_columns_their_number_of_formulas():
    figure = weaknesses(ROWS, STYLES["article"])
    texts = cells(figure)
    assert texts[0] == ["50"] * 6 + ["3", "9", "9"]
    assert ["10", "10"] in texts  # of misses all are of the same runs
    fewer = weaknesses([*ROWS, row("variables", "1", "c", 0.0, 2)], STYLES["article"])
    slanted = [
        text.get_text()
        for part in fewer.subfigs
        for axes in part.axes
        for text in axes.texts
        if text.get_style() == "italic"
    ]
    assert slanted == ["0"]


def test_a_line_has_no_more_grids_than_there_is_room_for():
    wide, narrow = (weaknesses(ROWS, STYLES[name]) for name in ("article", "neurips"))
    assert len(wide.subfigs) == len(narrow.subfigs) == 1
    many = [*ROWS, *(row("tags", f"t{k}", "a", 1.0) for k in range(8))]
    assert len(weaknesses(many, STYLES["neurips"]).subfigs) == 2


def test_the_figure_of_many_methods_is_no_higher_than_a_page():
    crowd = [{**one, "method": f"m{k}"} for k in range(40) for one in ROWS if one["method"] == "a"]
    many = [*crowd, *(row("tags", f"t{k}", "m0", 1.0) for k in range(8))]
    figure = weaknesses(many, STYLES["neurips"])
    assert figure.get_figheight() <= STYLES["neurips"].height - 1
    assert [len(part.axes[0].get_yticklabels()) for part in figure.subfigs] == [14, 14]


def test_columns_of_accuracy_are_marked_where_others_are_rates():
    rows = [
        {"method": "a", "suite": s, "metric": m, "value": v}
        for s, m, v in (("s", "recovery", 0.5), ("t", "accuracy", 3.25))
    ]
    labels = [label.get_text() for label in matrix(rows, STYLES["article"]).axes[0].get_xticklabels()]
    assert labels == ["s", "t (digits)"]
    alone = matrix(rows[1:], STYLES["article"]).axes[0]
    assert [label.get_text() for label in alone.get_xticklabels()] == ["t"]
    assert [text.get_text() for text in alone.texts] == ["3.2"]
