"""Every built-in method on extreme data: `python tests/tools/fit_extreme_data.py --out FILE.csv`.

Data set number i goes to the method whose turn it is, or with `--method` to those named. What stands in the file is not
run again, so the same command goes on where an interrupted one stopped. At the end the statuses are counted; what is
crashed, invalid, timeout or memout is listed, and its number is the exit code. Limits count CPU time: a busy machine
changes nothing.
"""

from __future__ import annotations

import argparse
import csv
import gc
import importlib
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from extreme_data import COUNT, extreme_data
from extreme_fits import BAD, count_cpu_time, fit_in_fork, method_of

from srbench_lite import discover

_FIELDS = ("number", "kind", "method", "status", "cpu_seconds", "undefined", "text")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is not in the file yet, count; return how many ended badly, at most 100."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="CSV that is written and gone on with")
    parser.add_argument("--first", type=int, default=0, help="number of the first data set")
    parser.add_argument("--count", type=int, default=COUNT, help="how many data sets")
    parser.add_argument("--step", type=int, default=1, help="every so many")
    parser.add_argument("--method", action="append", default=[], help="instead of the one whose turn it is")
    parser.add_argument("--seconds", type=float, default=20.0, help="limit of a fit")
    parser.add_argument("--grace", type=int, default=0, help="seconds beyond, where the limit is a small one")
    parser.add_argument("--again", type=Path, help="only what ended badly in this CSV")
    options = parser.parse_args(arguments)
    count_cpu_time()
    registry = discover()
    for module in {m for method in registry.methods.values() if not method.environment for m in method.engine}:
        with suppress(ImportError):
            importlib.import_module(module)
    gc.freeze()
    todo: list[tuple[int, str | None]] = [
        (number, name)
        for number in range(options.first, options.first + options.count, options.step)
        for name in options.method or [None]
    ]
    if options.again:
        todo = [(int(row["number"]), row["method"]) for row in _rows(options.again) if row["status"] in BAD]
    known = {(row["number"], row["method"]) for row in _rows(options.out)}
    fresh = not options.out.exists()
    with options.out.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(_FIELDS)
        for number, name in todo:
            data = extreme_data(number)
            method = registry.method(name) if name else method_of(data, registry)
            if (str(number), method.name) in known or method.skip_reason(data.samples) is not None:
                continue
            end = fit_in_fork(data, method, seconds=options.seconds, grace=options.grace)
            writer.writerow(
                (number, data.kind, method.name, end.status, f"{end.cpu_seconds:.2f}", end.undefined, end.text)
            )
            file.flush()
    return min(_count(_rows(options.out)), 100)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _count(rows: Sequence[dict[str, str]]) -> int:
    """Print how many of each method ended how, and what ended badly; return how many did."""
    counts = Counter((row["method"], row["status"]) for row in rows)
    for (method, status), number in sorted(counts.items()):
        print(f"{method:18s}{status:10s}{number:6d}")
    bad = [row for row in rows if row["status"] in BAD]
    for row in bad:
        print(f"{row['number']:>5} {row['kind']} {row['method']} {row['status']} {row['cpu_seconds']} s: {row['text']}")
    undefined = sum(row["undefined"] != "0" for row in rows)
    print(f"{len(rows)} fits, {len(bad)} ended badly, {undefined} formulas are undefined on a point of their own")
    return len(bad)


if __name__ == "__main__":
    sys.exit(main())
