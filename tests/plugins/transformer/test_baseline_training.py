"""The trainings on the workshop's formulas, and the recovery that is measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from srbench_transformer.baseline_grammar import (
    FunctionTable,
    draw_table,
    evaluate,
)
from srbench_transformer.baseline_training import recovery, recovery_by_lookup, train_transformer, writer_of
from srbench_transformer.model import Shape
from srbench_transformer.training_examples import TrainingExamples

from srbench_lite import DataError, UsageError

FORMULAS = (("+", "x", "sin", "x"), ("*", "x", "x"), ("exp", "*", "x", "x"), ("-", "tan", "x", "exp", "x"))


def _table(*splits: str) -> FunctionTable:
    values = np.stack([evaluate(formula) for formula in FORMULAS])
    return FunctionTable(FORMULAS, values, np.array(splits), np.arange(len(FORMULAS)))


@pytest.fixture(name="few", scope="module")
def _few() -> FunctionTable:
    return _table("training", "training", "training", "training")


def test_a_transformer_learns_a_few_functions_by_heart(few):
    losses: list[float] = []
    shape = Shape(width=32, heads=2, latents=4, encoder=1, decoder=1, vocabulary="workshop")
    model = train_transformer(
        TrainingExamples(few), shape, steps=150, seed=0, log=lambda step, loss, there: losses.append(loss)
    )
    found = recovery(few, "training", writer_of(model), 10, 0)
    assert (found.functions, found.greedy, found.sampled) == (4, 1.0, 1.0)
    assert losses


def test_a_training_that_was_cut_off_ends_at_the_same_weights(tmp_path, monkeypatch):
    """Those with the least loss on the validation split, whatever is left out by chance."""
    monkeypatch.setattr("srbench_transformer.baseline_training._STEPS_BETWEEN_LOGS", 4)
    few = _table("training", "training", "validation", "training")
    shape = Shape(width=16, heads=2, latents=2, encoder=1, decoder=1, vocabulary="workshop", dropout=0.2)
    whole = train_transformer(TrainingExamples(few), shape, steps=10, seed=0, log=lambda *told: None)
    path = tmp_path / "workshop.checkpoint"
    told: list[int] = []

    def cut_off(step: int, loss: float, there: float) -> None:
        told.append(step)
        if step == 8 and len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_transformer(TrainingExamples(few), shape, steps=10, seed=0, log=cut_off, checkpoint=path)
    again = train_transformer(TrainingExamples(few), shape, steps=10, seed=0, log=cut_off, checkpoint=path)
    assert told == [4, 8, 10]
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    with pytest.raises(UsageError, match="checkpoint of another training"):
        train_transformer(TrainingExamples(few), shape, steps=11, seed=0, log=cut_off, checkpoint=path)
    path.write_bytes(b"something else")
    with pytest.raises(DataError, match="cannot be read"):
        train_transformer(TrainingExamples(few), shape, steps=10, seed=0, log=cut_off, checkpoint=path)


def test_the_nearest_training_function_is_itself_or_another(few):
    assert recovery_by_lookup(few, "training", 10, 0).greedy == 1.0
    functions = draw_table(3000, 0)
    assert recovery_by_lookup(functions, "test", 30, 0).greedy == 0.0
