"""What ships is built from nothing, and the card says what it is."""

from __future__ import annotations

import hashlib
import json

import pytest
from click.testing import CliRunner
from srbench_weight_decoder.architecture import architecture
from srbench_weight_decoder.build import CARD, Plan, build, score_readings
from srbench_weight_decoder.cli import cli
from srbench_weight_decoder.corpus import load
from srbench_weight_decoder.shipped import WEIGHTS, save_starts
from srbench_weight_decoder.starts import glorot_starts

from srbench_lite import UsageError


@pytest.mark.slow
def test_what_is_built_from_nothing_is_scored_and_drawn(tmp_path):
    plan = Plan(
        kinds=(("tanh-152", "poly2"),), seeds=1, networks=60, adam_networks=2, held_out=20, head_steps=2, steps=2,
        adam_steps=3,
    )  # fmt: skip
    said: list[str] = []
    begin = {"tanh-152": glorot_starts(architecture("tanh-152"), 1, 3)}
    (tmp_path / "weights").mkdir()
    save_starts(tmp_path / "weights", begin, {"seeds": 1})  # so that none is searched for
    card = build(plan, tmp_path / "weights", tmp_path / "work", jobs=1, say=said.append)
    written = {p.name: p.read_bytes() for p in (tmp_path / "weights").glob("*.safetensors")}
    assert set(written) == set(card["files"]) == {
        "starts.safetensors", "poly2-tanh-152-weights.safetensors", "poly2-tanh-152-probe.safetensors",
        "poly2-tanh-152-regressor.safetensors",
    }  # fmt: skip
    assert all(card["files"][n]["sha256"] == hashlib.sha256(content).hexdigest() for n, content in written.items())
    assert card["scores"]["held-out"]["tanh-152-poly2"]["least squares"]["networks"] == 20
    held = tmp_path / "work" / "tanh-152-poly2-held-out"
    figures = tmp_path / "figures"
    drawn = CliRunner().invoke(
        cli, ["figures", str(held), "--weights", str(tmp_path / "weights"), "--out", str(figures)]
    )
    assert drawn.exit_code == 0, drawn.output
    assert {p.name for p in figures.iterdir()} == {
        f"{name}.{kind}" for name in ("curves", "training", "accuracy") for kind in ("png", "svg")
    }
    for name in set(written) - {"starts.safetensors"}:
        (tmp_path / "weights" / name).unlink()
    build(plan, tmp_path / "weights", tmp_path / "work", jobs=2, say=said.append)  # on what is there
    assert {p.name: p.read_bytes() for p in (tmp_path / "weights").glob("*.safetensors")} == written
    with pytest.raises(UsageError, match="another start"):
        score_readings(load(held), WEIGHTS)


def test_the_card_is_that_of_the_weights():
    card = json.loads((WEIGHTS / CARD).read_text(encoding="utf-8"))
    there = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in WEIGHTS.glob("*.safetensors")}
    assert {name: described["sha256"] for name, described in card["files"].items()} == there
    text = (WEIGHTS.parent / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert all(digest in text for digest in there.values())
    assert sum(described["bytes"] for described in card["files"].values()) < 8e6
