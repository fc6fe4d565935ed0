"""`srbench leaderboard`: formats, files and `--check`."""

from __future__ import annotations

from pathlib import Path

import pytest
from compared_runs import store
from records import record

from srbench_lite.recording.exchange import write_records


def test_a_format_that_fails_is_named(filled, tmp_path):
    (tmp_path / "formats.py").write_text(
        "from srbench_lite import Reporter, hookimpl\n@hookimpl\ndef srbench_reporters():\n"
        "    return [Reporter(name='none', summary='x', render=lambda b: None),\n"
        "            Reporter(name='bad', summary='x', render=lambda b: 1 / 0)]\n"
    )
    none = filled("leaderboard", "--plugin", "formats.py", "--format", "none")
    bad = filled("leaderboard", "--plugin", "formats.py", "--format", "bad")

    assert (none.code, bad.code) == (1, 1)
    assert "the format none must return a text" in none.err
    assert "the format bad failed: ZeroDivisionError" in bad.err


@pytest.mark.parametrize("form", ["terminal", "markdown", "csv", "latex", "json"])
def test_every_format_has_every_method(filled, form):
    said = filled("leaderboard", "--format", form)

    assert said.code == 0
    assert "good" in said.out
    assert "finds-nothing" in said.out


def test_leaderboard_check_notices_a_stale_file(filled, tmp_path):
    command = ["leaderboard", "--format", "markdown", "--out", "board.md"]
    filled(*command)
    current = filled(*command, "--check")
    (tmp_path / "board.md").write_text("old")
    stale = filled(*command, "--check")

    assert (current.code, stale.code) == (0, 1)
    assert "not current" in stale.err
    assert (tmp_path / "board.md").read_text() == "old"


def test_tasks_that_points_cannot_show_can_be_left_out(call):
    records = [
        record(task="sin/hidden", method=method, identifiable=False, recovered=False, verdict="different")
        for method in ("a", "b")
    ] + [record(task=f"sin/{k}", method=method, identifiable=True) for k in range(2) for method in ("a", "b")]
    path = store("a.db", *records)
    write_records(records, Path("a.json"), form="json")
    said = "1 task whose truth points in float64 cannot show is left out."
    for source in (("--store", path), ("--from", "a.json")):
        every, some = call("leaderboard", *source), call("leaderboard", *source, "--identifiable")
        assert "sin, noise 0, 3 tasks" in every.out
        assert said not in every.out
        assert "sin, noise 0, 2 tasks" in some.out
        assert said in some.out
        assert "100 %" in some.out.split("recovery")[1]
    assert said in call("paper", "--store", path, "--identifiable").err
    assert said in call("compare", "a", "b", "--store", path, "--identifiable").err
    assert call("report", "--store", path, "--identifiable", "--out", "page.html").code == 0
    assert said in Path("page.html").read_text()
