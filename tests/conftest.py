"""One thread a test process, since there is a process a core. Hypothesis: the same examples on every machine of the CI,
fresh ones at home; no test fails for being slow once."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when numpy and torch are imported
    os.environ.setdefault(name, "1")

_SLOW = [HealthCheck.too_slow]
settings.register_profile("home", deadline=None, max_examples=60, suppress_health_check=_SLOW)
settings.register_profile("ci", settings.get_profile("home"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "home")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes do not name a test: packed ones hold the second they were made in, and all processes must agree."""
    return argname if isinstance(val, bytes) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each process neighbouring tests, which share what is made once; an idle one takes of another's."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.fixture(name="runs_here")
def _runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do runs in this process, in a hundredth of the time: for tests that are not about the processes of a run."""
    from runs_here import do_runs_here

    do_runs_here(monkeypatch)


@pytest.fixture(name="scoring_here")
def _scoring_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave fits their processes, and score in this one: for tests of the processes of fits."""
    from runs_here import do_scoring_here

    do_scoring_here(monkeypatch)
