"""The figures of drawn functions and of trainings are written as PNG and SVG."""

from __future__ import annotations

import itertools
from collections import Counter

from srbench_transformer import figures
from srbench_transformer.drawn_examples import generator_examples
from srbench_transformer.figures import draw_sample, draw_training
from srbench_transformer.shipped import history_of


def test_a_sheet_has_a_plot_a_function_up_to_a_number_and_the_histogram_has_every_token(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "_MAX_PLOTS", 2)
    drawn = list(itertools.islice((e for e in generator_examples(1, "training", 0) if e is not None), 3))
    counts = Counter(token for example in drawn for token in example.tokens)
    written = draw_sample(drawn, counts, tmp_path / "new" / "folder")
    assert {path.name for path in written} == {"functions.png", "functions.svg", "tokens.png", "tokens.svg"}
    sheet = (tmp_path / "new" / "folder" / "functions.svg").read_text(encoding="utf-8")
    assert sheet.count('id="axes_') == 2
    histogram = (tmp_path / "new" / "folder" / "tokens.svg").read_text(encoding="utf-8")
    assert histogram.count('id="xtick_') == len(counts)


def test_the_training_of_the_model_that_ships_is_drawn(tmp_path):
    written = draw_training(history_of("base"), "training of base", tmp_path)
    assert {path.name for path in written} == {"training.png", "training.svg"}
