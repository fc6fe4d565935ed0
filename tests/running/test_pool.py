"""`run_in_pool`: every item once, whatever the number of jobs, and nothing finished is lost."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from srbench_lite.running.pool import WorkerPool, run_in_pool
from srbench_lite.running.supervisor import Supervisor
from srbench_lite.running.zygote_pair import InterruptedRunError


def squared(number: int, supervisor: Supervisor) -> int:
    assert isinstance(supervisor, Supervisor)
    return number**2


def ignore(result: int) -> None:
    pass


@pytest.mark.parametrize("jobs", [1, 3, 50])
def test_every_item_is_done_once(jobs):
    saved: list[int] = []
    heard: list[int] = []
    interrupted = run_in_pool(range(20), squared, save=saved.append, on_result=heard.append, jobs=jobs)
    assert not interrupted
    assert sorted(saved) == [n**2 for n in range(20)]
    assert heard == saved


def test_a_result_is_saved_before_it_is_told():
    order: list[tuple[str, int]] = []
    run_in_pool(
        range(3), squared, save=lambda n: order.append(("saved", n)), on_result=lambda n: order.append(("told", n)),
        jobs=1,
    )  # fmt: skip
    assert order == [(what, n) for n in (0, 1, 4) for what in ("saved", "told")]


def test_when_the_time_is_over_what_is_finished_is_kept_and_the_rest_is_left():
    saved: list[int] = []

    def work(number: int, supervisor: Supervisor) -> int:
        time.sleep(0.05)
        return number

    began = time.monotonic()
    assert not run_in_pool(range(1000), work, save=saved.append, on_result=ignore, jobs=1, end=began + 0.5)
    assert saved == list(range(len(saved)))
    assert 0 < len(saved) < 1000
    assert not run_in_pool(range(3), work, save=saved.append, on_result=ignore, jobs=1, end=began)


def test_every_thread_has_a_supervisor_of_its_own():
    used: dict[int, set[int]] = {}
    barrier = threading.Barrier(2)

    def work(number: int, supervisor: Supervisor) -> int:
        if number < 2:
            barrier.wait(timeout=30)
        used.setdefault(threading.get_ident(), set()).add(id(supervisor))
        return number

    run_in_pool(range(8), work, save=ignore, on_result=ignore, jobs=2)
    assert len(used) == 2
    assert [len(supervisors) for supervisors in used.values()] == [1, 1]
    assert len(set.union(*used.values())) == 2


def test_what_the_work_raises_is_raised_here_and_what_is_finished_is_kept():
    saved: list[int] = []

    def work(number: int, supervisor: Supervisor) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    with pytest.raises(ValueError, match="three"):
        run_in_pool(range(10), work, save=saved.append, on_result=ignore, jobs=1)
    assert set(saved) == {0, 1, 2}


def test_an_interrupt_ends_the_work_and_loses_nothing():
    saved: list[int] = []

    def interrupt(result: int) -> None:
        if result == 4:
            raise KeyboardInterrupt

    assert run_in_pool(range(100), squared, save=saved.append, on_result=interrupt, jobs=1)
    assert saved[:3] == [0, 1, 4]
    assert len(set(saved)) < 101


def test_a_second_interrupt_does_not_cost_what_is_finished():
    saved: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def work(number: int, supervisor: Supervisor) -> int:
        return number

    def save(result: int) -> None:
        if result == 2 and 2 not in saved:
            saved.append(result)
            raise KeyboardInterrupt
        if len(saved) == 3:
            os.kill(os.getpid(), signal.SIGINT)  # while the rest is being saved: not heard
        saved.append(result)

    assert run_in_pool(range(6), work, save=save, on_result=ignore, jobs=1)
    assert saved.count(2) == 2  # it may be called twice with one result
    assert signal.getsignal(signal.SIGINT) is before


def test_stopping_interrupts_the_work_at_hand():
    begun = threading.Event()

    def work(number: int, supervisor: Supervisor) -> int:
        begun.set()
        while not supervisor._stop.is_set():
            time.sleep(0.01)
        raise InterruptedRunError("stopped")

    pool: WorkerPool[int, int] = WorkerPool(range(3), work, jobs=1, plugins=(), preload=(), threads=1)
    pool.start()
    assert begun.wait(timeout=30)
    pool.stop()
    assert pool.finished_unsaved == {}


def test_a_pool_without_items_has_no_result():
    pool: WorkerPool[int, int] = WorkerPool([], squared, jobs=0, plugins=(), preload=(), threads=1)
    pool.start()
    assert pool.next_result() is None
    pool.stop()


def test_what_stopped_work_had_reported_is_heard_of():
    heard = []

    def work(number: int, supervisor: Supervisor) -> int:
        if number < 2:
            return number
        while not supervisor._stop.is_set():
            time.sleep(0.01)
        raise InterruptedRunError("stopped", best="2*x")

    def interrupt(result: int) -> None:
        if result == 1:
            raise KeyboardInterrupt

    interrupted = run_in_pool(
        range(10, 14), lambda n, s: work(n - 10, s), save=lambda result: None, on_result=interrupt, jobs=1,
        on_stopped=lambda item, best: heard.append((item, best)),
    )  # fmt: skip

    assert interrupted
    assert heard == [(12, "2*x")]
