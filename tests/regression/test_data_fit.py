"""Methods on somebody's rows: how rows are divided, what becomes of runs, and that nothing is done twice."""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import pytest
from places import HOSTILE, OWN_DATA

from srbench_lite.errors import UsageError
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.methods.hookspecs import hookimpl
from srbench_lite.methods.method import Budget
from srbench_lite.problems.data import Samples
from srbench_lite.recording.store import Store
from srbench_lite.regression.data_fit import DataFit, divide, fit_task, own_task

LINE = Samples.from_columns({"x": list(range(40))}, [2 * x + 1 for x in range(40)])


@pytest.fixture(name="registry")
def _registry() -> Registry:
    return discover(files=[HOSTILE, OWN_DATA])


def fitted(registry: Registry, tmp_path: Path, *names: str, jobs: int = 1) -> DataFit:
    task = own_task(LINE, divide(len(LINE)), name="line of mine")
    methods = [registry.method(name) for name in names]
    methods = [m.with_parameters({"reported": str(tmp_path / "it")}) if m.name == "endless" else m for m in methods]
    with Store(tmp_path / "runs.db") as store:
        return fit_task(
            task, methods, registry=registry, store=store, budget=Budget(seconds=100), jobs=jobs,
            plugins=[HOSTILE, OWN_DATA],
        )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "test_size", "most", "fitted_and_held_out"),
    [
        (100, None, 5000, (75, 25)),
        (20, None, 5000, (15, 5)),
        (19, None, 5000, (19, 0)),
        (1, None, 5000, (1, 0)),
        (8, 0.25, 5000, (6, 2)),
        (2, 0.01, 5000, (1, 1)),
        (100, 0, 5000, (100, 0)),
        (100, 7, 5000, (93, 7)),
        (100_000, None, 5000, (5000, 95_000)),
        (100_000, 0, 5000, (5000, 95_000)),
    ],
)
def test_rows_are_divided(rows, test_size, most, fitted_and_held_out):
    division = divide(rows, test_size=test_size, most=most)

    assert (division.fitted, division.held_out) == fitted_and_held_out
    assert f"{rows:,}" in division.note
    assert f"{division.fitted:,}" in division.note


@pytest.mark.parametrize(
    ("rows", "test_size", "said"),
    [
        (1, 0.5, "leaves none of 1 row to fit to"),
        (10, 10, "leaves none of 10 rows"),
        (10, 1.5, "a share below 1 or a whole number of rows, got 1.5"),
        (10, -1, "must be a share"),
        (10, -0.2, "must be a share"),
        (10, math.inf, "must be a share"),
        (10, math.nan, "must be a share"),
    ],
)
def test_a_division_that_cannot_be_is_refused(rows, test_size, said):
    with pytest.raises(UsageError, match=said):
        divide(rows, test_size=test_size)


def test_nothing_held_out_scores_on_the_rows_that_were_fitted():
    few = LINE.rows(np.arange(5))
    drawn = own_task(few, divide(5)).dataset(seed=0)

    assert len(drawn.train) == 5
    assert (drawn.test.x == drawn.train.x).all()


def test_an_answer_is_on_all_rows_and_a_record_on_as_many_as_can_travel(registry, tmp_path, monkeypatch):
    monkeypatch.setattr("srbench_lite.regression.data_fit._MAX_RECORDED_VALUES", 4)
    fit = fitted(registry, tmp_path, "good")

    assert fit.task.n_test == 4
    assert fit.held_out is not None
    assert sorted([*fit.train.x[:, 0], *fit.held_out.x[:, 0]]) == LINE.x[:, 0].tolist()
    drawn = fit.task.dataset(seed=0)
    assert (drawn.train.x == fit.train.x).all()
    assert (drawn.test.x == fit.held_out.x[:4]).all()


@pytest.mark.parametrize(
    ("column", "said"),
    [([3.0, 3.0], "'speed' has one value only, 3"), ([-1.7e308, 1.7e308], "'speed': ")],
)
def test_a_variable_that_is_none_is_named_as_in_the_file(column, said):
    samples = Samples.from_columns({"v": column}, [1.0, 2.0])
    with pytest.raises(UsageError, match=said):
        own_task(samples, divide(2), headers={"v": "speed"})


def test_methods_are_run_once_and_what_they_found_is_gathered(registry, tmp_path):
    first = fitted(registry, tmp_path, "good", "finds-nothing")
    again = fitted(registry, tmp_path, "good", "finds-nothing")

    assert first.task.name == "own/line-of-mine"
    assert len(first.train) == 30
    assert first.held_out is not None
    assert len(first.held_out) == 10
    assert list(first.answers) == ["good"]
    assert abs(first.answers["good"](LINE.columns) - LINE.y).max() < 1e-9
    assert first.reasons["finds-nothing"].startswith("failed: ")
    assert first.found == again.found
    assert (first.summary.present, again.summary.present) == (0, 2)


class Interrupts:
    """Interrupts when a run has ended and a file says that another one has reported a formula."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @hookimpl
    def srbench_record_finished(self) -> None:
        while not self._file.exists():
            time.sleep(0.05)
        time.sleep(0.3)  # what was reported before is heard by now
        raise KeyboardInterrupt


def test_what_a_method_had_reported_before_an_interrupt_is_found(registry, tmp_path):
    registry.manager.register(Interrupts(tmp_path / "it"))

    stopped = fitted(registry, tmp_path, "good", "endless", jobs=2)

    assert stopped.summary.interrupted
    assert set(stopped.answers) == {"good", "endless"}
    assert stopped.reasons == {"endless": "interrupted"}
    with Store(tmp_path / "runs.db", read_only=True) as store:
        assert [record.method for record in store] == ["good"]
