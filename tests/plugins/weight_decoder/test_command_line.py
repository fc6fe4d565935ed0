"""A command ends with the exit code that its help promises, and one sentence."""

from __future__ import annotations

import sys

import click
import pytest
from srbench_weight_decoder import run_command_line

from srbench_lite import DataError, UsageError


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (None, 0, ""),
        (UsageError("a wrong number"), 2, "Error: a wrong number\n"),
        (DataError("no such file"), 1, "Error: no such file\n"),
        (OSError("the disk is full"), 1, "Error: the disk is full\n"),
        (KeyboardInterrupt(), 130, "interrupted; where a checkpoint was written, the same command goes on from it\n"),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_code(monkeypatch, capsys, raised, code, said):
    @click.group()
    def cli() -> None:
        pass

    @cli.command()
    def work() -> None:
        if raised is not None:
            raise raised

    monkeypatch.setattr(sys, "argv", ["tool", "work"])
    with pytest.raises(SystemExit) as end:
        run_command_line(cli, "tool")
    assert end.value.code == code
    assert capsys.readouterr().err.lstrip("\n") == said


def test_a_wrong_option_shows_the_usage_under_the_name(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["python", "--nothing"])
    with pytest.raises(SystemExit) as end:
        run_command_line(click.Group("cli"), "srbench-tool")
    assert end.value.code == 2
    assert "Usage: srbench-tool" in capsys.readouterr().err
