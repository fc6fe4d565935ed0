"""Whether methods find the laws of small tables of measurements.

`python tests/tools/measure_tables.py --out FILE.csv [--development] [--seconds 12] METHOD...` fits every table of
`tests/support/measured_tables.py` and writes a line each; what stands in the file is not run again. It ends with the
number of laws found by each method. Rules are chosen on the tables of `--development`; the others only report.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from measured_tables import DEVELOPMENT, REPORTED, MeasuredTable, is_law

from srbench_lite import Budget, Expression, FitError, Method, discover

COLUMNS: Final = ("method", "table", "found", "stopped", "seconds", "formula", "law")


def fitted(method: Method, table: MeasuredTable, seconds: float) -> tuple[str, str, str, str, str, str, str]:
    """Fit one table; return its line."""
    began = time.perf_counter()

    def ignore(expression: Expression) -> None:
        del expression

    reason = method.skip_reason(table.samples)
    formula, found, stopped = "", False, reason or ""
    if reason is None:
        try:
            fit = method.fit(table.samples, seed=0, budget=Budget(seconds=seconds), report=ignore)
            formula, found, stopped = str(fit.expression), is_law(fit.expression, table), fit.stopped
        except FitError as error:
            stopped = str(error)
    took = time.perf_counter() - began
    return method.name, table.name, str(int(found)), stopped, f"{took:.2f}", formula, table.law


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="+", metavar="METHOD")
    parser.add_argument("--out", type=Path, required=True, help="CSV file of the fits")
    parser.add_argument("--seconds", type=float, default=12.0, help="budget of a fit")
    parser.add_argument("--development", action="store_true", help="the tables on which rules are chosen")
    arguments = parser.parse_args()
    registry = discover()
    tables = DEVELOPMENT if arguments.development else REPORTED
    rows: list[dict[str, str]] = []
    if arguments.out.exists():
        with arguments.out.open(newline="") as file:
            rows = list(csv.DictReader(file))
    known = {(row["method"], row["table"]) for row in rows}
    with arguments.out.open("a", newline="") as file:
        writer = csv.writer(file)
        if not rows:
            writer.writerow(COLUMNS)
        for name in arguments.methods:
            for table in tables:
                if (name, table.name) not in known:
                    line = fitted(registry.method(name), table, arguments.seconds)
                    writer.writerow(line)
                    file.flush()
                    rows.append(dict(zip(COLUMNS, line, strict=True)))
                    print(*line, sep="  ", flush=True)
    for name in arguments.methods:
        mine = [row for row in rows if row["method"] == name]
        print(f"{name}: {sum(row['found'] == '1' for row in mine)} of {len(mine)} laws found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
