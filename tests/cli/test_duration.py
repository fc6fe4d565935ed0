"""Times as people write them."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.cli.duration import read_duration

CONTEXT = click.Context(click.Command("check"))
OPTION = click.Option(["--within"])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10min", 600), ("10m", 600), ("1h", 3600), ("1h30min", 5400), ("1.5 min", 90), ("2 H 1 S", 7201)],
)
def test_times_are_read(text, seconds):
    assert read_duration(CONTEXT, OPTION, text) == seconds


@given(st.integers(0, 99), st.integers(0, 59), st.integers(1, 59))
def test_parts_add_up(hours, minutes, seconds):
    assert read_duration(CONTEXT, OPTION, f"{hours}h{minutes}min{seconds}s") == 3600 * hours + 60 * minutes + seconds


@pytest.mark.parametrize("text", ["", "10", "0s", "-5min", "ten", "10 minutes", "5min1h", "nan s", f"{'9' * 400}s"])
def test_others_are_refused(text):
    with pytest.raises(click.BadParameter, match="write a time with its unit, such as 90s, 10min or 1h30min; got "):
        read_duration(CONTEXT, OPTION, text)


def test_no_time_is_none():
    assert read_duration(CONTEXT, OPTION, None) is None
