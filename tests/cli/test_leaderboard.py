"""`srbench leaderboard`: formats, files and `--check`."""

from __future__ import annotations

import pytest


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
