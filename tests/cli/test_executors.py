"""`--executor` and `--scheduler` of `srbench run`: which go together, and what is started for them."""

from __future__ import annotations

from typing import Any

import pytest
from cluster_here import LinkHere, WorkerHere
from runs_here import SupervisorHere

from srbench_lite.recording.store import Store
from srbench_lite.running.cluster.dask_link import DaskLink
from srbench_lite.running.cluster.order import Order

RUN = ("run", "--method", "mean", "--task", "sin/plain", "--seeds", "4")


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> LinkHere:
    """What the options lead to, in place of dask."""
    made = LinkHere(a=WorkerHere())
    made.started = []  # type: ignore[attr-defined]

    def instead(*given: Any, **options: Any) -> LinkHere:
        made.started.append((*given, options))  # type: ignore[attr-defined]
        return made

    monkeypatch.setattr(DaskLink, "started", instead)
    monkeypatch.setattr(DaskLink, "connected", instead)
    monkeypatch.setattr("srbench_lite.running.cluster.slots.Supervisor", SupervisorHere)
    return made


def test_dask_alone_starts_a_cluster_of_as_many_workers_as_there_are_jobs(srbench, link, tmp_path):
    done = srbench(*RUN, "--executor", "dask", "--jobs", "2", "--store", "s.db")
    assert done.code == 0, done.err
    assert link.started == [({"workers": 2, "threads": 1},)]
    assert link.is_closed
    with Store(tmp_path / "s.db", read_only=True) as store:
        assert len(list(store)) == 4


def test_a_scheduler_implies_dask(srbench, link):
    done = srbench(*RUN, "--scheduler", "tcp://there:1", "--store", "s.db")
    assert done.code == 0, done.err
    assert link.started == [("tcp://there:1", {})]


def test_where_nothing_is_to_be_done_no_cluster_is_started(srbench, link):
    srbench(*RUN, "--store", "s.db")
    assert srbench(*RUN, "--executor", "dask", "--store", "s.db").code == 0
    assert link.started == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scheduler", "x", "--executor", "local"), "--scheduler x goes with --executor dask"),
        (("--scheduler", "x", "--jobs", "2"), "--jobs goes without --scheduler"),
    ],
)
def test_options_that_do_not_go_together_are_refused(srbench, link, options, said):
    done = srbench(*RUN, *options, "--store", "s.db")
    assert done.code == 2
    assert said in done.err
    assert link.started == []


def test_a_lost_scheduler_is_exit_code_1_and_says_how_to_go_on(srbench, link):
    def on_order(order: Order) -> None:
        link.is_lost = True

    link.present["a"].on_order = on_order
    done = srbench(*RUN, "--executor", "dask", "--store", "s.db")
    assert done.code == 1
    assert "Error: the scheduler here was lost" in done.err
    assert "go on with the same command" in done.err
