"""The seconds of reports are those of the fit: neither what comes before it nor what the harness does counts.

The method notes by its own clock when it reports; each report must lie between two of its notes, whatever the machine
is busy with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from srbench_lite import Budget, Samples
from srbench_lite.running.messages import FitRequest
from srbench_lite.running.supervisor import Supervisor

PLUGIN = """
import time
from dataclasses import dataclass
from srbench_lite import Expression, Fit, Method, hookimpl

X = Expression.variable("x")
NOTES = []

def note():
    NOTES.append(time.perf_counter())

@dataclass(frozen=True, kw_only=True)
class Punctual(Method):
    name = "punctual"
    summary = source = "tests"
    def skip_reason(self, samples):
        time.sleep(0.4)
        note()
        return None
    def fit(self, samples, *, seed, budget, report):
        note()
        for number, wait in enumerate((0.0, 0.25, 0.15), start=1):
            time.sleep(wait)
            note()
            report(number * X)
        note()
        return Fit(expression=X, extras={"notes": NOTES})

@hookimpl
def srbench_methods():
    return [Punctual()]
"""
SAMPLES = Samples(variables=("x",), x=np.linspace(-1.0, 1.0, 20)[:, None], y=np.linspace(-1.0, 1.0, 20))
ROUNDING = 1e-4


def test_a_report_stands_with_the_second_of_the_fit(tmp_path: Path):
    plugin = tmp_path / "punctual.py"
    plugin.write_text(PLUGIN)
    request = FitRequest(method="punctual", parameters={}, seed=0, budget=Budget(seconds=30.0), samples=SAMPLES)
    with Supervisor(plugins=[plugin]) as supervisor:
        result = supervisor.run(request, seconds=30.0, memory_mb=4096.0)
    assert result.answer is not None
    ready, begun, *notes = result.answer.extras["notes"]
    reports = result.reports.kept
    assert [text for _, text in reports] == ["1*x", "2*x", "3*x"]
    for (seconds, _), earliest, latest in zip(reports, notes[:-1], notes[1:], strict=True):
        assert earliest - begun - ROUNDING <= seconds <= latest - ready + ROUNDING
    assert notes[-1] - begun - ROUNDING <= result.answer.seconds
