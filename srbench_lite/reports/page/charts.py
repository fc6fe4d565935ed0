"""The charts of the page as Vega-Lite, made by Altair; their data are named and filled in by the page.

The page draws legends itself, and gives each method its colour and mark (`srbench_lite.reports.palette`).
"""

from __future__ import annotations

from typing import Any, Final

import altair as alt

from srbench_lite.recording.progress import MARKS
from srbench_lite.reports.palette import COLOURS

__all__ = ["Spec", "charts", "standings_chart"]

Spec = dict[str, Any]

#: Colour and mark of what became of a task that two methods tried.
_OUTCOMES: Final = {
    "only the first": (COLOURS[0], "triangle-up"), "only the second": (COLOURS[1], "triangle-down"),
    "both": (COLOURS[2], "circle"), "neither": (COLOURS[6], "cross"),
}  # fmt: skip
_HEIGHT_PIXELS: Final = 260
_NAME_PIXELS: Final = 220  # at most, of a method beside or in a chart
_NEUTRAL: Final = "#888888"
#: Labels of an axis over seconds: the marks of a run.
_SECONDS: Final = [0.1, 0.2, 0.5, *(int(mark) for mark in MARKS)]
#: Labels where seconds go over many powers of ten.
_WIDE_SECONDS: Final = [step * 10**power for power in range(-3, 5) for step in (1, 3)]
#: How numbers of runs are written beside an axis: whole ones only.
_COUNTS: Final = "datum.value % 1 ? '' : format(datum.value, ',d')"
#: How errors are written beside an axis: 1, else as powers of ten.
_ERRORS: Final = "datum.value == 1 ? '1' : format(datum.value, '.0e')"


def charts() -> dict[str, Spec]:
    """Return a specification by name; each takes its rows from the data set "rows"."""
    made = {
        "curve": _curve(), "curve-nmse": _error_curve(), "front": _front(), "time": _time(), "failures": _failures(),
        "rates": _rates(), "errors": _errors(), "pair": _pair(),
        "boxes-nmse": _boxes(_error_axis()), "boxes-seconds": _boxes(alt.Axis(values=_WIDE_SECONDS, format="~g")),
        "means": _means(), "curves": _curves(), "against": _against(), "history": _history(),
    }  # fmt: skip
    return {name: _plain(chart) for name, chart in made.items()}


def standings_chart() -> Spec:
    """Return the chart of means over all suites with their intervals and ranks, a method a line, which a site has.

    Rows have `method`, `value`, `low`, `high`, and `ranks`, a text; the first stands on top.
    """
    base = _rows().encode(y=alt.Y("method:N", title=None, sort=None), color=_method())
    axis = alt.Axis(format="%", tickCount=5)
    bars = base.mark_rule(strokeWidth=1.6).encode(
        x=alt.X("low:Q", title="recovery over all suites, 95 %", scale=alt.Scale(domain=[0, 1]), axis=axis), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x="value:Q", shape=_shape())
    ranks = (
        _rows()
        .mark_text(align="left")
        .encode(y=alt.Y("method:N", sort=None), x=alt.value("width"), xOffset=alt.value(6), text="ranks:N")
    )
    return _plain((bars + points + ranks).properties(width="container"))


def _plain(chart: Any) -> Spec:
    spec: Spec = chart.to_dict()
    for name in ("config", "datasets", "$schema"):
        spec.pop(name, None)
    return spec


def _rows() -> Any:
    return alt.Chart(alt.NamedData("rows"))


def _method() -> Any:
    """Return the colour of a method, whose range the page fills in."""
    return alt.Color("method:N", scale=alt.Scale(range=[]), legend=None)


def _shape() -> Any:
    return alt.Shape("method:N", scale=alt.Scale(range=[]), legend=None)


def _error_axis() -> Any:
    return alt.Axis(tickCount=6, labelExpr=_ERRORS)


def _intervals(base: Any, x: Any, title: str, *, shaped: bool = True) -> Any:
    """Return points with their intervals, and lines through them."""
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format="%", tickCount=5)
    tips = [
        alt.Tooltip("method:N"), x, alt.Tooltip("recovery:Q", format=".1%"),
        alt.Tooltip("low:Q", format=".1%"), alt.Tooltip("high:Q", format=".1%"), alt.Tooltip("tasks:Q"),
    ]  # fmt: skip
    bars = base.mark_rule(strokeWidth=1.4, opacity=0.55).encode(
        y=alt.Y("low:Q", title=title, scale=scale, axis=axis), y2="high:Q"
    )
    rate = alt.Y("recovery:Q", scale=scale)
    points = base.mark_point(filled=True, size=60, opacity=1).encode(y=rate, tooltip=tips)
    points = points.encode(shape=_shape()) if shaped else points
    lines = base.mark_line(strokeWidth=2).encode(y=rate)
    return (bars + lines + points).properties(height=_HEIGHT_PIXELS, width="container")


def _over_levels() -> Any:
    """Return the base of charts over the levels of a setting, which the page names; methods stand side by side."""
    return _rows().encode(
        x=alt.X("level:O", title="the setting", sort=None, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("method:N"), color=_method(),
    )  # fmt: skip


def _curve() -> Any:
    return _intervals(_over_levels(), alt.Tooltip("level:N"), "recovery rate, 95 %")


def _history() -> Any:
    """Return the recovery of one method over its versions."""
    levels = alt.X("level:O", title="version", sort=None, axis=alt.Axis(labelAngle=0))
    base = _rows().encode(x=levels, color=alt.value(COLOURS[0]))
    return _intervals(base, alt.Tooltip("level:N"), "recovery rate, 95 %", shaped=False)


def _error_curve() -> Any:
    error = alt.Y(
        "nmse:Q", title="NMSE on test points (median)", scale=alt.Scale(type="log", nice=False, padding=10),
        axis=_error_axis(),
    )  # fmt: skip
    return _error_lines(_over_levels(), error, alt.Tooltip("level:N"))


def _front() -> Any:
    size = alt.Scale(zero=False, nice=False, padding=20)
    error = _error_axis()
    base = _rows().encode(
        x=alt.X("complexity:Q", title="complexity, nodes (median)", scale=size, axis=alt.Axis(tickCount=8)),
        y=alt.Y("nmse:Q", title="NMSE on test points (median)", scale=alt.Scale(type="log", padding=20), axis=error),
    )
    line = base.transform_filter("datum.front").mark_line(interpolate="step-after", strokeDash=[4, 3], color=_NEUTRAL)
    tips = [alt.Tooltip("method:N"), alt.Tooltip("complexity:Q"), alt.Tooltip("nmse:Q", format=".1e")]
    points = base.mark_point(filled=True, opacity=1).encode(
        color=_method(), shape=_shape(), size=alt.Size("size:Q", scale=None, legend=None), tooltip=tips
    )
    return (line.encode(order="complexity:Q") + points).properties(height=_HEIGHT_PIXELS, width="container")


def _time() -> Any:
    share = alt.Y(
        "solved:Q", title="runs that recovered the truth", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")
    )
    base = _rows().encode(
        x=alt.X(
            "seconds:Q", title="seconds", scale=alt.Scale(type="log", nice=False, padding=10),
            axis=alt.Axis(values=_WIDE_SECONDS, format="~g"),
        ),
        y=share,
        color=_method(),
    )  # fmt: skip
    some = base.transform_filter("datum.marked")
    tips = [alt.Tooltip("method:N"), alt.Tooltip("seconds:Q"), alt.Tooltip("solved:Q", format=".1%")]
    lines = base.mark_line(interpolate="step-after", strokeWidth=2).encode(tooltip=tips)
    points = some.mark_point(filled=True, size=60, opacity=1).encode(shape=_shape(), tooltip=tips)
    return (lines + points).properties(height=_HEIGHT_PIXELS, width="container")


def _at_marks() -> Any:
    """Return the base of charts over seconds; `x` is the mark, moved a little so that bars of methods stand apart."""
    axis = alt.Axis(values=_SECONDS, format="~g", grid=False)
    return _rows().encode(
        x=alt.X(
            "x:Q", title="seconds since the fit began", scale=alt.Scale(type="log", nice=False, padding=14), axis=axis
        ),
        color=_method(),
    )


def _rates() -> Any:
    return _intervals(_at_marks(), alt.Tooltip("seconds:Q"), "recovery rate, 95 %")


def _errors() -> Any:
    base = _at_marks()
    error = alt.Y(
        "nmse:Q", title="NMSE on test points (median)", scale=alt.Scale(type="log", nice=False, padding=10),
        axis=_error_axis(),
    )  # fmt: skip
    return _error_lines(base, error, alt.Tooltip("seconds:Q"))


def _error_lines(base: Any, error: Any, x: Any) -> Any:
    tips = [alt.Tooltip("method:N"), x, alt.Tooltip("nmse:Q", format=".1e"), alt.Tooltip("tasks:Q")]
    lines = base.mark_line(strokeWidth=2).encode(y=error)
    points = base.mark_point(filled=True, size=60, opacity=1).encode(y=error, shape=_shape(), tooltip=tips)
    return (lines + points).properties(height=_HEIGHT_PIXELS, width="container")


def _boxes(axis: Any) -> Any:
    """Return boxes over tasks, a method a line; the page says what of."""
    scale = alt.Scale(type="log", nice=False, padding=10)
    base = _rows().encode(
        y=alt.Y("method:N", title=None, sort=None, axis=alt.Axis(labelLimit=_NAME_PIXELS)), color=_method()
    )
    tips = [
        alt.Tooltip("method:N"), *(alt.Tooltip(f"{name}:Q", format=".2g") for name in ("low", "q1", "median", "q3",
        "high")), alt.Tooltip("tasks:Q"),
    ]  # fmt: skip
    whiskers = base.mark_rule(strokeWidth=1.4).encode(x=alt.X("low:Q", title=None, scale=scale, axis=axis), x2="high:Q")
    bars = base.mark_bar(size=13, opacity=0.4).encode(x=alt.X("q1:Q", scale=scale), x2="q3:Q", tooltip=tips)
    middle = base.mark_tick(thickness=3, size=17, opacity=1).encode(x=alt.X("median:Q", scale=scale), tooltip=tips)
    return (whiskers + bars + middle).properties(width="container")


def _pair() -> Any:
    """Return the errors of two methods on each task against each other."""
    scale, axis = alt.Scale(type="log", nice=False, padding=10), _error_axis()
    names = list(_OUTCOMES)
    legend = alt.Legend(title=None, orient="bottom", columns=2, symbolOpacity=1)
    base = _rows()
    x = alt.X("first:Q", title="NMSE of the first", scale=scale, axis=axis)
    y = alt.Y("second:Q", title="NMSE of the second", scale=scale, axis=axis)
    line = base.transform_filter("datum.line").mark_line(color=_NEUTRAL, strokeDash=[4, 3]).encode(x=x, y=y)
    points = base.transform_filter("!datum.line").mark_point(filled=True, size=55, opacity=0.85).encode(
        x=x, y=y,
        color=alt.Color(
            "outcome:N", scale=alt.Scale(domain=names, range=[look[0] for look in _OUTCOMES.values()]), legend=legend
        ),
        shape=alt.Shape(
            "outcome:N", scale=alt.Scale(domain=names, range=[look[1] for look in _OUTCOMES.values()]),
            legend=legend,
        ),
        tooltip=[
            alt.Tooltip("task:N"), alt.Tooltip("noise:Q"), alt.Tooltip("outcome:N"),
            alt.Tooltip("first:Q", format=".1e"), alt.Tooltip("second:Q", format=".1e"),
        ],
    )  # fmt: skip
    return (line + points).properties(height=320, width="container")


def _failures() -> Any:
    return (
        _rows()
        .mark_bar(size=13)
        .encode(
            x=alt.X("runs:Q", title="runs that did not end ok", axis=alt.Axis(tickCount=6, labelExpr=_COUNTS)),
            y=alt.Y("what:N", title=None, sort=None, axis=alt.Axis(labelLimit=_NAME_PIXELS)),
            color=_method(),
            tooltip=[alt.Tooltip("method:N"), alt.Tooltip("status:N"), alt.Tooltip("runs:Q")],
        )
        .properties(width="container")
    )


def _means() -> Any:
    """A critical-difference diagram: methods on their mean ranks, bars over those that do not differ."""
    base = _rows()
    scale = alt.Scale(zero=False, padding=40, nice=True)
    x = alt.X("rank:Q", title="mean rank (1 is best)", scale=scale, axis=alt.Axis(tickCount=6))
    y = alt.Y("row:O", axis=None, scale=alt.Scale(padding=0.6))
    points = base.transform_filter("datum.method != null").mark_point(filled=True, size=90, opacity=1).encode(
        x=x, y=y, color=_method(), shape=_shape(), tooltip=[alt.Tooltip("method:N"), alt.Tooltip("rank:Q")],
    )  # fmt: skip
    names = (
        base.transform_filter("datum.method != null")
        .mark_text(dy=-12, limit=_NAME_PIXELS)
        .encode(x=x, y=y, text="method:N")
    )
    bars = (
        base.transform_filter("datum.low != null")
        .mark_rule(strokeWidth=5, opacity=0.6, color=_NEUTRAL)
        .encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y)
    )
    return (bars + points + names).properties(width="container")


def _curves() -> Any:
    base = _rows()
    x, y = (
        alt.X("x:Q", title=None, scale=alt.Scale(nice=False), axis=alt.Axis(tickCount=9)),
        alt.Y("y:Q", title=None, scale=alt.Scale(zero=False)),
    )
    points = base.transform_filter("datum.what == 'data'").mark_point(color=_NEUTRAL, size=18).encode(x=x, y=y)
    truth = (
        base.transform_filter("datum.what == 'truth'")
        .mark_line(strokeWidth=6, opacity=0.35, color=_NEUTRAL)
        .encode(x=x, y=y)
    )
    lines = base.transform_filter("datum.what == 'formula'").mark_line(strokeWidth=2, clip=True).encode(
        x=x, y=y, color=_method(), strokeDash=alt.StrokeDash("method:N", legend=None)
    )  # fmt: skip
    return (points + truth + lines).properties(height=320, width="container")


def _against() -> Any:
    base = _rows()
    x = alt.X("x:Q", title="true value", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=9))
    y = alt.Y("y:Q", title="formula's value", scale=alt.Scale(zero=False))
    line = base.transform_filter("datum.what == 'truth'").mark_line(color=_NEUTRAL).encode(x=x, y=y)
    points = base.transform_filter("datum.what == 'formula'").mark_point(size=24, clip=True).encode(
        x=x, y=y, color=_method(), shape=_shape()
    )  # fmt: skip
    return (line + points).properties(height=320, width="container")
