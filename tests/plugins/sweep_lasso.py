"""Every rule of `lasso` off and on, on the generator's choosing set: `python tests/plugins/sweep_lasso.py FILE [NAME...]`.

Results go to FILE, one line of JSON each; what is there is not run again. Rules of the last step (which constants are
snapped, which of the best models is chosen) are tried on the models of one search. Without names all variants run.
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

import numpy as np
from lasso_generator import CHOOSING, same_function
from srbench_lasso import Lasso, distillation, model, snapping

from srbench_lite import Budget, Task

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
    def criterion(self: snapping.Snapped, data: model.Data) -> float:
        return data.misfit(self.rss) + data.price * self.design.length + 2 * nats * self.digits

    return Variant(patches=[(snapping.Snapped, "criterion", criterion)])


def _order(certain_first: bool) -> Variant:
    original = snapping._snap

    def snap(*args: Any, **fields: Any) -> snapping.Snapped:
        return original(*args, **{**fields, "certain_first": certain_first})

    return Variant(patches=[(snapping, "_snap", snap)])


def _settled_by_one_term(models: Sequence[model.Model], data: model.Data) -> bool:
    if distillation._explained(models, data):
        return True
    n, d = data.points.x.shape
    best = models[0]
    terms = {best.design.index[j] or (-j,) for j, shape in enumerate(best.design.shapes) if not shape.is_constant}
    return len(terms) <= 1 and n >= 12**d and best.smoothness(data) < 2 / math.sqrt(n)


SEARCH: Final = {
    "as it is": Variant(),
    "price 1": Variant({"price": 1.0}),
    "price 3": Variant({"price": 3.0}),
    "stop early: never": Variant(patches=[(distillation, "_settled", distillation._explained)]),
    "stop early: one term": Variant(patches=[(distillation, "_settled", _settled_by_one_term)]),
    "powers in the pursuit: none": Variant(patches=[(distillation, "_PAIRED_POWERS", 0)]),
    "far shift, slow rate: allowed": Variant(patches=[(model, "_FAR", math.inf), (model, "_FAR_EXACT", math.inf)]),
    "far shift, slow rate: 1000": Variant(patches=[(model, "_FAR", 1e3)]),
    "steep rate: allowed": Variant(patches=[(model, "_STEEP", math.inf)]),
}
LAST_STEP: Final = {
    "digits: free": _digit_price(0.0),
    "digits: half": _digit_price(0.5 * math.log(10)),
    "order: short first": _order(True),
    "order: uncertain first": _order(False),
    "one share of the reach": Variant(patches=[(snapping, "_SHARES", (1.0,))]),
    "reach: 2": Variant(patches=[(snapping, "_REACH", 2.0)]),
    "snap: best model only": Variant(patches=[(distillation, "_MOST_SNAPPED", 1)]),
    "log(x**2) left": Variant(patches=[(snapping, "_without_log_of_powers", lambda design, p, data: (design, p))]),
}


def _row(name: str, task: Task, noise: float, expression: Any, seconds: float, data: Any) -> dict[str, Any]:
    error = expression(data.test.columns) - data.test.y
    return {
        "variant": name, "task": task.name, "noise": noise, "found": same_function(expression, task),
        "seconds": round(seconds, 2), "nmse": float(np.mean(error**2) / np.mean(data.test.y**2)),
        "formula": str(expression), "truth": str(task.truth),
    }  # fmt: skip


def run(task: Task, noise: float, name: str, last: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Fit once; for the variant as it is, choose once more for every variant of the last step in `last`."""
    data = task.dataset(seed=0, noise=noise)
    chosen = distillation._chosen
    seen: list[tuple[Sequence[model.Model], model.Data]] = []

    def remember(models: Sequence[model.Model], fitted: model.Data) -> snapping.Snapped:
        seen.append((models, fitted))
        return chosen(models, fitted)

    variant = SEARCH[name]
    start = time.perf_counter()
    with variant.applied(), mock.patch.object(distillation, "_chosen", remember):
        fit = Lasso(**variant.settings).fit(data.train, seed=0, budget=Budget(seconds=60), report=lambda e: None)
    yield _row(name, task, noise, fit.expression, time.perf_counter() - start, data)
    for other in last:
        with LAST_STEP[other].applied(), np.errstate(all="ignore"):
            yield _row(other, task, noise, chosen(*seen[0]).expression(data.train.variables), math.nan, data)


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Found by each variant, and which tasks it gains and loses against the method as it is."""
    found = {(r["variant"], r["noise"], r["task"]): r["found"] for r in rows}
    seconds = {(r["variant"], r["noise"], r["task"]): r["seconds"] for r in rows}
    for name in [*SEARCH, *LAST_STEP]:
        cells = [name]
        for noise in NOISES:
            mine = {t: f for (v, z, t), f in found.items() if v == name and z == noise}
            if not mine:
                cells += ["", "", "", ""]
                continue
            base = {t: found.get(("as it is", noise, t)) for t in mine}
            gained = [t.split("/")[1] for t in mine if mine[t] and base[t] is False]
            lost = [t.split("/")[1] for t in mine if not mine[t] and base[t]]
            mean = np.mean([seconds[name, noise, t] for t in mine])
            cells += [f"{sum(mine.values())} of {len(mine)}", f"{mean:.1f}", " ".join(gained), " ".join(lost)]
        yield "| " + " | ".join(cells) + " |"


def main() -> None:
    path = Path(sys.argv[1])
    names = sys.argv[2:] or [*SEARCH, *LAST_STEP]
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = {(r["variant"], r["noise"], r["task"]) for r in rows}
    with path.open("a") as file:
        for noise in NOISES:
            for name in SEARCH:
                for task in CHOOSING:
                    last = [n for n in LAST_STEP if n in names and (n, noise, task.name) not in known]
                    last = last if name == "as it is" else []
                    if not last and (name not in names or (name, noise, task.name) in known):
                        continue
                    for row in run(task, noise, name, last):
                        if (row["variant"], noise, task.name) not in known:
                            rows.append(row)
                            print(json.dumps(row), file=file, flush=True)
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
