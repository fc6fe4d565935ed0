"""What an inspection found: as text, as figures, and as the numbers beside them."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srbench_lite.errors import ExpressionError
from srbench_lite.reports.figures import draw
from srbench_lite.reports.survey import Deviation, Survey

__all__ = ["render", "write"]


def render(found: Survey) -> str:
    """Return the formula, its derivative with respect to each variable, and its largest deviations, as lines."""
    rows = [("formula", str(found.expression))]
    for name in found.variables:
        try:
            rows.append((f"d/d{name}", str(found.expression.derivative(name))))
        except ExpressionError as error:
            rows.append((f"d/d{name}", f"– ({error})"))
    deviations = [
        ("from the network", found.from_network, "points of the domain"),
        ("from the data", found.from_data, "training points"),
        ("from fresh data", found.from_fresh, "points"),
    ]
    cut = ", cut off by the time limit" if found.stopped == "budget" else ""
    lines = [f"{found.method} on {found.task}{cut}", *_aligned(rows), "largest deviation of the formula"]
    lines += _aligned([(label, _described(deviation, what)) for label, deviation, what in deviations])
    return "\n".join(lines) + "\n"


def _aligned(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(label) for label, _ in rows)
    return [f"  {label:<{width}}  {text}" for label, text in rows]


def _described(deviation: Deviation, what: str) -> str:
    if deviation.size is None:
        return f"– (the formula is undefined at all {deviation.points:,} {what})"
    at = ", ".join(f"{name} = {value:.6g}" for name, value in deviation.at.items())
    holes = f"; undefined at {deviation.undefined:,} of them" if deviation.undefined else ""
    return f"{deviation.size:.4g} at {at} ({deviation.points:,} {what}{holes})"


def write(found: Survey, folder: Path) -> list[Path]:
    """Write the figures and tables into a folder that exists, and return the files.

    `fit.csv`: training, fresh and path points with the target (where known), both predictions and both residuals.
    `loss.csv`: a row an epoch. `hidden.csv`: every unit of every layer along the path, `layer/1` being the first.
    `components.csv`: the principal components of each layer. Numbers have every digit; what is undefined is empty.
    """
    names = list(found.variables)
    tables = {"fit": _fit_table(found)}
    if found.losses:
        epochs = zip_longest(*found.losses.values())
        tables["loss"] = (["epoch", *found.losses], [[n, *row] for n, row in enumerate(epochs, start=1)])
    if found.activations:
        units = [f"{layer}/{unit + 1}" for layer, a in found.activations.items() for unit in range(a.shape[1])]
        tables["hidden"] = ([*names, *units], _rows(found.path.x, *found.activations.values()))
    if found.components:
        parts = [
            f"{layer}/component {k + 1}" for layer, c in found.components.items() for k in range(c.scores.shape[1])
        ]
        known = [] if found.states is found.path else [found.states.y]
        header = [*names, *([found.target] if known else []), *parts]
        tables["components"] = (header, _rows(found.states.x, *known, *(c.scores for c in found.components.values())))
    written = draw(found, folder)
    for name, (header, rows) in tables.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([_cell(value) for value in row] for row in rows)
        written.append(path)
    return written


def _fit_table(found: Survey) -> tuple[list[str], list[list[object]]]:
    taken = set(found.variables) | {found.target}

    def free(name: str) -> str:
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    own = [free(name) for name in ("points", "network", "formula", "network_residual", "formula_residual")]
    rows: list[list[object]] = []
    for label, values in (("training", found.train), ("fresh", found.test), ("path", found.path)):
        residuals = values.y - values.network, values.y - values.formula
        rows += [[label, *row] for row in _rows(values.x, values.y, values.network, values.formula, *residuals)]
    return [own[0], *found.variables, found.target, *own[1:]], rows


def _rows(*arrays: NDArray[np.float64]) -> list[list[object]]:
    rows: list[list[object]] = np.column_stack(arrays).tolist()
    return rows


def _cell(value: object) -> object:
    return "" if value is None or (isinstance(value, float) and not math.isfinite(value)) else value
