"""The classic suites of symbolic regression: a TOML file each beside this one, in the order of their names.

Formulas and domains are those of the file `benchmarks.csv` of dso-org/deep-symbolic-optimization (BSD-3-Clause), and
the works each suite names; where sources disagree, the task's `erratum` says which is followed and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from srbench_lite import Suite, hookimpl


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `constant`, `jin`, `keijzer`, `korns`, `koza`, `livermore`, `neat`, `nguyen-c`, `r` and `vladislavleva`."""
    return [Suite.from_file(path) for path in sorted(Path(__file__).parent.glob("*.toml"))]
