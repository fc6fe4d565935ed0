"""The curve of a history: what is in the picture, and the same bytes for the same history."""

from __future__ import annotations

import re

import pytest
from past_runs import four_states, state

from srbench_lite.comparing.history import COLUMNS, history_of
from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import UsageError
from srbench_lite.reports.history_curve import KINDS, draw_history


def told(*records, **options):
    return history_of(RunTable.from_records(records, COLUMNS).runs, defaults={"degree": 3}, **options)


@pytest.fixture(name="history", scope="module")
def _history():
    return told(*four_states())


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_history_gives_the_same_bytes(history, tmp_path, kind):
    one, other = tmp_path / f"one{kind}", tmp_path / "folder" / f"other{kind}"
    draw_history(history, one)
    draw_history(history, other)
    assert one.read_bytes() == other.read_bytes()
    assert len(one.read_bytes()) > 3_000


def test_the_picture_names_each_state_and_what_changed(history, tmp_path):
    """Letters of an SVG are paths, each text with a comment that holds it."""
    draw_history(history, tmp_path / "a.svg")
    texts = re.findall(r"<!-- (.*?) -->", (tmp_path / "a.svg").read_text(), re.S)
    said = {line.strip() for text in texts for line in text.splitlines()}
    assert {"aged on 8 tasks", "recovery rate", "+7", "−6", "c0ffee0", "badbad0", "fine000+dirty", "10"} <= said
    assert "ddddddd" in said  # no commit: the code


def test_other_metrics_and_a_single_state_are_drawn(tmp_path):
    draw_history(told(*four_states(), metric="time"), tmp_path / "time.svg")
    assert "<!-- seconds -->" in (tmp_path / "time.svg").read_text()
    draw_history(told(*state(range(6), 1)), tmp_path / "one.svg")
    assert (tmp_path / "one.svg").exists()


def test_what_cannot_be_drawn_is_refused(history, tmp_path):
    with pytest.raises(UsageError, match=r"--plot must name a file that ends with \.png, \.svg, \.pdf, got 'a\.gif'"):
        draw_history(history, tmp_path / "a.gif")
    unknown = {"truth": None, "verdict": None, "recovered": None, "recovered_srbench": None}
    with pytest.raises(UsageError, match="no task has values of recovery; choose another --metric"):
        draw_history(told(*state(range(8), 1, **unknown)), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
