"""Figures of what readers do: curves of truth and formula, their training, and where in a formula mistakes are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from srbench_lite import FIGURE_COLOURS, figure_style, save_figure
from srbench_weight_decoder.corpus import Corpus
from srbench_weight_decoder.evaluation import by_length, by_position, coefficients_of, read_all, refine_all
from srbench_weight_decoder.polynomials import Family, family, spell
from srbench_weight_decoder.reader import ReaderShape
from srbench_weight_decoder.shipped import check_start, load_reader, reader_name
from srbench_weight_decoder.tensor_files import read_tensors
from srbench_weight_decoder.tokens import encode

__all__ = ["draw"]

Array = NDArray[np.float64]

_FAINT: Final = "#BBBBBB"

_CASES: Final = ("best", "median", "worst")
#: A letter of a title takes this share of a panel's width; a longer formula is cut.
_MAX_TITLE_LETTERS: Final = 38


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reading:
    """What one reading found of a corpus.

    Attributes:
        name: of the reading.
        coefficients: shape (n, terms).
        tokens: that its decoder wrote, shape (n, longest); None where numbers did not come from the decoder.
    """

    name: str
    coefficients: Array
    tokens: torch.Tensor | None


def draw(held: Corpus, weights: Path, folder: Path) -> list[Path]:
    """Write the figures of the readers of a corpus, as PNG and SVG.

    Args:
        held: networks that no reader was trained on.
        weights: folder of the readers.
        folder: of the figures.

    Raises:
        DataError: there is no reader for these networks.
        UsageError: they began at another start than those the readers know.
    """
    check_start(held, weights)
    polynomials = family(held.settings.family)
    readings = []
    for name in ("weights", "probe"):
        reader = load_reader(held.settings.family, held.settings.architecture, name, weights)
        tokens = read_all(reader, held.weights)
        written = coefficients_of(polynomials, tokens)
        readings.append(_Reading(name=name, coefficients=polynomials.values(written), tokens=tokens))
    readings.append(_Reading(name="refine", coefficients=refine_all(held, written != 0), tokens=None))
    histories = {
        name: read_tensors(weights / reader_name(_shape(held, name)))[1]["history"] for name in ("weights", "probe")
    }
    folder.mkdir(parents=True, exist_ok=True)
    about = f"{len(held.weights):,} held-out networks {held.settings.architecture}, {held.settings.family}"
    with figure_style():
        return [
            *save_figure(_curves(polynomials, held, readings, about), folder, "curves"),
            *save_figure(
                _training(histories, f"readers of {held.settings.architecture}, {polynomials.name}"), folder, "training"
            ),
            *save_figure(_accuracy(polynomials, held, readings, about), folder, "accuracy"),
        ]


def _shape(held: Corpus, reading: str) -> ReaderShape:
    return ReaderShape(family=held.settings.family, architecture=held.settings.architecture, reading=reading)


def _curves(polynomials: Family, held: Corpus, readings: Sequence[_Reading], about: str) -> Figure:
    """Draw truth and formula where the mean error of the coefficients is least, in the middle and largest."""
    figure = Figure(figsize=(12.0, 3.1 * len(readings) + 0.4), layout="constrained")
    grid = figure.subplots(len(readings), len(_CASES), squeeze=False, sharex=True)
    truths = polynomials.values(held.coefficients)
    x = np.linspace(-1.0, 1.0, 201)
    for row, reading in enumerate(readings):
        errors = np.abs(reading.coefficients - truths).mean(axis=1)
        order = np.argsort(errors, kind="stable")
        for column, case in enumerate(_CASES):
            place = int(order[(0, len(order) // 2, -1)[column]])
            axes: Axes = grid[row, column]
            wanted, read = np.polyval(truths[place], x), np.polyval(reading.coefficients[place], x)
            axes.plot(x, wanted, color=FIGURE_COLOURS[0], linewidth=4.0, alpha=0.6, label="truth")
            axes.plot(x, read, color=FIGURE_COLOURS[1], linewidth=1.8, dashes=(4, 2), label="read")
            right = spell(polynomials, held.coefficients[place])
            written = _spelled(reading.coefficients[place])
            axes.set_title(f"{reading.name}, {case}: {errors[place]:.3g}\n{_cut(right)}\n{_cut(written)}", fontsize=10)
            if row == len(readings) - 1:
                axes.set_xlabel("x")
            if column == 0:
                axes.set_ylabel("y")
    grid[0, 0].legend(loc="best")
    figure.suptitle(f"{about}: mean absolute error of the coefficients, truth above what was read", fontsize=12)
    return figure


def _training(histories: Mapping[str, Sequence[Mapping[str, Any]]], about: str) -> Figure:
    """Draw the losses of both stages and the share of exact formulas along the way."""
    figure = Figure(figsize=(12.0, 3.8), layout="constrained")
    head, decoder, exact = figure.subplots(1, 3)
    for colour, (name, entries) in zip(FIGURE_COLOURS, histories.items(), strict=False):
        for axes, stage, value in ((head, "head", "loss"), (decoder, "decoder", "loss"), (exact, "decoder", "exact")):
            points = [(m["step"], m[value]) for m in entries if m["stage"] == stage and m[value] is not None]
            if points:
                axes.plot(*zip(*points, strict=True), color=colour, marker="o", markersize=4, label=name)
    for axes, title, label in (
        (head, "coefficient head", "loss (units of the last decimal)"),
        (decoder, "decoder", "loss (nats a token)"),
    ):
        axes.set(title=title, xlabel="step", ylabel=label, yscale="log")
    exact.set(title="formulas of the validation split", xlabel="step", ylabel="read exactly", ylim=(0.0, 1.02))
    exact.axhline(1.0, color=_FAINT, linewidth=1.0, zorder=0)
    exact.legend(loc="lower right")
    figure.suptitle(about, fontsize=12)
    return figure


def _accuracy(polynomials: Family, held: Corpus, readings: Sequence[_Reading], about: str) -> Figure:
    """Draw the share of right tokens by their place, and of exact formulas by their length."""
    figure = Figure(figsize=(12.0, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    truth = torch.from_numpy(encode(polynomials, held.coefficients))
    lowest = 1.0
    for colour, reading in zip(FIGURE_COLOURS, readings, strict=False):
        if reading.tokens is not None:
            shares = by_position(reading.tokens, truth)
            left.plot(np.arange(1, len(shares) + 1), shares, color=colour, marker="o", markersize=4, label=reading.name)
            lowest = min(lowest, float(shares.min()))
        lengths = by_length(polynomials, reading.coefficients, held.coefficients)
        right.plot(list(lengths), list(lengths.values()), color=colour, marker="o", markersize=4, label=reading.name)
        lowest = min(lowest, *lengths.values())
    left.set(xlabel="place of the token", ylabel="right tokens")
    right.set(xlabel="tokens of the formula, end included", ylabel="read exactly")
    for axes in (left, right):
        axes.set_ylim(max(0.0, lowest - 0.1 * (1.0 - lowest) - 0.005), 1.005)
        axes.axhline(1.0, color=_FAINT, linewidth=1.0, zorder=0)
        axes.legend(loc="best")
    figure.suptitle(about, fontsize=12)
    return figure


def _spelled(coefficients: Array) -> str:
    """Return any coefficients in the spelling of a truth, with four digits at most."""
    text = ""
    for power, value in zip(range(len(coefficients) - 1, -1, -1), coefficients.tolist(), strict=True):
        if value:
            sign = "-" if value < 0 else "+" if text else ""
            text += sign + "*".join([f"{abs(value):.4g}", *["x"] * power])
    return text or "0"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TITLE_LETTERS else f"{text[: _MAX_TITLE_LETTERS - 1]}…"
