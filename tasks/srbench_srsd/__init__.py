"""The suite `srsd`: 120 equations of physics with realistic ranges of their variables.

From Matsubara, Chiba, Igarashi & Ushiku, "Rethinking symbolic regression datasets and benchmarks for scientific
discovery" (DMLR 2024, arXiv 2206.10540), with the expressions of FastSRB; `srsd.toml` holds them, one task each.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from srbench_lite import Suite, hookimpl


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `srsd`."""
    return [Suite.from_file(Path(__file__).with_name("srsd.toml"))]
