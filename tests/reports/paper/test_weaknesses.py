"""Tables on where methods fail, what they cost, and what each part brings."""

from __future__ import annotations

import re

from papers import MEASURED, MISSED, failures_of, grid, results_of
from records import record

from srbench_lite.recording.progress import entry
from srbench_lite.reports.paper.weaknesses import ablations, breakdowns, costs, said_of_solvers, solvers, unsolved_tasks

BASE = {"degree": 3, "rate": 1}


def test_every_rate_stands_in_a_table_with_its_interval_and_none_is_cut():
    runs = [
        record(task=f"sin/{k}", method=m, truth="+".join(f"x{j}" for j in range(k + 1)), **MISSED)
        for k in range(9) for m in "ab"
        if (m, k) != ("b", 8)
    ]  # fmt: skip
    runs += [record(task="sin/more", method="a", truth="x+y+1")]
    results = results_of(runs)
    text = breakdowns(failures_of(results), results)
    assert "Recovery by number of variables of the truth (part 2 of 2)" in text
    heads = [line for line in text.splitlines() if line.startswith("method &")][:2]
    assert re.findall(r"& (\d+) {\\scriptsize\\itshape (\d+)}", "".join(heads)) == [
        (str(k), "2" if k == 2 else "1") for k in range(1, 10)
    ]  # fmt: skip
    assert r"50 {\scriptsize [9, 91]}" in text
    assert r"0 {\scriptsize [0, 79]} {\scriptsize\itshape 1}" in text  # b ran on one of the two with two variables
    assert "Share of runs by how they ended" in text
    measured = results_of([record(**MEASURED)])
    assert breakdowns(failures_of(measured), measured).startswith("No task has a known truth")


def test_what_nobody_and_what_one_method_recovered():
    runs = [
        record(suite=suite, task=f"{suite}/{k}", method=m, **({} if (suite, m, k) == ("t", "a", 0) else MISSED))
        for suite in "st" for k in range(4) for m in "ab"
    ]  # fmt: skip
    results = results_of(runs)
    table = solvers(failures_of(results), results)
    assert r"nobody & 7 & s/0, t/1, s/1, t/2, and 3 more \\" in table  # each suite in turn
    assert r"only a & 1 & t/0 \\" in table
    assert r"\item[nobody] (7) s/0, s/1, s/2, s/3, t/1, t/2, t/3." in unsolved_tasks(failures_of(results), results)
    assert said_of_solvers(failures_of(results)) == (
        "Of 8 tasks with a known truth, 7 were recovered by no method in any run, and 1 by one of several methods only."
    )
    every = results_of(grid())
    assert said_of_solvers(failures_of(every)) == ""
    assert solvers(failures_of(every), every).startswith("Every task with a known truth")
    assert unsolved_tasks(failures_of(every), every) == ""


def test_costs_have_memory_and_the_seconds_until_half_were_solved():
    at = (entry(1.0, None), entry(2.0, "sin(x)", verdict="exact", recovered=True))
    results = results_of(grid("a", seconds=9.0, cpu_seconds=8.0, peak_mb=150.0, progress=at))
    text = costs(failures_of(results), results)
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
