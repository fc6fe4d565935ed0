"""The commands of `srbench-transformer`."""

from __future__ import annotations

import itertools

import pytest
from click.testing import CliRunner
from srbench_transformer.baseline_grammar import (
    evaluate,
    same_values,
    split_of,
)
from srbench_transformer.cli import cli
from srbench_transformer.shipped import history_of, load_denoiser

from srbench_lite import UsageError


def test_a_training_has_curves_and_its_weights_are_a_method(tmp_path):
    path = tmp_path / "mine.safetensors"
    asked = [
        "train", "--steps", "2", "--width", "16", "--heads", "2", "--encoder", "1", "--decoder", "1", "--every", "1",
        "--threads", "1", "--batch", "8", "--watched", "8",
    ]  # fmt: skip
    said = CliRunner().invoke(cli, [*asked, "--out", str(path)])
    assert said.exit_code == 0, said.output
    assert [entry["step"] for entry in history_of(str(path))] == [1, 2]
    drawn = CliRunner().invoke(cli, ["curves", "--weights", str(path), "--out", str(tmp_path / "curves")])
    assert drawn.exit_code == 0, drawn.output
    assert {p.name for p in (tmp_path / "curves").iterdir()} == {"training.png", "training.svg"}


def test_a_denoiser_is_trained_and_is_a_method(tmp_path):
    path = tmp_path / "mine.safetensors"
    asked = [
        "train-diffusion", "--steps", "2", "--layers", "1", "--every", "1", "--batch", "8", "--chunks", "1", "--chunk",
        "8", "--out", str(path),
    ]  # fmt: skip
    said = CliRunner().invoke(cli, asked)
    assert said.exit_code == 0, said.output
    assert "2/2: loss" in said.output
    assert [entry["step"] for entry in history_of(str(path))] == [1, 2]
    denoiser, reader = load_denoiser(str(path))
    assert denoiser.shape.width == reader.shape.width
    assert {p.name for p in tmp_path.iterdir()} == {"mine.safetensors", "mine.checkpoint", "mine.pool"}


def test_sample_shows_what_is_drawn(tmp_path):
    shown = CliRunner().invoke(cli, ["sample", "--count", "5", "--variables", "2", "--out", str(tmp_path / "sheet")])
    assert shown.exit_code == 0, shown.output
    assert "5 of" in shown.output
    assert {p.name for p in (tmp_path / "sheet").iterdir()} == {
        "functions.png", "functions.svg", "tokens.png", "tokens.svg",
    }  # fmt: skip


def test_sample_shows_functions_of_the_workshop_by_split(tmp_path):
    arguments = ["sample", "--grammar", "workshop", "--count", "6", "--split"]
    by_split = {}
    for split in ("training", "held-out"):
        shown = CliRunner().invoke(cli, [*arguments, split, "--out", str(tmp_path / split)])
        assert shown.exit_code == 0, shown.output
        assert (tmp_path / split / "functions.png").exists()
        tokens = [tuple(line.split()) for line in shown.output.splitlines()[2:18:3]]
        by_split[split] = [evaluate(formula) for formula in tokens]
        assert len(by_split[split]) == 6
    for one, other in itertools.product(*by_split.values()):
        assert not same_values(one, other)
    assert {split_of(found) for found in by_split["held-out"]} == {"test"}
    refused = CliRunner().invoke(cli, [*arguments, "training", "--variables", "2"])
    assert isinstance(refused.exception, UsageError)
    assert "one variable" in str(refused.exception)


def test_the_command_compares_the_models_and_writes_the_small_one(tmp_path):
    path = tmp_path / "small.safetensors"
    asked = ["--draws", "500", "--longest", "6", "--steps", "3", "--connected-steps", "3"]
    asked += ["--functions", "4", "--threads", "1"]
    said = CliRunner().invoke(cli, ["workshop", *asked, "--out", str(path)])
    assert said.exit_code == 0, said.output
    rows = [line.split(" | ")[0].strip("| ") for line in said.output.splitlines() if line.startswith("| ")]
    assert rows == ["model", "transformer", "fully connected, as published", "nearest training function"]
    assert path.stat().st_size < 500_000


def test_too_few_draws_are_refused_before_anything_is_trained():
    said = CliRunner().invoke(cli, ["workshop", "--draws", "3", "--longest", "0"])
    assert isinstance(said.exception, UsageError)
    assert "raise --draws" in str(said.exception)


@pytest.mark.parametrize("command", [(), *((name,) for name in cli.commands)])
def test_help_fits_80_columns(command):
    shown = CliRunner().invoke(cli, [*command, "--help"], terminal_width=80)
    assert shown.exit_code == 0
    assert max(map(len, shown.output.splitlines())) <= 80
    assert "\b" not in shown.output
    assert "\\b" not in shown.output


def test_the_list_of_frequent_skeletons_is_written(tmp_path):
    path = tmp_path / "new" / "list.txt"
    shown = CliRunner().invoke(cli, ["likeliest", "--draws", "300", "--out", str(path)])
    assert shown.exit_code == 0, shown.output
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# The 600 skeletons that come most often among 300 draws of seed 0")
    assert {line.split()[0] for line in lines[1:]} == {"1", "2"}
