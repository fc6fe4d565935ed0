"""Tables on where methods fail, what they cost, and what each part brings."""

from __future__ import annotations

from papers import MEASURED, MISSED, grid, results_of
from records import record

from srbench_lite.recording.progress import entry
from srbench_lite.reports.paper.weaknesses import ablations, breakdowns, costs

BASE = {"degree": 3, "rate": 1}


def test_recovery_is_broken_down_by_traits_of_the_truth():
    runs = [
        record(task=f"sin/{k}", method=m, truth=truth, **({} if m == "a" or k == 0 else MISSED))
        for k, truth in enumerate(("sin(x)", "x*y")) for m in "ab"
    ]  # fmt: skip
    text = breakdowns(results_of(runs))
    assert "number of variables" in text
    assert r"b & 100 {\scriptsize [21, 100]} & 0 {\scriptsize [0, 79]} \\" in text
    assert breakdowns(results_of([record(**MEASURED)])).startswith("No task has a known truth")


def test_costs_have_memory_and_the_seconds_until_half_were_solved():
    at = (entry(1.0, None), entry(2.0, "sin(x)", verdict="exact", recovered=True))
    runs = grid("a", seconds=9.0, cpu_seconds=8.0, peak_mb=150.0, progress=at)
    text = costs(results_of(runs))
    assert r"a & 9 & 8 & 150 & 150 & -- & -- \\" in text  # marks that were not read


def test_variants_by_parameters_are_a_table_of_their_own():
    runs = [
        record(task=f"sin/{k}", method="m", parameters=parameters, **({} if parameters == BASE else MISSED))
        for k in range(3) for parameters in (BASE, BASE | {"degree": 5}, BASE | {"rate": 2})
    ]  # fmt: skip
    assert ablations(results_of(grid()), {}) == ""
    text = ablations(results_of(runs), {})
    assert "degree=5" in text
    assert r"\label{tab:ablation-m}" in text
    assert "rate=2" in ablations(results_of(runs), {"m": BASE})
    two = [run for run in runs if run.parameters != BASE]
    assert ablations(results_of(two), {}).startswith("Variants of m are not compared: which variant")
