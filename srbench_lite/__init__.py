"""srbench-lite: a light benchmark harness for symbolic regression.

    Task --sample(seed, noise)--> Dataset --.train--> Method.fit --> Fit --score--> Scores
         --> Record --> Store --> Leaderboard

Each arrow is one function and returns a new frozen value. Names are imported when first used, so importing the
package is free.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from srbench_lite.data import Dataset as Dataset
    from srbench_lite.data import Samples as Samples
    from srbench_lite.derivatives import Gradient as Gradient
    from srbench_lite.discovery import Registry as Registry
    from srbench_lite.discovery import discover as discover
    from srbench_lite.equivalence import Verdict as Verdict
    from srbench_lite.equivalence import judge as judge
    from srbench_lite.errors import DataError as DataError
    from srbench_lite.errors import ExpressionError as ExpressionError
    from srbench_lite.errors import FitError as FitError
    from srbench_lite.errors import SrbenchError as SrbenchError
    from srbench_lite.errors import SuiteError as SuiteError
    from srbench_lite.errors import UsageError as UsageError
    from srbench_lite.expression import Expression as Expression
    from srbench_lite.hookspecs import Metric as Metric
    from srbench_lite.hookspecs import Reporter as Reporter
    from srbench_lite.hookspecs import hookimpl as hookimpl
    from srbench_lite.inspection import Inspection as Inspection
    from srbench_lite.leaderboard import Leaderboard as Leaderboard
    from srbench_lite.method import Budget as Budget
    from srbench_lite.method import Capabilities as Capabilities
    from srbench_lite.method import Fit as Fit
    from srbench_lite.method import Method as Method
    from srbench_lite.method import Report as Report
    from srbench_lite.operators import NAMED_CONSTANTS as NAMED_CONSTANTS
    from srbench_lite.operators import OPERATORS as OPERATORS
    from srbench_lite.record import Record as Record
    from srbench_lite.record import Scores as Scores
    from srbench_lite.record import Status as Status
    from srbench_lite.reports.drawing import FIGURE_COLOURS as FIGURE_COLOURS
    from srbench_lite.reports.drawing import figure_style as figure_style
    from srbench_lite.reports.drawing import save_figure as save_figure
    from srbench_lite.runner import plan as plan
    from srbench_lite.runner import run as run
    from srbench_lite.seeds import derive_seed as derive_seed
    from srbench_lite.store import Store as Store
    from srbench_lite.suite import Suite as Suite
    from srbench_lite.suite import load_suite as load_suite
    from srbench_lite.task import Sampling as Sampling
    from srbench_lite.task import Task as Task
    from srbench_lite.threads import torch_threads as torch_threads

__version__: Final = "0.1.0"

_HOMES: Final = {
    "Budget": "method",
    "Capabilities": "method",
    "DataError": "errors",
    "Dataset": "data",
    "Expression": "expression",
    "ExpressionError": "errors",
    "FIGURE_COLOURS": "reports.drawing",
    "Fit": "method",
    "FitError": "errors",
    "Gradient": "derivatives",
    "Inspection": "inspection",
    "Leaderboard": "leaderboard",
    "Method": "method",
    "Metric": "hookspecs",
    "NAMED_CONSTANTS": "operators",
    "OPERATORS": "operators",
    "Record": "record",
    "Registry": "discovery",
    "Report": "method",
    "Reporter": "hookspecs",
    "Samples": "data",
    "Sampling": "task",
    "Scores": "record",
    "SrbenchError": "errors",
    "Status": "record",
    "Store": "store",
    "Suite": "suite",
    "SuiteError": "errors",
    "Task": "task",
    "UsageError": "errors",
    "Verdict": "equivalence",
    "derive_seed": "seeds",
    "discover": "discovery",
    "figure_style": "reports.drawing",
    "hookimpl": "hookspecs",
    "judge": "equivalence",
    "load_suite": "suite",
    "plan": "runner",
    "run": "runner",
    "save_figure": "reports.drawing",
    "torch_threads": "threads",
}

__all__ = [*sorted(_HOMES), "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"srbench_lite.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'srbench_lite' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
