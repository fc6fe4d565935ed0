"""The one run that is meant, by its task or its key; anything else is refused with what would do."""

from __future__ import annotations

import pytest

from srbench_lite.cli.one_run import one_run
from srbench_lite.errors import UsageError
from srbench_lite.recording.store import Store


@pytest.fixture(name="store")
def _store(filled, tmp_path):
    with Store(tmp_path / "results" / "srbench.db", read_only=True) as store:
        yield store


def test_a_run_is_named_by_task_and_method_or_by_key(store):
    run = one_run(store, "line", ["good"], None, None, ("status", "verdict"))
    assert (run["task"], run["method"], run["status"]) == ("toy/line", "good", "ok")
    assert one_run(store, run["key"][:8], (), None, None)["key"] == run["key"]


@pytest.mark.parametrize(
    ("name", "methods", "seed", "says"),
    [
        ("line", (), None, "fits 2 runs; add --method"),
        ("line", ("good",), 7, "no run of line fits the options"),
        ("0000000", (), None, "no run has a key that begins with 0000000"),
    ],
)
def test_more_or_less_than_one_is_refused(store, name, methods, seed, says):
    with pytest.raises(UsageError, match=says):
        one_run(store, name, methods, seed, None)
