"""Signals that interrupt a command all do it in the same way, and only while they should."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from srbench_lite.running.interrupts import all_interrupts_heard, deaf_to_interrupts, ignore_interrupts

INTERRUPTS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _handlers_stay():
    before = {number: signal.getsignal(number) for number in INTERRUPTS}
    yield
    assert {number: signal.getsignal(number) for number in INTERRUPTS} == before


def sent(number: int) -> None:
    """Send a signal to this process, and give it time to be heard."""
    os.kill(os.getpid(), number)
    time.sleep(0.01)


@pytest.mark.parametrize("number", INTERRUPTS)
def test_each_of_them_interrupts(number):
    with all_interrupts_heard(), pytest.raises(KeyboardInterrupt):
        sent(number)


def test_what_whoever_started_us_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with all_interrupts_heard():
            sent(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", INTERRUPTS)
def test_none_is_heard_by_the_deaf(number):
    with all_interrupts_heard():
        with deaf_to_interrupts():
            sent(number)
        with pytest.raises(KeyboardInterrupt):
            sent(number)


@pytest.mark.parametrize("number", INTERRUPTS)
def test_what_is_ignored_at_the_end_stays_ignored(number):
    before = {one: signal.getsignal(one) for one in INTERRUPTS}
    try:
        with all_interrupts_heard():
            ignore_interrupts()
        sent(number)
        assert {signal.getsignal(one) for one in INTERRUPTS} == {signal.SIG_IGN}
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def test_in_a_thread_that_hears_no_signals_nothing_changes():
    seen = []

    def look() -> None:
        with all_interrupts_heard(), deaf_to_interrupts():
            ignore_interrupts()
            seen.extend(signal.getsignal(number) for number in INTERRUPTS)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(number) for number in INTERRUPTS]
