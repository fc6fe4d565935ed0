"""The commands of `srbench-weights`, on corpora of a few networks."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from srbench_weight_decoder.cli import cli

from srbench_lite import UsageError


def run(*arguments: object) -> str:
    shown = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert shown.exit_code == 0, shown.output
    return shown.output


@pytest.mark.parametrize("command", [(), *((name,) for name in cli.commands)])
def test_help_fits_80_columns(command):
    shown = CliRunner().invoke(cli, [*command, "--help"], terminal_width=80)
    assert shown.exit_code == 0
    assert max(map(len, shown.output.splitlines())) <= 80
    assert "\b" not in shown.output
    assert "\\b" not in shown.output


def test_a_corpus_is_made_read_by_the_readers_that_ship_and_learned_from(tmp_path):
    corpus, readers = tmp_path / "corpus", tmp_path / "readers"
    said = run("corpus", "--networks", 40, "--jobs", 1, "--seed", 1, "--out", corpus)
    assert "40 networks tanh-152; training MSE" in said
    scores = run("evaluate", corpus)
    rows = {line[:24].strip(): line[24:].split() for line in scores.splitlines()[2:]}
    assert set(rows) == {"weights", "probe", "refine", "least squares", "regressor", "mean"}
    assert float(rows["refine"][1]) >= 0.95
    asked = ["--validation", corpus, "--steps", 2, "--head-steps", 2, "--every", 1, "--out", readers]
    assert "decoder 2/2: loss" in run("train", corpus, *asked)
    assert (readers / "poly2-tanh-152-probe.safetensors").exists()
    assert (readers / "poly2-tanh-152-probe.checkpoint").exists()
    other = tmp_path / "other"
    run("corpus", "--networks", 2, "--jobs", 1, "--family", "poly4", "--out", other)
    refused = CliRunner().invoke(cli, ["train", str(corpus), str(other), *map(str, asked)])
    assert isinstance(refused.exception, UsageError)
    assert "a reader reads one kind" in str(refused.exception)


def test_rates_are_compared():
    said = run("rate", "--networks", 1, "--epochs", 2)
    assert [line.split("  ")[0].strip() for line in said.splitlines()] == ["all at once", "one at a time", "ratio"]
