"""What a large comparison costs with each method: `python tests/tools/measure_costs.py --store FILE.db [METHOD...]`.

It runs every method that needs no environment of its own on a few tasks of the ground-truth track of SRBench (La Cava
et al., 2021), at its four noise levels, and prints what the whole track takes: 130 tasks x 10 seeds x 4 levels. A run
counts with its CPU time, as a core of the reference machine would take it, so other work on the machine changes
little. What stands in the store is not run again.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Final

from srbench_lite import Budget, Record, discover, plan, run
from srbench_lite.recording.store import Store
from srbench_lite.running.speed import machine_speed

NOISES: Final = (0.0, 0.001, 0.01, 0.1)
#: Tasks of the track in each suite that we have, and one of how many is run here.
TASKS: Final = {"feynman": (116, 33), "strogatz": (14, 7)}
RUNS: Final = 130 * 10 * len(NOISES)
CORES: Final = (1, 16, 256)


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="*", metavar="METHOD", help="only these")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=12.0, help="limit of a fit")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--besides", type=float, default=0.0, help="core seconds of a run besides its fit")
    arguments = parser.parse_args()
    registry = discover()
    names = arguments.methods or [name for name, method in registry.methods.items() if method.environment is None]
    tasks = [task for suite, (_, step) in TASKS.items() for task in registry.suite(suite).tasks[::step]]
    runs = plan(
        [registry.method(name) for name in names], tasks, seeds=[0], noises=NOISES,
        budget=Budget(seconds=arguments.seconds),
    )  # fmt: skip
    with Store(arguments.store) as store:
        if run(runs, registry=registry, store=store, jobs=arguments.jobs).interrupted:
            return
        by_method: dict[str, list[Record]] = defaultdict(list)
        for record in store:
            by_method[record.method].append(record)
    print(f"| method | core seconds a run | {' | '.join('1 core' if n == 1 else f'{n} cores' for n in CORES)} |")
    print(f"|---|---|{'---|' * len(CORES)}")
    costs = {name: _seconds(by_method[name]) + arguments.besides for name in names}
    for name, seconds in sorted(costs.items(), key=lambda item: item[1]):
        print(f"| `{name}` | {seconds:.2f} | {' | '.join(_duration(RUNS * seconds / n) for n in CORES)} |")


def _seconds(records: list[Record]) -> float:
    """Return the mean CPU time of a fit on the reference machine, suites by their share of the track."""
    total = sum(count for count, _ in TASKS.values())
    seconds = defaultdict(list)
    for record in records:
        seconds[record.suite].append(_speed(record) * (record.cpu_seconds or 0.0))
    return sum(count / total * mean(seconds[suite]) for suite, (count, _) in TASKS.items())


def _speed(record: Record) -> float:
    return float(record.environment.get("speed") or machine_speed())


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "< 1 s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main()
