"""What an inspection shows: as text, as figures, and as the numbers beside them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from srbench_lite.errors import ExpressionError
from srbench_lite.files import write_text
from srbench_lite.reports.figures import draw
from srbench_lite.reports.survey import Deviation, Survey

__all__ = ["render", "write"]


def render(survey: Survey) -> str:
    """Return the formula, its derivative with respect to each variable, and its largest deviations, as lines."""
    rows = [("formula", str(survey.expression))]
    for name in survey.variables:
        try:
            rows.append((f"d/d{name}", str(survey.expression.derivative(name))))
        except ExpressionError as error:
            rows.append((f"d/d{name}", f"– ({error})"))
    deviations = [
        ("from the network", survey.from_network, "points of the domain"),
        ("from the data", survey.from_data, "training points"),
        ("from fresh data", survey.from_fresh, "points"),
    ]
    cut = ", cut off by the time limit" if survey.stopped == "budget" else ""
    lines = [f"{survey.method} on {survey.task}{cut}", *_aligned(rows), "largest deviation of the formula"]
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


def write(survey: Survey, folder: Path) -> list[Path]:
    """Write the figures and tables into a folder that exists, and return the files.

    `fit.csv`: training, fresh and path points with the target (where known), both predictions and both residuals.
    `loss.csv`: a row an epoch. `hidden.csv`: every unit of every layer along the path, `layer/1` being the first.
    `components.csv`: the principal components of each layer. Numbers have every digit; what is undefined is empty.
    """
    names = list(survey.variables)
    tables = {"fit": _fit_table(survey)}
    if survey.losses:
        epochs = zip_longest(*survey.losses.values())
        tables["loss"] = (["epoch", *survey.losses], [[n, *row] for n, row in enumerate(epochs, start=1)])
    if survey.activations:
        units = [f"{layer}/{unit + 1}" for layer, a in survey.activations.items() for unit in range(a.shape[1])]
        tables["hidden"] = ([*names, *units], _rows(survey.path.x, *survey.activations.values()))
    if survey.components:
        parts = [
            f"{layer}/component {k + 1}" for layer, c in survey.components.items() for k in range(c.scores.shape[1])
        ]
        known = [] if survey.states is survey.path else [survey.states.y]
        header = [*names, *([survey.target] if known else []), *parts]
        tables["components"] = (header, _rows(survey.states.x, *known, *(c.scores for c in survey.components.values())))
    written = draw(survey, folder)
    for name, (header, rows) in tables.items():
        path = folder / f"{name}.csv"
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_csv_value(value) for value in row] for row in rows)
        write_text(path, stream.getvalue())
        written.append(path)
    return written


def _fit_table(survey: Survey) -> tuple[list[str], list[list[object]]]:
    taken = set(survey.variables) | {survey.target}

    def free(name: str) -> str:
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    own = [free(name) for name in ("points", "network", "formula", "network_residual", "formula_residual")]
    rows: list[list[object]] = []
    for label, values in (("training", survey.train), ("fresh", survey.test), ("path", survey.path)):
        residuals = values.y - values.network, values.y - values.formula
        rows += [[label, *row] for row in _rows(values.x, values.y, values.network, values.formula, *residuals)]
    return [own[0], *survey.variables, survey.target, *own[1:]], rows


def _rows(*arrays: NDArray[np.float64]) -> list[list[object]]:
    rows: list[list[object]] = np.column_stack(arrays).tolist()
    return rows


def _csv_value(value: object) -> object:
    return "" if value is None or (isinstance(value, float) and not math.isfinite(value)) else value
