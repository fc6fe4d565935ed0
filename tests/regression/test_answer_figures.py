"""The figures of an answer: which there are, what their axes say, and that no data can stop them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from srbench_lite import Expression, Samples
from srbench_lite.regression.answer import answer
from srbench_lite.regression.answer_figures import _figures, draw_answer
from srbench_lite.regression.answer_text import AnswerPage
from srbench_lite.regression.labels import Labels
from srbench_lite.reports.drawing import figure_style


def measured(
    law: str = "2*sqrt(x)",
    n: int = 24,
    *,
    low: float = 0.1,
    high: float = 2.0,
    names: str = "x",
    weighted: bool = False,
) -> tuple[Samples, Samples]:
    rng = np.random.default_rng(0)
    x = {name: np.geomspace(low, high, n) if name == "x" else rng.uniform(low, high, n) for name in names}
    exact = np.broadcast_to(Expression.parse(law)(x), (n,))
    size = 0.02 * np.abs(exact) + 1e-3
    samples = Samples(
        variables=tuple(names),
        x=np.column_stack(list(x.values())),
        y=exact + size * np.cos(7.0 * np.arange(n)),
        weights=size**-2.0 if weighted else None,
    )
    held = np.arange(n) % 4 == 1
    return samples.rows(np.flatnonzero(~held)), samples.rows(np.flatnonzero(held))


def page(train: Samples, held_out: Samples | None, *formulas: str, labels: Labels | None = None) -> AnswerPage:
    found = [("lies" if place else "lasso", Expression.parse(text)) for place, text in enumerate(formulas)]
    return AnswerPage.of(answer(found, train, held_out), train, held_out, labels=labels or Labels(target="y"))


def figures(train: Samples, held_out: Samples | None, *formulas: str, **options: Labels) -> dict[str, Figure]:
    """The figures by name, not yet laid out."""
    with figure_style():
        return dict(_figures(page(train, held_out, *formulas, **options), train, held_out))


def lay_out(made: Iterable[Figure]) -> None:
    """Do what writing does besides writing; a warning is an error."""
    with warnings.catch_warnings(), figure_style():
        warnings.simplefilter("error")
        for figure in made:
            figure.draw_without_rendering()


def words(figure: Figure) -> set[str]:
    """Every text in a figure."""
    return {text.get_text() for text in figure.findobj(Text)}


def test_each_is_written_twice_and_the_same_each_time(tmp_path):
    train, held_out = measured()
    shown = page(train, held_out, "1.8", "2.01*sqrt(x)")
    first, second = (draw_answer(shown, train, held_out, tmp_path / name) for name in ("first", "second"))
    assert [path.name for path in first] == [
        f"{name}.{kind}" for name in ("prediction", "front", "curve") for kind in ("png", "svg")
    ]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_over_several_variables_there_is_no_curve():
    assert set(figures(*measured("2*x*w", names="xw"), "2.01*x*w")) == {"prediction", "front"}


def test_axes_say_names_and_units():
    labels = Labels(target="y", headers={"x": "string length (m)", "y": "period"}, units={"y": "s"})
    made = figures(*measured(), "1.8", "2.01*sqrt(x)", labels=labels)
    assert {"string length [m]", "period [s]"} <= words(made["curve"])
    assert {"predicted period [s]", "measured period [s]"} <= words(made["prediction"])
    assert any(r"\mathrm{period}" in text for text in words(made["front"]))


def test_the_front_names_methods_and_rows():
    made = figures(*measured(), "1.8", "2.01*sqrt(x)")
    assert {"lasso", "lies", "recommended", "NMSE on 6 rows held out"} <= words(made["front"])


def test_rows_held_out_have_marks_of_their_own():
    train, held_out = measured()
    assert {"fitted", "held out"} <= words(figures(train, held_out, "2.01*sqrt(x)")["prediction"])
    assert "held out" not in words(figures(train, None, "2.01*sqrt(x)")["prediction"])


@pytest.mark.parametrize("header", ["質量", "$x_1$ cost ($)", "50 % a\\b {^", "Größe α", "x" * 80])
def test_any_name_can_be_drawn(header):
    labels = Labels(target="y", headers={"x": header, "y": header})
    lay_out([figures(*measured(), "2.01*sqrt(x)", labels=labels)["curve"]])


@pytest.mark.parametrize(
    "formula",
    ["1.9", "sqrt(x - 0.15)", "1/(x - 0.5)", "2*sqrt(x) + " + " + ".join(["0.01*sin(3.1*x)"] * 60)],
    ids=["constant", "undefined", "pole", "long"],
)
def test_any_formula_can_be_drawn(formula):
    train, held_out = measured()
    train = train.rows(np.flatnonzero(train.x[:, 0] > 0.2))
    lay_out(figures(train, held_out, formula).values())


def test_an_exact_formula_has_a_point_on_the_front():
    x = np.linspace(1, 2, 8)
    train = Samples(variables=("x",), x=x[:, None], y=x)
    assert figures(train, None, "1.5", "x")["front"].axes[0].get_ylim()[0] > 0


def test_one_row_can_be_drawn():
    lay_out(figures(Samples(variables=("x",), x=np.ones((1, 1)), y=np.full(1, 3.0)), None, "3*x").values())


def test_a_constant_target_can_be_drawn():
    x = np.linspace(1, 2, 9)
    made = figures(Samples(variables=("x",), x=x[:, None], y=np.full(9, 3.0)), None, "3", "x")
    lay_out(made.values())
    assert "mean squared error on the 9 rows that were fitted" in words(made["front"])


def test_many_rows_are_thinned():
    left = figures(*measured(n=9_000), "2.01*sqrt(x)")["prediction"].axes[0]
    assert [len(marks.get_offsets()) for marks in left.collections] == [2000, 2000]


def test_weights_are_bars():
    for weighted in (False, True):
        left = figures(*measured(weighted=weighted), "2.01*sqrt(x)")["prediction"].axes[0]
        assert bool(left.containers) == weighted


def test_wide_values_have_logarithmic_axes():
    for law, low, high, scale in (("x**1.5", 0.4, 30.0, "log"), ("2*sqrt(x)", 0.1, 2.0, "linear")):
        axes = figures(*measured(law, low=low, high=high), law)["curve"].axes[0]
        assert [axes.get_xscale(), axes.get_yscale()] == [scale, scale]


def test_the_band_holds_the_refitted_curve():
    train, held_out = measured()
    shown = page(train, held_out, "2.01*sqrt(x)")
    curve = figures(train, held_out, "2.01*sqrt(x)")["curve"]
    band = curve.axes[0].collections[0].get_paths()[0]
    middle = shown.constants.expression({"x": np.array([1.0])})[0]
    assert band.contains_point((1.0, middle))
    assert not band.contains_point((1.0, 1.1 * middle))
