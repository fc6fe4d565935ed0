"""A second process proposes in the order of counted work, and none is left."""

from __future__ import annotations

import os
import signal
import sys
import time

import numpy as np
import psutil
import pytest
from srbench_portfolio import Portfolio, blas_threads
from srbench_portfolio.blas_threads import one_blas_thread
from srbench_portfolio.part import Proposal
from srbench_portfolio.schedule import Schedule, _Turn
from srbench_portfolio.side_search import SideSearch

from srbench_lite import Budget, Expression, FitError, Samples
from srbench_lite.fitting import Deadline, Problem, count_work, counted_work

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a second process only on Linux")

MILLISECOND = 1e6


def proposal(number):
    return Proposal(Expression.constant(float(number)), ("side",))


def numbers(proposals):
    return [p.formula.value for p in proposals]


def working(*milliseconds, error=None):
    """Return a search that proposes a number after each of these stretches of work."""

    def proposals():
        for number, length in enumerate(milliseconds):
            count_work(length * MILLISECOND)
            yield proposal(number)
        if error is not None:
            raise error

    return proposals


def children():
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize("seconds_behind", [0.0, 0.2])
def test_what_was_found_by_some_count_is_taken_at_that_count(seconds_behind):
    def slow():
        for found in working(10, 10, 10)():
            time.sleep(seconds_behind / 2)
            yield found

    with SideSearch(slow, Deadline(60.0)) as side:
        time.sleep(0.2 - seconds_behind)  # either is behind the other
        assert numbers(side.until_now()) == []
        count_work(25 * MILLISECOND)
        assert numbers(side.until_now()) == [0.0, 1.0]
        before = counted_work()
        assert numbers(side.rest()) == [2.0]
        assert counted_work() - before == 5 * MILLISECOND  # of waiting


def test_marks_tell_how_far_a_silent_search_is():
    def silent():
        while True:
            count_work(MILLISECOND)
            time.sleep(0.001)
            yield from ()

    with SideSearch(silent, Deadline(60.0)) as side:
        count_work(30 * MILLISECOND)
        assert numbers(side.until_now()) == []
    assert not children()


@pytest.mark.parametrize(
    ("error", "kind"), [(FitError("none"), FitError), (MemoryError(), MemoryError), (KeyError("a"), RuntimeError)]
)
def test_an_error_is_raised_where_its_turn_has_come(error, kind):
    with SideSearch(working(10, error=error), Deadline(60.0)) as side:
        assert numbers(side.until_now()) == []
        count_work(10 * MILLISECOND)
        with pytest.raises(kind) as raised:
            list(side.until_now())
    assert any("working" in note or "proposals" in note for note in raised.value.__notes__)


def test_a_death_is_no_end():
    def dying():
        os.kill(os.getpid(), signal.SIGKILL)
        yield proposal(0)

    with SideSearch(dying, Deadline(60.0)) as side, pytest.raises(RuntimeError, match="died"):
        list(side.rest())


def test_the_clock_ends_the_waiting():
    def endless():
        time.sleep(60.0)
        yield proposal(0)

    deadline = Deadline(0.1, work=100.0)
    with SideSearch(endless, deadline) as side:
        assert numbers(side.rest()) == []
    assert deadline.was_cut
    assert not children()


def test_no_process_is_left_when_something_is_raised():
    with pytest.raises(ZeroDivisionError), SideSearch(working(*range(1000)), Deadline(60.0)):
        raise ZeroDivisionError
    assert not children()


def test_a_child_leaves_when_its_parent_is_killed():
    reading, writing = os.pipe()

    def endless():
        os.write(writing, f"{os.getpid()}\n".encode())
        while True:
            time.sleep(0.001)
            yield from ()

    parent = os.fork()
    if parent == 0:
        with SideSearch(endless, Deadline(60.0)) as side:
            list(side.rest())
        os._exit(0)
    child = psutil.Process(int(os.read(reading, 64)))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    for end in (reading, writing):
        os.close(end)
    psutil.wait_procs([child], timeout=10.0)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


# --- fits


def samples_of(text, low=1.0, high=3.0):
    truth = Expression.parse(text)
    x = np.random.default_rng(0).uniform(low, high, (60, len(truth.variables)))
    return Samples(variables=truth.variables, x=x, y=truth(dict(zip(truth.variables, x.T, strict=True))))


def fitted(samples, threads, monkeypatch, seconds):
    monkeypatch.setattr(SideSearch, "is_possible", lambda: True)
    budget = Budget(seconds=60.0, threads=threads)
    return Portfolio(seconds=seconds).fit(samples, seed=0, budget=budget, report=lambda formula: None)


class Saying:
    """A part that proposes one formula again and again, each time after some work."""

    def __init__(self, text, seconds=0.0):
        self.text, self.seconds = text, seconds

    def propose(self, problem, budget):
        for _ in range(20):
            count_work(10 * MILLISECOND)
            time.sleep(self.seconds)
            yield Proposal(Expression.parse(self.text), (f"says {self.text}",))


def made_of(looks, turns, monkeypatch):
    monkeypatch.setattr(Schedule, "_looks", lambda self, depth: iter(looks))
    monkeypatch.setattr(Schedule, "_turns", lambda self, depth: iter(turns))


def test_the_order_does_not_depend_on_which_process_is_faster(monkeypatch):
    problem, orders = Problem.of(samples_of("exp(a) + b")), []
    for mine, other in ((0.0, 0.01), (0.01, 0.0), (0.003, 0.003)):
        turns = [_Turn(Saying("a", mine), 0.9), _Turn(Saying("b", other), 0.9, aside=True)]
        made_of([_Turn(Saying("a*b"), 0.01), _Turn(Saying("a + b"), 0.1)], turns, monkeypatch)
        schedule = Schedule(Portfolio(noisy=False), 0, two=True)
        orders.append([str(p.formula) for p in schedule.solve(problem, Deadline(60.0, work=2.0))])
    assert orders[0] == orders[1] == orders[2]
    assert {"a", "b", "a*b", "a + b"} == set(orders[0])


@pytest.mark.parametrize("mine", [True, False])
def test_a_formula_that_is_found_in_either_process_ends_both(mine, monkeypatch):
    right, wrong = Saying("a**3 + sin(b)"), Saying("exp(a) + b")
    looks = [_Turn(wrong, 0.01), _Turn(wrong, 0.01)]
    turns = [_Turn(right if mine else wrong, 0.9), _Turn(wrong if mine else right, 0.9, aside=True)]
    made_of(looks, turns, monkeypatch)
    fit = fitted(samples_of("a**3 + sin(b)"), 2, monkeypatch, seconds=10.0)
    assert str(fit.expression) == "a**3 + sin(b)"
    assert fit.extras["found_by"] == "says a**3 + sin(b)"
    assert fit.extras["work"] < 3.0
    assert not children()


def test_one_thread_is_one_process(monkeypatch):
    monkeypatch.setattr(os, "fork", None)
    made_of([_Turn(Saying("a*b"), 0.1)], [_Turn(Saying("b"), 0.1, aside=True)], monkeypatch)
    assert not fitted(samples_of("exp(a) + b"), 1, monkeypatch, seconds=0.3).extras["exact"]


def test_a_library_computes_with_one_thread_meanwhile():
    def counts():
        return [getattr(library, name.format("get"))() for library, name in blas_threads._libraries()]

    before = counts()
    with one_blas_thread():
        assert set(counts()) <= {1}
    assert counts() == before
