"""What the charts of a site draw: what was judged here, of the first methods, with a file for each."""

from __future__ import annotations

from made_sites import claim, content

from srbench_lite.reports.site.figures import history_drawing, left_out, overview_drawings
from srbench_lite.reports.site.methods import method_pages
from srbench_lite.reports.site.overview import matrices

MISSED = {"verdict": "different", "recovered": False, "expression": "x"}


def drawings(claims):
    site = content(claims)
    return {drawing.title: drawing for drawing in overview_drawings(site, next(matrices(site.run_table, site.board)))}


def test_ranks_times_and_degradation_are_drawn_of_what_was_judged():
    claims = [claim("a", method="good", seed=seed, noise=noise) for seed in (0, 1) for noise in (0.0, 0.1)]
    claims += [claim("a", method="poor", seed=seed, **MISSED) for seed in (0, 1)]
    found = drawings(claims)
    assert list(found) == ["Overall", "Recovered over time", "Recovery against noise"]
    assert [(row["method"], row["value"]) for row in found["Overall"].rows] == [("good", 1.0), ("poor", 0.0)]
    assert {row["level"] for row in found["Recovery against noise"].rows} == {"0", "0.1"}
    assert {row["method"] for row in found["Recovery against noise"].rows} == {"good"}  # the other ran at one level
    assert found["Recovered over time"].rows[-1]["solved"] in (0.0, 1.0)


def test_charts_draw_the_first_methods_and_files_have_all():
    found = drawings([claim("a", method=f"m{k:02}", **({} if k else MISSED)) for k in range(14)])["Overall"]
    assert "m00" not in found.methods
    assert len(found.methods) == 12
    assert found.file()[1].count(b"\n") == 15
    assert "The first 12" in found.note


def test_what_has_one_level_is_not_drawn_and_said():
    claims = [claim("a"), claim("a", method="poor", **MISSED)]
    assert "Recovery against noise" not in drawings(claims)
    assert "noise: one level only (0)" in left_out(content(claims))
    assert left_out(content([])) == ""


def test_the_history_of_a_method_is_a_curve_with_its_table_and_file():
    claims = [
        claim("a", method_version="1", seed=seed, started_at="2026-01-01T00:00:00+00:00", **MISSED) for seed in (0, 1)
    ]
    claims += [claim("a", method_version="2", seed=seed, started_at="2026-02-01T00:00:00+00:00") for seed in (0, 1)]
    site = content(claims)
    drawing = history_drawing(site.compared_states("good"), "good")
    assert [(row["level"], row["recovery"]) for row in drawing.rows] == [("1", 0.0), ("2", 1.0)]
    files = dict(method_pages(site))
    assert b"Recovery over versions" in files["methods/good.html"]
    assert files["data/history/good.csv"].decode().splitlines()[2].startswith("good,2,")
