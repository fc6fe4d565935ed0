"""How figures look and are written: places that are thinned, axes that fit, and the same bytes every time."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from srbench_lite.errors import UsageError
from srbench_lite.problems.sampling import Sampling
from srbench_lite.reports.drawing import (
    connected_parts,
    figure_style,
    fix_layout,
    limit_axis,
    save_figure,
    scale_axis,
    thinned_places,
)


def figure() -> Figure:
    made = Figure(layout="constrained")
    made.subplots().plot([0, 1, 2], [0, 1, 4])
    return made


def test_a_figure_is_png_and_svg_and_the_same_bytes_every_time(tmp_path):
    for folder in ("one", "other"):
        with figure_style():
            written = save_figure(figure(), tmp_path / folder, "picture")
        assert written == [tmp_path / folder / "picture.png", tmp_path / folder / "picture.svg"]
    assert (tmp_path / "one" / "picture.png").read_bytes().startswith(b"\x89PNG")
    for kind in ("png", "svg"):
        one, other = ((tmp_path / folder / f"picture.{kind}").read_bytes() for folder in ("one", "other"))
        assert one == other
    assert b"<dc:date>" not in (tmp_path / "one" / "picture.svg").read_bytes()


def test_a_figure_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    (tmp_path / "picture.png").write_text("old")
    monkeypatch.setattr(Figure, "savefig", lambda self, path, **settings: path.write_text("half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save_figure(figure(), tmp_path, "picture")
    assert (tmp_path / "picture.png").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"]
    with pytest.raises(UsageError, match="cannot write"):
        save_figure(figure(), tmp_path / "picture.png", "picture")


def test_the_style_is_left_as_it_was():
    before = dict(mpl.rcParams)
    with figure_style():
        assert mpl.rcParams["svg.hashsalt"] == "srbench-lite"
        assert not np.isfinite(np.float64(1) / np.float64(0))  # without a warning
    assert dict(mpl.rcParams) == before


def test_a_layout_is_fixed_at_places_of_few_digits():
    made = figure()
    fix_layout(made)
    (axes,) = made.axes
    places = axes.get_position().bounds
    assert all(abs(place - round(place, 6)) < 1e-12 for place in places)


def test_many_points_are_thinned_evenly():
    assert thinned_places(5).tolist() == [0, 1, 2, 3, 4]
    few = thinned_places(1_000_001)
    assert (len(few), few[0], few[-1]) == (2_000, 0, 1_000_000)
    assert set(np.diff(few).tolist()) <= {500, 501}


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [(([0.0, 1.0], [2.0]), -0.12, 2.12), (([5.0],), 2.5, 7.5), (([0.0, 0.0],), -1.0, 1.0)],
)
def test_an_axis_shows_its_values_with_some_room(values, low, high):
    bounds = []
    limit_axis(lambda *given: bounds.extend(given), *map(np.array, values))
    assert bounds == pytest.approx([low, high])


@pytest.mark.parametrize(
    ("sampling", "scale", "parts"),
    [
        (Sampling(low=-1, high=1), "linear", 1),
        (Sampling(sampling="log", low=0.1, high=10), "log", 1),
        (Sampling(sampling="log", low=0.1, high=10, sign="negative"), "symlog", 1),
        (Sampling(sampling="log", low=0.1, high=10, sign="both"), "symlog", 2),
    ],
)
def test_a_path_is_cut_where_it_leaps_over_zero_and_its_axis_fits(sampling, scale, parts):
    axes = Figure().subplots()
    scale_axis(axes, sampling)
    assert axes.get_xscale() == scale
    x = sampling.path(101)
    slices = list(connected_parts(x, sampling))
    assert len(slices) == parts
    assert np.concatenate([x[part] for part in slices]).tolist() == x.tolist()
    if parts == 2:
        assert (x[slices[0]] < 0).all()
        assert (x[slices[1]] > 0).all()
