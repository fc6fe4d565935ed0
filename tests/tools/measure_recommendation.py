"""How often the recommended formula is the law, where the law is on the front.

`python tests/tools/measure_recommendation.py --out FILE.jsonl [--first 1000] [--count 120] METHOD...` fits measurements
of `tests/support/drawn_measurements.py`, keeps what was found a line each, and does not fit again what stands in the
file. Then it asks `answer` for the recommended formula, with what was found alone and with competitors: terms added to
what was found and fitted, so that they explain the noise (bloated), and constants with all their digits (unrounded).
One standard error of the held-out error, the rule of Breiman et al. ("Classification and regression trees", 1984), is
beside it, and the method's own last formula.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from drawn_measurements import DrawnMeasurements, same_law

from srbench_lite import Budget, Expression, FitError, Method, Samples, discover
from srbench_lite.fitting import Problem, refit
from srbench_lite.regression.answer import Answer, answer

#: Of at least so many rows a quarter is held out; of at least as many as the second, always.
FEWEST_HELD: Final = 15
ALWAYS_HELD: Final = 30
#: Competitors made of each of the best few formulas.
COPIES: Final = 8
TERMS: Final = ("{x}", "{x}*{z}", "{x}**2", "sin({w}*{x})", "exp(-{x})", "1/{x}", "1", "sqrt({x})", "cos({w}*{x})")
WAYS: Final = ("as found", "bloated", "unrounded", "unrounded and bloated")


def divided(measured: DrawnMeasurements, held: bool) -> tuple[Samples, Samples | None]:
    """Return rows to fit and rows held out."""
    order = np.random.default_rng([7, measured.number]).permutation(measured.n)
    k = max(1, round(measured.n / 4)) if held else 0
    rows = measured.samples
    return rows.rows(np.sort(order[k:])), rows.rows(np.sort(order[:k])) if k else None


def fitted(measured: DrawnMeasurements, held: bool, methods: Sequence[Method], seconds: float) -> dict[str, Any]:
    """Fit one draw; return what is kept of it."""
    train, _ = divided(measured, held)
    found: list[tuple[str, str]] = []

    def ignore(expression: Expression) -> None:
        del expression

    for method in methods:
        try:
            fit = method.fit(train, seed=0, budget=Budget(seconds=seconds), report=ignore)
        except FitError:
            continue
        found += [(method.name, str(e)) for e in dict.fromkeys([*fit.candidates, fit.expression])]
    return {"number": measured.number, "held": held, "law": str(measured.law), "n": measured.n, "found": found}


def competing(formulas: list[Expression], train: Samples, way: str, number: int) -> list[Expression]:
    """Return the formulas of one way."""
    problem, rng = Problem.of(train), np.random.default_rng([5, number])
    if way.startswith("unrounded"):
        formulas = [refit(formula, problem).expression for formula in formulas]
    if not way.endswith("bloated"):
        return formulas
    bases = sorted(formulas, key=problem.rss)[:3]
    for base in bases:
        for _ in range(COPIES):
            x, z = rng.choice(train.variables, 2)
            term = str(rng.choice(TERMS)).format(x=x, z=z, w=f"{rng.uniform(0.5, 9):.3g}")
            size = Expression.constant(float(0.1 * rng.normal() + 0.0123))
            more = size * Expression.parse(term)
            longer = refit(base + more if rng.random() < 0.6 else base * (1 + more), problem, steps=15).expression
            if rng.random() < 0.5:
                longer = longer.with_constants([float(f"{c:.4g}") for c in longer.constants])
            if math.isfinite(problem.rss(longer)):
                formulas = [*formulas, longer]
    return list(dict.fromkeys(formulas))


def within_one_error(found: Answer, points: Samples) -> Expression:
    """Return the simplest formula of the front whose error is within one standard error of the smallest."""
    squares = [(row.expression(points.columns) - points.y) ** 2 for row in found.rows]
    best = min(squares, key=np.mean)
    limit = np.mean(best) + np.std(best, ddof=1) / math.sqrt(len(best)) if len(best) > 1 else np.mean(best)
    return next(row.expression for row, square in zip(found.rows, squares, strict=True) if np.mean(square) <= limit)


def counted(lines: Sequence[dict[str, Any]], way: str) -> Counter[str]:
    """Return how often each rule recommends the law, of the draws whose front has it."""
    counts: Counter[str] = Counter()
    for line in lines:
        measured = DrawnMeasurements(line["number"])
        train, held_out = divided(measured, line["held"])
        formulas = competing([Expression.parse(text) for _, text in line["found"]], train, way, measured.number)
        if not formulas:
            continue
        found = answer([("any", formula) for formula in formulas], train, held_out)
        if not any(same_law(row.expression, measured) for row in found.rows):
            continue
        counts["fronts with the law"] += 1
        counts["recommended"] += same_law(found.recommended.expression, measured)
        counts["one standard error"] += same_law(
            within_one_error(found, train if held_out is None else held_out), measured
        )
        counts["smallest error"] += same_law(found.rows[-1].expression, measured)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="+", metavar="METHOD")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines of the fits")
    parser.add_argument("--first", type=int, default=1000, help="number of the first draw; below 1000 rules are chosen")
    parser.add_argument("--count", type=int, default=120, help="how many draws")
    parser.add_argument("--seconds", type=float, default=5.0, help="budget of a fit")
    arguments = parser.parse_args()
    registry = discover()
    methods = [registry.method(name) for name in arguments.methods]
    lines: list[dict[str, Any]] = []
    if arguments.out.exists():
        lines = [json.loads(line) for line in arguments.out.read_text(encoding="utf-8").splitlines()]
    known = {(line["number"], line["held"]) for line in lines}
    with arguments.out.open("a", encoding="utf-8") as file:
        for number in range(arguments.first, arguments.first + arguments.count):
            measured = DrawnMeasurements(number)
            ways = {measured.n >= ALWAYS_HELD, measured.n >= FEWEST_HELD}
            for held in sorted(ways):
                if (number, held) not in known:
                    lines.append(fitted(measured, held, methods, arguments.seconds))
                    file.write(json.dumps(lines[-1]) + "\n")
                    file.flush()
    for way in WAYS:
        counts = counted(lines, way)
        print(f"{way}: {', '.join(f'{name} {count}' for name, count in counts.items())}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
