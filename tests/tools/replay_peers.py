"""Replay the formulas of peers on fresh points of generated tasks against the peers' own predictions.

To be run in a peer's environment, with the folders of srbench-lite, of its plugins and of pluggy on the path:

    PYTHONPATH=.:plugins:$(dirname $(.venv/bin/python -c "import pluggy; print(pluggy.__path__[0])")) \\
        ENVIRONMENT/bin/python tests/tools/replay_peers.py gplearn --tasks 50 --seconds 2

The difference of a task is the largest over its test points, relative to the larger of 1 and the largest size of the
prediction. Points on which the prediction is no finite number are left out, and counted.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import time

import numpy as np

from srbench_lite import Budget, Expression, random_suite
from srbench_lite.errors import SrbenchError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", help="name of the peer")
    parser.add_argument("--tasks", type=int, default=50, help="generated tasks")
    parser.add_argument("--seconds", type=float, default=2.0, help="budget of each fit")
    parser.add_argument("--suite", default="random:size=7,variables=2,seed=22", help="generator of the tasks")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the peer")
    options = parser.parse_args()
    import srbench_peers

    (method,) = [m for m in srbench_peers.srbench_methods() if m.name == options.method]
    method = method.with_parameters(dict(text.split("=", 1) for text in options.set))
    for module in method.engine:
        importlib.import_module(module)
    worst, undefined, found, took = 0.0, 0, 0, []
    for task in random_suite(f"{options.suite},count={options.tasks}").tasks:
        dataset = task.dataset(seed=0, noise=0.0)
        start = time.perf_counter()
        reports: list[Expression] = []
        try:
            answer = method.search(dataset.train, seed=7, budget=Budget(seconds=options.seconds), report=reports.append)
        except SrbenchError as error:
            print(f"{task.name}: {error}", flush=True)
            continue
        took.append(time.perf_counter() - start)
        found += 1
        x = dataset.test.x
        with np.errstate(all="ignore"):
            values = answer.expression(dataset.test.columns)
            predicted = np.asarray(answer.predict(x), dtype=np.float64).reshape(-1)
        defined = np.isfinite(predicted)
        undefined += int((~defined).sum())
        largest = max(1.0, float(np.abs(predicted[defined]).max(initial=0.0)))
        gaps = np.abs(values - predicted)[defined] / largest
        gap = float(np.nan_to_num(gaps, nan=np.inf).max(initial=0.0))
        worst = max(worst, gap)
        print(
            f"{task.name}: {gap:.1e}, {len(reports)} reports, {len(answer.candidates)} candidates, "
            f"{answer.expression.complexity} nodes, {took[-1]:.1f} s, {answer.stopped}",
            flush=True,
        )
    print(
        f"{method.name}: worst relative difference {worst:.2g} on {found} of {options.tasks} tasks; "
        f"{undefined} points undefined; slowest fit {max(took, default=0.0):.1f} s of {options.seconds:g} s"
    )


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
