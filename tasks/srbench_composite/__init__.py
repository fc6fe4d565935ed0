"""The suite `composite`: oscillation, polynomial, exponential and logarithm combined, in one and two variables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from srbench_lite import Suite, hookimpl

_FORMULAS: Final = {
    "sin-plus-square": ("sin(x) + 0.5*x**2", {"x": (-3.0, 3.0)}),
    "exp": ("exp(x)", {"x": (-2.0, 2.0)}),
    "sinc": ("sin(x)/x", {"x": (-10.0, 10.0)}),
    "sin-plus-cos": ("sin(x) + cos(y)", {"x": (-3.0, 3.0), "y": (-3.0, 3.0)}),
    "damped-sin": ("exp(-x**2)*sin(3*x)", {"x": (-2.0, 2.0)}),
    "exp-over-square": ("exp(x)/(1 + x**2)", {"x": (-2.0, 2.0)}),
    "x-sin-plus-log": ("x*sin(x) + log(x + 2)", {"x": (-1.5, 5.0)}),
    "log-minus-square": ("log(x) - 0.7*x**2", {"x": (0.3, 5.0)}),
    "exp-decay-plus-line": ("1.4*exp(-0.8*x) + 0.9*x", {"x": (0.0, 6.0)}),
    "product-plus-cos": ("x*y + cos(1.5*x)", {"x": (-2.0, 2.0), "y": (-2.0, 2.0)}),
    "exp-times-sin": ("exp(-0.3*x)*sin(2*y)", {"x": (-2.0, 2.0), "y": (-3.0, 3.0)}),
    "square-plus-log": ("x**2 + log(y + 1)", {"x": (-2.0, 2.0), "y": (0.0, 4.0)}),
}


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `composite`."""
    summary = "12 combinations of oscillation, polynomial, exponential and logarithm, in one and two variables"
    return [
        Suite.from_formulas(
            "composite", summary=summary, formulas=_FORMULAS, source="srbench-lite", licence="MIT",
            tags=("composition",), deferred=True,
        )
    ]  # fmt: skip
