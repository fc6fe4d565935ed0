"""`shortest`: the decimal that a fitted constant may stand for."""

from __future__ import annotations

__all__ = ["shortest"]


def shortest(value: float, radius: float) -> float:
    """Return the decimal of fewest significant digits within `radius` of `value`, the nearest such; 0 has none."""
    if abs(value) <= radius:
        return 0.0
    tries = (float(f"{value:.{places}e}") for places in range(16))
    return next((rounded for rounded in tries if abs(rounded - value) <= radius), value)
