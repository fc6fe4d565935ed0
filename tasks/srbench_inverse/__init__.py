"""The suite `inverse`: the value of an invertible function is given, its argument is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from srbench_lite import Suite, hookimpl


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `inverse`."""
    return [Suite.from_file(Path(__file__).with_name("inverse.toml"))]
