"""The charts of the page as Vega-Lite, made by Altair; their data are named and filled in by the page."""

from __future__ import annotations

from typing import Any, Final

import altair as alt

from srbench_lite.recording.progress import MARKS

__all__ = ["charts"]

Spec = dict[str, Any]

#: Okabe & Ito, Color Universal Design, 2008, without black and yellow, which drown in one of the two backgrounds.
_METHOD_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7F7F7F", "#8C564B")
_SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke", "triangle-right")
#: Colour of each status but ok.
_STATUS_COLOURS: Final = {
    "failed": "#E69F00", "crashed": "#D55E00", "timeout": "#56B4E9", "memout": "#0072B2", "invalid": "#CC79A7",
    "skipped": "#999999",
}  # fmt: skip
_HEIGHT_PIXELS: Final = 260
#: Labels of an axis over seconds: the marks of a run.
_SECONDS: Final = [0.1, 0.2, 0.5, *(int(mark) for mark in MARKS)]


def charts() -> dict[str, Spec]:
    """Return a specification by name; each takes its rows from the data set "rows"."""
    made = {
        "recovery": _recovery(), "front": _front(), "time": _time(), "failures": _failures(),
        "rates": _rates(), "errors": _errors(),
        "means": _means(), "curves": _curves(), "against": _against(),
    }  # fmt: skip
    return {name: _plain(chart) for name, chart in made.items()}


def _plain(chart: Any) -> Spec:
    spec: Spec = chart.to_dict()
    for name in ("config", "datasets", "$schema"):
        spec.pop(name, None)
    return spec


def _legend() -> Any:
    return alt.Legend(title=None, orient="bottom", columns=3, symbolOpacity=1)


def _method() -> Any:
    return alt.Color("method:N", scale=alt.Scale(range=list(_METHOD_COLOURS)), legend=_legend())


def _shape() -> Any:
    return alt.Shape("method:N", scale=alt.Scale(range=list(_SHAPES)), legend=_legend())


def _recovery() -> Any:
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("noise:O", title="noise", axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("method:N"),
        color=_method(),
    )
    scale = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format="%")
    tips = [
        alt.Tooltip("method:N"), alt.Tooltip("noise:Q"), alt.Tooltip("recovery:Q", format=".1%"),
        alt.Tooltip("low:Q", format=".1%"), alt.Tooltip("high:Q", format=".1%"), alt.Tooltip("tasks:Q"),
    ]  # fmt: skip
    bars = base.mark_rule(strokeWidth=2).encode(
        y=alt.Y("low:Q", title="recovery rate, 95 %", scale=scale, axis=axis), y2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=alt.Y("recovery:Q", scale=scale), shape=_shape(), tooltip=tips
    )
    return (bars + points).properties(height=_HEIGHT_PIXELS, width="container")


def _front() -> Any:
    size = alt.Scale(zero=False, padding=20)
    error = alt.Axis(format=".0e", tickCount=6)
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("complexity:Q", title="complexity, nodes (median)", scale=size, axis=alt.Axis(tickCount=8)),
        y=alt.Y("nmse:Q", title="NMSE on test points (median)", scale=alt.Scale(type="log", padding=20), axis=error),
    )
    line = base.transform_filter("datum.front").mark_line(interpolate="step-after", strokeDash=[4, 3], color="#888888")
    tips = [alt.Tooltip("method:N"), alt.Tooltip("complexity:Q"), alt.Tooltip("nmse:Q", format=".1e")]
    points = base.mark_point(filled=True, size=110, opacity=1).encode(color=_method(), shape=_shape(), tooltip=tips)
    return (line.encode(order="complexity:Q") + points).properties(height=_HEIGHT_PIXELS, width="container")


def _time() -> Any:
    share = alt.Y(
        "solved:Q", title="runs that recovered the truth", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")
    )
    lines = alt.Chart(alt.NamedData("rows")).mark_line(interpolate="step-after", strokeWidth=2)
    return lines.encode(
        x=alt.X("seconds:Q", title="seconds", scale=alt.Scale(type="log"), axis=alt.Axis(tickCount=5)),
        y=share,
        color=_method(),
        tooltip=[alt.Tooltip("method:N"), alt.Tooltip("seconds:Q"), alt.Tooltip("solved:Q", format=".1%")],
    ).properties(height=_HEIGHT_PIXELS, width="container")


def _at_marks() -> Any:
    """Return the base of charts over seconds; `x` is the mark, moved a little so that bars of methods stand apart."""
    axis = alt.Axis(values=_SECONDS, format="~g", grid=False)
    return alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X(
            "x:Q", title="seconds since the fit began", scale=alt.Scale(type="log", nice=False, padding=14), axis=axis
        ),
        color=_method(),
    )


def _rates() -> Any:
    base = _at_marks()
    scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format="%", tickCount=5)
    tips = [
        alt.Tooltip("method:N"), alt.Tooltip("seconds:Q"), alt.Tooltip("recovery:Q", format=".1%"),
        alt.Tooltip("low:Q", format=".1%"), alt.Tooltip("high:Q", format=".1%"), alt.Tooltip("tasks:Q"),
    ]  # fmt: skip
    bars = base.mark_rule(strokeWidth=1.2, opacity=0.5).encode(
        y=alt.Y("low:Q", title="recovery rate, 95 %", scale=scale, axis=axis), y2="high:Q"
    )
    rate = alt.Y("recovery:Q", scale=scale)
    lines = base.mark_line(strokeWidth=2).encode(y=rate)
    points = base.mark_point(filled=True, size=60, opacity=1).encode(y=rate, shape=_shape(), tooltip=tips)
    return (bars + lines + points).properties(height=_HEIGHT_PIXELS, width="container")


def _errors() -> Any:
    base = _at_marks()
    error = alt.Y(
        "nmse:Q", title="NMSE on test points (median)", scale=alt.Scale(type="log", nice=False, padding=10),
        axis=alt.Axis(format=".0e", tickCount=6),
    )  # fmt: skip
    tips = [
        alt.Tooltip("method:N"), alt.Tooltip("seconds:Q"), alt.Tooltip("nmse:Q", format=".1e"), alt.Tooltip("tasks:Q"),
    ]  # fmt: skip
    lines = base.mark_line(strokeWidth=2).encode(y=error)
    points = base.mark_point(filled=True, size=60, opacity=1).encode(y=error, shape=_shape(), tooltip=tips)
    return (lines + points).properties(height=_HEIGHT_PIXELS, width="container")


def _failures() -> Any:
    scale = alt.Scale(domain=list(_STATUS_COLOURS), range=list(_STATUS_COLOURS.values()))
    return (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar()
        .encode(
            x=alt.X("runs:Q", title="runs that did not end ok", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y("method:N", title=None),
            color=alt.Color("status:N", scale=scale, legend=_legend()),
            tooltip=[alt.Tooltip("method:N"), alt.Tooltip("status:N"), alt.Tooltip("runs:Q")],
        )
        .properties(width="container")
    )


def _means() -> Any:
    """A critical-difference diagram: methods on their mean ranks, bars over those that do not differ."""
    base = alt.Chart(alt.NamedData("rows"))
    scale = alt.Scale(zero=False, padding=30, nice=True)
    x = alt.X("rank:Q", title="mean rank (1 is best)", scale=scale)
    y = alt.Y("row:O", axis=None, scale=alt.Scale(padding=0.6))
    points = base.transform_filter("datum.method != null").mark_point(filled=True, size=90, opacity=1).encode(
        x=x, y=y, color=alt.Color("method:N", scale=alt.Scale(range=list(_METHOD_COLOURS)), legend=None),
        tooltip=[alt.Tooltip("method:N"), alt.Tooltip("rank:Q")],
    )  # fmt: skip
    names = base.transform_filter("datum.method != null").mark_text(dy=-12).encode(x=x, y=y, text="method:N")
    bars = (
        base.transform_filter("datum.low != null")
        .mark_rule(strokeWidth=5, opacity=0.6, color="#888888")
        .encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y)
    )
    return (bars + points + names).properties(width="container")


def _curves() -> Any:
    base = alt.Chart(alt.NamedData("rows"))
    x, y = (
        alt.X("x:Q", title=None, scale=alt.Scale(nice=False), axis=alt.Axis(tickCount=9)),
        alt.Y("y:Q", title=None, scale=alt.Scale(zero=False)),
    )
    points = base.transform_filter("datum.what == 'data'").mark_point(color="#888888", size=18).encode(x=x, y=y)
    truth = (
        base.transform_filter("datum.what == 'truth'")
        .mark_line(strokeWidth=6, opacity=0.35, color="#888888")
        .encode(x=x, y=y)
    )
    lines = base.transform_filter("datum.what == 'formula'").mark_line(strokeWidth=2, clip=True).encode(
        x=x, y=y, color=_method(), strokeDash=alt.StrokeDash("method:N", legend=None)
    )  # fmt: skip
    return (points + truth + lines).properties(height=320, width="container")


def _against() -> Any:
    base = alt.Chart(alt.NamedData("rows"))
    x = alt.X("x:Q", title="true value", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=9))
    y = alt.Y("y:Q", title="formula's value", scale=alt.Scale(zero=False))
    line = base.transform_filter("datum.what == 'truth'").mark_line(color="#888888").encode(x=x, y=y)
    points = base.transform_filter("datum.what == 'formula'").mark_point(size=24, clip=True).encode(
        x=x, y=y, color=_method(), shape=_shape()
    )  # fmt: skip
    return (line + points).properties(height=320, width="container")
