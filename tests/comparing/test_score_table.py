"""`ScoreTable`: which tasks and methods stand in it, and with what."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from records import failure, record

from srbench_lite import UsageError
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.score_table import COLUMNS, Lack, ScoreTable, score_tables
from srbench_lite.errors import UnknownNameError
from srbench_lite.recording.record import Record, Status

MISSED = {"recovered": False, "verdict": "different"}
UNKNOWN = {"truth": None, "recovered": None, "verdict": None}


def tables(records: list[Record], metric: str | None = None) -> list[ScoreTable]:
    return list(score_tables(RunTable.from_records(records, COLUMNS).runs, metric))


def run(method: str, suite: str, task: str, **changes: object) -> Record:
    return record(method=method, suite=suite, task=f"{suite}/{task}", **changes)


def test_seeds_are_averaged_and_a_failure_is_a_miss():
    (table,) = tables([
        run("b", "s", "x", seed=0), run("b", "s", "x", seed=1, **MISSED), run("a", "s", "x", truth="sin(x)"),
        failure(method="a", suite="r", task="r/y"), run("b", "r", "y", truth="x + 1", status=Status.TIMEOUT),
    ])  # fmt: skip
    assert (table.metric, table.noise, table.methods, table.tasks, table.suites) == (
        "recovery", 0.0, ("a", "b"), ("r/y", "s/x"), ("r", "s"),
    )  # fmt: skip
    assert table.scores.tolist() == [[0.0, 1.0], [1.0, 0.5]]
    assert table.runs.tolist() == [[1, 1], [1, 2]]
    assert table.suite.tolist() == [0, 1]
    assert table.statuses == ({"crashed": 1, "ok": 1}, {"ok": 2, "timeout": 1})
    assert table.limits == ((60.0,), (60.0,))
    assert table.lacks == ()


def test_who_lacks_what():
    (table,) = tables([
        *(run("all", suite, task) for suite in "rs" for task in "xyz"),
        *(run("some", "s", task) for task in "xy"),
        *(run("more", suite, task) for suite in "rs" for task in "xy"),
    ])  # fmt: skip
    assert table.lacks == (
        Lack(method="more", tasks=2, suites={"r": (1, 3), "s": (1, 3)}),
        Lack(method="some", tasks=4, suites={"r": (3, 3), "s": (1, 3)}),
    )
    assert math.isnan(table.scores[table.methods.index("some"), 0])
    complete, common = table.complete(), table.common()
    assert (complete.methods, len(complete.tasks)) == (("all",), 6)
    assert (common.methods, common.tasks, common.suites) == (("all", "more", "some"), ("s/x", "s/y"), ("s",))
    assert common.suite.tolist() == [0, 0]
    assert np.isfinite(common.scores).all()


def test_nothing_in_common_names_who_has_least():
    (table,) = tables([run("a", "s", "x"), run("a", "s", "y"), run("b", "s", "z")])
    with pytest.raises(UsageError, match=r"no task was run by all 2 methods at noise 0; b ran on the fewest, 1 task;"):
        table.common()


def test_each_noise_level_and_perturbation_is_a_table_of_its_own():
    found = tables([
        run("a", "s", "x", noise=0.1), run("a", "s", "x"), run("a", "s", "y", perturbation={"dummies": 3}),
        run("a", "s", "x", noise=0.1, seed=1, **MISSED),
    ])  # fmt: skip
    assert [(t.noise, str(t.perturbation), t.tasks, t.scores.tolist()) for t in found] == [
        (0.0, "none", ("s/x",), [[1.0]]), (0.0, "3 dummies", ("s/y",), [[1.0]]), (0.1, "none", ("s/x",), [[0.5]]),
    ]  # fmt: skip


def test_tasks_without_a_truth_are_ranked_by_accuracy():
    records = [
        run("a", "s", "x"), run("a", "measured", "y", **UNKNOWN, nmse_test=0.01),
        run("a", "measured", "z", **UNKNOWN, nmse_test=1e-30), failure(method="a", suite="measured", task="measured/q",
        truth=None),
    ]  # fmt: skip
    recovery, accuracy = tables(records)
    assert (recovery.metric, recovery.suites) == ("recovery", ("s",))
    assert (accuracy.metric, accuracy.suites, accuracy.tasks) == (
        "accuracy", ("measured",), ("measured/q", "measured/y", "measured/z"),
    )  # fmt: skip
    assert accuracy.scores.tolist() == [[-2.0, 2.0, 12.0]]
    assert len(set(accuracy.formula.tolist())) == 3
    (every,) = tables(records, "accuracy")
    assert every.suites == ("measured", "s")
    (only,) = tables(records, "recovery")
    assert only.suites == ("s",)


def test_a_constant_target_has_no_accuracy():
    records = [run("a", "s", "x", y_constant=True, nmse_test=None), run("a", "s", "y", y_constant=False)]
    (table,) = tables(records, "accuracy")
    assert table.tasks == ("s/y",)


def test_one_formula_in_two_suites_has_one_number():
    (table,) = tables([
        run("a", "r", "x", truth="sin(x)*y"), run("a", "s", "x", truth="q*sin(p)"), run("a", "s", "y", truth="cos(x)"),
    ])  # fmt: skip
    assert table.formula[0] == table.formula[1] != table.formula[2]


def test_the_order_of_runs_changes_nothing():
    records = [
        run(method, suite, task, seed=seed, nmse_test=10.0 ** -(k % 7), truth=f"x**{ord(suite) % 2 + 2}")
        for k, (method, suite, task, seed) in enumerate(
            (m, s, t, seed) for m in "ab" for s in "rst" for t in "xy" for seed in range(3)
        )
    ]
    first = tables(records, "accuracy")[0]
    for number in range(5):
        random.Random(number).shuffle(records)
        again = tables(records, "accuracy")[0]
        assert (again.methods, again.tasks, again.suites) == (first.methods, first.tasks, first.suites)
        assert (again.scores == first.scores).all()
        assert (again.suite == first.suite).all()
        pairs = set(zip(first.formula.tolist(), again.formula.tolist(), strict=True))
        assert len(pairs) == len(set(first.formula.tolist()))


def test_what_cannot_be_made_is_refused():
    with pytest.raises(UnknownNameError, match="accuracy"):
        tables([record()], "acuracy")
    with pytest.raises(UsageError, match=r"^101 methods and variants are too many.*choose with --method$"):
        tables([record(parameters={"degree": k}) for k in range(101)])
    assert tables([]) == []
