"""Charts as pictures in a page: shapes and texts only, whatever strangers call their methods."""

from __future__ import annotations

import pytest
from made_sites import HOSTILE

from srbench_lite.reports.palette import looks
from srbench_lite.reports.site.charts import figure

STANDING = {"value": 0.5, "low": 0.25, "high": 0.75, "ranks": "1 [1, 2]"}


def drawn(rows, chart="standings", **changes):
    marks = looks(str(row["method"]) for row in rows)
    return figure("Overall", "of all", chart, rows, marks, data="../data/overall.csv", **changes)


def test_a_chart_names_its_methods_in_their_colours_and_links_its_data():
    made = drawn([{"method": name, **STANDING} for name in ("b", "a")], lines=True)
    texts = [text.text for text in made.iter("text")]
    assert texts.index("b") < texts.index("a")  # in the order of the rows
    assert texts.count("1 [1, 2]") == 2
    fills = {path.get("fill") for path in made.iter("path")}
    assert {look.colour for look in looks("ab").values()} <= fills
    assert made.find("figcaption/a").get("href") == "../data/overall.csv"
    assert made.find("div[@class='legend']") is None


def test_a_chart_of_curves_has_a_legend_and_says_what_its_axis_is():
    points = [
        {"method": method, "level": level, "recovery": 0.5, "low": 0.4, "high": 0.6, "tasks": 3}
        for method in ("a", "b")
        for level in ("0", "0.1")
    ]
    made = drawn(points, "curve", words={"the setting": "noise"})
    assert "noise" in [text.text for text in made.iter("text")]
    assert [entry[0].tail for entry in made.find("div[@class='legend']")] == ["a", "b"]


@pytest.mark.parametrize("name", [HOSTILE, "a\x00b", "a\ud800b", "x" * 5_000, "", "\u6f22\u5b57 \U0001f600"])
def test_no_name_stops_the_renderer_or_leaves_the_picture(name):
    made = drawn([{"method": name, **STANDING}, {"method": name + "\u202e", **STANDING}], lines=True)
    tags = {node.tag for node in made.iter()}
    assert tags <= {"figure", "figcaption", "small", "a", "div", "svg", "g", "path", "rect", "line", "text"}
    assert not {key for node in made.iter() for key in node.attrib if key.startswith(("on", "style", "xlink"))}
    assert all("\x00" not in (text.text or "") for text in made.iter("text"))
