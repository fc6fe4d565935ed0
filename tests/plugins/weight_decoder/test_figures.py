"""The figures of the readers that ship are drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from srbench_weight_decoder.corpus import Settings, generate, load
from srbench_weight_decoder.figures import draw
from srbench_weight_decoder.shipped import WEIGHTS, load_start

from srbench_lite import UsageError


def test_figures_are_drawn_of_networks_that_the_readers_know_and_of_no_others(tmp_path):
    settings = Settings(architecture="tanh-152", split="held-out", networks=20, seed=3)
    generate(settings, load_start("tanh-152"), tmp_path / "held-out", jobs=1, advance=lambda count, seconds: None)
    held_out = load(tmp_path / "held-out")
    written = draw(held_out, WEIGHTS, tmp_path / "figures")
    names = {f"{name}.{ending}" for name in ("curves", "training", "accuracy") for ending in ("png", "svg")}
    assert {path.name for path in written} == names
    with pytest.raises(UsageError, match="began at another start"):
        draw(replace(held_out, start="another"), WEIGHTS, tmp_path / "figures")
