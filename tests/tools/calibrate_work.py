"""Counted work beside CPU time: `python tests/tools/calibrate_work.py METHOD [--tasks N] [--noise A] [--limit S]`.

Fits of a method on drawn tasks that decide nothing else. For each place that counts it prints the work that was
counted there, the CPU time from there to the next count, and their ratio: by that factor its costs are off. What is
printed last is the ratio of work to CPU time over whole fits. To be run on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from lasso_generator import CHOOSING as SIMPLE
from lies_generator import CHOOSING
from srbench_transformer.tasks import drawn_suite

from srbench_lite import Budget, Method, Task, discover
from srbench_lite.fitting import work_clock
from srbench_lite.running.slow_clock import slowed

#: Places that count less than this share of all are not printed.
_LEAST_SHARE = 0.01


class Listener:
    """Stands in for `count_work`, and notes where it was called and how long it took until the next call."""

    def __init__(self) -> None:
        self.work: dict[str, float] = defaultdict(float)
        self.seconds: dict[str, float] = defaultdict(float)
        self._count = work_clock.count_work
        self._last, self._since = "", 0.0

    def __call__(self, nanoseconds: float) -> None:
        now = time.thread_time()
        self.seconds[self._last] += now - self._since
        frame = sys._getframe(1)
        if frame.f_code.co_name == "count_evaluation" and frame.f_back is not None:
            frame = frame.f_back
        self._last = f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
        self.work[self._last] += nanoseconds / 1e9
        self._count(nanoseconds)
        self._since = time.thread_time()

    def end(self) -> None:
        """Forget what was called last: what follows is of no fit."""
        self.seconds[self._last] += time.thread_time() - self._since
        self._last, self._since = "", time.thread_time()


def main() -> None:
    """Fit, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method")
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--noise", type=float, default=0.01)
    parser.add_argument("--limit", type=float, default=12.0)
    options = parser.parse_args()
    listener = Listener()
    work_clock.count_work = listener  # type: ignore[assignment]
    method = discover().method(options.method)
    for module in method.engine:
        import_module(module)
    ratios = list(_ratios(method, _tasks(method, options.tasks), options.noise, options.limit, listener))
    total = sum(listener.work.values())
    print(f"{'place':44} {'work':>8} {'CPU':>8} {'CPU / work':>10}")
    for place in sorted(listener.work, key=lambda place: -listener.work[place]):
        work, seconds = listener.work[place], listener.seconds[place]
        if max(work, seconds) > _LEAST_SHARE * total:
            print(f"{place:44} {work:8.2f} {seconds:8.2f} {seconds / work:10.2f}")
    low, middle, high = np.quantile(ratios, [0.0, 0.5, 1.0])
    print(f"work / CPU of {len(ratios)} fits: {low:.2f} to {high:.2f}, median {middle:.2f}")


def _tasks(method: Method, count: int) -> list[Task]:
    """Return tasks of the kind that the method is for."""
    if method.capabilities.max_variables is None:
        return [*SIMPLE[:count]] if method.name in ("lasso", "lstm") else [*CHOOSING[:count]]
    return [*drawn_suite("drawn-1", 1, 500, 101).tasks[100 : 100 + count]]


def _ratios(method: Method, tasks: Iterable[Task], noise: float, limit: float, listener: Listener) -> Iterable[float]:
    """Fit each task; yield its work over its CPU time."""
    for task in tasks:
        samples = task.dataset(seed=1, noise=noise).train
        if method.skip_reason(samples) is not None:
            continue
        before, begun = sum(listener.work.values()), time.thread_time()
        listener.end()
        with slowed(1.0):
            fit = method.fit(samples, seed=0, budget=Budget(seconds=limit), report=lambda _: None)
        listener.end()
        seconds, work = time.thread_time() - begun, sum(listener.work.values()) - before
        print(f"{task.name:34} CPU {seconds:6.2f} work {work:6.2f} {fit.stopped:7} {str(fit.expression)[:50]}")
        yield work / seconds


if __name__ == "__main__":
    main()
