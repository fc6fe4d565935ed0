"""The method `pysr`: evolution of many populations, by the package PySR and Julia."""

from __future__ import annotations

import csv
import math
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final

from srbench_lite import Budget, Capabilities, Expression, FitError, Report, Samples
from srbench_peers.peer import Clock, Found, Peer, pareto, writable

__all__ = ["Pysr", "formula_of"]

#: Iterations end at the clock, never at this number.
_ENDLESS: Final = 1_000_000_000
#: Operators of PySR whose printed formulas can be read.
_BINARY: Final = ("+", "-", "*", "/", "^", "max", "min", "mod", "atan2", "greater", "cond", "logical_or")
_UNARY: Final = (
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp", "log",
    "log2", "log10", "log1p", "sqrt", "cbrt", "abs", "square", "cube", "inv", "neg", "sign", "relu", "floor", "ceil",
    "round", "erf", "gamma",
)  # fmt: skip
_SELECTIONS: Final = ("best", "accuracy", "score")
_RUN: Final = "run"
#: Seconds between two looks at the formulas that Julia writes down.
_LOOK: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Pysr(Peer):
    """PySR 2: a genetic algorithm with many populations, written in Julia.

    Settings are the defaults of `PySRRegressor` (https://ai.damtp.cam.ac.uk/pysr/api/), as its tuning guide says, with
    that guide's "very large" number of iterations, ended by the clock. Its default operators are + - * / alone; there
    are those of its author's entry to SRBench (`algorithms/pysr/regressor.py` of cavalab/srbench) and cos. It computes
    in 32 bits (`precision`), so constants are found to about seven digits; they are read as they are printed.

    The package must have fetched Julia before: `python -c "import pysr"` in the environment does that once. It is
    imported in each fit, since Julia's threads outlive no fork; the seconds which that takes, and those in which Julia
    compiles, count. So it needs a time limit of minutes.
    """

    name: ClassVar[str] = "pysr"
    summary: ClassVar[str] = "peer: PySR, evolution of many populations, in Julia"
    source: ClassVar[str] = (
        "Cranmer, Interpretable Machine Learning for Science with PySR and SymbolicRegression.jl, arXiv:2305.01582"
    )
    capabilities: ClassVar[Capabilities] = Capabilities(deterministic=False, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("juliapkg",)  # which starts no Julia
    licence: ClassVar[str] = "Apache-2.0"
    environment: ClassVar[str | None] = "pysr"
    requirements: ClassVar[tuple[str, ...]] = ("pysr==2.7.2",)

    model_selection: str = "best"  # which member of the front is the answer; or "accuracy", "score"
    binary_operators: tuple[str, ...] = ("+", "-", "*", "/")
    unary_operators: tuple[str, ...] = ("sin", "cos", "exp", "log", "sqrt")
    populations: int = 31
    population_size: int = 27
    ncycles_per_iteration: int = 380
    maxsize: int = 30  # nodes of the largest formula
    parsimony: float = 0.0  # what a node costs, in units of the error
    precision: int = 32  # bits of its numbers: 16, 32 or 64
    turbo: bool = False  # whether loops use vector instructions; experimental

    def __post_init__(self) -> None:
        self.require(self.model_selection in _SELECTIONS, "model_selection", f"one of {', '.join(_SELECTIONS)}")
        known = bool(self.binary_operators) and set(self.binary_operators) <= {*_BINARY}
        self.require(known, "binary_operators", f"some of {' '.join(_BINARY)}")
        self.require(set(self.unary_operators) <= {*_UNARY}, "unary_operators", f"some of {' '.join(_UNARY)}")
        for name in ("populations", "population_size", "ncycles_per_iteration"):
            self.require(getattr(self, name) >= 1, name, "at least 1")
        self.require(self.maxsize >= 7, "maxsize", "at least 7")
        self.require(0.0 <= self.parsimony < math.inf, "parsimony", "at least 0 and finite")
        self.require(self.precision in (16, 32, 64), "precision", "16, 32 or 64")

    def skip_reason(self, samples: Samples) -> str | None:
        """Say that PySR or its Julia is absent in this interpreter; see `Method.skip_reason`."""
        if find_spec("pysr") is None:
            return "PySR is not installed in this interpreter: run `srbench env add pysr`"
        if not _has_julia():
            return f"PySR has no Julia yet; it fetches one, in minutes, by: {sys.executable} -c 'import pysr'"
        return super().skip_reason(samples)

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Evolve until the clock ends it; see `Peer.search`."""
        clock = Clock(budget, share=0.8)
        os.environ.setdefault("PYTHON_JULIACALL_THREADS", str(budget.threads))
        from pysr import PySRRegressor

        if clock.left <= 0.0:
            raise FitError(f"Julia's start took all of {clock.seconds:.3g} s; raise the time limit")
        settings = self.parameters() | {
            "binary_operators": list(self.binary_operators), "unary_operators": list(self.unary_operators),
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            model = PySRRegressor(
                **settings, niterations=_ENDLESS, timeout_in_seconds=clock.left, random_state=seed,
                parallelism="serial" if budget.threads == 1 else "multithreading", input_stream="devnull",
                output_directory=folder, run_id=_RUN, progress=False, verbosity=0,
            )  # fmt: skip
            with _followed(Path(folder) / _RUN / "hall_of_fame.csv", samples.variables, report):
                model.fit(samples.x, samples.y, weights=samples.weights)
            front = model.equations_
            best = model.get_best()
            index = list(front["equation"]).index(best["equation"])
            predict = model.predict
        written = (
            (formula, float(loss))
            for text, loss in zip(front["equation"], front["loss"], strict=True)
            if (formula := writable(formula_of, text, samples.variables)) is not None
        )
        return Found(
            expression=formula_of(best["equation"], samples.variables),
            predict=lambda x: predict(x, index),
            candidates=pareto(written),
            stopped="budget",
        )


def formula_of(text: str, names: Sequence[str]) -> Expression:
    """Read what PySR prints.

    Args:
        text: the formula, in which variables are x0, x1, ..., and powers of ten may be Julia's: 1.5f-5.
        names: of the variables.

    Raises:
        ExpressionError: it is no formula.
    """
    printed = re.sub(r"(?<=[0-9.])f(?=[-+]?[0-9])", "e", text)
    return Expression.parse(printed, variables={f"x{i}": name for i, name in enumerate(names)}, dialect="pysr")


@contextmanager
def _followed(file: Path, names: Sequence[str], report: Report) -> Iterator[None]:
    """Report the most accurate formula in the file that Julia writes after each iteration, where it has become better.

    Julia runs without Python's lock meanwhile, so a thread can look.
    """
    over = threading.Event()
    least = math.inf

    def look() -> None:
        nonlocal least
        loss, text = min(_read(file), default=(math.inf, ""))
        if loss < least and (formula := writable(formula_of, text, names)) is not None:
            least = loss
            report(formula)

    def follow() -> None:
        while not over.wait(_LOOK):
            look()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    look()


def _read(file: Path) -> list[tuple[float, str]]:
    """Return losses and formulas; none where the file is not there, or half written."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return [(float(row["Loss"]), row["Equation"]) for row in csv.DictReader(lines) if row["Equation"]]
    except (OSError, KeyError, TypeError, ValueError):
        return []


def _has_julia() -> bool:
    """Whether this interpreter's bridge to Julia has one with its packages, or was given one."""
    if os.environ.get("PYTHON_JULIACALL_EXE"):
        return True
    prefix = sys.prefix if sys.prefix != sys.base_prefix else os.environ.get("CONDA_PREFIX")
    depot = os.environ.get("JULIA_DEPOT_PATH", "").split(os.pathsep)[0] or Path.home() / ".julia"
    default = Path(prefix) / "julia_env" if prefix else Path(depot) / "environments" / "pyjuliapkg"
    project = os.environ.get("PYTHON_JULIAPKG_PROJECT") or default
    return (Path(project) / "pyjuliapkg" / "meta.json").is_file()
