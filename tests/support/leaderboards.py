"""A leaderboard with one of everything, and the built-in formats."""

from __future__ import annotations

from records import failure, record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.record import Status

REPORTERS = discover(entry_points=[]).reporters
MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False, "solved_r2": False}
UNKNOWN = {
    "truth": None, "verdict": None, "recovered": None, "recovered_srbench": None, "complexity_truth": None,
    "edit_distance": None,
}  # fmt: skip
CONSTANT = {
    "nmse_test": None, "r2_test": None, "solved_r2": None, "nmse_far": None, "r2_far": None, "y_constant": True,
}  # fmt: skip


def board() -> Leaderboard:
    """Return one with two noise levels, variants, several kinds of ending, truths unknown and constant.

    A verdict is undecided, another a claim; that run was ended by the clock, and its formula is not what was predicted.
    A run that missed has the truth among its candidates.
    """
    lasso = {"method": "lasso", "complexity": 7}
    forest = {"method": "forest_100%", "complexity": 250, "complexity_simplified": None}
    rough = {"r2_test": 0.99964, "nmse_test": 3.6e-4, "r2_far": -1250.0, "nmse_far": 1251.0, "seconds": 12.345}
    undecided = {"verdict": "undecided", "recovered": False, "recovered_srbench": False}
    return Leaderboard.from_records([
        record(task="sin/a", **lasso),
        record(task="sin/a", seed=1, **lasso, **rough, **MISSED, recovered_any=True),
        record(task="sin/b", **lasso, verdict="affine", recovered=False),
        record(task="sin/a", noise=0.1, **lasso, **rough, **undecided),
        failure(Status.TIMEOUT, "stopped at the limit of 60 s", task="sin/b", noise=0.1, method="lasso", seconds=60.0),
        record(task="sin/a", **forest, **rough, **MISSED),
        record(task="sin/b", **(forest | {"parameters": {"degree": 4}}), seconds=0.0421, **MISSED, r2_test=-0.25),
        record(task="sin/b", method="odd", noise=0.1, judged_here=False, replay_gap=3.9, undefined_train=2,
               stopped="budget", cpu_seconds=0.6),
        failure(Status.CRASHED, task="sin/b", method="broken"),
        failure(Status.INVALID, task="sin/c", method="broken"),
        failure(Status.SKIPPED, "at most 1 variable", task="sin/d", method="broken"),
        record(suite="measured", task="measured/one", method="lasso", **UNKNOWN, n_far=0, mse_far=None, nmse_far=None,
               r2_far=None),
        record(suite="poly", task="poly/constant", method="lasso", **CONSTANT, mse_test=1e-30),
    ])  # fmt: skip
