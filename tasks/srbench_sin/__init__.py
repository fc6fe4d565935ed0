"""The suite `sin`: one-variable sines that differ in frequency, phase, amplitude, argument and number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from srbench_lite import Suite, hookimpl

_FORMULAS: Final = {
    "plain": ("sin(x)", {"x": (-3.0, 3.0)}),
    "frequency-5": ("sin(5*x)", {"x": (-2.0, 2.0)}),
    "frequency-0.7": ("sin(0.7*x)", {"x": (-6.0, 6.0)}),
    "amplitude": ("3.4*sin(x)", {"x": (-3.0, 3.0)}),
    "phase": ("sin(x - 1.2)", {"x": (-3.0, 3.0)}),
    "amplitude-frequency-phase": ("0.8*sin(3.7*x + 2.1)", {"x": (-3.0, 3.0)}),
    "offset": ("1.6*sin(2.2*x) - 0.9", {"x": (-2.0, 2.0)}),
    "two-frequencies": ("sin(1.5*x) + 0.4*sin(4*x)", {"x": (-3.0, 3.0)}),
    "square": ("sin(1.3*x**2)", {"x": (-2.5, 2.5)}),
    "times-x": ("x*sin(2*x)", {"x": (-5.0, 5.0)}),
    "product": ("sin(2*x)*cos(3*x)", {"x": (-3.0, 3.0)}),
    "squared": ("sin(1.5*x)**2", {"x": (-3.0, 3.0)}),
}


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `sin`."""
    summary = "12 sines of one variable: frequencies, phases, amplitudes, a squared argument, products"
    return [
        Suite.from_formulas(
            "sin", summary=summary, formulas=_FORMULAS, source="srbench-lite", licence="MIT", tags=("trigonometry",),
            deferred=True,
        )
    ]  # fmt: skip
