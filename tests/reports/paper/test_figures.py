"""Figures of a paper: which are drawn, from what, and the same bytes every time."""

from __future__ import annotations

import pytest

from srbench_lite.errors import UsageError
from srbench_lite.reports.paper.data import DATA, STANDINGS
from srbench_lite.reports.paper.figures import FIGURES, _methods, draw
from srbench_lite.reports.paper.style import STYLES

ROWS = {
    "ranking": [
        {"method": m, "metric": "recovery", "value": v, "low": 0.1, "high": 0.9, "rank": r, "first": 1, "last": 2}
        for m, v, r in (("a", 0.6, 1), ("b", 0.5, 2))
    ],
    "matrix": [
        {"method": m, "suite": s, "metric": metric, "value": v}
        for m in ("a", "b")
        for s, metric, v in (("p", "recovery", 0.5), ("all", "recovery", 0.7), ("data", "accuracy", 3.2))
    ],
    "weaknesses": [
        {"by": by, "level": level, "method": m, "rate": 0.5, "formulas": 3}
        for by, level in (("variables", "1"), ("miss", "timeout")) for m in ("a", "b")
    ],
    "degradation": [
        {"setting": s, "level": x, "method": m, "recovery": 0.5, "low": 0.2, "high": 0.8, "tasks": 3, "look": look}
        for s in ("noise", "dummy variables") for x in (0.0, "20 (own)") for look, m in ((3, "a"), (0, "b"))
    ],
    "recovery-noise": [
        {"suite": s, "noise": a, "method": m, "recovery": 0.5, "low": 0.2, "high": 0.8, "tasks": 3}
        for s in ("p", "q") for a in (0.0, 0.1) for m in ("a", "b")
    ],
    "panels": [
        {"method": m, "measure": what, "median": 0.5, "low": 0.2, "high": 0.8, "tasks": 3}
        for m in ("a", "b") for what in ("r2", "complexity", "seconds")
    ],
    "pareto": [
        {"method": "a", "complexity": 5, "nmse": 1e-3, "front": 1},
        {"method": "b", "complexity": 9, "nmse": 1e-2, "front": 0},
    ],
    "critical-difference": [
        {"method": "a", "rank": 1.2, "low": "", "high": "", "tasks": 9},
        {"method": "b", "rank": 1.8, "low": "", "high": "", "tasks": 9},
        {"method": "", "rank": "", "low": 1.2, "high": 1.8, "tasks": 9},
    ],
    "profile": [{"method": m, "nmse": 10.0**-k, "share": 1 - k / 4} for m in ("a", "b") for k in range(4)],
    "time": [{"method": "a", "seconds": 2.0**k, "solved": k / 4} for k in range(4)],
    "over-time": [
        {"method": m, "seconds": second, "recovery": 0.5, "low": 0.2, "high": 0.8, "nmse": nmse, "tasks": 9}
        for m in ("a", "b") for second, nmse in ((1.0, ""), (2.0, 1e-3), (5.0, 1e-16))
    ],
}  # fmt: skip


def test_every_figure_has_data_and_the_other_way_round():
    assert set(FIGURES) == {*DATA, *STANDINGS, "weaknesses"} == set(ROWS)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_pdf_and_svg_and_the_same_bytes_every_time(name, tmp_path):
    for folder in ("one", "other"):
        assert [path.name for path in draw(name, ROWS[name], tmp_path / folder)] == [f"{name}.pdf", f"{name}.svg"]
    assert (tmp_path / "one" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    for kind in ("pdf", "svg"):
        one, other = ((tmp_path / folder / f"{name}.{kind}").read_bytes() for folder in ("one", "other"))
        assert one == other


def test_a_figure_is_as_wide_as_its_style_says(tmp_path):
    for name, width in (("icml", 6.75), ("neurips", 5.5)):
        _, svg = draw("ranking", ROWS["ranking"], tmp_path / name, STYLES[name])
        assert f'width="{72 * width:g}pt"' in svg.read_text()


def test_methods_differ_in_marker_dashes_and_colour_and_look_the_same_everywhere():
    looks = _methods([{"method": f"m{k}", "look": k} for k in range(25)])
    assert len({tuple(map(str, (look["marker"], look["linestyle"], look["color"]))) for look in looks.values()}) == 25
    some = [(look["marker"], look["linestyle"]) for look in looks.values()][:11]
    assert len(set(some)) == 11  # without colours
    assert _methods([{"method": "m7", "look": 7}])["m7"] == looks["m7"]
    assert list(_methods([{"method": "b"}, {"method": "a"}])) == ["a", "b"]


@pytest.mark.parametrize("missing", [("recovery", "low", "high"), ("nmse",)])
def test_curves_over_seconds_are_drawn_without_rates_or_without_errors(missing, tmp_path):
    rows = [{**row, **dict.fromkeys(missing, "")} for row in ROWS["over-time"]]
    assert [path.suffix for path in draw("over-time", rows, tmp_path)] == [".pdf", ".svg"]


@pytest.mark.parametrize("rows", [[], [{"empty": ""}]])
def test_there_is_no_figure_of_nothing(rows, tmp_path):
    assert draw("pareto", rows, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_wrong_names_and_rows_are_refused(tmp_path):
    with pytest.raises(
        UsageError, match="there is no figure 'parato'; choose one of matrix, weaknesses, ranking, degradation"
    ):
        draw("parato", ROWS["pareto"], tmp_path)
    with pytest.raises(
        UsageError, match=r"not the rows of the figure pareto: KeyError .*`srbench paper` writes them again"
    ):
        draw("pareto", ROWS["time"], tmp_path)
    assert list(tmp_path.iterdir()) == []
