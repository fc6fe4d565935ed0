"""Rules of `lasso` off and on, on the generator's choosing set: `python tests/tools/sweep_lasso.py FILE [NAME...]`.

Results go to FILE, one line of JSON each; what is there is not run again. Without names all variants run.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest import mock

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
from lasso_generator import CHOOSING, same_function
from srbench_lasso import Lasso, distillation, model

from srbench_lite import Budget, Expression, Task
from srbench_lite.fitting import problem, rounding

NOISES: Final = (0.01, 0.0)


@dataclass(frozen=True)
class Variant:
    """Settings of the method and attributes of its modules that differ from the defaults."""

    settings: dict[str, Any] = field(default_factory=dict)
    patches: Sequence[tuple[Any, str, Any]] = ()

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for owner, name, value in self.patches:
                stack.enter_context(mock.patch.object(owner, name, value))
            yield


def _digit_price(nats: float) -> Variant:
    return Variant(patches=[(module, "DIGIT_PRICE", 2 * nats) for module in (problem, rounding)])


VARIANTS: Final = {
    "as it is": Variant(),
    "price of a node: 0": Variant({"price": 0.0}),
    "price of a node: 1": Variant({"price": 1.0}),
    "price of a node: 3": Variant({"price": 3.0}),
    "stop early: never": Variant(patches=[(distillation, "_settled", distillation._explained)]),
    "slow rates, far shifts: kept": Variant(patches=[(model, "_MAX_SHIFT", math.inf)]),
    "price of a digit: 0": _digit_price(0.0),
    "price of a digit: half": _digit_price(0.5 * math.log(10)),
    "reach of rounding: 2 errors": Variant(patches=[(rounding, "_MAX_STANDARD_ERRORS", 2.0)]),
    "reach of rounding: 4 errors": Variant(patches=[(rounding, "_MAX_STANDARD_ERRORS", 4.0)]),
    "models written: 1": Variant(patches=[(distillation, "_MAX_WRITTEN", 1)]),
}


def run(task: Task, noise: float, name: str) -> dict[str, Any]:
    """Fit once and return what came of it."""
    data = task.dataset(seed=0, noise=noise)
    variant = VARIANTS[name]
    start = time.perf_counter()
    with variant.applied():
        fit = Lasso(**variant.settings).fit(data.train, seed=0, budget=Budget(seconds=60), report=lambda e: None)
    seconds = round(time.perf_counter() - start, 2)
    error = fit.expression(data.test.columns) - data.test.y
    return {
        "variant": name, "task": task.name, "noise": noise, "found": same_function(fit.expression, task),
        "seconds": seconds, "nmse": float(np.mean(error**2) / np.mean(data.test.y**2)),
        "formula": str(fit.expression), "truth": str(task.truth),
    }  # fmt: skip


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """For each variant and noise: found, mean seconds, mean complexity, tasks gained and lost against "as it is"."""
    by_key = {(r["variant"], r["noise"], r["task"]): r for r in rows}
    for name in VARIANTS:
        for noise in NOISES:
            mine = [r for r in rows if r["variant"] == name and r["noise"] == noise]
            pairs = [(r, by_key.get(("as it is", noise, r["task"]), r)) for r in mine]
            gained = " ".join(r["task"] for r, base in pairs if r["found"] and not base["found"])
            lost = " ".join(r["task"] for r, base in pairs if base["found"] and not r["found"])
            if mine:
                mean = f"{np.mean([r['seconds'] for r in mine]):.1f}"
                found = sum(r["found"] for r in mine)
                size = np.mean([Expression.parse(r["formula"]).complexity for r in mine])
                yield f"| {name} | {noise:g} | {found} of {len(mine)} | {mean} | {size:.1f} | {gained} | {lost} |"


def main() -> None:
    path = Path(sys.argv[1])
    names = sys.argv[2:] or [*VARIANTS]
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = {(r["variant"], r["noise"], r["task"]) for r in rows}
    with path.open("a") as file:
        for noise in NOISES:
            for name in names:
                for task in CHOOSING:
                    if (name, noise, task.name) not in known:
                        rows.append(run(task, noise, name))
                        print(json.dumps(rows[-1]), file=file, flush=True)
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
