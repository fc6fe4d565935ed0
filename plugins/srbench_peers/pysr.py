"""The method `pysr`: regularised evolution in Julia."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Expression, Fit, FitError, Report, Samples
from srbench_peers.peer import Clock, Peer, distinct

__all__ = ["PySR"]

#: Generations end at the clock, never at this number.
_ENDLESS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class PySR(Peer):
    """PySR 2, a genetic algorithm with many populations, written in Julia.

    Settings are the defaults of `PySRRegressor`, https://ai.damtp.cam.ac.uk/pysr/api/, and its tuning guide's "some very
    large" number of iterations, ended by the clock; nothing is tuned. Its default operators are + - * / alone; the guide
    asks for those that a problem needs, here sin cos exp log sqrt. It computes in 32 bits unless told otherwise
    (`precision`), so constants are found to about seven digits; what it returns is read as printed, and is exact.

    The package must have fetched Julia before: `python -c "import pysr"` in the environment does it once. It is imported
    in each fit, not before processes are forked: Julia has threads. The seconds that this takes count.
    """

    name: ClassVar[str] = "pysr"
    summary: ClassVar[str] = "peer: regularised evolution of many populations (Julia)"
    source: ClassVar[str] = (
        "Cranmer, Interpretable Machine Learning for Science with PySR and SymbolicRegression.jl, arXiv 2305.01582, 2023"
    )
    capabilities: ClassVar[Capabilities] = Capabilities(deterministic=False, weighted=True)
    environment: ClassVar[str | None] = "pysr"
    requirements: ClassVar[tuple[str, ...]] = ("pysr==2.7.2",)

    model_selection: str = "best"  # which member of the front is the answer: best, accuracy or score
    binary_operators: tuple[str, ...] = ("+", "-", "*", "/")
    unary_operators: tuple[str, ...] = ("sin", "cos", "exp", "log", "sqrt")
    populations: int = 31
    population_size: int = 27
    ncycles_per_iteration: int = 380
    maxsize: int = 30  # nodes of the largest formula
    parsimony: float = 0.0  # what a node costs, in units of the loss
    precision: int = 32  # bits of its numbers: 16, 32 or 64
    turbo: bool = False  # whether loops use vector instructions; experimental

    def __post_init__(self) -> None:
        selections = ("best", "accuracy", "score")
        self.require(self.model_selection in selections, "model_selection", f"one of {', '.join(selections)}")
        self.require(self.precision in (16, 32, 64), "precision", "16, 32 or 64")
        self.require(len(self.binary_operators) > 0, "binary_operators", "at least one operator")
        self.require(self.parsimony >= 0, "parsimony", "at least 0")
        for parameter in ("populations", "population_size", "ncycles_per_iteration"):
            self.require(getattr(self, parameter) >= 1, parameter, "at least 1")
        self.require(self.maxsize >= 7, "maxsize", "at least 7")

    def skip_reason(self, samples: Samples) -> str | None:
        """Say that PySR or its Julia is absent in this interpreter; see `Method.skip_reason`."""
        if find_spec("pysr") is None:
            return "PySR is not installed in this interpreter; `srbench env add pysr` makes an environment with it"
        if not _is_julia_ready():
            return f"PySR has no Julia yet; it fetches one, in minutes, by: {sys.executable} -c 'import pysr'"
        return super().skip_reason(samples)

    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Evolve until the clock ends it; see `Peer.search`."""
        clock = Clock(budget, share=0.8)
        os.environ.setdefault("PYTHON_JULIACALL_THREADS", str(budget.threads))
        from pysr import PySRRegressor

        if clock.left <= 0:
            raise FitError(f"Julia's start took all of {clock.seconds:.1f} s; raise the time limit")
        model = PySRRegressor(
            model_selection=self.model_selection,
            binary_operators=list(self.binary_operators),
            unary_operators=list(self.unary_operators),
            niterations=_ENDLESS,
            populations=self.populations,
            population_size=self.population_size,
            ncycles_per_iteration=self.ncycles_per_iteration,
            maxsize=self.maxsize,
            parsimony=self.parsimony,
            precision=self.precision,
            turbo=self.turbo,
            timeout_in_seconds=clock.left,
            parallelism="serial" if budget.threads == 1 else "multithreading",
            random_state=seed,
            input_stream="devnull",
            temp_equation_file=True,
            progress=False,
            verbosity=0,
        )
        model.fit(samples.x, samples.y, weights=samples.weights)
        names = {f"x{i}": name for i, name in enumerate(samples.variables)}

        def read(equation: object) -> Expression:
            return Expression.parse(str(equation), variables=names, dialect="pysr")

        return Fit(
            expression=read(model.get_best()["equation"]),
            candidates=distinct([read(equation) for equation in model.equations_["equation"]]),
            predictions=model.predict(samples.x),
            stopped="budget",
        )


def _is_julia_ready() -> bool:
    """Whether the Python-Julia bridge of this interpreter has a Julia with its packages, or was given one."""
    if os.environ.get("PYTHON_JULIACALL_EXE"):
        return True
    project = os.environ.get("PYTHON_JULIAPKG_PROJECT") or str(Path(sys.prefix) / "julia_env")
    return (Path(project) / "pyjuliapkg" / "meta.json").is_file()
