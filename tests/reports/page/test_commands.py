"""Command lines that make the runs of a page again."""

from __future__ import annotations

from records import record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page.commands import commands_of
from srbench_lite.reports.page.content import COLUMNS

DEFAULTS = {"good": {"degree": 3}, "other": {"degree": 3}}
SUITES = {"sin": ["sin/plain", "sin/other"], "zoo": ["zoo/ape"]}


def lines(*records, defaults=DEFAULTS, suites=SUITES):
    return commands_of(RunTable.from_records(records, COLUMNS).runs, defaults=defaults, suites=suites)


def test_methods_that_ran_alike_share_a_line():
    whole = [
        record(task=task, method=method, seed=seed, noise=noise)
        for task in SUITES["sin"]
        for method in ("good", "other")
        for seed in (0, 1, 2)
        for noise in (0.0, 0.01)
    ]
    assert lines(*whole) == [
        "srbench run --method good --method other --suite sin --seeds 3 --noise 0,0.01 --time-limit 60 "
        "--memory-limit 4096"
    ]


def test_what_is_not_as_it_ships_is_said():
    changed = record(
        suite="zoo", task="zoo/ape", parameters={"degree": 5}, budget_seconds=0.5, budget_threads=2, seed=4,
        perturbation={"train_size": 20, "dummies": 2, "input_noise": 0.01, "rescale": True, "outliers": 0.05},
    )  # fmt: skip
    assert lines(changed) == [
        "srbench run --method good --suite zoo --set good.degree=5 --seeds 1 --first-seed 4 --train-size 20 "
        "--dummies 2 --input-noise 0.01 --rescale --outliers 0.05 --time-limit 0.5 --memory-limit 4096 --threads 2"
    ]


def test_variants_have_lines_of_their_own():
    found = lines(*(record(suite="zoo", task="zoo/ape", parameters={"degree": k}) for k in (3, 4)))
    assert [("--set" in line, "degree=4" in line) for line in found] == [(False, False), (True, True)]


def test_a_part_of_a_suite_and_one_that_is_not_installed():
    (some,) = lines(record())
    assert "--task sin/plain" in some
    said, _ = lines(record(suite="own", task="own/line"))
    assert said == "# not installed: own; give the suite file in place of the name"
    many = [record(suite="zoo", task=f"zoo/{k}") for k in range(20)]
    said, run = lines(*many, suites={"zoo": [f"zoo/{k}" for k in range(30)]})
    assert said == "# 20 tasks of zoo ran, not all of them"
    assert "--task" not in run


def test_seeds_with_a_gap_are_two_commands():
    found = lines(*(record(suite="zoo", task="zoo/ape", seed=seed) for seed in (0, 1, 7)))
    assert [line.partition("--seeds ")[2].partition(" --time")[0] for line in found] == ["2", "1 --first-seed 7"]


def test_names_are_quoted_for_a_shell():
    (line,) = lines(record(method="command:./a b", suite="zoo", task="zoo/ape"), defaults={})
    assert "--method 'command:./a b'" in line
