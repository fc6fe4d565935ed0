"""`srbench fit` on the data that it is promised for: seconds, memory and the formula, as they come out.

    python tests/tools/fit_own_data.py --out /tmp/own      # some minutes on a free machine

The data: scikit-learn's diabetes table; a pendulum's periods with 1 % noise; the planets, eight rows; a million rows of
five columns. Memory is that of the largest process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

#: Semi-major axis in astronomical units and period in thousands of days (NASA, planetary fact sheet).
PLANETS = {
    "d": [0.387, 0.7233, 1, 1.5234, 5.2045, 9.5822, 19.2012, 30.0475],
    "p": [0.088, 0.2247, 0.3652, 0.687, 4.331, 10.747, 30.589, 59.8],
}


def diabetes(rng: np.random.Generator) -> pd.DataFrame:
    from sklearn.datasets import load_diabetes

    return load_diabetes(as_frame=True, scaled=False).frame


def pendulum(rng: np.random.Generator) -> pd.DataFrame:
    length = rng.uniform(0.1, 2, 40)
    period = 2 * np.pi * np.sqrt(length / 9.81) * (1 + 0.01 * rng.normal(size=40))
    return pd.DataFrame({"l": length.round(3), "T": period.round(4)})


def planets(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(PLANETS)


def million(rng: np.random.Generator) -> pd.DataFrame:
    a, b, c, d = rng.uniform(0.5, 3, (4, 1_000_000))
    y = (a * np.sqrt(b) / c + 0.3 * d) * (1 + 0.01 * rng.normal(size=len(a)))
    return pd.DataFrame({"a": a, "b": b, "c": c, "d": d, "y": y})


TABLES = {
    "diabetes": (diabetes, "target"), "pendulum": (pendulum, "T"), "planets": (planets, "p"), "million": (million, "y"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables and the answers")
    parser.add_argument("--only", choices=TABLES, action="append", help="only this table")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.only or TABLES:
        make, target = TABLES[name]
        path = arguments.out / f"{name}.csv"
        make(np.random.default_rng(1)).to_csv(path, index=False)
        command = [sys.executable, "-m", "srbench_lite", "fit", str(path), "--target", target, "--json", "-q"]
        begun = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begun
        best = json.loads(said)["recommended"] if said else {}
        print(f"{name}: {seconds:.0f} s, {usage.ru_maxrss / 2**20:.2f} GiB, exit code {process.returncode}")
        print(f"  {best.get('text')}, R² {(best.get('held_out') or best.get('fitted') or {}).get('r2')}")


if __name__ == "__main__":
    main()
