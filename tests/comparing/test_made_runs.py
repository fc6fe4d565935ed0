"""How runs were made."""

from __future__ import annotations

from records import record

from srbench_lite.comparing.made_runs import COLUMNS, stretches, study_of
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.study import StudyMethod


def parts(*records, **known):
    return study_of(RunTable.from_records(records, COLUMNS).runs, **known).runs


def test_variants_that_ran_alike_are_one_part():
    runs = [record(parameters={"degree": k}, seed=seed, noise=0.01) for k in (3, 4) for seed in (0, 1)]

    (part,) = parts(*runs, defaults={"good": {"degree": 3}}, suites={"sin": ["sin/plain"]})

    assert part.methods == (StudyMethod(name="good"), StudyMethod(name="good", parameters={"degree": 4}))
    assert (part.suites, part.tasks, part.seeds, part.noise) == (("sin",), (), 2, (0.01,))


def test_a_list_is_one_value_and_no_sweep():
    (part,) = parts(record(parameters={"layers": [8, 8]}))

    assert part.methods == (StudyMethod(name="good", parameters={"layers": [[8, 8]]}),)


def test_limits_perturbations_and_seeds_with_a_gap_are_parts():
    whole = [record(), record(seed=5), record(budget_seconds=5.0), record(perturbation={"dummies": 3})]

    found = parts(*whole, suites={"sin": ["sin/plain", "sin/other"]}, files={"sin": "own/sin.toml"})

    assert sorted((p.time_limit, p.first_seed, p.dummies) for p in found) == [
        (5.0, 0, (0,)), (60.0, 0, (0,)), (60.0, 0, (3,)), (60.0, 5, (0,)),
    ]  # fmt: skip
    assert {(p.suites, p.tasks) for p in found} == {(("own/sin.toml",), ("sin/plain",))}


def test_stretches_of_seeds():
    assert list(stretches([0, 1, 2, 7, 9, 10])) == [(0, 3), (7, 1), (9, 2)]
