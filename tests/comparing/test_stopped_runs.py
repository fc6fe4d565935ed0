"""A leaderboard as it would be with every run stopped at a second."""

from __future__ import annotations

import pytest
from records import record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.errors import UsageError
from srbench_lite.recording.progress import entry
from srbench_lite.recording.store import Store

ENTRIES = (
    entry(1.0, "x", verdict="different", recovered=False, nmse_test=0.5, r2_test=0.5, complexity=1),
    entry(2.0, "sin(x)", verdict="exact", recovered=True, nmse_test=0.0, r2_test=1.0, complexity=2),
)


def test_runs_count_with_what_they_had(tmp_path):
    with Store(tmp_path / "a.db") as store:
        store.add_all([record(progress=ENTRIES), record(seed=1)])
        (early,) = Leaderboard.from_store(store, at=1.0).rows
        (late,) = Leaderboard.from_store(store, at=2.0).rows
        assert (early.recovery, early.r2_test, early.complexity, early.seconds) == (0.0, 0.5, 1.0, 1.0)
        assert (early.runs, early.ok, early.failures, early.by_clock) == (1, 0, {"timeout": 1}, 1)
        assert (late.recovery, late.ok, late.seconds) == (1.0, 1, 1.5)
        assert "1 run without a mark at 1 s left out." in Leaderboard.from_store(store, at=1.0).remarks
        with pytest.raises(UsageError, match="no run here has a mark at 3 s; they have 1, 2"):
            Leaderboard.from_store(store, at=3.0)
