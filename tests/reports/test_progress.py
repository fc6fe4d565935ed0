"""The progress of a run: what is counted, and lines that come neither too often nor too seldom."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from records import failure, record

from srbench_lite.recording.record import Status
from srbench_lite.reports import progress
from srbench_lite.reports.progress import LiveProgress, PlainProgress, duration


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(name="clock")
def _clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (7.4, "7 s"), (59.6, "1:00 min"), (125, "2:05 min"), (3725, "1:02:05 h"), (90000, "25:00:00 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_plain_progress_is_a_line_at_the_start_one_every_ten_seconds_and_one_at_the_end(clock, capsys):
    shown = PlainProgress()
    shown.srbench_run_started(total=5, done=1, settings={"jobs": 2})
    assert capsys.readouterr().err == "5 runs, 1 already in the store, 2 at a time\n"
    clock.now += 6
    shown.srbench_record_finished(record=record(), done=2, total=5)
    assert capsys.readouterr().err == ""
    clock.now += 6
    shown.srbench_record_finished(record=failure(Status.TIMEOUT), done=3, total=5)
    assert capsys.readouterr().err == "3/5 done, 1 of 2 recovered, 1 timeout, 12 s left\n"
    clock.now += 1
    shown.srbench_record_finished(record=record(truth=None, recovered=None), done=4, total=5)
    shown.srbench_run_finished(done=4, total=5, interrupted=True)
    assert capsys.readouterr().err == "stopped: 4/5 done, 1 of 2 recovered, 1 timeout\n"


def test_a_single_run_is_no_plural(capsys):
    PlainProgress().srbench_run_started(total=1, done=0, settings={"jobs": 1})
    PlainProgress("records").srbench_run_started(total=1, done=0, settings={"jobs": 1})
    assert capsys.readouterr().err == "1 run, 1 at a time\n1 record, 1 at a time\n"


def test_nothing_was_done_and_nothing_is_said(capsys):
    shown = PlainProgress()
    shown.srbench_run_started(total=2, done=2, settings={"jobs": 1})
    shown.srbench_run_finished(done=2, total=2, interrupted=False)
    assert capsys.readouterr().err == "2 runs, 2 already in the store, 1 at a time\n"


def test_the_live_bar_ends_in_one_line(clock, capsys):
    shown = LiveProgress()
    shown.srbench_run_started(total=2, done=0, settings={"jobs": 1})
    clock.now += 65
    shown.srbench_record_finished(record=record(), done=1, total=2)
    shown.srbench_record_finished(record=failure(Status.CRASHED), done=2, total=2)
    shown.srbench_run_finished(done=2, total=2, interrupted=False)
    assert capsys.readouterr().err.splitlines()[-1] == "finished after 1:05 min: 2/2 done, 1 of 2 recovered, 1 crashed"


def test_the_bar_of_a_single_run_is_of_its_time(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = LiveProgress()
    shown.srbench_run_started(total=3, done=2, settings={"jobs": 1, "seconds": 60.0})
    shown.srbench_run_finished(done=2, total=3, interrupted=True)
    assert "1 run, at most 1:00 min" in capsys.readouterr().err


@pytest.mark.parametrize(("elapsed", "share"), [(0.0, 0.0), (15.0, 25.0), (90.0, 100.0)])
def test_a_bar_of_time_ends_at_the_limit(elapsed, share):
    bar = progress._bar_column(60.0).render(SimpleNamespace(elapsed=elapsed))
    assert bar.percentage_completed == share


def test_a_live_bar_with_nothing_to_do_is_not_drawn(capsys):
    shown = LiveProgress()
    shown.srbench_run_started(total=2, done=2, settings={"jobs": 1})
    shown.srbench_run_finished(done=2, total=2, interrupted=False)
    assert capsys.readouterr() == ("", "")
