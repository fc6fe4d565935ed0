"""Labelled pairs of the kinds that judges get wrong: narrow features, hidden terms, fast sines, units; as a CSV file.

`python tests/tools/make_hard_pairs.py --each 40 --seed 1 --out FILE` writes so many pairs of each kind of
`hard_pair_kinds.KINDS`.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
from hard_pair_kinds import KINDS, Pair, measured
from places import DATA
from random_truths import deviation, sampling_text

from srbench_lite.errors import ExpressionError, SuiteError
from srbench_lite.expressions.expression import Expression


def is_sound(pair: Pair, kind: str, rng: random.Random) -> bool:
    """Whether the truth is finite and varies on its domain, and what should be equal is, to 100 digits."""
    text, found_text, label, _, domain = pair
    truth = measured(text, domain, rng)
    found = Expression.parse(found_text, variables=domain)
    y = truth.y
    if not (truth.formula.variables and np.isfinite(y).all() and truth.spread > 0) or found == truth.formula:
        return False
    if found.complexity > 3000 or not all(set(f.variables) <= set(domain) for f in (found, truth.formula)):
        return False
    if label == "exact" and kind not in ("constant that vanishes by growing", "term that units hide"):
        return deviation(found, truth) < 1e-9
    return True


def drawn(kind: str, count: int, rng: random.Random) -> Iterator[Pair]:
    """Yield so many pairs of a kind."""
    made = 0
    while made < count:
        try:
            with np.errstate(all="ignore"):
                pair = KINDS[kind](rng)
                if pair is None or not is_sound(pair, kind, rng):
                    continue
        except (ExpressionError, SuiteError):
            continue
        made += 1
        yield pair


def main() -> None:
    """Write the pairs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--each", type=int, default=60, help="pairs of each kind")
    parser.add_argument("--seed", type=int, default=20_261_129)
    parser.add_argument("--out", type=Path, default=DATA / "hard_pairs.csv")
    options = parser.parse_args()
    count: Counter[str] = Counter()
    with options.out.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["truth", "found", "label", "kind", "how", "sampling"])
        for kind in KINDS:
            rng = random.Random(f"{options.seed} {kind}")
            for truth, found, label, how, domain in drawn(kind, options.each, rng):
                writer.writerow([truth, found, label, kind, how, sampling_text(domain)])
                count[f"{kind}: {label}"] += 1
    print(f"{dict(count)} -> {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
