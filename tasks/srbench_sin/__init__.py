"""The suite `sin`: one-variable sines that differ in frequency, phase, amplitude, argument and number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from srbench_lite import Suite, hookimpl

_FORMULAS: Final = {
    "plain": ("sin(x)", {"x": (-3.0, 3.0)}),
    "frequency-3": ("sin(3*x)", {"x": (-3.0, 3.0)}),
    "frequency-2.5": ("sin(2.5*x)", {"x": (-4.0, 4.0)}),
    "amplitude": ("2.5*sin(x)", {"x": (-3.0, 3.0)}),
    "phase": ("sin(x + 0.5)", {"x": (-3.0, 3.0)}),
    "amplitude-frequency-phase": ("1.7*sin(2.3*x + 0.8)", {"x": (-3.0, 3.0)}),
    "offset": ("0.5*sin(4*x) + 1", {"x": (-2.0, 2.0)}),
    "two-frequencies": ("sin(x) + 0.5*sin(3*x)", {"x": (-3.0, 3.0)}),
    "square": ("sin(x**2)", {"x": (-3.0, 3.0)}),
    "times-x": ("x*sin(x)", {"x": (-5.0, 5.0)}),
    "product": ("sin(x)*cos(2*x)", {"x": (-3.0, 3.0)}),
    "squared": ("sin(x)**2", {"x": (-3.0, 3.0)}),
}


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `sin`."""
    summary = "12 sines of one variable: frequencies, phases, amplitudes, a squared argument, products"
    return [Suite.from_formulas("sin", summary=summary, formulas=_FORMULAS, source="srbench-lite")]
