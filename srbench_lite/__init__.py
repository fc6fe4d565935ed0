"""srbench-lite: a light benchmark harness for symbolic regression.

    Task --sample(seed, noise)--> Dataset --.train--> Method.fit --> Fit --score--> Scores
         --> Record --> Store --> Leaderboard

Each arrow is one function and returns a new frozen value. Names are imported when first used, so importing the
package is free.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from srbench_lite._version import __version__

if TYPE_CHECKING:
    from srbench_lite.comparing.leaderboard import Leaderboard as Leaderboard
    from srbench_lite.errors import DataError as DataError
    from srbench_lite.errors import ExpressionError as ExpressionError
    from srbench_lite.errors import FitError as FitError
    from srbench_lite.errors import SrbenchError as SrbenchError
    from srbench_lite.errors import SuiteError as SuiteError
    from srbench_lite.errors import UsageError as UsageError
    from srbench_lite.expressions.expression import Expression as Expression
    from srbench_lite.expressions.gradient import Gradient as Gradient
    from srbench_lite.expressions.operators import NAMED_CONSTANTS as NAMED_CONSTANTS
    from srbench_lite.expressions.operators import OPERATORS as OPERATORS
    from srbench_lite.expressions.parsing import Reading as Reading
    from srbench_lite.files import write_bytes as write_bytes
    from srbench_lite.files import write_text as write_text
    from srbench_lite.judging.judge import Verdict as Verdict
    from srbench_lite.judging.judge import judge as judge
    from srbench_lite.judging.scores import Scores as Scores
    from srbench_lite.methods.discovery import Registry as Registry
    from srbench_lite.methods.discovery import discover as discover
    from srbench_lite.methods.hookspecs import Metric as Metric
    from srbench_lite.methods.hookspecs import Reporter as Reporter
    from srbench_lite.methods.hookspecs import hookimpl as hookimpl
    from srbench_lite.methods.method import Budget as Budget
    from srbench_lite.methods.method import Capabilities as Capabilities
    from srbench_lite.methods.method import Fit as Fit
    from srbench_lite.methods.method import Inspection as Inspection
    from srbench_lite.methods.method import Method as Method
    from srbench_lite.methods.method import Report as Report
    from srbench_lite.problems.data import Dataset as Dataset
    from srbench_lite.problems.data import Samples as Samples
    from srbench_lite.problems.deferred_tasks import DeferredTasks as DeferredTasks
    from srbench_lite.problems.perturbation import Perturbation as Perturbation
    from srbench_lite.problems.random_suite import random_suite as random_suite
    from srbench_lite.problems.sampling import Sampling as Sampling
    from srbench_lite.problems.seeds import derive_seed as derive_seed
    from srbench_lite.problems.suite import Suite as Suite
    from srbench_lite.problems.suite_file import load_suite as load_suite
    from srbench_lite.problems.task import Task as Task
    from srbench_lite.problems.trajectories import Trajectories as Trajectories
    from srbench_lite.recording.record import Record as Record
    from srbench_lite.recording.record import Status as Status
    from srbench_lite.recording.store import Store as Store
    from srbench_lite.regression.estimator import SymbolicRegressor as SymbolicRegressor
    from srbench_lite.reports.drawing import FIGURE_COLOURS as FIGURE_COLOURS
    from srbench_lite.reports.drawing import figure_style as figure_style
    from srbench_lite.reports.drawing import save_figure as save_figure
    from srbench_lite.running.plan import plan as plan
    from srbench_lite.running.runner import run as run
    from srbench_lite.running.threads import torch_threads as torch_threads

_HOMES: Final = {
    "Budget": "methods.method",
    "Capabilities": "methods.method",
    "DataError": "errors",
    "Dataset": "problems.data",
    "DeferredTasks": "problems.deferred_tasks",
    "Expression": "expressions.expression",
    "ExpressionError": "errors",
    "FIGURE_COLOURS": "reports.drawing",
    "Fit": "methods.method",
    "FitError": "errors",
    "Gradient": "expressions.gradient",
    "Inspection": "methods.method",
    "Leaderboard": "comparing.leaderboard",
    "Method": "methods.method",
    "Metric": "methods.hookspecs",
    "NAMED_CONSTANTS": "expressions.operators",
    "OPERATORS": "expressions.operators",
    "Perturbation": "problems.perturbation",
    "Reading": "expressions.parsing",
    "Record": "recording.record",
    "Registry": "methods.discovery",
    "Report": "methods.method",
    "Reporter": "methods.hookspecs",
    "Samples": "problems.data",
    "Sampling": "problems.sampling",
    "Scores": "judging.scores",
    "SrbenchError": "errors",
    "Status": "recording.record",
    "Store": "recording.store",
    "Suite": "problems.suite",
    "SuiteError": "errors",
    "SymbolicRegressor": "regression.estimator",
    "Task": "problems.task",
    "Trajectories": "problems.trajectories",
    "UsageError": "errors",
    "Verdict": "judging.judge",
    "derive_seed": "problems.seeds",
    "discover": "methods.discovery",
    "figure_style": "reports.drawing",
    "hookimpl": "methods.hookspecs",
    "judge": "judging.judge",
    "load_suite": "problems.suite_file",
    "plan": "running.plan",
    "random_suite": "problems.random_suite",
    "run": "running.runner",
    "save_figure": "reports.drawing",
    "torch_threads": "running.threads",
    "write_bytes": "files",
    "write_text": "files",
}

#: Names that an optional dependency is needed for: `from srbench_lite import *` leaves them out.
_OPTIONAL: Final = ("SymbolicRegressor",)

__all__ = [*sorted(set(_HOMES).difference(_OPTIONAL)), "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"srbench_lite.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'srbench_lite' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_OPTIONAL]
