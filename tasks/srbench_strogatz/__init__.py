"""The suite `strogatz`: rates of change of seven systems of two differential equations, on points of their solutions.

The systems are of Strogatz, "Nonlinear dynamics and chaos" (1994), as La Cava, Danai & Spector chose them (2016). The
points are integrated here from starts that stand in `strogatz.toml`; the published files (GPL-3) are not used.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from srbench_lite import Suite, hookimpl


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `strogatz`."""
    return [Suite.from_file(Path(__file__).with_name("strogatz.toml"))]
