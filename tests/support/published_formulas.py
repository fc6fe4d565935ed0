"""Formulas and domains as their sources print them, read without our own parser, and what tasks are compared by.

`tests/data/published_formulas.csv` holds expressions and domains of DSO's benchmarks.csv (BSD-3-Clause), AI Feynman's
tables, FastSRB's expressions.yaml (MIT) with SRSD's ranges (MIT), and PMLB's descriptions of the Strogatz data.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass

import mpmath
import numpy as np
import sympy
from numpy.typing import NDArray
from places import ROOT
from sympy.parsing.sympy_parser import parse_expr

from srbench_lite.problems.sampling import Sampling, Sign
from srbench_lite.problems.task import Task

FILE = ROOT / "tests" / "data" / "published_formulas.csv"
_DIGITS = 40
#: pi as FastSRB writes it.
_PI = "3.1415926535897"
_DSO = re.compile(r"(\w+):(U|E)\[([^]]*)]")
_FAST_SRB = re.compile(r"(v\d+)\((\w+)\):(\w+)-(pos|pos_neg)\[([^]]*)]")


@dataclass(frozen=True)
class Published:
    """A row of the table."""

    task: str
    expression: str
    train: str
    test: str

    @property
    def renamed(self) -> dict[str, str]:
        """The names of the task's variables by those of the expression."""
        return {old: _symbol(new) for old, new, *_ in _FAST_SRB.findall(self.train)}

    def values(self, columns: dict[str, NDArray[np.float64]]) -> list[mpmath.mpf]:
        """Return the expression's values through SymPy's lambdify and mpmath, to 40 digits."""
        renamed = {name: name for name in columns} | self.renamed
        values = {name: columns[ours] for name, ours in renamed.items()}
        return exact_values(self.expression.replace(_PI, "pi"), values)


def exact_values(text: str, columns: dict[str, NDArray[np.float64]]) -> list[mpmath.mpf]:
    """Return a formula's values through SymPy's lambdify and mpmath, to 40 digits."""
    symbols = {name: sympy.Symbol(f"{name}_") for name in columns}
    function = sympy.lambdify(list(symbols.values()), parse_expr(text, local_dict=symbols), modules="mpmath")
    with mpmath.workdps(_DIGITS):
        return [function(*map(mpmath.mpf, map(float, row))) for row in zip(*columns.values(), strict=True)]


def published() -> dict[str, Published]:
    with FILE.open(newline="", encoding="utf-8") as file:
        return {row["task"]: Published(**row) for row in csv.DictReader(file)}


def domain(text: str) -> tuple[dict[str, Sampling], int | None]:
    """Return what a source says of a domain, and the number of points, None where it says none.

    DSO writes U[low, high, points] and E[low, high, step], or E[low, high, points] with more points than the interval
    is wide, AI Feynman U[low, high], FastSRB log-pos[low, high], where
    SRSD's generator draws whole numbers from low to high - 1.
    """
    if _FAST_SRB.search(text):
        return {
            _symbol(name): _fast_srb(kind, sign, bounds) for _, name, kind, sign, bounds in _FAST_SRB.findall(text)
        }, None
    samplings, counts = {}, set()
    for name, kind, bounds in _DSO.findall(text):
        low, high, *last = map(float, bounds.split(","))
        even = kind == "E"
        step = last[0] if even and last[0] < high - low else None
        samplings[name] = Sampling(low=low, high=high, sampling="grid" if even else "uniform", step=step)
        counts |= {int(last[0])} if last and step is None else set()
    assert len(counts) <= 1
    return samplings, counts.pop() if counts else None


def _fast_srb(kind: str, sign: str, bounds: str) -> Sampling:
    low, high = (float(re.sub(rf"{_PI}$", repr(math.pi), value.strip())) for value in bounds.split(",")[:2])
    side: Sign = "negative" if "uses_positive=False" in bounds else "both" if sign == "pos_neg" else "positive"
    match kind:
        case "log":
            return Sampling(low=low, high=high, sampling="log", sign=side)
        case "int":
            return Sampling(low=low, high=high - 1, sampling="integer")
        case _:
            return Sampling(low=low, high=high)


def _symbol(name: str) -> str:
    return "lambd" if name == "lambda" else name


def assert_same_values(task: Task, source: Published, n: int = 12) -> None:
    """Assert that a task's truth is the published expression, on training points of the task."""
    assert task.truth is not None
    train = task.dataset(seed=1).train
    chosen = np.random.default_rng(0).choice(len(train), n)  # every fifth point of a mesh may be a zero
    columns = train.rows(chosen).columns
    ours = task.truth(columns)
    zero = 1e-14 * float(np.max(np.abs(ours)))
    for value, wanted in zip(ours, source.values(columns), strict=True):
        assert math.isclose(value, wanted, rel_tol=1e-7, abs_tol=zero), (task.name, value, wanted)
