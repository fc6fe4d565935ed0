"""Any finite data end in a formula or a `FitError`: every built-in method on extreme data, the slow test on 2,000."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from extreme_data import COUNT, KINDS, ExtremeData, extreme_data
from extreme_fits import fit_once, turns
from places import ROOT

from srbench_lite.methods.discovery import discover

REGISTRY = discover()
#: Seconds of a fit: enough for its first steps. No clock is asked whether that was kept to.
SECONDS = 0.1
#: Data sets of the quick test: each kind, and each method, has its turn.
FEW = dict(turns((extreme_data(number) for number in range(5, COUNT, 32)), REGISTRY))


@pytest.mark.parametrize("data", FEW, ids=lambda data: f"{data.number}-{data.kind}")
def test_data_end_in_a_formula_or_in_an_error_that_says_why(data: ExtremeData) -> None:
    end = fit_once(data, FEW[data], seconds=SECONDS)
    assert end.status in ("ok", "failed"), f"{data.kind}: {end.text}"


@pytest.mark.slow
def test_so_do_two_thousand(tmp_path: Path) -> None:
    tool = ROOT / "tests" / "tools" / "fit_extreme_data.py"
    done = subprocess.run(
        [sys.executable, tool, "--out", tmp_path / "fits.csv", "--seconds", "1", "--grace", "1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_data_are_the_same_again_and_every_kind_and_method_has_a_turn() -> None:
    one, other = extreme_data(7).samples, extreme_data(7).samples
    np.testing.assert_array_equal(one.x, other.x)
    np.testing.assert_array_equal(one.y, other.y)
    assert {data.kind for data in FEW} == set(KINDS)
    assert {method.name for method in FEW.values()} == {
        method.name for method in REGISTRY.methods.values() if method.environment is None
    }
