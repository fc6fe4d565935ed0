"""Rules of `lasso` off and on, on the generator's choosing set: `python tests/tools/sweep_lasso.py FILE [NAME...]`.

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

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
from lasso_generator import CHOOSING, same_function
from srbench_lasso import Lasso, distillation, model, snapping
from srbench_networks.decimals import shortest

from srbench_lite import Budget, Dataset, Expression, Task

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


def _fewest_digits(value: float, radius: float) -> float:
    near = shortest(value, radius)
    return snapping.digits(near) + abs(near - value) / max(radius, 1e-300)


def _relative_error(value: float, radius: float) -> float:
    return radius / max(abs(value), 1e-300)


def _is_power(design: model.Design, parameters: Any, k: int) -> bool:
    return not design.index[k] and len(design.shapes) > 1


SEARCH: Final = {
    "as it is": Variant(),
    "price of a node: 0": Variant({"price": 0.0}),
    "price of a node: 1": Variant({"price": 1.0}),
    "price of a node: 3": Variant({"price": 3.0}),
    "stop early: never": Variant(patches=[(distillation, "_settled", distillation._explained)]),
    "slow rates, far shifts: kept": Variant(patches=[(model, "_FAR", math.inf)]),
}
LAST_STEP: Final = {
    "price of a digit: 0": _digit_price(0.0),
    "price of a digit: half": _digit_price(0.5 * math.log(10)),
    "order of snapping: fewest digits": Variant(patches=[(snapping, "_doubt", _fewest_digits)]),
    "order of snapping: least certain": Variant(patches=[(snapping, "_doubt", lambda v, r: -_relative_error(v, r))]),
    "a sine beside its cosine: stays": Variant(patches=[(snapping, "_may_vanish", _is_power)]),
    "reach of snapping: 2 errors": Variant(patches=[(snapping, "_REACH", 2.0)]),
    "reach of snapping: 4 errors": Variant(patches=[(snapping, "_REACH", 4.0)]),
    "models snapped: 1": Variant(patches=[(distillation, "_MOST_SNAPPED", 1)]),
}


def _row(
    name: str, task: Task, noise: float, data: Dataset, expression: Expression, seconds: float | None
) -> dict[str, Any]:
    error = expression(data.test.columns) - data.test.y
    return {
        "variant": name, "task": task.name, "noise": noise, "found": same_function(expression, task),
        "seconds": seconds, "nmse": float(np.mean(error**2) / np.mean(data.test.y**2)),
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
    yield _row(name, task, noise, data, fit.expression, round(time.perf_counter() - start, 2))
    for other in last:
        with LAST_STEP[other].applied(), np.errstate(all="ignore"):
            yield _row(other, task, noise, data, chosen(*seen[0]).expression(data.train.variables), None)


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """For each variant and noise: found, mean seconds, mean complexity, tasks gained and lost against "as it is"."""
    by_key = {(r["variant"], r["noise"], r["task"]): r for r in rows}
    for name in [*SEARCH, *LAST_STEP]:
        for noise in NOISES:
            mine = [r for r in rows if r["variant"] == name and r["noise"] == noise]
            pairs = [(r, by_key.get(("as it is", noise, r["task"]), r)) for r in mine]
            gained = " ".join(r["task"] for r, base in pairs if r["found"] and not base["found"])
            lost = " ".join(r["task"] for r, base in pairs if base["found"] and not r["found"])
            seconds = [r["seconds"] for r in mine if r["seconds"] is not None]
            mean = f"{np.mean(seconds):.1f}" if seconds else ""
            if mine:
                found = sum(r["found"] for r in mine)
                size = np.mean([Expression.parse(r["formula"]).complexity for r in mine])
                yield f"| {name} | {noise:g} | {found} of {len(mine)} | {mean} | {size:.1f} | {gained} | {lost} |"


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
